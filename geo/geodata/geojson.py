"""GeoJSON, one feature at a time: a file of fifty megabytes is never a tree of Python objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy
import shapely

from geo.geodata import crs
from geo.geodata.attributes import Columns, value_of
from geo.geodata.features import Feature, Line, Source, lines
from geo.geodata.limits import MOST_BYTES, MOST_VERTICES, Unreadable
from geo.geodata.texts import text_of

KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
BLANK = " \t\r\n"
BROKEN = "GeoJSON 不完整或有语法错误（第 {at:,} 个字符附近），请重新导出后上传。"


def read(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        yield from lines(opened(path), options)
    except Unreadable as error:
        yield {"refused": str(error)}


def opened(path: Path) -> Source:
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable("文件超过 60 MB，请拆成几个文件导入。")
    text = text_of(path.read_bytes(), "GeoJSON")
    # Twice over the text: the header, which names every column, comes before the first row.
    scan = Scan(text)
    columns = Columns()
    for _number, item in scan.features():
        columns.meet((item.get("properties") or {}) if isinstance(item, dict) else {})
    if not scan.count:
        raise Unreadable("文件里没有要素（features 为空）。")
    features = (_feature(number, item) for number, item in Scan(text).features())
    return Source(columns.names, features, declared=_declared(scan.members.get("crs")), notes=columns.notes)


class Scan:
    """The features of a text in their order; other members of the collection are kept in `members`."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.members: dict[str, Any] = {}
        self.count = 0
        self._decoder = json.JSONDecoder(parse_constant=_constant, parse_int=_integer)

    def features(self) -> Iterator[tuple[int, Any]]:
        self._skip()
        start = self.at
        self._take("{")
        while not self._is("}"):
            key = self._value()
            self._skip()
            self._take(":")
            self._skip()
            if key == "features" and self._is("["):
                yield from self._items()
            else:
                self.members[str(key)] = self._value()
            self._skip()
            if not self._is("}"):
                self._take(",")
                self._skip()
        self.at += 1
        self._skip()
        if self.at < len(self.text):
            raise Unreadable("文件里有多个 JSON 对象（逐行 GeoJSON），请导出为一个 FeatureCollection。")
        if not self.count and self.members.get("type") in ("Feature", *KINDS):
            yield from self._alone(start)

    def _alone(self, start: int) -> Iterator[tuple[int, Any]]:
        """A file that is one feature, or only a geometry."""
        whole = dict(self.members)
        self.count = 1
        yield 1, whole if whole["type"] == "Feature" else {"type": "Feature", "properties": {}, "geometry": whole}

    def _items(self) -> Iterator[tuple[int, Any]]:
        self.at += 1
        self._skip()
        while not self._is("]"):
            item = self._value()
            self.count += 1
            yield self.count, item
            self._skip()
            if not self._is("]"):
                self._take(",")
                self._skip()
        self.at += 1

    def _value(self) -> Any:
        try:
            value, self.at = self._decoder.raw_decode(self.text, self.at)
        except (ValueError, RecursionError) as error:
            raise Unreadable(BROKEN.format(at=getattr(error, "pos", self.at) + 1)) from error
        return value

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in BLANK:
            self.at += 1

    def _is(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _take(self, mark: str) -> None:
        if not self._is(mark):
            raise Unreadable(BROKEN.format(at=self.at + 1))
        self.at += 1


def _constant(name: str) -> float:
    return float(name.replace("Infinity", "inf"))  # NaN and the infinities: refused by row, with the reason


def _integer(text: str) -> Any:
    return int(text) if len(text) <= 18 else text  # a code of twenty digits is no number


def _declared(given: Any) -> crs.Declared:
    if given is None:
        return crs.Declared(
            "wgs84", is_assumed=True
        )  # RFC 7946: without another word, longitude and latitude in WGS-84
    name = given.get("properties", {}).get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or given.get("type") != "name" or "/" in name:
        raise Unreadable("GeoJSON 的 crs 成员指向外部地址或写法不明，不接受。请去掉 crs，或写成 EPSG:4490 这样的名称。")
    return crs.by_urn(name)


def _feature(number: int, item: Any) -> Feature:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        return Feature(number, {}, problem="这一项不是要素（Feature）。")
    properties = item.get("properties")
    values = {str(k): value_of(v) for k, v in properties.items()} if isinstance(properties, dict) else {}
    feature = Feature(number, values)
    try:
        feature.shape = shape(item.get("geometry"))
    except _Problem as error:
        feature.problem = str(error)
    return feature


class _Problem(Exception):
    """One geometry that cannot be built."""


def _refuse(text: str) -> NoReturn:
    raise _Problem(text)


def shape(geometry: Any) -> Any:
    """A shapely geometry of a GeoJSON one, or None."""
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if isinstance(parts, list) and len(parts) == 1:
            return shape(parts[0])
        _refuse("几何是混合集合（点、线、面在一起），请拆成单独的要素。")
    if not isinstance(kind, str) or kind not in KINDS:
        _refuse("几何类型不认识，应是点、线或面。")
    coordinates = geometry.get("coordinates")
    if coordinates in (None, []):
        return None
    try:
        return _built(kind, coordinates)
    except (ValueError, TypeError, OverflowError, shapely.errors.GEOSException) as error:
        raise _Problem("坐标写法有误：应是成对的数，面的环至少四个点并闭合。") from error


def _built(kind: str, coordinates: Any) -> Any:
    if kind == "Point":
        return shapely.Point(*_positions([coordinates])[0])
    if kind in ("MultiPoint", "LineString"):
        make = shapely.MultiPoint if kind == "MultiPoint" else shapely.LineString
        return make(_positions(coordinates))
    if kind == "MultiLineString":
        return shapely.MultiLineString([_positions(part) for part in coordinates])
    if kind == "Polygon":
        return _polygon(coordinates)
    return shapely.MultiPolygon([_polygon(part) for part in coordinates])


def _polygon(rings: Any) -> Any:
    outer, *holes = [_positions(ring) for ring in rings]
    for ring in (outer, *holes):
        if not numpy.array_equal(ring[0], ring[-1]):
            _refuse("多边形的环没有闭合：最后一点要与第一点相同。")
    return shapely.Polygon(outer, holes)


def _positions(raw: Any) -> Any:
    if len(raw) > MOST_VERTICES:
        _refuse(f"顶点有 {len(raw):,} 个，超过 {MOST_VERTICES:,} 个：请先简化边界。")
    if any(isinstance(n, (str, bool)) for position in raw[:2] for n in position):
        _refuse("坐标应是数，不是文本：请去掉引号。")
    found = numpy.array([position[:2] for position in raw], dtype=float)
    if found.ndim != 2 or found.shape[1] != 2:
        _refuse("坐标写法有误：每个点应是 [经度, 纬度]。")
    if not numpy.isfinite(found).all():
        _refuse("坐标不是有限的数（NaN 或无穷大），请检查这一条的几何。")
    return found
