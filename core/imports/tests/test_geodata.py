"""Bad geodata through the child with its limits: the file or the row is refused in words, soon, in little memory."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import shapely

from core.imports.reading import Refused
from core.imports.tests.geodata import asked_child, problem, refused  # noqa: F401  # a fixture
from geo.geodata.tests import corpus

# --- what is not what it says


def test_a_virtual_dataset_is_refused_whatever_it_is_called(said, tmp_path):
    refused(said, corpus.VRT, "VRT")
    for name in ("geojson", "shp", "kml"):
        path = tmp_path / f"places.{name}"
        path.write_bytes(b'\xef\xbb\xbf<?xml version="1.0"?><!-- kml -->' + corpus.VRT)
        refused(said, path, "VRT")


@pytest.mark.parametrize("name", ["a.vrt", "a.geojson", "a.gpkg"])
def test_a_zip_with_something_else_in_it_is_refused(said, name):
    refused(said, corpus.zipped({name: corpus.VRT}), "没有 Shapefile")


def test_a_virtual_dataset_under_the_name_of_a_shape_is_only_a_broken_shape(said):
    parts = {f"a{tail}": content for tail, content in corpus.shapefile_parts().items()}
    refused(said, corpus.zipped({**parts, "a.shp": corpus.VRT}), "损坏")


def test_a_shape_alone_says_what_is_missing(said):
    refused(said, corpus.shapefile_parts()[".shp"], "zip", ".dbf")


def test_sqlite_that_is_no_geopackage(said, tmp_path):
    path = tmp_path / "x.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    refused(said, path, "SQLite", "不是 GeoPackage")


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"hello", b"PK\x05\x06" + b"\x00" * 18])
def test_nothing_known_is_refused_with_what_is(said, content):
    with pytest.raises(Refused):
        said(content)


# --- what reaches outside


@pytest.mark.parametrize("head", [
    '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE kml SYSTEM "http://example.invalid/evil.dtd">',
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
])  # fmt: skip
def test_kml_with_a_document_type_is_refused(said, head):
    refused(said, corpus.kml(head=head), "DOCTYPE")


def test_network_links_are_not_followed_and_named(said):
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    header, rows, _end = said(corpus.kml(extra=link))
    assert len(rows) == 3 and any("网络链接" in note for note in header["notes"])
    only = f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{link}</Document></kml>"
    refused(said, only.encode(), "网络链接")


@pytest.mark.parametrize("crs", [
    {"type": "link", "properties": {"href": "http://example.invalid/crs.json", "type": "ogcwkt"}},
    {"type": "name", "properties": {"name": "http://example.invalid/crs"}},
    {"type": "name", "properties": {"name": "/etc/passwd"}},
    "EPSG:4326", 4326, [],
])  # fmt: skip
def test_a_crs_that_points_elsewhere_is_refused(said, crs):
    refused(said, corpus.geojson(crs=crs), "crs")


def test_an_unknown_crs_is_named_and_the_chosen_datum_used(said):
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32650"}}
    header, rows, _end = said(corpus.geojson(corpus.rows("epsg4548"), crs=named), datum="epsg4548")
    assert rows[0]["geometry"] and any("不认识" in note and "32650" in note for note in header["notes"])


def test_old_datums_are_refused_rather_than_taken_for_new_ones(said):
    refused(said, corpus.shapefile(corpus.rows("epsg4548"), epsg=2436), "北京 1954")


def test_two_statements_that_contradict_are_refused(said):
    refused(said, corpus.shapefile(corpus.rows("epsg4548"), epsg=4548), "矛盾", datum="epsg4549")
    refused(said, corpus.shapefile(corpus.rows("epsg4548"), epsg=4548), "矛盾", datum="gcj02")


def view_instead_of_table(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """ALTER TABLE places RENAME TO hidden;
        CREATE VIEW places AS SELECT fid, load_extension('/tmp/evil.so') AS geom, "名称", "人数" FROM hidden;"""
    )


def endless_view(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """DROP TABLE gpkg_spatial_ref_sys;
        CREATE VIEW gpkg_spatial_ref_sys AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)
          SELECT 'x' AS srs_name, n AS srs_id, 'EPSG' AS organization, n AS organization_coordsys_id, '' AS definition
          FROM t;"""
    )


def computed_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE places ADD COLUMN evil TEXT GENERATED ALWAYS AS (hex(zeroblob(500000000))) VIRTUAL")


def triggers(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TRIGGER evil AFTER INSERT ON places BEGIN SELECT load_extension('/tmp/evil.so'); END")


def test_a_geopackage_whose_layer_is_a_view_is_refused(said, tmp_path):
    path = tmp_path / "view.gpkg"
    corpus.geopackage(path, then=view_instead_of_table)
    refused(said, path, "视图")


def test_a_geopackage_whose_system_tables_are_views_is_refused_at_once(said, tmp_path):
    path = tmp_path / "endless.gpkg"
    corpus.geopackage(path, then=endless_view)
    refused(said, path, "不是 GeoPackage", seconds=5)


@pytest.mark.parametrize("then", [computed_column, triggers])
def test_code_inside_a_geopackage_does_not_run(said, tmp_path, then):
    path = tmp_path / "code.gpkg"
    corpus.geopackage(path, then=then)
    header, rows, _end = said(path)
    assert header["columns"] == ["fid", "名称", "人数"] and len(rows) == 3


def test_two_layers_are_too_many(said, tmp_path):
    path = tmp_path / "two.gpkg"
    corpus.geopackage(
        path,
        then=lambda c: c.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('另一层', 'features')"),
    )
    refused(said, path, "2 个图层", "另一层")
    first, second = corpus.shapefile_parts(), corpus.shapefile_parts()
    both = {f"学校{t}": c for t, c in first.items()} | {f"医院{t}": c for t, c in second.items()}
    refused(said, corpus.zipped(both), "2 个图层", "医院", "学校")


# --- what is broken


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_files_cut_off_are_refused(said, tmp_path, share):
    def cut(content: bytes) -> bytes:
        return content[: int(len(content) * share)]

    refused(said, cut(corpus.geojson(corpus.rows() * 30)), "不完整")
    refused(said, cut(corpus.kml(corpus.rows() * 30)), "不完整")
    path = tmp_path / "cut.gpkg"
    corpus.geopackage(path, corpus.rows() * 300)
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(Refused):
        said(path)
    with pytest.raises(Refused):
        said(cut(corpus.shapefile(corpus.rows() * 30)))


@pytest.mark.parametrize(("missing", "word"), [(".dbf", ".dbf"), (".shp", ".shp")])
def test_a_shapefile_without_a_part_says_which(said, missing, word):
    refused(said, corpus.shapefile(leave_out=(missing,)), "缺少", word)


def test_a_shape_cut_off_inside_its_zip(said):
    parts = corpus.shapefile_parts(corpus.rows() * 50)
    parts[".shp"] = parts[".shp"][:200]
    header_or_refusal = corpus.zipped({f"a{t}": c for t, c in parts.items()})
    try:
        _header, rows, _end = said(header_or_refusal)
        assert sum("problem" in row for row in rows) >= 140
    except Refused as error:
        assert "损坏" in str(error)


@pytest.mark.parametrize("content", [
    corpus.geojson([]), b'{"type":"FeatureCollection","features":[]}', corpus.kml([]),
])  # fmt: skip
def test_files_without_features_say_so(said, content):
    refused(said, content, "没有")


@pytest.mark.parametrize("content", [
    b'{"type":"FeatureCollection","features":[{"type":"Feature",}]}',
    b'{"type":"Feature","geometry":null}\n{"type":"Feature","geometry":null}',
    b'{"type":"FeatureCollection","features":[' + b"[" * 100_000,
    b'{"type":"FeatureCollection","features":' + b'{"a":' * 100_000,
])  # fmt: skip
def test_broken_or_endless_json_is_refused(said, content):
    with pytest.raises(Refused):
        said(content)


# --- what is misplaced


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def test_swapped_coordinates_are_named(said):
    problem(said, point(37.05, 118.45), "写反")


def test_metres_taken_for_degrees_are_named(said):
    problem(said, point(648220.71, 4146060.56), "投影坐标")


def test_degrees_taken_for_metres_are_named(said):
    problem(said, point(118.45, 37.05), "经纬度", datum="epsg4548")


def test_a_point_elsewhere_is_named(said):
    problem(said, point(116.39, 39.91), "山东省")
    problem(said, point(0, 0), "山东省")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_numbers_that_are_none_are_named(said, value):
    content = corpus.geojson().replace(b"118.4521", value.encode())
    _header, rows, _end = said(content)
    assert "有限" in rows[0]["problem"] and rows[1]["geometry"]


@pytest.mark.parametrize("geometry", [
    {"type": "Point", "coordinates": ["118.45", "37.05"]},
    {"type": "Point", "coordinates": [118.45]},
    {"type": "Point", "coordinates": {"x": 1}},
    {"type": "Point"},
    {"type": "LineString", "coordinates": [[118.45, 37.05]]},
    {"type": "Polygon", "coordinates": [[[118.4, 37.0], [118.5, 37.0], [118.5, 37.1]]]},
    {"type": "Polygon", "coordinates": [[[118.4, 37.0], [118.5, 37.0], [118.5, 37.1], [118.4, 37.2]]]},
    {"type": "Circle", "coordinates": [118.4, 37.0]},
    {"type": ["Point"], "coordinates": [118.4, 37.0]},
    {"type": "GeometryCollection", "geometries": [point(118.4, 37.0), {"type": "LineString", "coordinates": []}]},
    {"type": "MultiPolygon", "coordinates": [[[[118.4, 37.0]]]]},
    [118.4, 37.0], "POINT(118.4 37.0)", 7,
])  # fmt: skip
def test_shapes_that_are_none_are_named_by_row(said, geometry):
    problem(said, geometry)


def test_a_mixed_collection_in_kml_is_named(said):
    mixed = shapely.GeometryCollection([shapely.Point(118.45, 37.05), corpus.square()])
    _header, rows, _end = said(corpus.kml([({"名称": "混", "人数": 1}, mixed)]))
    assert "混合" in rows[0]["problem"]
