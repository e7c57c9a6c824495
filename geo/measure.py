"""Distances and areas on the ellipsoid, in Python and in queries.

Geometry is stored in degrees, so every length here goes through PostGIS geography or the geodesic on CGCS2000's own
ellipsoid.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, LineString, MultiLineString, MultiPolygon, Polygon
from django.db.models import BooleanField, F, FloatField, Func, QuerySet, Value
from pyproj import Geod

from geo.coordinates import SRID

ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)


def metres_between(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    return float(ELLIPSOID.inv(lon1, lat1, lon2, lat2)[2])


def length_metres(line: GEOSGeometry) -> float:
    """The geodesic length of a line, or of a polygon's outline with its holes."""
    return sum(float(ELLIPSOID.line_length(*_columns(path))) for path in _paths(line))


def area_square_metres(geometry: GEOSGeometry) -> float:
    if isinstance(geometry, MultiPolygon):
        return sum(area_square_metres(part) for part in geometry)
    if not isinstance(geometry, Polygon):
        return 0.0
    outer, *holes = [abs(float(ELLIPSOID.polygon_area_perimeter(*_columns(r))[0])) for r in geometry.coords]
    return outer - sum(holes)


def box_around(geometry: GEOSGeometry, metres: float) -> Polygon:
    """A box in degrees that surely holds everything within `metres`; lets the geometry index make the first cut."""
    xmin, ymin, xmax, ymax = geometry.extent
    reach = metres * 1.01
    d_lat = reach / 110_500.0
    poleward = min(max(abs(ymin), abs(ymax)) + d_lat, 89.0)
    d_lon = reach / (111_300.0 * math.cos(math.radians(poleward)))
    box = Polygon.from_bbox((xmin - d_lon, ymin - d_lat, xmax + d_lon, ymax + d_lat))
    box.srid = SRID
    return box


class MetresTo(Func):
    """ST_Distance on the ellipsoid between a column and a geometry, in metres."""

    function = "ST_Distance"
    output_field = FloatField()

    def __init__(self, field: str, geometry: GEOSGeometry, **extra: Any) -> None:
        super().__init__(_Geography(F(field)), _constant(geometry), **extra)


class WithinMetres(Func):
    """ST_DWithin on the ellipsoid: true when the column lies within so many metres."""

    function = "ST_DWithin"
    output_field = BooleanField()

    def __init__(self, field: str, geometry: GEOSGeometry, metres: float, **extra: Any) -> None:
        super().__init__(_Geography(F(field)), _constant(geometry), Value(float(metres)), **extra)


def within(rows: QuerySet[Any], geometry: GEOSGeometry, metres: float, *, field: str = "geom") -> QuerySet[Any]:
    """Rows within so many metres, with `metres` annotated; the box uses the index, the ellipsoid decides."""
    near: QuerySet[Any] = rows.filter(**{f"{field}__bboverlaps": box_around(geometry, metres)})
    near = near.filter(WithinMetres(field, geometry, metres)).annotate(metres=MetresTo(field, geometry))
    return near


def nearest(
    rows: QuerySet[Any], point: GEOSGeometry, *, limit: int, field: str = "geom", knn: str = "geom_3857"
) -> list[Any]:
    """The nearest rows, nearest first, with `metres` annotated.

    The index orders by Web Mercator, whose scale differs by about 1 % across the city; twice the rows are fetched
    and put in order by their true distance.
    """
    candidates = rows.annotate(metres=MetresTo(field, point)).order_by(_Knn(knn, point))[: limit * 2 + 8]
    return sorted(candidates, key=lambda row: row.metres)[:limit]


class _Geography(Func):
    template = "%(expressions)s::geography"
    output_field = FloatField()  # never selected by itself; Django only wants it to have a type


class _Knn(Func):
    arg_joiner = " <-> "
    template = "(%(expressions)s)"
    output_field = FloatField()

    def __init__(self, field: str, point: GEOSGeometry, **extra: Any) -> None:
        target: Func = Func(
            Value(point.hexewkb.decode()),
            template="ST_Transform((%(expressions)s)::geometry, 3857)",
            output_field=FloatField(),
        )
        super().__init__(F(field), target, **extra)


def _constant(geometry: GEOSGeometry) -> Func:
    return Func(
        Value(geometry.hexewkb.decode()), template="(%(expressions)s)::geometry::geography", output_field=FloatField()
    )


def _columns(path: Sequence[Sequence[float]]) -> tuple[Any, Any]:
    return [c[0] for c in path], [c[1] for c in path]


def _paths(geometry: GEOSGeometry) -> Iterator[Sequence[Sequence[float]]]:
    if isinstance(geometry, LineString):
        yield geometry.coords
    elif isinstance(geometry, Polygon):
        yield from geometry.coords
    elif isinstance(geometry, (MultiLineString, MultiPolygon)):
        for part in geometry:
            yield from _paths(part)
