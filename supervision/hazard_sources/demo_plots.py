"""Plots of the demo city's hazardous plants: made up around the plant's point, and said to be illustrative."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from itertools import pairwise
from random import Random

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from fixtures.demo.city import City
from geo.coordinates import SRID
from geo.measure import area_square_metres
from geo.models import Site
from supervision.enterprises.models import Boundary, Enterprise

SOURCE = "示意厂界（非实测）"
METRES_LAT = 111_000.0
SMALLEST_HA, LARGEST_HA = 2.2, 38.0
# So many plants have not been drawn yet, and of so many the outline was drawn anew after the persons were counted.
UNDRAWN, REDRAWN = 0.06, 0.03
FARTHEST_M = 105.0


def plots(city: City, rng: Random, enterprises: Iterable[Enterprise]) -> list[Boundary]:
    """One outline a plant, with a few left out; those drawn anew have the former one too, the present one last."""
    found: list[Boundary] = []
    for enterprise in enterprises:
        if rng.random() < UNDRAWN:
            continue
        drawn = city.moment_ago(rng, 20, 520)
        if rng.random() < REDRAWN:
            former = _boundary(city, rng, enterprise, drawn - dt.timedelta(days=rng.randint(200, 600)))
            former.replaced_at = drawn
            found.append(former)
        found.append(_boundary(city, rng, enterprise, drawn))
    return found


def spot_inside(rng: Random, site: Site, boundary: Boundary | None) -> Point:
    """Where a unit stands: within the outline and not far from the plant's point."""
    reach = FARTHEST_M
    if boundary is not None:
        # The outline is star-shaped about the point: half-way to its nearest side is inside in every direction.
        ring = boundary.geom[0].exterior_ring.coords
        reach = min(FARTHEST_M, 0.8 * min(_metres(site.geom, lon, lat) for lon, lat in _sides(ring)))
    angle, part = rng.uniform(0, 2 * math.pi), math.sqrt(rng.uniform(0.02, 1.0))
    return _moved(site.geom, angle, reach * part)


def _boundary(city: City, rng: Random, enterprise: Enterprise, at: dt.datetime) -> Boundary:
    site = enterprise.site
    geom = MultiPolygon(_outline(rng, site.geom), srid=SRID)
    return Boundary(
        enterprise=enterprise, region=site.region, geom=geom, area_m2=round(area_square_metres(geom), 1),
        drawn_by=city.users.get("inspector"), source=SOURCE, verified_at=at, verified_by=city.users.get("inspector"),
        verified_note="绘制", interval_days=365,
    )  # fmt: skip


def _outline(rng: Random, centre: Point) -> Polygon:
    """A four-cornered plot with its corners and sides a little off, turned as the road beside it runs."""
    hectares = min(max(rng.lognormvariate(2.1, 0.6), SMALLEST_HA), LARGEST_HA)
    ratio = rng.uniform(0.65, 1.5)
    width = math.sqrt(hectares * 10_000 * ratio)
    height = width / ratio
    turn = rng.gauss(0, 0.25)
    corners = [(0.5, 0.5), (0, 0.54), (-0.5, 0.5), (-0.53, 0), (-0.5, -0.5), (0, -0.5), (0.5, -0.5), (0.52, 0)]
    points = []
    for x, y in corners:
        dx, dy = x * width * rng.uniform(0.94, 1.06), y * height * rng.uniform(0.94, 1.06)
        points.append(_moved(centre, math.atan2(dy, dx) + turn, math.hypot(dx, dy)).coords)
    return Polygon([*points, points[0]], srid=SRID)


def _sides(ring: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along the outline: its corners and the middles between them."""
    corners = list(ring)
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    return [*corners, *middles]


def _metres(origin: Point, lon: float, lat: float) -> float:
    return math.hypot((lon - origin.x) * METRES_LAT * math.cos(math.radians(origin.y)), (lat - origin.y) * METRES_LAT)


def _moved(origin: Point, angle: float, metres: float) -> Point:
    lat = origin.y + metres * math.sin(angle) / METRES_LAT
    lon = origin.x + metres * math.cos(angle) / (METRES_LAT * math.cos(math.radians(origin.y)))
    return Point(lon, lat, srid=SRID)
