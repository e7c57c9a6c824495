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
