"""What is accepted as a place, and the corpus of what is not."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import parsing
from geo.coordinates import Datum, from_cgcs2000
from geo.parsing import BadGeometry

SQUARE = [[118.4, 37.4], [118.5, 37.4], [118.5, 37.5], [118.4, 37.5], [118.4, 37.4]]
HOLE = [[118.42, 37.42], [118.44, 37.42], [118.44, 37.44], [118.42, 37.42]]
GOOD = {
    "Point": [118.6, 37.4],
    "MultiPoint": [[118.6, 37.4], [118.7, 37.5]],
    "LineString": [[118.6, 37.4], [118.7, 37.5]],
    "MultiLineString": [[[118.6, 37.4], [118.7, 37.5]], SQUARE],
    "Polygon": [SQUARE, HOLE],
    "MultiPolygon": [[SQUARE], [[[p[0] + 0.3, p[1]] for p in SQUARE]]],
}


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def point(*numbers):
    return {"type": "Point", "coordinates": list(numbers)}


@pytest.mark.parametrize("kind", parsing.KINDS)
def test_each_kind_is_read_from_objects_and_text(kind):
    source = {"type": kind, "coordinates": GOOD[kind]}
    for form in (source, json.dumps(source), json.dumps(source).encode()):
        geometry = parsing.parse_geometry(form)
        assert (geometry.geom_type, geometry.srid, geometry.valid, geometry.hasz) == (kind, 4490, True, False)


def test_a_kind_that_is_not_wanted_is_refused():
    with pytest.raises(BadGeometry, match="应为 Polygon，收到 “Point”"):
        parsing.parse_geometry(point(118.6, 37.4), kinds=("Polygon",))


BOWTIE = [[118.4, 37.4], [118.5, 37.5], [118.5, 37.4], [118.4, 37.5], [118.4, 37.4]]
CORPUS = [
    (polygon(BOWTIE), "自相交"),
    (polygon(SQUARE[:-1]), "没有闭合"),
    (polygon([SQUARE[0]] * 5), "三个不同的点"),
    (polygon(SQUARE, [[119.4, 37.4], [119.5, 37.4], [119.5, 37.5], [119.4, 37.4]]), "洞在外边界之外"),
    (polygon(), "非空数组"),
    (polygon([]), "非空数组"),
    ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, "几何无效"),
    ({"type": "LineString", "coordinates": [[118.6, 37.4]]}, "两个不同的点"),
    ({"type": "LineString", "coordinates": [[118.6, 37.4], [118.6, 37.4]]}, "两个不同的点"),
    (point(math.nan, 37.4), "有限"),
    (point(math.inf, 37.4), "有限"),
    (point(118.6, -math.inf), "有限"),
    (point(10**400, 37.4), "过大"),
    (point(37.4, 118.6), "写反"),
    (point(648220.71, 4146060.56), "单位为度"),
    (point(116.4, 39.9), "不在山东省"),
    (point(0, 0), "不在山东省"),
    (point(118.6, 37.4, 10), "高程"),
    (point(118.6, 37.4, 10, 20), "高程"),
    (point(118.6), "两个数"),
    (point(), "两个数"),
    (point("118.6", "37.4"), "去掉引号"),
    (point(True, 37.4), "布尔值"),
    (point(None, 37.4), "空值"),
    (point([118.6], 37.4), "数组"),
    ({"type": "Point", "coordinates": "118.6,37.4"}, "两个数"),
    ({"type": "Point", "coordinates": {"x": 1}}, "两个数"),
    ({"type": "Point"}, "两个数"),
    ({"type": "Point", "coordinates": [[[[[[[[[118.6, 37.4]]]]]]]]]}, "两个数"),
    ({"type": "CircularString", "coordinates": SQUARE}, "几何类型"),
    ({"type": ["Point"], "coordinates": [118.6, 37.4]}, "几何类型"),
    ({"coordinates": [118.6, 37.4]}, "几何类型"),
    ({"type": "Feature", "geometry": point(118.6, 37.4)}, "只传其中的 geometry"),
    ({"type": "GeometryCollection", "geometries": []}, "只传其中的 geometry"),
    ({**point(118.6, 37.4), "crs": {"type": "link", "properties": {"href": "http://169.254.169.254/"}}}, "crs"),
    ({**point(118.6, 37.4), "srid": 999999}, "srid"),
    ({"name": "/vsimem/x", "srid": 4326, "width": 1, "height": 1, "bands": []}, "srid"),
    ("SRID=4326;POINT(118.6 37.4)", "GeoJSON"),
    ("POINT(118.6 37.4)", "GeoJSON"),
    ("0101000020E6100000", "GeoJSON"),
    ("01010000", "GeoJSON"),
    ('{"type":"Point","coordinates":[118.6,37.4]', "GeoJSON"),
    ('{"type":"Point","coordinates":[NaN,37.4]}', "NaN"),
    ('{"type":"Point","coordinates":[-Infinity,37.4]}', "Infinity"),
    ('{"type":"Point","coordinates":[1e400,37.4]}', "有限"),
    ('{"type":"Point","coordinates":[' + "9" * 5000 + ",37.4]}", "GeoJSON"),
    ('{"type":"Point","type":"Point","coordinates":[118.6,37.4]}', "重复的成员名"),
    ("\ufeff" + json.dumps(point(118.6, 37.4)), "GeoJSON"),
    (b"\xff\xfe\x00", "GeoJSON"),
    ("[" * 100_000, "GeoJSON"),
    ('{"a":' * 5_000 + "1" + "}" * 5_000, "几何"),
    ("\x00", "GeoJSON"),
    ("\ud800", "GeoJSON"),
    ("", "GeoJSON"),
    ("null", "GeoJSON 对象"),
    ("[]", "GeoJSON 对象"),
    (" " * 3_000_000, "MB"),
    (None, "GeoJSON 对象"),
    (17, "GeoJSON 对象"),
]


@pytest.mark.parametrize(("source", "reason"), CORPUS, ids=range(len(CORPUS)))
def test_bad_geometry_is_refused_with_a_reason(source, reason):
    with pytest.raises(BadGeometry, match=reason):
        parsing.parse_geometry(source)


def test_the_message_says_where_a_polygon_crosses_itself():
    with pytest.raises(BadGeometry, match=r"位置 \(118.45, 37.45"):
        parsing.parse_geometry(polygon(BOWTIE))


def test_a_million_vertices_are_refused_before_they_are_built():
    ring = [[118.4, 37.4]] * 1_000_000
    with pytest.raises(BadGeometry, match="顶点超过 20000"):
        parsing.parse_geometry(polygon(ring))


def test_twenty_thousand_vertices_are_accepted():
    ring = [
        [118.5 + 0.05 * math.cos(a / 19_999 * math.tau), 37.5 + 0.05 * math.sin(a / 19_999 * math.tau)]
        for a in range(19_999)
    ]
    assert parsing.parse_geometry(polygon([*ring, ring[0]])).valid


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([*parsing.KINDS, 118.5, 37.5, 10**400]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "crs", "geometry"]) | st.text(max_size=5), inner, max_size=4
        )
    ),
    max_leaves=40,
)
NUMBERS = st.floats(117, 120) | st.floats(36, 39) | st.floats() | st.integers()
POSITIONS = st.lists(NUMBERS, min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(parsing.KINDS),
    JSON | POSITIONS | st.lists(POSITIONS) | st.lists(st.lists(POSITIONS)) | st.lists(st.lists(st.lists(POSITIONS))),
)
def test_nothing_but_a_valid_geometry_or_a_reason_comes_back(kind, coordinates):
    source = {"type": kind, "coordinates": coordinates}
    try:
        geometry = parsing.parse_geometry(source)
    except BadGeometry as error:
        assert str(error)
    else:
        assert geometry.valid and geometry.srid == 4490


@settings(max_examples=300, deadline=None)
@given(JSON | st.text() | st.binary())
def test_any_input_at_all_is_answered(source):
    for read in (parsing.parse_geometry, parsing.parse_bbox, parsing.parse_radius):
        try:
            read(source)
        except BadGeometry as error:
            assert str(error)
    try:
        parsing.parse_lonlat(source, source, datum=Datum.GCJ02)
    except BadGeometry as error:
        assert str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(118, 119), st.floats(37, 38)), min_size=3, max_size=8))
def test_scribbles_are_valid_or_refused(points):
    try:
        geometry = parsing.parse_geometry(polygon([*map(list, points), list(points[0])]))
    except BadGeometry as error:
        assert str(error)
    else:
        assert geometry.valid


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("118,37,119", "收到 3 个"),
        ("118,37,119,38,1", "收到 5 个"),
        ("", "收到 1 个"),
        ("a,b,c,d", "应是数"),
        ("118,37,nan,38", "有限"),
        ("118,37,inf,38", "有限"),
        ("118,37,1e400,38", "有限"),
        ("119,37,118,38", "最小值大于最大值"),
        ("118,38,119,37", "最小值大于最大值"),
        ("640000,4100000,650000,4200000", "投影坐标"),
        ("1_18,37,119,38", "应是数"),
        ("１１８,37,119,38", "应是数"),
        ("118;37;119;38", "收到 1 个"),
        ("1" * 500, "bbox"),
        (None, "bbox"),
        ([118, 37, 119, 38], "bbox"),
    ],
)
def test_a_bad_bbox_is_refused_with_a_reason(text, reason):
    with pytest.raises(BadGeometry, match=reason):
        parsing.parse_bbox(text)


def test_a_bbox_is_read_even_when_it_shows_the_whole_world():
    assert parsing.parse_bbox("118.1, 36.9,119.3,38.2") == (118.1, 36.9, 119.3, 38.2)
    assert parsing.parse_bbox("-180,-90,180,90").polygon().srid == 4490


def test_a_point_is_converted_from_the_datum_it_names():
    there = from_cgcs2000(118.6747, 37.4346, "gcj02")
    assert parsing.parse_lonlat(*there, datum="gcj02").coords == pytest.approx((118.6747, 37.4346), abs=1e-8)
    assert parsing.parse_lonlat("118.6747", "37.4346").coords == (118.6747, 37.4346)


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "reason"),
    [
        ("37.43", "118.67", "cgcs2000", "写反"),
        ("", "37", "cgcs2000", "应是数"),
        (None, None, "cgcs2000", "空值"),
        ("118", "37", "EPSG:4326", "坐标系"),
        ("118", "37", None, "坐标系"),
        ("39648220", "4146060", "epsg4548", "带号"),
        ("648220", "4146060", "cgcs2000", "单位为度"),
    ],
)
def test_a_bad_point_is_refused_with_a_reason(lon, lat, datum, reason):
    with pytest.raises(BadGeometry, match=reason):
        parsing.parse_lonlat(lon, lat, datum=datum)


def test_a_radius_is_read_and_bounded():
    centre, metres = parsing.parse_radius("118.67,37.43,3000")
    assert (centre.coords, metres) == ((118.67, 37.43), 3000)
    for text, reason in (("118.67,37.43", "经度,纬度,米"), ("118.67,37.43,0", "大于 0"), ("118.67,37,1e9", "不超过")):
        with pytest.raises(BadGeometry, match=reason):
            parsing.parse_radius(text)
