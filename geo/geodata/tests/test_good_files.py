"""What people export from their programs is read: each format, each coordinate system, each usual oddity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape as as_shape

from geo.geodata import geojson, geopackage, kml, shapefile
from geo.geodata.sniffing import kind_of
from geo.geodata.tests import corpus

READERS = {
    "geojson": geojson.read, "kml": kml.read, "kmz": kml.read_kmz, "shapefile": shapefile.read, "gpkg": geopackage.read,
}  # fmt: skip


@pytest.fixture
def said(tmp_path: Path):
    """Write a file, find out what it is, read it: (header, rows)."""

    def read(content: bytes | None = None, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        path = tmp_path / "upload"
        if content is not None:
            path.write_bytes(content)
        kind = kind_of(path.read_bytes()[:65536], path)
        header, *lines = READERS[kind](path, options)
        assert "refused" not in header, header
        return header, lines

    return read


def check_places(lines: list[dict[str, Any]], *, metres: float = 0.5) -> None:
    assert [line["row"] for line in lines] == [1, 2, 3]
    for line, (name, people, lon, lat) in zip(lines, corpus.PLACES, strict=True):
        assert line["values"]["名称"] == name and int(line["values"]["人数"]) == people
        x, y = line["geometry"]["coordinates"]
        assert abs(x - lon) * 88_000 < metres and abs(y - lat) * 111_000 < metres


def test_geojson_is_read(said):
    header, lines = said(corpus.geojson())
    assert header["columns"] == ["名称", "人数"] and header["has_geometry"] and header["notes"] == []
    check_places(lines)


@pytest.mark.parametrize("system", ["cgcs2000", "wgs84", "gcj02", "bd09", "epsg4548", "epsg4549"])
def test_the_datum_that_the_person_names_is_converted_from(said, system):
    members = (
        {}
        if system in ("cgcs2000", "wgs84", "gcj02", "bd09")
        else {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{system[:4].upper()}::{system[4:]}"}}}
    )
    _header, lines = said(corpus.geojson(corpus.rows(system), **members), datum=system)
    check_places(lines)


def test_a_shifted_file_that_calls_itself_wgs84_says_how_it_was_read(said):
    header, lines = said(corpus.shapefile(corpus.rows("gcj02"), epsg=4326), datum="gcj02")
    check_places(lines)
    assert any("GCJ-02" in note for note in header["notes"])


def test_five_hundred_metres_lie_between_the_datums(said):
    _header, lines = said(corpus.geojson(corpus.rows("gcj02")), datum="cgcs2000")
    x, y = lines[0]["geometry"]["coordinates"]
    assert 400 < ((x - 118.4521) ** 2 * 88_500**2 + (y - 37.0512) ** 2 * 111_000**2) ** 0.5 < 700


@pytest.mark.parametrize(("epsg", "system"), [(4490, "cgcs2000"), (4326, "wgs84"), (4548, "epsg4548"),
                                              (4528, "epsg4528"), (3857, "epsg3857")])  # fmt: skip
def test_a_shapefile_is_read_in_the_system_its_prj_declares(said, epsg, system):
    header, lines = said(corpus.shapefile(corpus.rows(system), epsg=epsg))
    check_places(lines)
    assert bool(header["notes"]) == (epsg not in (4490, 4326))


@pytest.mark.parametrize(("encoding", "cpg", "ldid"), [
    ("utf-8", "UTF-8", 0), ("gbk", "GBK", 0), ("gbk", "", 0x4D), ("gbk", "", 0), ("utf-8", "", 0),
    ("gb18030", "936", 0),
])  # fmt: skip
def test_the_encoding_of_attributes_is_found(said, encoding, cpg, ldid):
    _header, lines = said(corpus.shapefile(encoding=encoding, cpg=cpg, ldid=ldid))
    check_places(lines)


def test_a_wrong_cpg_does_not_make_rubbish(said):
    _header, lines = said(corpus.shapefile(encoding="gbk", cpg="UTF-8"))
    check_places(lines)


def test_a_shapefile_without_prj_is_read_in_the_chosen_datum_and_says_so(said):
    header, lines = said(corpus.shapefile(corpus.rows("bd09"), epsg=None), datum="bd09")
    check_places(lines)
    assert any("没有声明坐标系" in note and "BD-09" in note for note in header["notes"])


def test_a_shapefile_without_index_is_read(said):
    header, lines = said(corpus.shapefile(leave_out=(".shx",)))
    check_places(lines)
    assert any(".shx" in note for note in header["notes"])


def test_a_field_name_that_the_format_cut_off_is_known_again(said):
    rows = [({"防护目标": "高敏感防护目标", "名称": values["名称"]}, shape) for values, shape in corpus.rows()]
    header, lines = said(corpus.shapefile(rows, encoding="gbk", cpg="GBK"), titles=["防护目标类别", "名称"])
    assert header["columns"] == ["防护目标类别", "名称"] and lines[0]["values"]["防护目标类别"] == "高敏感防护目标"
    assert any("截短" in note for note in header["notes"])


@pytest.mark.parametrize(("epsg", "system"), [(4490, "cgcs2000"), (4326, "wgs84"), (4549, "epsg4549"), (4527, "4527"),
                                              (3857, "epsg3857")])  # fmt: skip
def test_a_geopackage_is_read(said, tmp_path, epsg, system):
    rows = corpus.rows("epsg4548") if epsg == 4527 else corpus.rows(system)
    if epsg == 4527:
        rows = [(v, shapely.Point(p.x + 39_000_000, p.y)) for v, p in rows]
    corpus.geopackage(tmp_path / "upload", rows, epsg=epsg)
    _header, lines = said()
    check_places(lines)


def test_kml_and_kmz_are_read_and_heights_dropped(said):
    header, lines = said(corpus.kml())
    assert header["columns"] == ["名称", "人数", "文件夹"] and lines[0]["values"]["文件夹"] == "学校"
    check_places(lines)
    check_places(said(corpus.zipped({"doc.kml": corpus.kml()}))[1])


def test_kml_in_the_national_encoding_is_read(said):
    text = corpus.kml().decode().replace('encoding="UTF-8"', 'encoding="GBK"')
    check_places(said(text.encode("gbk"))[1])


def test_geojson_in_the_national_encoding_is_read(said):
    check_places(said(corpus.geojson().decode().encode("gbk"))[1])


def test_polygons_keep_their_outline_in_every_format(said, tmp_path):
    rows = [({"名称": "村", "人数": 900}, corpus.square())]
    corpus.geopackage(tmp_path / "upload", rows, kind="POLYGON")
    found = [said()[1], said(corpus.geojson(rows))[1], said(corpus.kml(rows))[1], said(corpus.shapefile(rows))[1]]
    for [line] in found:
        assert as_shape(line["geometry"]).symmetric_difference(corpus.square()).area < 1e-12


def test_a_polygon_with_a_hole_keeps_it(said):
    holed = shapely.Polygon(corpus.square().exterior, [corpus.square(half=0.0005).exterior])
    [line] = said(corpus.shapefile([({"名称": "环", "人数": 1}, holed)]))[1]
    assert len(line["geometry"]["coordinates"]) == 2


def test_several_polygons_and_a_single_multipoint(said):
    two = shapely.MultiPolygon([corpus.square(), corpus.square(118.47)])
    one = shapely.MultiPoint([(118.45, 37.05)])
    lines = said(corpus.geojson([({"名称": "甲"}, two), ({"名称": "乙"}, one)]))[1]
    assert [line["geometry"]["type"] for line in lines] == ["MultiPolygon", "Point"]


def test_an_outline_that_crosses_itself_is_mended_and_says_so(said):
    bow = {
        "type": "Polygon",
        "coordinates": [[[118.4, 37.0], [118.41, 37.01], [118.41, 37.0], [118.4, 37.01], [118.4, 37.0]]],
    }
    [line] = said(corpus.geojson([({"名称": "蝴蝶结"}, bow)]))[1]
    assert line["geometry"]["type"] == "MultiPolygon" and "自相交" in line["warning"]


def test_a_row_without_place_is_named_and_the_others_are_read(said):
    lines = said(corpus.geojson([*corpus.rows(), ({"名称": "无处", "人数": 1}, None)]))[1]
    assert lines[3]["geometry"] is None and "没有几何" in lines[3]["problem"] and "problem" not in lines[0]


def test_values_keep_their_kinds(said):
    values = {"日期": "2026-03-05", "小数": 1.5, "是否": True, "空": None, "代码": 123456789012345678, "套": {"a": 1}}
    [line] = said(corpus.geojson([(values, shapely.Point(118.45, 37.05))]))[1]
    assert line["values"] == {
        "日期": "2026-03-05",
        "小数": 1.5,
        "是否": True,
        "代码": 123456789012345678,
        "套": '{"a": 1}',
    }


def test_one_feature_alone_is_a_file_too(said):
    content = b'{"type":"Feature","properties":{"name":"x"},"geometry":{"type":"Point","coordinates":[118.45,37.05]}}'
    header, [line] = said(content)
    assert header["columns"] == ["name"] and line["geometry"]["coordinates"] == [118.45, 37.05]


def test_what_the_finder_leaves_in_a_zip_is_nobodys_data(said):
    parts = {f"学校{tail}": c for tail, c in corpus.shapefile_parts().items()}
    check_places(said(corpus.zipped({**parts, "__MACOSX/._学校.shp": b"x", "readme.txt": b"hello"}))[1])
