"""Twenty schools from a file in GCJ-02: seen on the map where they are, imported, found on the layer, taken back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from django.db import connection
from playwright.sync_api import Page, expect

from core import jobs
from geo.geodata.tests import corpus
from supervision.surroundings.models import ProtectedSite

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240), pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
PATIENCE_MS = 60_000
# In the town of the tests: 118.42–118.48, 37.02–37.08.
PLACES = [(118.425 + 0.01 * (n % 5), 37.03 + 0.01 * (n // 5)) for n in range(20)]


@pytest.fixture
def working() -> Iterator[None]:
    """A worker beside the server, as `manage.py work` is."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            jobs.run_waiting()
        connection.close()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    yield
    stop.set()
    thread.join(60)


def schools() -> list[tuple[dict[str, Any], Any]]:
    return [
        ({"名称": f"第{n}小学", "人数": 300 + n, "类型": "教育设施（学校、幼儿园）"},
         shapely.Point(corpus.in_system(lon, lat, "gcj02")))
        for n, (lon, lat) in enumerate(PLACES, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["zip", "gpkg"])
def test_schools_are_looked_at_on_the_map_before_they_are_saved(
    open_page: Open, cast: SimpleNamespace, working: None, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / f"学校.{kind}"
    if kind == "zip":
        file.write_bytes(corpus.shapefile(schools(), epsg=4326, encoding="gbk", cpg="GBK"))
    else:
        geopackage(file)
    page = open_page(cast.district, "/surroundings/protected/import/")
    page.set_input_files("#import-file", str(file))
    page.select_option("#import-datum", "gcj02")
    page.get_by_role("button", name="上传并核对").click()
    batch = page.locator("#import-batch")
    expect(batch).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)
    expect(page.get_by_text("GCJ-02（高德、腾讯地图） 换算")).to_be_visible()
    expect(page.locator(".import-canvas canvas").first).to_be_visible()
    expect(page.locator(".import-legend")).to_contain_text("新增")
    shown = json.loads(page.request.get(f"{page.url.partition('?')[0]}shapes.json").text())["features"]
    assert [(round(x, 5), round(y, 5)) for x, y in (f["geometry"]["coordinates"] for f in shown)] == [
        (round(x, 5), round(y, 5)) for x, y in PLACES
    ]
    assert not ProtectedSite.objects.exists()

    page.locator("tr[data-row='7'] td").first.click()
    expect(page.locator(".import-said")).to_contain_text("第 7 行 · 第7小学")
    expect(page.locator("tr[data-row='7']")).to_have_attribute("data-chosen", "")

    if page.locator("[name=acknowledged]").count():
        page.locator("[name=acknowledged]").check()
    page.get_by_role("button", name="导入", exact=True).click()
    expect(batch).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
    address = page.url
    assert len(features(page)) == 20
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)
    page.get_by_role("button", name="撤销本批").click()
    expect(batch).to_have_attribute("data-state", "undone", timeout=PATIENCE_MS)
    assert features(page) == []


def geopackage(path: Path) -> None:
    def add_kind(connection: Any) -> None:
        connection.execute('ALTER TABLE places ADD COLUMN "类型" TEXT')
        connection.execute('UPDATE places SET "类型" = ?', ["教育设施（学校、幼儿园）"])

    corpus.geopackage(path, schools(), epsg=4326, then=add_kind)


def features(page: Page) -> list[Any]:
    """What the layer on the map is drawn from."""
    origin = "/".join(page.url.split("/")[:3])
    answer = page.request.get(f"{origin}/api/v1/features/protected_sites/?page_size=100").json()
    found: list[Any] = answer["features"]
    for feature in found:
        lon, lat = feature["geometry"]["coordinates"]
        assert min(abs(lon - x) + abs(lat - y) for x, y in PLACES) < 1e-5
    return found
