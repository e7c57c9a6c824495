"""Strict readers for places that come from outside: bounding boxes, points, radii and GeoJSON geometry.

Whatever arrives, the answer is a geometry that is safe to store and to hand to PostGIS, or BadGeometry with a message
for the person who sent it. Coordinate system texts and SRIDs are never accepted: everything is CGCS2000.
"""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from django.contrib.gis.geos import (
    GEOSException,
    GEOSGeometry,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from django.core.exceptions import ValidationError

from geo.coordinates import PROVINCE, SRID, BadCoordinate, Datum, to_cgcs2000

MAX_VERTICES = 20_000
MAX_TEXT = 2_000_000
MAX_RADIUS = 200_000.0
KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


class BadGeometry(ValueError):
    """What arrived is not a usable place; the text says why, in Chinese, and how to mend it."""


class Bbox(NamedTuple):
    xmin: float
    ymin: float
    xmax: float
    ymax: float

    def polygon(self) -> Polygon:
        box = Polygon.from_bbox((self.xmin, self.ymin, self.xmax, self.ymax))
        box.srid = SRID
        return box


BOUNDS = Bbox(*PROVINCE)


def parse_bbox(text: object) -> Bbox:
    """`xmin,ymin,xmax,ymax` in degrees; a view wider than the province is fine."""
    if not isinstance(text, str) or len(text) > 400:
        _refuse("bbox 应写成“xmin,ymin,xmax,ymax”四个数，例如 118.1,36.9,119.3,38.2。")
    parts = text.split(",")
    if len(parts) != 4:
        _refuse(f"bbox 应有 4 个数，收到 {len(parts)} 个：写成“xmin,ymin,xmax,ymax”。")
    box = Bbox(*(_number_from_text(part, "bbox") for part in parts))
    if not (-180 <= box.xmin <= 180 and -180 <= box.xmax <= 180 and -90 <= box.ymin <= 90 and -90 <= box.ymax <= 90):
        _refuse("bbox 超出经纬度范围：应为先经度后纬度、单位度，不接受以米为单位的投影坐标。")
    if box.xmin > box.xmax or box.ymin > box.ymax:
        _refuse("bbox 的最小值大于最大值：请按“西,南,东,北”的次序写。")
    return box


def given_point(lon: object, lat: object, *, datum: Datum | str = Datum.CGCS2000, field: str = "lon") -> Point:
    """A point that a form or service was given; what is wrong with it is told at its field."""
    try:
        return parse_lonlat(lon, lat, datum=datum)
    except BadGeometry as error:
        raise ValidationError({field: str(error)}) from error


def parse_lonlat(lon: object, lat: object, *, datum: Datum | str = Datum.CGCS2000) -> Point:
    """One point, from numbers or their text, in any datum."""
    if datum not in Datum.values:
        _refuse(f"不认识的坐标系：只接受 {'、'.join(Datum.values)}。")
    x, y = _number(lon, "经度"), _number(lat, "纬度")
    try:
        x, y = to_cgcs2000(x, y, datum)
    except BadCoordinate as error:
        if Datum(datum).is_projected:
            raise BadGeometry(str(error)) from error
    _demand_inside(x, y)
    return Point(x, y, srid=SRID)


def parse_radius(text: object) -> tuple[Point, float]:
    """`lon,lat,metres`."""
    parts = text.split(",") if isinstance(text, str) and len(text) <= 400 else []
    if len(parts) != 3:
        _refuse("半径查询应写成“经度,纬度,米”，例如 118.67,37.43,3000。")
    metres = _number_from_text(parts[2], "半径")
    if not 0 < metres <= MAX_RADIUS:
        _refuse(f"半径应大于 0、不超过 {MAX_RADIUS:.0f} 米。")
    return parse_lonlat(parts[0], parts[1]), metres


def parse_geometry(source: object, *, kinds: Iterable[str] = KINDS) -> GEOSGeometry:
    """A GeoJSON geometry, as text or already decoded, of one of the wanted kinds."""
    wanted = tuple(kinds)
    data = _decode(source) if isinstance(source, (str, bytes, bytearray)) else source
    if not isinstance(data, dict):
        _refuse(f'几何应是 GeoJSON 对象，形如 {{"type":"{wanted[0]}","coordinates":…}}。')
    for member in ("crs", "srid", "SRID"):
        if member in data:
            _refuse(f"不接受 {member} 成员：坐标一律为 CGCS2000 经纬度，请换算后去掉它。")
    kind = data.get("type")
    if kind in ("Feature", "FeatureCollection", "GeometryCollection"):
        _refuse(f"这里只要一个几何，收到 {kind}：请只传其中的 geometry。")
    if not isinstance(kind, str) or kind not in wanted:
        _refuse(f"几何类型应为 {'、'.join(wanted)}，收到 {_show(kind)}。")
    geometry = _build(kind, data.get("coordinates"), _Counter())
    if not geometry.valid:
        _refuse(_reason_in_chinese(geometry))
    return geometry


class _Counter:
    """Counts vertices while they are read, so a bomb is refused before it is built."""

    def __init__(self) -> None:
        self.vertices = 0

    def add(self) -> None:
        self.vertices += 1
        if self.vertices > MAX_VERTICES:
            _refuse(f"顶点超过 {MAX_VERTICES} 个：请先简化边界再提交。")


def _decode(text: str | bytes | bytearray) -> Any:
    if len(text) > MAX_TEXT:
        _refuse(f"几何文本超过 {MAX_TEXT // 1_000_000} MB：请先简化边界再提交。")
    try:
        text = text if isinstance(text, str) else bytes(text).decode("utf-8")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    except BadGeometry:
        raise
    except (ValueError, RecursionError) as error:
        raise BadGeometry("几何不是有效的 GeoJSON 文本（不接受 WKT、EWKT、WKB、KML）。") from error


def _no_constant(name: str) -> NoReturn:
    _refuse(f"坐标里有 {name}：必须是有限的数。")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("GeoJSON 里有重复的成员名，无法判断以哪个为准。")
    return members


def _build(kind: str, coordinates: object, count: _Counter) -> GEOSGeometry:
    try:
        if kind == "Point":
            return Point(*_position(coordinates, count), srid=SRID)
        if kind == "LineString":
            return _line(coordinates, count)
        if kind == "Polygon":
            return _polygon(coordinates, count)
        parts = _list(coordinates, kind)
        if kind == "MultiPoint":
            return MultiPoint([Point(*_position(part, count), srid=SRID) for part in parts], srid=SRID)
        if kind == "MultiLineString":
            return MultiLineString([_line(part, count) for part in parts], srid=SRID)
        return MultiPolygon([_polygon(part, count) for part in parts], srid=SRID)
    except GEOSException as error:
        raise BadGeometry("几何无法构造：请检查坐标是否完整。") from error


def _line(coordinates: object, count: _Counter) -> LineString:
    positions = [_position(p, count) for p in _list(coordinates, "线")]
    if len(set(positions)) < 2:
        _refuse("线至少要有两个不同的点。")
    return LineString(positions, srid=SRID)


def _polygon(coordinates: object, count: _Counter) -> Polygon:
    rings = []
    for ring in _list(coordinates, "多边形"):
        positions = [_position(p, count) for p in _list(ring, "环")]
        if positions[0] != positions[-1]:
            _refuse("多边形的环没有闭合：最后一点要与第一点相同。")
        if len(set(positions)) < 3:
            _refuse("多边形的环至少要有三个不同的点。")
        rings.append(LinearRing(positions, srid=SRID))
    return Polygon(*rings, srid=SRID)


def _list(value: object, what: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)) or not value:
        _refuse(f"{what}的坐标应是非空数组。")
    return value


def _position(value: object, count: _Counter) -> tuple[float, float]:
    count.add()
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        extra = "，请去掉高程等多余的数" if isinstance(value, (list, tuple)) and len(value) > 2 else ""
        _refuse(f"每个点应是 [经度, 纬度] 两个数{extra}。")
    if isinstance(value[0], str) or isinstance(value[1], str):
        _refuse("坐标应是数，不是文本：请去掉引号。")
    lon, lat = _number(value[0], "经度"), _number(value[1], "纬度")
    _demand_inside(lon, lat)
    return lon, lat


def _number(value: object, name: str) -> float:
    if isinstance(value, str):
        return _number_from_text(value, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(f"{name}应是数，收到 {_show(value)}。")
    # Compared before float(): an integer of 400 digits has no float.
    if isinstance(value, int) and abs(value) > 10**9:
        _refuse(f"{name}过大。")
    if not math.isfinite(value):
        _refuse(f"{name}必须是有限的数。")
    return float(value)


def _number_from_text(text: str, name: str) -> float:
    text = text.strip()
    if not text or len(text) > 40 or not text.isascii() or "_" in text:
        _refuse(f"{name}应是数，收到 {_show(text)}。")
    try:
        value = float(text)
    except ValueError:
        _refuse(f"{name}应是数，收到 {_show(text)}。")
    if not math.isfinite(value):
        _refuse(f"{name}必须是有限的数。")
    return value


def _demand_inside(lon: float, lat: float) -> None:
    if BOUNDS.xmin <= lon <= BOUNDS.xmax and BOUNDS.ymin <= lat <= BOUNDS.ymax:
        return
    if BOUNDS.xmin <= lat <= BOUNDS.xmax and BOUNDS.ymin <= lon <= BOUNDS.ymax:
        _refuse("经纬度写反了：应先经度（约 118）、后纬度（约 37）。")
    if abs(lon) > 180 or abs(lat) > 90:
        _refuse("坐标超出经纬度范围：应是单位为度的经纬度，不接受以米为单位的投影坐标。")
    _refuse(f"点 ({lon:.5f}, {lat:.5f}) 不在山东省及周边范围内，请核对坐标。")


_REASONS = {
    "Self-intersection": "边界自相交（画成了“8”字），请改成不交叉的一圈",
    "Ring Self-intersection": "边界自己碰到自己，请把相碰处分开",
    "Hole lies outside shell": "洞在外边界之外，请检查内环",
    "Holes are nested": "洞里套着洞，请检查内环",
    "Interior is disconnected": "内部被洞切断，请拆成多个多边形",
    "Nested shells": "多个多边形互相套叠，请合并",
    "Duplicate Rings": "有重复的环，请删去一个",
    "Too few points in geometry component": "点太少，围不成面",
}


def _reason_in_chinese(geometry: GEOSGeometry) -> str:
    reason, _, place = str(geometry.valid_reason).partition("[")
    where = f"，位置 ({place.rstrip(']').replace(' ', ', ')})" if place else ""
    return f"几何无效：{_REASONS.get(reason.strip(), reason.strip())}{where}。"


def _show(value: object) -> str:
    """A short, printable picture of a bad value for the message."""
    if isinstance(value, str):
        return "“" + "".join(c if c.isprintable() else "?" for c in value[:30]) + "”"
    return {type(None): "空值", bool: "布尔值", list: "数组", dict: "对象"}.get(type(value), "无法识别的值")


def _refuse(message: str) -> NoReturn:
    raise BadGeometry(message)
