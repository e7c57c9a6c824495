"""The demo city's surroundings: about 2.1 million people where towns and villages are, and what must be protected.

Made up from the order of magnitude of the city's population, and marked as illustrative: nothing here is a census.
The load is the same at every scale: benchmarks multiply records, not people.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from random import Random

import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon

from core.pinyin import initials
from fixtures.demo.city import City, Progress, point
from fixtures.demo.places import DEGREE_LAT, DEGREE_LON, Place
from geo.coordinates import SRID
from geo.models import Population, Site
from supervision.surroundings.classes import proposed, site_kind
from supervision.surroundings.demo_targets import TARGETS, Sort, names_of, size_of
from supervision.surroundings.models import ProtectedSite

ORDER = 15
RESIDENTS = 2_106_000
SOURCE = "示意数据（非普查）"
CELL_M = 700.0
# People gather in towns: how many per unit of a place's weight, before everything is brought to the city's total.
TOWNS = {"urban": 30_000, "town": 7_000}
# Dormitories and old hamlets beside works, so many a square kilometre.
WORKS = {"chemical": 0.75, "industrial": 1.2, "port": 0.5, "oilfield": 0.25, "mine": 0.12}
# Parks from which villages and quarters were moved away.
CLEARED = ("chemical", "port")
INTERVAL_DAYS = 365


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    areas = residents(city, rng)
    for done in city.write(areas):
        progress("人口分布", done, len(areas))
    places = protected(city, rng)
    sites = city.write_all(place.site for place in places)
    for place, site in zip(places, sites, strict=True):
        place.site = site
    for done in city.write(places):
        progress("防护目标", done, len(places))


def is_cleared(city: City, lon: float, lat: float) -> bool:
    return any(
        math.hypot((lon - p.lon) * DEGREE_LON, (lat - p.lat) * DEGREE_LAT) < p.radius_m * 1.15
        for p in city.ground.places
        if p.kind in CLEARED
    )


def residents(city: City, rng: Random) -> list[Population]:
    quarters = list(town_cells(city))
    in_town = {cell_of(area.geom.centroid.x, area.geom.centroid.y) for area in quarters}
    hamlets = [*villages(city, rng, in_town), *beside_works(city, rng)]
    rest = RESIDENTS - sum(area.persons for area in hamlets)
    factor = rest / sum(area.persons for area in quarters)
    for area in quarters:
        area.persons = max(1, round(area.persons * factor))
    quarters[0].persons += RESIDENTS - sum(area.persons for area in (*hamlets, *quarters))
    return [*quarters, *hamlets]


def town_cells(city: City) -> Iterator[Population]:
    """Squares of one grid over the towns, thick in the middle; a square belongs to the town that gives it most."""
    cells: dict[tuple[int, int], tuple[float, Place]] = {}
    for place in city.ground.places:
        if place.kind not in TOWNS:
            continue
        reach = math.ceil(place.radius_m * 1.4 / CELL_M)
        column, row = cell_of(place.lon, place.lat)
        spread = 2 * (place.radius_m * 0.55) ** 2
        for x in range(column - reach, column + reach + 1):
            for y in range(row - reach, row + reach + 1):
                metres2 = ((x - column) ** 2 + (y - row) ** 2) * CELL_M**2
                people = TOWNS[place.kind] * place.weight * math.exp(-metres2 / spread) / spread
                if metres2 <= (place.radius_m * 1.4) ** 2 and people > cells.get((x, y), (0.0, place))[0]:
                    cells[x, y] = (people, place)
    numbers: dict[str, int] = {}
    for (x, y), (people, place) in sorted(cells.items()):
        lon, lat = x * CELL_M / DEGREE_LON, y * CELL_M / DEGREE_LAT
        if not shapely.contains_xy(city.ground.areas[place.region], lon, lat) or city.ground.is_water(lon, lat):
            continue
        if is_cleared(city, lon, lat):
            continue
        numbers[place.key] = numbers.get(place.key, 0) + 1
        half = CELL_M / 2
        corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
        name = f"{place.name}第 {numbers[place.key]} 片区"
        yield area_of(city, place, name, lon, lat, corners, round(people * 1e6))


def cell_of(lon: float, lat: float) -> tuple[int, int]:
    return round(lon * DEGREE_LON / CELL_M), round(lat * DEGREE_LAT / CELL_M)


def villages(city: City, rng: Random, in_town: set[tuple[int, int]]) -> Iterator[Population]:
    """Where no town has grown over them."""
    for place in city.ground.places:
        if cell_of(place.lon, place.lat) in in_town:
            continue
        if place.kind == "rural" and not is_cleared(city, place.lon, place.lat):
            persons = round(rng.triangular(180, 1_500, 420))
            name = city.names.numbered(f"{city.region(place.region).short_name}{place.name}")
            corners = blob(rng, 90 + math.sqrt(persons) * 5)
            yield area_of(city, place, name, place.lon, place.lat, corners, persons)


def beside_works(city: City, rng: Random) -> Iterator[Population]:
    for place in city.ground.places:
        if place.kind not in WORKS:
            continue
        wanted = round(math.pi * (place.radius_m / 1000) ** 2 * WORKS[place.kind])
        for number in range(1, wanted + 1):
            spot = city.ground.at(rng, place.region, place)
            persons = round(rng.triangular(5, 110, 14))
            name = f"{place.name}{number}号生活点"
            yield area_of(city, place, name, spot.lon, spot.lat, blob(rng, rng.uniform(40, 90)), persons)


def area_of(
    city: City, place: Place, name: str, lon: float, lat: float, corners: list[tuple[float, float]], persons: int
) -> Population:
    shape = shapely.Polygon([(lon + x / DEGREE_LON, lat + y / DEGREE_LAT) for x, y in corners])
    own = city.ground.areas[place.region]
    if not shapely.contains(own, shape):
        parts = shape.intersection(own)  # nobody is counted in the neighbour's region
        shape = max(getattr(parts, "geoms", [parts]), key=lambda part: part.area)
    return Population(
        name=name,
        pinyin=initials(name),
        region=city.region(place.region),
        geom=MultiPolygon(Polygon(list(shape.exterior.coords), srid=SRID), srid=SRID),
        persons=persons,
        source=SOURCE,
        as_of=dt.date(2020, 11, 1),
        is_illustrative=True,
    )


def blob(rng: Random, radius: float) -> list[tuple[float, float]]:
    """Seven corners around a middle, in metres."""
    turn = rng.uniform(0, 1)
    angles = [2 * math.pi * (corner + turn) / 7 for corner in range(7)]
    return [(r * math.cos(a), r * math.sin(a)) for a in angles for r in (radius * rng.uniform(0.75, 1.2),)]


def protected(city: City, rng: Random) -> list[ProtectedSite]:
    return [target(city, rng, sort, number) for sort in TARGETS for number in range(sort.count)]


def target(city: City, rng: Random, sort: Sort, number: int) -> ProtectedSite:
    spot = city.spot(rng, sort.codes[number % len(sort.codes)], sort.kinds)
    stem = names_of(sort, rng, spot.place.name.removesuffix("片区").removesuffix("城区"))
    name = city.names.numbered(stem)
    persons, households = size_of(sort, rng)
    site = Site(
        region=spot.region, geom=point(spot), kind=site_kind(sort.category), name=name, pinyin=initials(name),
        address=spot.address,
    )  # fmt: skip
    at = city.verified_at(rng, INTERVAL_DAYS)
    return ProtectedSite(
        site=site,
        category=sort.category,
        target_class=proposed(sort.category, persons=persons, households=households),
        persons=persons,
        households=households,
        contact_name=city.names.person(rng),
        contact_phone=city.names.phone(),
        source="示意数据",
        verified_at=at,
        verified_by=city.users["inspector"] if at else None,
        verified_note="现场核实" if at else "",
        interval_days=INTERVAL_DAYS,
        is_illustrative=True,
    )
