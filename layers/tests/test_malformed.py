"""Whatever is sent to the map, the answer is a refusal with a reason, never a server error."""

from __future__ import annotations

import json

import pytest

NUMBERS = ["", "-1", "0", "1e9", "nan", "inf", "9" * 40, "1.5", "٣", "1 ", "0x10", "%00", "\x00", "a", "[]", "１２"]
BOXES = [
    "",
    "1,2,3",
    "1,2,3,4,5",
    "a,b,c,d",
    "nan,nan,nan,nan",
    "inf,0,1,1",
    "119,38,118,37",
    "1e400,0,1,1",
    "0,0,0,0",
    "118,37,119,38",
    "999,999,999,999",
    "1,2;3,4",
    "\x00,1,2,3",
]
GEOMETRIES = [
    "",
    "x",
    "{}",
    "[]",
    "null",
    "1",
    '{"type":"Polygon"}',
    '{"type":"Polygon","coordinates":[]}',
    '{"type":"Polygon","coordinates":[[]]}',
    '{"type":"Polygon","coordinates":[[[118,37],[119,37],[118,37]]]}',
    '{"type":"Polygon","coordinates":[[[118,37],[119,38],[119,37],[118,38],[118,37]]]}',
    '{"type":"Point","coordinates":[118,37]}',
    '{"type":"GeometryCollection","geometries":[]}',
    '{"type":"Polygon","coordinates":[[[NaN,1],[2,3],[4,5],[NaN,1]]]}',
    '{"type":"Polygon","crs":{"type":"name","properties":{"name":"file:///etc/passwd"}},"coordinates":[[[118,37],[119,37],[119,38],[118,37]]]}',
    '{"type":"Polygon","coordinates":' + "[" * 2000 + "]" * 2000 + "}",
    "POLYGON((118 37,119 37,119 38,118 37))",
    "SRID=4326;POINT(118 37)",
    '{"type":"Polygon","coordinates":[[[1e308,1e308],[-1e308,1e308],[0,-1e308],[1e308,1e308]]]}',
    '{"type":"Polygon","coordinates":[[["118","37"],["119","37"],["119","38"],["118","37"]]]}',
]
BODIES = [
    b"",
    b"{",
    b"[]",
    b"1",
    b'"x"',
    b"null",
    b"\xff\xfe",
    b'{"within":{}}',
    b'{"within":[]}',
    b'{"within":1}',
    b'{"bbox":{}}',
    b'{"bbox":[1,2]}',
    b'{"q":{"a":1}}',
    b'{"q":"\\u0000"}',
    b'{"q":"\\ud800"}',
    b'{"page":1e999}',
    b'{"page":{}}',
    b'{"page":true}',
    b'{"ids":[{}]}',
    b'{"ids":[1,"x",9999999999999999999999]}',
    b"[" * 5000,
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b'{"q":1,"q":2}',
    b'{"state":["school",null]}',
    b'{"page_size":-5}',
]
REFUSED = {200, 400, 403, 404, 405, 413, 415}


@pytest.fixture
def duty(places, cast, browse):
    client = browse(cast.duty)
    client.raise_request_exception = True
    return client


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers(duty, sites, value):
    for url, name in (
        ("/api/v1/features/test_places/", "page"),
        ("/api/v1/features/test_places/", "page_size"),
        ("/api/v1/features/test_places/", "zoom"),
        ("/api/v1/features/test_places/", "ids"),
        ("/api/v1/features/test_places/", "region"),
        ("/api/v1/features/test_places/", "ordering"),
        ("/api/v1/features/test_places/export.xlsx", "state"),
        ("/api/v1/features/test_places/", "kind"),
        ("/api/v1/search/", "q"),
        ("/api/v1/search/", "limit"),
        ("/api/v1/nearby/", "lon"),
        ("/test-places/places/", "page"),
        ("/test-places/places/", "q"),
        ("/test-places/places/", "region"),
        ("/test-places/places/", "sort"),
        ("/test-places/places/", "page_size"),
        ("/api/v1/test-places/places/", "page"),
        ("/api/v1/test-places/places/", "page_size"),
        ("/tiles/test_places/3/6/3.mvt", "region"),
        ("/tiles/test_places/3/6/3.mvt", "state"),
    ):
        assert duty.get(url, {name: value}).status_code in REFUSED, (url, name)


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers_in_addresses(duty, sites, value):
    if "\x00" in value or "%" in value or value in ("", "[]"):
        value = "%00"
    for path in (
        f"/tiles/test_places/{value}/0/0.mvt",
        f"/tiles/test_places/1/{value}/{value}.mvt",
        f"/panel/test_places/{value}/",
        f"/api/v1/features/test_places/{value}/",
        f"/test-places/places/{value}/",
        f"/api/v1/test-places/places/{value}/",
        f"/tiles/{value}/1/0/0.mvt",
        f"/api/v1/features/{value}/",
        f"/panel/{value}/1/tab/{value}/",
    ):
        assert duty.get(path).status_code in REFUSED, path


@pytest.mark.parametrize("value", BOXES)
def test_boxes_and_radii(duty, sites, value):
    for name in ("bbox", "radius"):
        response = duty.get("/api/v1/features/test_places/", {name: value})
        assert response.status_code in REFUSED
        if response.status_code == 400:
            assert response.json()["detail"]


@pytest.mark.parametrize("value", GEOMETRIES)
def test_geometries(duty, sites, value):
    assert duty.get("/api/v1/features/test_places/", {"within": value}).status_code in REFUSED
    posted = duty.post("/api/v1/features/test_places/", json.dumps({"within": value}), content_type="application/json")
    assert posted.status_code in REFUSED


@pytest.mark.parametrize("body", BODIES)
def test_bodies(duty, sites, body):
    for url in (
        "/api/v1/features/test_places/",
        "/api/v1/features/test_places/export.xlsx",
        "/api/v1/test-places/places/",
    ):
        response = duty.post(url, body, content_type="application/json")
        assert response.status_code in REFUSED, (url, response.content)
    patched = duty.patch(f"/api/v1/test-places/places/{sites.own.pk}/", body, content_type="application/json")
    assert patched.status_code in REFUSED


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_methods_that_are_not_meant(duty, sites, method):
    for url in (
        "/tiles/test_places/1/0/0.mvt",
        "/api/v1/search/",
        "/api/v1/regions/boundaries.geojson",
        "/test-places/places/",
        "/api/v1/layers/",
    ):
        assert getattr(duty, method)(url).status_code == 405


def test_a_slow_tile_says_to_come_closer(places, cast, sites, browse, monkeypatch):
    from django.db import OperationalError

    from layers import tiles

    def slow(*args, **kwargs):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(tiles, "cut", slow)
    response = browse(cast.duty).get("/tiles/test_places/1/0/0.mvt")
    assert response.status_code == 503 and response.json()["code"] == "too_slow"
