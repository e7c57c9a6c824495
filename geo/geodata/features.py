"""From the features of any format to the lines a reader owes: converted to CGCS2000, checked, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy
import shapely

from geo.coordinates import PROVINCE, Datum, columns_to_cgcs2000, from_web_mercator
from geo.geodata import crs
from geo.geodata.limits import MOST_VERTICES, feature_limit

CHUNK = 500
Line = dict[str, Any]
POLYGONS = ("Polygon", "MultiPolygon")
Numbers = Any  # a numpy column of floats


@dataclass
class Feature:
    """One feature of a file: its number from 1, its attributes, its shape as the file has it, or why it has none."""

    number: int
    values: dict[str, Any]
    shape: Any = None
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Source:
    """A file that has been opened: what its columns are called, what it says of its coordinates, and its features."""

    columns: list[str]
    features: Iterable[Feature]
    declared: crs.Declared = crs.NOTHING
    notes: list[str] = field(default_factory=list)


def lines(source: Source, options: dict[str, Any]) -> Iterator[Line]:
    """The header and a row each feature, as core.imports.reading asks for them."""
    wish = str(options.get("datum") or Datum.CGCS2000)
    system, note = crs.chosen(source.declared, wish)
    titles = _titles(source.columns, options)
    notes = [*source.notes, *([note] if note else []), *_renamed(titles)]
    yield {"columns": list(titles.values()), "notes": notes, "has_geometry": True, "datum": system}
    features, count = iter(source.features), 0
    while chunk := list(islice(features, CHUNK)):
        count += len(chunk)
        feature_limit(count)
        place(chunk, system)
        for feature in chunk:
            yield _line(feature, titles)


def _line(feature: Feature, titles: dict[str, str]) -> Line:
    line: Line = {
        "row": feature.number,
        "values": {titles[name]: value for name, value in feature.values.items() if value not in (None, "")},
        "geometry": json.loads(shapely.to_geojson(feature.shape)) if feature.shape is not None else None,
    }
    if feature.problem:
        line |= {"geometry": None, "problem": feature.problem}
    if feature.notes:
        line["warning"] = "；".join(feature.notes)
    return line


def _titles(columns: list[str], options: dict[str, Any]) -> dict[str, str]:
    """Column -> title. A field name that a format has cut off stands for the one known title it begins."""
    known = [str(t) for t in options.get("titles", [])]
    found: dict[str, str] = {}
    for name in columns:
        begun = [t for t in known if t.startswith(name.casefold())] if len(name) >= 3 else []
        is_cut = name.casefold() not in known and len(begun) == 1 and begun[0] not in found.values()
        title = begun[0] if is_cut and options.get("cut_names") else name
        found[name] = title if title not in found.values() else f"{title}（重复）"
    return found


def _renamed(titles: dict[str, str]) -> list[str]:
    changed = [f"“{name}”按“{title}”" for name, title in titles.items() if name != title]
    return [f"字段名被格式截短：{'，'.join(changed[:6])}读取。"] if changed else []


def place(features: list[Feature], system: str) -> None:
    """Convert and check the shapes of some features; those that cannot be used get a problem."""
    placed = [f for f in features if _prepare(f)]
    if not placed:
        return
    shapes = numpy.array([f.shape for f in placed], dtype=object)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = coordinates[:, 0], coordinates[:, 1]
    bad = ~plausible(x, y, system)
    for at in numpy.unique(owner[bad]):
        first = int(numpy.argmax(bad & (owner == at)))
        placed[at].problem = why(float(x[first]), float(y[first]), system)
    x, y = numpy.where(bad, 118.0, x), numpy.where(bad, 37.0, y)
    lon, lat = convert(x, y, system, bad)
    outside = ~bad & ~inside(lon, lat)
    for at in numpy.unique(owner[outside]):
        first = int(numpy.argmax(outside & (owner == at)))
        placed[at].problem = placed[at].problem or beyond(float(lon[first]), float(lat[first]))
    moved = shapely.set_coordinates(shapes, numpy.column_stack([lon, lat]))
    for feature, shape in zip(placed, moved, strict=True):
        feature.shape = None if feature.problem else shape
    _mend([f for f in placed if not f.problem])


def _prepare(feature: Feature) -> bool:
    """A shape worth converting: of a kind that is stored, not empty, flat, not too large."""
    shape = feature.shape
    if feature.problem or shape is None or shape.is_empty:
        feature.shape = None
        feature.problem = feature.problem or "没有几何：这一条没有位置，请补上或删去。"
        return False
    if shape.geom_type == "GeometryCollection" or (shape.geom_type == "MultiPoint" and len(shape.geoms) == 1):
        parts = list(shape.geoms)
        if len(parts) != 1:
            feature.problem, feature.shape = "几何是混合集合（点、线、面在一起），请拆成单独的要素。", None
            return False
        shape = parts[0]
    count = int(shapely.get_num_coordinates(shape))
    if count > MOST_VERTICES:
        feature.problem = f"顶点有 {count:,} 个，超过 {MOST_VERTICES:,} 个：请先简化边界。"
        feature.shape = None
        return False
    if shape.has_z or getattr(shape, "has_m", False):
        shape = shapely.force_2d(shape)
    feature.shape = shapely.LineString(shape.coords) if shape.geom_type == "LinearRing" else shape
    return True


def _mend(features: list[Feature]) -> None:
    """An outline that crosses itself is made valid, and the row says so; what is left without a surface is refused."""
    if not features:
        return
    valid = shapely.is_valid(numpy.array([f.shape for f in features], dtype=object))
    for feature in (f for f, is_good in zip(features, valid, strict=True) if not is_good):
        reason = shapely.is_valid_reason(feature.shape).partition("[")[0].strip()
        kind = feature.shape.geom_type
        mended = shapely.make_valid(feature.shape)
        if kind in POLYGONS:
            parts = [p for p in getattr(mended, "geoms", [mended]) if p.geom_type in POLYGONS]
            mended = shapely.union_all(parts) if parts else None
        if mended is None or mended.is_empty or (kind not in POLYGONS and mended.geom_type != kind):
            feature.shape, feature.problem = None, f"几何无效（{REASONS.get(reason, reason)}），请改正后重新导出。"
            continue
        feature.shape = mended
        feature.notes.append(f"边界{REASONS.get(reason, '无效')}，已自动修正，请在地图上核对")


REASONS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "自己碰到自己",
    "Hole lies outside shell": "的洞在外边界之外",
    "Holes are nested": "的洞里套着洞",
    "Interior is disconnected": "内部被洞切断",
    "Nested shells": "互相套叠",
    "Duplicate Rings": "有重复的环",
    "Too few points in geometry component": "点太少",
}


def plausible(x: Numbers, y: Numbers, system: str) -> Numbers:
    """Which coordinates can be meant in this system at all."""
    finite = numpy.isfinite(x) & numpy.isfinite(y)
    with numpy.errstate(invalid="ignore"):
        if system == crs.WEB_MERCATOR:
            return finite & (abs(x) < 20_037_509) & (abs(y) < 20_037_509) & ((abs(x) > 360) | (abs(y) > 360))
        if Datum(system).is_projected:
            bare = x - prefix(x, system)
            return finite & (bare > 100_000) & (bare < 900_000) & (y > 1_000_000) & (y < 7_000_000)
        return finite & inside(x, y)


def prefix(x: Numbers, system: str) -> Numbers:
    """The zone's number that some put before the easting: 39 648 220 is 648 220 in zone 39."""
    zone = 39 if system == Datum.ZONE_39 else 40
    return numpy.where((x // 1_000_000) == zone, zone * 1_000_000, 0)


def convert(x: Numbers, y: Numbers, system: str, bad: Numbers) -> tuple[Numbers, Numbers]:
    if system == crs.WEB_MERCATOR:
        return from_web_mercator(x, y)
    datum = Datum(system)
    if datum.is_projected:
        x, y = numpy.where(bad, 500_000.0, x - prefix(x, system)), numpy.where(bad, 4_100_000.0, y)
    return columns_to_cgcs2000(x, y, datum)


def inside(lon: Numbers, lat: Numbers) -> Numbers:
    return (lon >= PROVINCE[0]) & (lon <= PROVINCE[2]) & (lat >= PROVINCE[1]) & (lat <= PROVINCE[3])


def why(x: float, y: float, system: str) -> str:
    """What is most likely wrong with a coordinate that cannot be meant in this system."""
    title = crs.TITLES[system]
    if not (numpy.isfinite(x) and numpy.isfinite(y)):
        return "坐标不是有限的数（NaN 或无穷大），请检查这一条的几何。"
    if inside(y, x):
        return f"经纬度写反了：读到 ({x:.5f}, {y:.5f})，应先经度（约 118）、后纬度（约 37）。"
    if inside(x, y):
        return f"({x:.5f}, {y:.5f}) 是经纬度，不是 {title} 的坐标（单位米），请改选坐标系。"
    if abs(x) > 1000 and abs(y) > 1000:
        return f"({x:.1f}, {y:.1f}) 像是以米为单位的投影坐标，与“{title}”不符，请改选坐标系。"
    if system == crs.WEB_MERCATOR or Datum(system).is_projected:
        return f"({x:.2f}, {y:.2f}) 不是 {title} 的坐标：应为东坐标、北坐标，单位米。"
    return beyond(x, y)


def beyond(lon: float, lat: float) -> str:
    return f"点 ({lon:.5f}, {lat:.5f}) 不在山东省及周边范围内，请核对坐标和坐标系。"
