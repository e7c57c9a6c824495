"""Residents around a place, against cases worked out by hand and against bare SQL."""

import datetime as dt
import math

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import IntegrityError, connection, transaction

from geo.measure import area_square_metres
from geo.models import Population, Region
from geo.population import persons_within, rounded

LON, LAT = 118.5, 37.4
# Metres a degree at 37.4° N on the ellipsoid of CGCS2000.
DEGREE_LON, DEGREE_LAT = 88_563.0, 110_985.0
DAY = dt.date(2020, 11, 1)

pytestmark = pytest.mark.django_db


def box(west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle given in metres from the middle of the test."""
    xmin, xmax = LON + west / DEGREE_LON, LON + east / DEGREE_LON
    ymin, ymax = LAT + south / DEGREE_LAT, LAT + north / DEGREE_LAT
    return Polygon(((xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax), (xmin, ymin)), srid=4490)


@pytest.fixture
def region(db: None) -> Region:
    return Region.objects.create(code="370523", name="广饶县", short_name="广饶", kind="county", path="370523/")


@pytest.fixture
def people(region: Region):
    def live(area: Polygon, persons: int, **fields: object) -> Population:
        return Population.objects.create(
            name=f"{persons} 人", region=region, geom=MultiPolygon(area, srid=4490), persons=persons,
            **{"as_of": DAY, **fields},
        )  # fmt: skip

    return live


PLANT = box(-200, -200, 200, 200)


def test_nobody_lives_around_an_empty_place():
    found = persons_within(PLANT, 500)
    assert (found.persons, found.areas, found.as_of, found.is_illustrative) == (0, 0, None, False)


def test_a_village_wholly_inside_the_ring_counts_whole(people):
    people(box(300, -100, 500, 100), 137)
    assert persons_within(PLANT, 500).persons == 137


def test_a_village_beyond_the_ring_does_not_count(people):
    people(box(710, -100, 900, 100), 137)
    assert persons_within(PLANT, 500) == persons_within(box(5000, 0, 5100, 100), 500)


def test_half_a_village_is_half_its_people(people):
    """From 600 m to 800 m east of the middle; the ring ends at 200 + 500 = 700 m."""
    people(box(600, -100, 800, 100), 1000)
    assert persons_within(PLANT, 500).persons == pytest.approx(500, abs=3)


def test_the_plant_itself_is_left_out(people):
    """An area over the plant and around it, 800 m square: 640,000 m² of which 160,000 m² are the plant."""
    people(box(-400, -400, 400, 400), 6400)
    assert persons_within(PLANT, 500).persons == pytest.approx(4800, abs=2)


def test_the_ring_follows_the_outline_with_round_corners(people):
    """Square with side 400, ring of 500: 4 × 400 × 500 + π × 500² = 1,585,398 m² of a field of 4,000,000 m²."""
    people(box(-1000, -1000, 1000, 1000), 40_000)
    expected = 40_000 * (4 * 400 * 500 + math.pi * 500**2) / 2000**2
    assert persons_within(PLANT, 500).persons == pytest.approx(expected, rel=0.002)


def test_a_point_is_reached_all_around(people):
    people(box(-1000, -1000, 1000, 1000), 40_000)
    expected = 40_000 * math.pi * 500**2 / 2000**2
    assert persons_within(Point(LON, LAT, srid=4490), 500).persons == pytest.approx(expected, rel=0.002)


def test_a_plant_in_two_parts_counts_people_between_them_once(people):
    people(box(-100, -100, 100, 100), 80)
    parts = MultiPolygon(box(-500, -50, -300, 50), box(300, -50, 500, 50), srid=4490)
    assert persons_within(parts, 500).persons == 80


def test_several_areas_add_up_and_the_oldest_count_is_named(people):
    people(box(300, -100, 500, 100), 10)
    people(box(-500, -100, -300, 100), 19, as_of=dt.date(2010, 11, 1), is_illustrative=True)
    found = persons_within(PLANT, 500)
    assert (found.persons, found.areas, found.as_of) == (29, 2, dt.date(2010, 11, 1)) and found.is_illustrative


def test_shares_are_added_before_they_are_rounded(people):
    """Three times a third of a person is one person, not none."""
    for south in (-90, -30, 30):
        people(box(550, south, 1000, south + 50), 1)
    assert persons_within(PLANT, 500).persons == 1


@pytest.mark.parametrize(
    ("raw", "whole"), [(0, 0), (0.4999, 0), (0.5, 1), (29.5, 30), (29.4999999998, 30), (30.5, 31), (99.49, 99)]
)
def test_halves_round_up_and_noise_does_not_decide(raw, whole):
    assert rounded(raw) == whole


def test_it_is_what_bare_sql_says(people):
    for number in range(40):
        west, south = -1200 + 170 * (number % 8) * 1.7, -1200 + 500 * (number // 8)
        people(box(west, south, west + 150 + number, south + 200), 50 + number)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum(persons * ST_Area(ST_Intersection(geom, ring)::geography) / ST_Area(geom::geography))
               FROM geo_population, (SELECT %s::geometry AS p) q, LATERAL (SELECT ST_Difference(
                 ST_SetSRID(ST_Buffer(p::geography, 500, 'quad_segs=32')::geometry, 4490), p) AS ring) r
               WHERE ST_Intersects(geom, ring)""",
            [PLANT.hexewkb.decode()],
        )
        (bare,) = cursor.fetchone()
    assert persons_within(PLANT, 500).persons == rounded(bare) > 0


def test_the_area_of_a_row_is_kept_by_the_database(people):
    row = people(box(0, 0, 1000, 1000), 500)
    row.refresh_from_db()
    assert row.area_m2 == pytest.approx(area_square_metres(row.geom), rel=1e-6)
    assert row.density == pytest.approx(500, rel=0.001)


def test_an_area_without_ground_is_refused(region):
    flat = Polygon(((LON, LAT), (LON + 0.01, LAT), (LON, LAT), (LON, LAT)), srid=4490)
    with pytest.raises(IntegrityError), transaction.atomic():
        Population.objects.create(
            name="一条线", region=region, geom=MultiPolygon(flat, srid=4490), persons=1, as_of=DAY
        )


@pytest.mark.parametrize("metres", [0, -1, 50_001, float("nan")])
def test_a_radius_out_of_reason_is_a_programming_error(metres):
    with pytest.raises(ValueError, match="metres="):
        persons_within(PLANT, metres)


def test_the_index_finds_the_candidates(people):
    people(box(300, -100, 500, 100), 10)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'geo_population'")
        assert any("gist (geom)" in line for (line,) in cursor.fetchall())
