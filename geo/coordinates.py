"""Coordinate systems met in this country, and the one place that converts between them.

Everything is stored in CGCS2000. A GCJ-02 point lies about 500 m away from the same CGCS2000 numbers in this city,
as far as the radius that grades a major hazard source, so every point from outside names its datum.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from django.db.models import TextChoices
from pyproj import Transformer

SRID = 4490
# Shandong Province (114°47′–122°43′E, 34°22′–38°24′N) with half a degree around it: xmin, ymin, xmax, ymax.
PROVINCE = (114.3, 33.8, 123.3, 38.95)

Pair = tuple[float, float]


class Datum(TextChoices):
    """The coordinate systems a point may arrive in (坐标系)."""

    CGCS2000 = "cgcs2000", "CGCS2000（国家大地坐标系、天地图）"
    WGS84 = "wgs84", "WGS-84（GPS、北斗终端）"
    GCJ02 = "gcj02", "GCJ-02（高德、腾讯地图）"
    BD09 = "bd09", "BD-09（百度地图）"
    ZONE_39 = "epsg4548", "CGCS2000 三度带 39 带，中央经线 117°（EPSG:4548）"
    ZONE_40 = "epsg4549", "CGCS2000 三度带 40 带，中央经线 120°（EPSG:4549）"

    @property
    def is_projected(self) -> bool:
        return self in (Datum.ZONE_39, Datum.ZONE_40)


class BadCoordinate(ValueError):
    """The numbers cannot be a point in the datum they claim."""


def zone_for(lon: float) -> Datum:
    """The 3° zone a longitude belongs to; the city straddles 118.5°E."""
    if not 115.5 <= lon <= 121.5:
        raise BadCoordinate(f"经度 {lon} 不在 39、40 两个三度带（115.5°–121.5°）之内。")
    return Datum.ZONE_39 if lon < 118.5 else Datum.ZONE_40


def to_cgcs2000(x: float, y: float, datum: Datum | str) -> Pair:
    """(lon or easting, lat or northing) of any datum -> CGCS2000 (lon, lat)."""
    datum = Datum(datum)
    _demand_plausible(x, y, datum)
    if datum.is_projected:
        lon, lat = _projection(datum).transform(x, y, direction="INVERSE")
        return float(lon), float(lat)
    if datum == Datum.GCJ02:
        return _invert(_wgs84_to_gcj02, x, y)
    if datum == Datum.BD09:
        return _invert(_wgs84_to_gcj02, *_invert(_gcj02_to_bd09, x, y))
    # CGCS2000 and WGS-84 differ by centimetres, far below any map here.
    return x, y


def from_cgcs2000(lon: float, lat: float, datum: Datum | str) -> Pair:
    """CGCS2000 (lon, lat) -> (lon or easting, lat or northing) of any datum."""
    datum = Datum(datum)
    _demand_plausible(lon, lat, Datum.CGCS2000)
    if datum.is_projected:
        easting, northing = _projection(datum).transform(lon, lat)
        return float(easting), float(northing)
    if datum in (Datum.GCJ02, Datum.BD09):
        lon, lat = _wgs84_to_gcj02(lon, lat)
    if datum == Datum.BD09:
        lon, lat = _gcj02_to_bd09(lon, lat)
    return lon, lat


def convert(x: float, y: float, *, source: Datum | str, target: Datum | str) -> Pair:
    return from_cgcs2000(*to_cgcs2000(x, y, source), target)


def columns_to_cgcs2000(x: Any, y: Any, datum: Datum | str) -> tuple[Any, Any]:
    """The same for numpy columns that `is_plausible` has been asked about: a file has a hundred thousand points."""
    import numpy

    datum = Datum(datum)
    if datum.is_projected:
        lon, lat = _projection(datum).transform(x, y, direction="INVERSE")
        return lon, lat
    if datum == Datum.BD09:
        x, y = _invert_columns(_gcj02_to_bd09, x, y, numpy)
    if datum in (Datum.BD09, Datum.GCJ02):
        x, y = _invert_columns(_wgs84_to_gcj02, x, y, numpy)
    return x, y


def from_web_mercator(x: Any, y: Any) -> tuple[Any, Any]:
    """EPSG:3857 metres -> CGCS2000, for numpy columns."""
    import numpy

    radius = 6378137.0
    return numpy.degrees(x / radius), numpy.degrees(2 * numpy.arctan(numpy.exp(y / radius)) - math.pi / 2)


def to_web_mercator(lon: float, lat: float) -> Pair:
    """CGCS2000 (lon, lat) -> EPSG:3857 metres, the grid of the map tiles."""
    _demand_plausible(lon, lat, Datum.CGCS2000)
    radius = 6378137.0
    return radius * math.radians(lon), radius * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


@cache
def _projection(datum: Datum) -> Transformer:
    return Transformer.from_crs(f"EPSG:{SRID}", datum.value.upper().replace("EPSG", "EPSG:"), always_xy=True)


def _demand_plausible(x: float, y: float, datum: Datum) -> None:
    if not (math.isfinite(x) and math.isfinite(y)):
        raise BadCoordinate("坐标必须是有限的数。")
    if datum.is_projected:
        if x > 30_000_000:
            raise BadCoordinate(f"东坐标 {x:.0f} 带有两位带号：请去掉带号，或换成经纬度。")
        if not (100_000 < x < 900_000 and 1_000_000 < y < 7_000_000):
            raise BadCoordinate(f"({x:.2f}, {y:.2f}) 不是三度带坐标：应为东坐标 6 位、北坐标 7 位，单位米。")
    elif not (-180 <= x <= 180 and -85 <= y <= 85):
        raise BadCoordinate(f"({x}, {y}) 不是经纬度：应先经度、后纬度，单位度。")


# GCJ-02 and BD-09 have no published definition; these are the formulas in general use, written from their constants.
# `m` is math for numbers, numpy for whole columns of them (already known to lie in the country).
_A, _EE = 6378245.0, 0.00669342162296594323
_BD = math.pi * 3000.0 / 180.0


def _wgs84_to_gcj02(lon: Any, lat: Any, m: Any = math) -> Any:
    if m is math and not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    ripple = (2 / 3) * (20 * m.sin(6 * x * pi) + 20 * m.sin(2 * x * pi))
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * m.sqrt(abs(x)) + ripple
    d_lat += (2 / 3) * (
        20 * m.sin(y * pi) + 40 * m.sin(y / 3 * pi) + 160 * m.sin(y / 12 * pi) + 320 * m.sin(y * pi / 30)
    )
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * m.sqrt(abs(x)) + ripple
    d_lon += (2 / 3) * (
        20 * m.sin(x * pi) + 40 * m.sin(x / 3 * pi) + 150 * m.sin(x / 12 * pi) + 300 * m.sin(x / 30 * pi)
    )
    phi = lat * (pi / 180)
    magic = 1 - _EE * m.sin(phi) ** 2
    metres_lat = _A * (1 - _EE) / (magic * m.sqrt(magic))
    metres_lon = _A / m.sqrt(magic) * m.cos(phi)
    return lon + d_lon / metres_lon * (180 / pi), lat + d_lat / metres_lat * (180 / pi)


def _gcj02_to_bd09(lon: Any, lat: Any, m: Any = math) -> Any:
    z = m.sqrt(lon * lon + lat * lat) + 0.00002 * m.sin(lat * _BD)
    theta = (m.atan2 if m is math else m.arctan2)(lat, lon) + 0.000003 * m.cos(lon * _BD)
    return z * m.cos(theta) + 0.0065, z * m.sin(theta) + 0.006


def _invert(forward: Callable[[float, float], Pair], lon: float, lat: float) -> Pair:
    """Fixed-point inverse: the shift varies slowly, so a few rounds reach well under a millimetre."""
    x, y = lon, lat
    for _ in range(30):
        fx, fy = forward(x, y)
        dx, dy = fx - lon, fy - lat
        x, y = x - dx, y - dy
        if abs(dx) < 1e-11 and abs(dy) < 1e-11:
            break
    return x, y


def _invert_columns(forward: Callable[..., Any], lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    """As `_invert`; eight rounds are past the last digit everywhere in the province."""
    x, y = lon, lat
    for _ in range(8):
        fx, fy = forward(x, y, m)
        x, y = x - (fx - lon), y - (fy - lat)
    return x, y
