"""The tree of divisions: read from the city's facts, and asked which node a point belongs to."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.gis.geos import GeometryCollection, GEOSGeometry, MultiPolygon, Point, Polygon
from django.db import connection, transaction
from django.db.models import Case, IntegerField, Value, When

from geo.coordinates import SRID
from geo.models import Region

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "dongying"

# The most specific node wins: a zone is administered apart from the county whose ground it stands on.
_RANK = Case(
    When(kind=Region.Kind.ZONE, then=Value(0)),
    When(kind=Region.Kind.TOWN, then=Value(1)),
    When(kind=Region.Kind.COUNTY, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class _Division:
    """One line of divisions.csv, with the boundary it gets."""

    code: str
    path: str
    name: str
    short_name: str
    kind: str
    parent: str
    admin_parent: str
    order: int
    boundary: MultiPolygon
    is_illustrative: bool


@transaction.atomic
def load(folder: Path = FOLDER) -> dict[str, Region]:
    """Create or correct every division of the city; running it twice changes nothing."""
    regions: dict[str, Region] = {}
    for d in _divisions(folder):
        regions[d.code], _created = Region.objects.update_or_create(
            code=d.code,
            defaults={
                "name": d.name,
                "short_name": d.short_name,
                "kind": d.kind,
                "path": d.path,
                "order": d.order,
                "parent": regions.get(d.parent),
                "admin_parent": regions.get(d.admin_parent),
                "geom": d.boundary,
                "label_point": d.boundary.point_on_surface,
                "is_illustrative": d.is_illustrative,
            },
        )
    return regions


def region_of(point: Point) -> Region | None:
    """The zone, else the town, else the county a point lies in; the city for the sea and margins around it."""
    found = Region.objects.filter(geom__covers=point).annotate(rank=_RANK).order_by("rank", "-path").first()
    if found is not None:
        return found
    xmin, ymin, xmax, ymax = cast(list[float], settings.CITY["extent"])
    if xmin <= point.x <= xmax and ymin <= point.y <= ymax:
        return Region.objects.filter(code=settings.CITY["code"]).first()
    return None


def regions_of(points: Sequence[Point]) -> list[Region | None]:
    """`region_of` each of many points, in one statement."""
    with connection.cursor() as cursor:
        # Region by region, so that PostGIS prepares each outline once and not once a point.
        cursor.execute(
            """
            SELECT DISTINCT ON (hit.n) hit.n, r.id
            FROM geo_region r CROSS JOIN LATERAL (
                SELECT p.n FROM unnest(%s::int[], %s::float8[], %s::float8[]) p(n, lon, lat)
                WHERE r.geom && ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4490)
                  AND ST_Covers(r.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4490))
            ) hit
            ORDER BY hit.n, CASE r.kind WHEN 'zone' THEN 0 WHEN 'town' THEN 1 WHEN 'county' THEN 2 ELSE 3 END,
                r.path DESC
            """,
            [list(range(len(points))), [p.x for p in points], [p.y for p in points]],
        )
        found = dict(cursor.fetchall())
    regions = Region.objects.defer("geom").in_bulk(set(found.values()))
    return [regions[found[n]] if n in found else region_of(point) for n, point in enumerate(points)]


def _divisions(folder: Path) -> list[_Division]:
    real = _outlines(folder / "districts.geojson")
    drawn = _outlines(folder / "zones.geojson")
    with (folder / "divisions.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    known = {line["code"] for line in lines}
    found = []
    for order, line in enumerate(lines):
        missing = {line["parent"], line["admin_parent"]} - known - {""}
        if missing:
            raise ValueError(f"divisions.csv, {line['code']}: unknown parent {', '.join(missing)}.")
        ground = line["admin_parent"] or line["parent"]
        found.append(
            _Division(
                **{k: line[k] for k in ("code", "path", "name", "short_name", "kind", "parent", "admin_parent")},
                order=order,
                boundary=_boundary(line, real, drawn, ground),
                is_illustrative=line["code"] in drawn,
            )
        )
    return found


def _boundary(
    line: dict[str, str], real: dict[str, GEOSGeometry], drawn: dict[str, GEOSGeometry], ground: str
) -> MultiPolygon:
    code = line["code"]
    if line["kind"] == Region.Kind.CITY:
        whole = next(iter(real.values()))
        for part in real.values():
            whole = whole.union(part)
        return _multi(whole)
    if code in real:
        return _multi(real[code])
    if code in drawn and ground in real:
        return _multi(drawn[code].intersection(real[ground]))
    raise ValueError(f"divisions.csv, {code}: no outline in districts.geojson or zones.geojson.")


def _outlines(path: Path) -> dict[str, GEOSGeometry]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {f["properties"]["code"]: _geometry(f["geometry"]) for f in features}


def _geometry(geojson: dict[str, object]) -> GEOSGeometry:
    geometry = GEOSGeometry(json.dumps(geojson))
    geometry.srid = SRID  # GeoJSON is read as WGS-84, which is the same ground to within centimetres
    return geometry


def _multi(geometry: GEOSGeometry) -> MultiPolygon:
    """Only the areas of a geometry: an intersection may leave stray lines and points behind."""
    if isinstance(geometry, Polygon):
        return MultiPolygon(geometry, srid=SRID)
    parts = [g for g in cast(GeometryCollection, geometry) if isinstance(g, Polygon)]
    return MultiPolygon(*parts, srid=SRID)
