"""The pages of the shell, what they say when something is wrong, and the wall's view."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from core import events
from layers import pages

pytestmark = pytest.mark.django_db
VIEW = {"lon": 118.5, "lat": 37.4, "zoom": 12, "layers": ["enterprises"], "region": "", "sel": None}


def post(client: Client, body: Any) -> Any:
    return client.post("/api/v1/wall/main/", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("path", ["/", "/wall/", "/app/"])
def test_a_page_asks_for_a_log_in_first(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("path", ["/", "/wall/", "/app/"])
def test_a_page_carries_one_inline_script_the_import_map_with_the_nonce(path: str, cast: Any, browse: Any) -> None:
    answer = browse(cast.city).get(path)
    text = answer.content.decode()
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", text) if " src=" not in tag and "json" not in tag]
    assert len(inline) == 1 and 'type="importmap"' in inline[0]
    nonce = re.search(r'nonce="([^"]+)"', inline[0])
    assert nonce and f"'nonce-{nonce[1]}'" in answer["Content-Security-Policy"]
    assert not re.search(r"<style\b|\sstyle=|\son\w+=", text)


def test_the_map_page_knows_the_cursor_from_before_its_data(cast: Any, browse: Any) -> None:
    cursor = events.cursor()
    boot = browse(cast.city).get("/").context["boot"]
    assert boot["cursor"] == cursor
    assert boot["region"]["code"] == "370500"


def test_the_top_bar_offers_only_what_a_person_may_open(cast: Any, browse: Any) -> None:
    official = browse(cast.city).get("/").context["nav"]
    nobody = browse(cast.nobody).get("/").context["nav"]
    assert [entry["title"] for entry in nobody] == ["一张图"]
    assert len(official) > 1 and official[0]["active"]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_unknown_address_is_told_in_words(accept: str, cast: Any, browse: Any) -> None:
    answer = browse(cast.city).get("/no/such/page/of/ours/", headers={"Accept": accept})
    assert answer.status_code == 404
    if accept == "application/json":
        assert answer.json()["code"] == "not_found"
    else:
        assert "没有找到" in answer.content.decode()


def test_an_error_page_needs_no_database(rf: Any, django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(0):
        answer = pages.server_error(rf.get("/"))
    assert answer.status_code == 500 and "服务器出错了" in answer.content.decode()


def test_a_form_without_its_token_says_what_to_do(cast: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("login"), {"username": "x", "password": "y"})
    assert answer.status_code == 403 and "请刷新页面后重新提交" in answer.content.decode()


@pytest.mark.parametrize(
    "value", ["{", '[{"title": "无地址", "kind": "xyz"}]', '[{"url": "https://x", "kind": "pmtiles"}]']
)
def test_wrong_basemaps_are_refused_with_the_name_of_the_setting(value: str, settings: Any) -> None:
    settings.BASEMAPS = value
    with pytest.raises(ImproperlyConfigured, match="ANTU_BASEMAPS"):
        pages.basemaps()


def test_an_operators_view_is_kept_for_the_wall_with_their_name(cast: Any, browse: Any) -> None:
    assert browse(cast.city).get("/api/v1/wall/main/").json() == {}
    assert post(browse(cast.duty), {"view": VIEW, "mode": "follow"}).status_code == 200
    answer = browse(cast.city).get("/api/v1/wall/main/").json()
    assert answer["driver"] == {"username": "duty", "name": "duty"}
    assert answer["view"]["zoom"] == 12
    assert post(browse(cast.city), {"view": VIEW, "mode": "lock"}).status_code == 200
    assert browse(cast.duty).get("/api/v1/wall/main/").json()["mode"] == "lock"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"view": VIEW, "mode": "dance"},
        {"view": VIEW | {"lon": "east"}},
        {"view": VIEW | {"zoom": True}},
        {"view": VIEW | {"bbox": [1, 2, 3]}},
        {"view": VIEW | {"layers": "enterprises"}},
        {"view": VIEW | {"layers": ["x" * 5000]}},
        {"view": VIEW | {"sel": [1]}},
        {"view": VIEW | {"sel": {"layer": {"deep": 1}}}},
    ],
)
def test_a_view_that_is_none_is_refused_with_a_reason(body: Any, cast: Any, browse: Any) -> None:
    answer = post(browse(cast.duty), body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"]


def test_the_wall_is_not_for_enterprises_nor_for_strangers(cast: Any, browse: Any) -> None:
    assert post(browse(cast.enterprise), {"view": VIEW}).status_code == 403
    assert post(browse(cast.nobody), {"view": VIEW}).status_code == 403
    assert browse(cast.duty).get("/api/v1/wall/elsewhere/").status_code == 404
    assert Client().get("/api/v1/wall/main/").status_code in (401, 403)
