"""Geodata that asks for too much: memory, depth, entries, features. Refused soon, in little memory."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import shapely

from core.imports.reading import Refused
from core.imports.tests.geodata import asked_child, problem, refused  # noqa: F401  # a fixture
from geo.geodata import geojson, limits
from geo.geodata.tests import corpus


def test_a_geometry_with_millions_of_vertices_does_not_get_through(said):
    ring = b",".join([b"[118.4,37.0]", b"[118.5,37.1]"] * 1_900_000)
    content = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon",'
    content += b'"coordinates":[[' + ring + b"]]}}]}"
    try:
        _header, rows, _end = said(content, seconds=60)
        assert "顶点" in rows[0]["problem"]
    except Refused as error:
        assert "内存" in str(error)


def test_a_quarter_of_a_million_vertices_are_only_a_bad_row(said):
    many = shapely.Point(118.45, 37.05).buffer(0.01, quad_segs=60_000)
    _header, rows, _end = said(
        corpus.shapefile([({"名称": "弹", "人数": 1}, many), ({"名称": "好", "人数": 1}, corpus.square())])
    )
    assert "顶点" in rows[0]["problem"] and rows[1]["geometry"]


def test_a_geopackage_geometry_that_claims_a_billion_points(said, tmp_path):
    path = tmp_path / "claim.gpkg"
    blob = b"GP\x00\x01" + (4490).to_bytes(4, "little") + b"\x01\x02\x00\x00\x00\xff\xff\xff\x3f"
    corpus.geopackage(path, then=lambda c: c.execute("UPDATE places SET geom = ? WHERE fid = 1", [blob]))
    _header, rows, _end = said(path)
    assert "损坏" in rows[0]["problem"] and rows[1]["geometry"]


def test_a_collection_nested_a_thousand_deep_is_not_handed_on(said, tmp_path):
    path = tmp_path / "deep.gpkg"
    wkb = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 1000 + shapely.to_wkb(shapely.Point(118.4, 37.0))
    blob = b"GP\x00\x01" + (4490).to_bytes(4, "little") + wkb
    corpus.geopackage(path, then=lambda c: c.execute("UPDATE places SET geom = ? WHERE fid = 1", [blob]))
    _header, rows, _end = said(path)
    assert "混合" in rows[0]["problem"] and rows[1]["geometry"]


def test_deep_kml_is_refused(said):
    refused(said, corpus.kml(extra="<Folder>" * 500 + "</Folder>" * 500), "64 层")


def test_a_zip_bomb_is_refused(said):
    parts = {f"a{t}": c for t, c in corpus.shapefile_parts().items()}
    refused(said, corpus.zipped({**parts, "a.shp": b"\x00" * 150_000_000}), "过大", seconds=5)


def test_a_zip_that_lies_about_its_size_is_refused(said, tmp_path):
    path = tmp_path / "lie.zip"
    path.write_bytes(
        corpus.zipped({f"a{t}": c for t, c in corpus.shapefile_parts().items()} | {"a.prj": b" " * 30_000_000})
    )
    raw = path.read_bytes()
    at = raw.index(b"PK\x01\x02", raw.index(b"a.prj"))
    start = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"a.prj"))
    path.write_bytes(raw[: start + 24] + (100).to_bytes(4, "little") + raw[start + 28 :])
    assert at and zipfile.is_zipfile(path)
    refused(said, path, seconds=5)


@pytest.mark.parametrize("name", ["../a.txt", "/etc/passwd", "x/../../a.txt", "C:\\a.txt", "..\\a.txt"])
def test_names_that_lead_outside_are_refused(said, name):
    parts = {f"a{t}": c for t, c in corpus.shapefile_parts().items()}
    refused(said, corpus.zipped({**parts, name: b"x"}), "外部路径")


@pytest.mark.parametrize("name", ["b.zip", "b.7z", "b.rar", "b.tar.gz"])
def test_a_zip_in_a_zip_is_refused(said, name):
    parts = {f"a{t}": c for t, c in corpus.shapefile_parts().items()}
    refused(said, corpus.zipped({**parts, name: b"x"}), "压缩包里还有压缩包")


def test_too_many_entries_are_refused(said):
    parts = {f"a{t}": c for t, c in corpus.shapefile_parts().items()}
    refused(said, corpus.zipped({**parts, **{f"n{i}.txt": b"" for i in range(300)}}), "最多 200 个")


def test_more_features_than_the_limit_are_refused(tmp_path, monkeypatch):
    """Read here, where the limit can be made small; the child is told the same."""
    monkeypatch.setattr(limits, "MOST_FEATURES", 3)
    one = '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[118.45,37.05]}}'
    for count, is_refused in ((3, False), (4, True)):
        (path := tmp_path / "upload").write_text(
            f'{{"type":"FeatureCollection","features":[{",".join([one] * count)}]}}'
        )
        *_, last = geojson.read(path, {"titles": []})
        assert last.get("refused", "").startswith("要素超过 3 个") == is_refused


def test_twenty_thousand_points_take_little_memory(said):
    rows = [
        ({"名称": f"点{n}", "人数": n}, {"type": "Point", "coordinates": [118.2 + n % 300 / 1000, 37.1]})
        for n in range(20_000)
    ]
    features = ",".join(
        json.dumps({"type": "Feature", "properties": v, "geometry": g}, ensure_ascii=False) for v, g in rows
    )
    content = f'{{"type":"FeatureCollection","features":[{features}]}}'.encode()
    _header, found, end = said(content, seconds=60, datum="gcj02")
    assert len(found) == 20_000 and end["end"]["peak_mb"] < 100


def test_the_reader_opens_no_socket_and_leaves_nothing_behind(said):
    before = sorted(Path("/tmp").glob("antu*"))
    said(corpus.shapefile())
    assert sorted(Path("/tmp").glob("antu*")) == before
