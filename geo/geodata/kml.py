"""KML and KMZ by a streaming parser: no document type, no entity, no link is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import shapely

from geo.geodata import crs
from geo.geodata.archive import Archive
from geo.geodata.attributes import Columns, tidy
from geo.geodata.features import Feature, Line, Source, lines
from geo.geodata.limits import MOST_BYTES, MOST_VERTICES, Unreadable, feature_limit
from geo.geodata.texts import text_of

DEEPEST = 64
SHAPES = ("Point", "LineString", "LinearRing", "Polygon")
UNREAD = {"Track": "轨迹（gx:Track）", "MultiTrack": "轨迹（gx:MultiTrack）", "Model": "三维模型"}
MANY = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
LINKS = ("NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
TAG = re.compile(r"<[^>]{0,500}>")


def read(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        yield from lines(opened(path.read_bytes()), options)
    except Unreadable as error:
        yield {"refused": str(error)}


def read_kmz(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        archive = Archive(path)
        found = archive.ending(".kml")
        if len(found) > 1:
            found = [e for e in found if e.filename.lower() == "doc.kml"] or found
        if len(found) != 1:
            raise Unreadable(f"KMZ 里有 {len(found)} 个 KML，请只留一个。")
        yield from lines(opened(archive.read(found[0])), options)
    except Unreadable as error:
        yield {"refused": str(error)}


def opened(content: bytes) -> Source:
    if len(content) > MOST_BYTES:
        raise Unreadable("文件超过 60 MB，请拆成几个文件导入。")
    text = DECLARATION.sub("", text_of(content, "KML"), count=1)
    parsed = Document()
    parsed.read(text)
    if not parsed.features:
        links = "（只有网络链接，内容不在文件里）" if parsed.skipped & set(LINKS) else ""
        raise Unreadable(f"KML 里没有地标（Placemark）{links}。")
    columns = Columns()
    for feature in parsed.features:
        columns.meet(feature.values)
    notes = [f"文件里的网络链接或影像叠加没有读取（{len(parsed.skipped)} 种）。"] if parsed.skipped else []
    return Source(columns.names, parsed.features, declared=crs.Declared("wgs84", is_assumed=True), notes=notes)


class Document:
    """The placemarks of a text. Elements are known by their local names, whatever the name space is called."""

    def __init__(self) -> None:
        self.features: list[Feature] = []
        self.skipped: set[str] = set()
        self._path: list[str] = []
        self._text: list[str] = []
        self._folders: list[str] = []
        self._values: dict[str, Any] | None = None
        self._data = ""
        self._shapes: list[Any] = []
        self._rings: list[Any] = []
        self._problem = ""

    def read(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise Unreadable(f"KML 不完整或有语法错误（第 {error.lineno} 行附近），请重新导出后上传。") from error

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise Unreadable(f"KML 的元素嵌套超过 {DEEPEST} 层，已停止读取。")
        self._text = []
        if name == "Placemark":
            self._values, self._shapes, self._problem = {}, [], ""
        elif name in ("Folder", "Document"):
            self._folders.append("")
        elif name in LINKS:
            self.skipped.add(name)
        elif name in ("Data", "SimpleData"):
            self._data = attributes.get("name", "")[:120]
        elif name in UNREAD and self._values is not None:
            self._problem = f"{UNREAD[name]}不能导入，只接受点、线、面。"
        elif name == "Polygon":
            self._rings = []

    def _end(self, tag: str) -> None:
        name = self._path.pop()
        above = self._path[-1] if self._path else ""
        text, self._text = "".join(self._text).strip(), []
        if name == "Placemark":
            self._close()
        elif self._values is not None:
            self._inside(name, above, text)
        elif name == "name" and above in ("Folder", "Document") and self._folders:
            self._folders[-1] = text[:120]
        elif name in ("Folder", "Document") and self._folders:
            self._folders.pop()

    def _inside(self, name: str, above: str, text: str) -> None:
        assert self._values is not None
        if name == "name" and above == "Placemark":
            self._values["名称"] = tidy(text)
        elif name == "description" and above == "Placemark" and text:
            self._values["说明"] = tidy(TAG.sub(" ", text))
        elif name == "SimpleData" or (name == "value" and above == "Data"):
            if self._data:
                self._values[self._data] = tidy(text)
        elif name == "coordinates":
            self._coordinates(above, text)
        elif name == "Polygon":
            self._polygon()

    def _coordinates(self, above: str, text: str) -> None:
        try:
            points = [tuple(map(float, part.split(",")[:2])) for part in text.split()]
            if len(points) > MOST_VERTICES:
                self._problem = f"顶点有 {len(points):,} 个，超过 {MOST_VERTICES:,} 个：请先简化边界。"
            elif above == "LinearRing" and "Polygon" in self._path:
                self._rings.append(points)
            elif above in SHAPES and points:
                make = shapely.Point if above == "Point" else shapely.LineString
                self._shapes.append(make(points[0] if above == "Point" else points))
        except (ValueError, TypeError, shapely.errors.GEOSException):
            self._problem = "坐标写法有误：应是“经度,纬度[,高程]”，以空格分隔。"

    def _polygon(self) -> None:
        rings = [[*ring, ring[0]] if ring and ring[0] != ring[-1] else ring for ring in self._rings if ring]
        if not rings:
            return
        try:
            self._shapes.append(shapely.Polygon(rings[0], rings[1:]))
        except (ValueError, TypeError, shapely.errors.GEOSException):
            self._problem = "面的边界至少要有三个不同的点。"

    def _close(self) -> None:
        assert self._values is not None
        folder = next((f for f in reversed(self._folders) if f), "")
        if folder:
            self._values.setdefault("文件夹", folder)
        feature = Feature(len(self.features) + 1, self._values, problem=self._problem)
        if self._shapes and not self._problem:
            feature.shape = joined(self._shapes)
        self.features.append(feature)
        feature_limit(len(self.features))
        self._values = None


def joined(shapes: list[Any]) -> Any:
    """Several shapes of one kind as one; of several kinds as a collection, which is then refused by name."""
    if len(shapes) == 1:
        return shapes[0]
    kinds = {s.geom_type for s in shapes}
    make: Any = MANY.get(kinds.pop()) if len(kinds) == 1 else None
    return make(shapes) if make else shapely.GeometryCollection(shapes)


def _no_doctype(*_: Any) -> None:
    raise Unreadable("KML 里有文档类型声明（DOCTYPE）或外部实体，不接受。请重新导出。")
