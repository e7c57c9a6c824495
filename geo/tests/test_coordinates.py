"""The worked points of the city in every coordinate system, and round trips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import coordinates
from geo.coordinates import BadCoordinate, Datum
from geo.measure import metres_between

# Points worked with pyproj and the published GCJ-02/BD-09 formulas: WGS-84, GCJ-02, BD-09, EPSG:4548, 4549, 3857.
WORKED = [
    (
        (118.6747, 37.4346),
        (118.680367, 37.435278),
        (118.68675, 37.441633),
        (648220.71, 4146060.56),
        (382704.87, 4145568.31),
        (13210807.17, 4499858.8),
    ),
    (
        (118.4074, 37.0537),
        (118.413404, 37.054443),
        (118.419866, 37.0605),
        (625190.35, 4103397.09),
        (358334.72, 4103657.05),
        (13181051.47, 4446594.52),
    ),
]
DEGREES, METRES = 2e-6, 0.02
LON = st.floats(117.0, 120.0)
LAT = st.floats(36.5, 38.5)


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09", "zone39", "zone40", "mercator"), WORKED)
def test_worked_points_come_out_as_published(wgs84, gcj02, bd09, zone39, zone40, mercator):
    assert coordinates.from_cgcs2000(*wgs84, Datum.WGS84) == wgs84
    assert coordinates.from_cgcs2000(*wgs84, Datum.GCJ02) == pytest.approx(gcj02, abs=DEGREES)
    assert coordinates.from_cgcs2000(*wgs84, Datum.BD09) == pytest.approx(bd09, abs=DEGREES)
    assert coordinates.from_cgcs2000(*wgs84, Datum.ZONE_39) == pytest.approx(zone39, abs=METRES)
    assert coordinates.from_cgcs2000(*wgs84, Datum.ZONE_40) == pytest.approx(zone40, abs=METRES)
    assert coordinates.to_web_mercator(*wgs84) == pytest.approx(mercator, abs=METRES)


@pytest.mark.parametrize("row", WORKED)
def test_worked_points_come_back(row):
    wgs84, gcj02, bd09, zone39, zone40, _ = row
    given_in = zip((Datum.GCJ02, Datum.BD09, Datum.ZONE_39, Datum.ZONE_40), (gcj02, bd09, zone39, zone40), strict=True)
    for datum, pair in given_in:
        assert metres_between(*coordinates.to_cgcs2000(*pair, datum), *wgs84) < 0.2


@given(lon=LON, lat=LAT, datum=st.sampled_from(list(Datum)))
def test_every_datum_survives_a_round_trip_to_the_millimetre(lon, lat, datum):
    there = coordinates.from_cgcs2000(lon, lat, datum)
    assert metres_between(*coordinates.to_cgcs2000(*there, datum), lon, lat) < 0.001


def test_the_gcj02_shift_is_as_large_as_the_hazard_radius():
    lon, lat = WORKED[0][0]
    assert metres_between(lon, lat, *coordinates.from_cgcs2000(lon, lat, Datum.GCJ02)) == pytest.approx(507, abs=1)


def test_convert_goes_from_one_datum_to_another():
    assert coordinates.convert(*WORKED[0][1], source="gcj02", target="bd09") == pytest.approx(WORKED[0][2], abs=DEGREES)


def test_each_longitude_has_its_zone():
    assert coordinates.zone_for(118.4074) == Datum.ZONE_39
    assert coordinates.zone_for(118.5) == Datum.ZONE_40
    with pytest.raises(BadCoordinate, match="三度带"):
        coordinates.zone_for(104)


@pytest.mark.parametrize(
    ("x", "y", "datum", "reason"),
    [
        (float("nan"), 37, Datum.CGCS2000, "有限"),
        (float("inf"), 37, Datum.ZONE_39, "有限"),
        (648220.71, 4146060.56, Datum.GCJ02, "不是经纬度"),
        (39648220.71, 4146060.56, Datum.ZONE_39, "带号"),
        (118.67, 37.43, Datum.ZONE_39, "不是三度带坐标"),
    ],
)
def test_impossible_numbers_are_refused_with_a_reason(x, y, datum, reason):
    with pytest.raises(BadCoordinate, match=reason):
        coordinates.to_cgcs2000(x, y, datum)


def test_a_datum_outside_the_list_is_refused():
    with pytest.raises(ValueError):
        coordinates.to_cgcs2000(118, 37, "EPSG:4326")
