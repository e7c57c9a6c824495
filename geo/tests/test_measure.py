"""Lengths and areas on the ellipsoid, and the same in queries."""

import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, Point, Polygon

from geo import measure


def test_a_degree_of_latitude_is_111_kilometres_here():
    assert measure.metres_between(118.5, 37.0, 118.5, 38.0) == pytest.approx(110_990, abs=60)


def test_a_degree_of_longitude_is_shorter():
    assert measure.metres_between(118.0, 37.5, 119.0, 37.5) == pytest.approx(88_390, abs=60)


def test_length_of_lines_and_outlines():
    line = LineString((118.5, 37.0), (118.5, 38.0), srid=4490)
    assert measure.length_metres(line) == pytest.approx(measure.metres_between(118.5, 37, 118.5, 38))
    square = Polygon.from_bbox((118.5, 37.5, 118.51, 37.51))
    assert measure.length_metres(square) == pytest.approx(2 * 884 + 2 * 1110, rel=0.01)
    assert measure.length_metres(Point(118.5, 37.5)) == 0


def test_area_takes_holes_out_whichever_way_the_rings_run():
    outer = [(118.5, 37.5), (118.6, 37.5), (118.6, 37.6), (118.5, 37.6), (118.5, 37.5)]
    hole = [(118.54, 37.54), (118.56, 37.54), (118.56, 37.56), (118.54, 37.56), (118.54, 37.54)]
    whole = measure.area_square_metres(Polygon(outer))
    assert whole == pytest.approx(8840 * 11099, rel=0.002)
    for ring in (hole, hole[::-1]):
        assert measure.area_square_metres(Polygon(outer, ring)) == pytest.approx(whole * 0.96, rel=0.001)
    triangles = "((118.5 37.5,118.6 37.5,118.6 37.6,118.5 37.5)),((117 37,117.1 37,117 37.1,117 37))"
    both = GEOSGeometry(f"MULTIPOLYGON({triangles})")
    assert measure.area_square_metres(both) == pytest.approx(whole, rel=0.01)
    assert measure.area_square_metres(Point(118.5, 37.5)) == 0


@pytest.mark.parametrize("metres", [1, 500, 20_000, 150_000])
def test_the_box_holds_the_whole_circle(metres):
    box = measure.box_around(Point(118.5, 37.5, srid=4490), metres)
    for azimuth in range(0, 360, 5):
        lon, lat, _ = measure.ELLIPSOID.fwd(118.5, 37.5, azimuth, metres)
        assert box.contains(Point(lon, lat, srid=4490))


@pytest.fixture
def spread(regions):
    """Sites due east of one point, at 100 m, 400 m, 600 m and 5 km."""
    from tests.cast import make_site

    made = {}
    for metres in (600, 100, 5_000, 400):
        lon, lat, _ = measure.ELLIPSOID.fwd(118.45, 37.05, 90, metres)
        made[metres] = make_site(regions.town, f"{metres} 米处", geom=Point(lon, lat, srid=4490))
    return made


def test_within_keeps_what_the_ellipsoid_says_is_near(spread):
    from geo.models import Site

    found = measure.within(Site.objects.all(), Point(118.45, 37.05, srid=4490), 500)
    assert {site.name: round(site.metres) for site in found} == {"100 米处": 100, "400 米处": 400}


def test_within_counts_from_the_edge_of_an_area(spread):
    from geo.models import Site

    plant = Polygon.from_bbox((118.449, 37.049, 118.4545, 37.051))
    plant.srid = 4490
    assert {s.name for s in measure.within(Site.objects.all(), plant, 500)} == {"100 米处", "400 米处", "600 米处"}


def test_nearest_come_in_order_with_their_metres(spread):
    from geo.models import Site

    found = measure.nearest(Site.objects.all(), Point(118.45, 37.05, srid=4490), limit=3)
    assert [round(site.metres) for site in found] == [100, 400, 600]


def test_the_index_makes_the_first_cut_of_a_circle(spread):
    from geo.models import Site

    sql = str(measure.within(Site.objects.all(), Point(118.45, 37.05, srid=4490), 500).query)
    assert "&&" in sql and "ST_DWithin" in sql
