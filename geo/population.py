"""How many people live around a place: what grades a major hazard source (α of GB 18218) and what a report must say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from geo.coordinates import SRID
from geo.measure import box_around
from geo.models import Population

MAX_METRES = 50_000.0
# A quarter circle in 32 chords loses four hundredths of a per cent of its area; the usual eight lose 0.6.
CHORDS = "quad_segs=32"

# The buffer comes back in WGS-84, the same ground. The box finds candidates by the index. What lies inside the plant
# itself is staff, not residents around it.
SQL = f"""
WITH place AS (SELECT %s::geometry AS geom),
reach AS (SELECT ST_SetSRID(ST_Buffer(geom::geography, %s, '{CHORDS}')::geometry, {SRID}) AS reach, geom FROM place),
ring AS (SELECT CASE WHEN ST_Dimension(geom) = 2 THEN ST_Difference(reach, geom) ELSE reach END AS geom FROM reach),
part AS (
    SELECT p.persons, p.as_of, p.is_illustrative, p.area_m2,
           CASE WHEN ST_Covers(ring.geom, p.geom) THEN p.area_m2
                ELSE ST_Area(ST_Intersection(p.geom, ring.geom)::geography) END AS reached_m2
    FROM {Population._meta.db_table} p, ring
    WHERE p.geom && %s::geometry AND ST_Intersects(p.geom, ring.geom))
SELECT coalesce(sum(persons * reached_m2 / area_m2), 0), count(*), min(as_of), coalesce(bool_or(is_illustrative), false)
FROM part WHERE reached_m2 > 0
"""


@dataclass(frozen=True)
class Exposed:
    """The residents around a place: a whole number, halves rounded up, from so many areas, the oldest counted then."""

    persons: int
    areas: int
    as_of: dt.date | None
    is_illustrative: bool


def persons_within(area: GEOSGeometry, metres: float) -> Exposed:
    """Residents within `metres` of a polygon's outline, outside it; of a point, all around it.

    An area of residents that is only partly reached counts by the part of its surface: people are taken to live evenly
    over it. Parts are added exactly and rounded once, at the end.
    """
    if not 0 < metres <= MAX_METRES:
        raise ValueError(f"metres={metres}: expected more than 0 and at most {MAX_METRES:.0f}.")
    if area.srid != SRID or area.empty:
        raise ValueError(f"area: expected a geometry in EPSG:{SRID}, got {area.geom_type} in {area.srid}.")
    place, box = area.hexewkb.decode(), box_around(area, metres).hexewkb.decode()
    with connection.cursor() as cursor:
        cursor.execute(SQL, [place, metres, box])
        persons, areas, as_of, is_illustrative = cursor.fetchone()
    return Exposed(rounded(persons), areas, as_of, is_illustrative)


def rounded(persons: float) -> int:
    """Half a person is a person: 29.5 is 30, also when the sum of shares arrives as 29.4999999998."""
    clean = Decimal(repr(float(persons))).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    return int(clean.quantize(Decimal(1), ROUND_HALF_UP))
