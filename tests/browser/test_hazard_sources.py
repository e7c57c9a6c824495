"""A hazard source on the map: its 500 m counted, overruled with a reason, assessed, and what changed since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from playwright.sync_api import Page, expect

from geo.models import Population
from supervision.enterprises.models import Boundary
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources import assessing, inventory, services
from supervision.hazard_sources.models import HazardSource

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


def box(lon: float, lat: float, half: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((lon - half, lat - half, lon + half, lat + half)), srid=4490)


@pytest.fixture
def source(cast: Any, sites: Any) -> HazardSource:
    """Assessed once with 12 persons counted by hand; since then the plant was drawn and 64 live 300 m away."""
    site = make_enterprise(sites.own.region, site=sites.own).site
    made = services.add_source(
        actor=cast.enterprise, site=site, name="液氯库房", unit="storage", exposed_persons=12,
        items=[{"substance": "氯", "quantity_t": "25"}],
    )  # fmt: skip
    assessing.identify_source(made, actor=cast.enterprise)
    assessing.assess_source(made, actor=cast.enterprise)
    inventory.change(made, [{"substance": "氯", "quantity_t": "30"}], actor=cast.enterprise, reason="新增瓶组")
    lon, lat = site.geom.x, site.geom.y
    Boundary.objects.create(enterprise=site.enterprise, region=site.region, geom=box(lon, lat, 0.001), area_m2=40_000)
    Population.objects.create(
        region=site.region, name="东村", persons=64, as_of=dt.date(2025, 1, 1), geom=box(lon + 0.004, lat, 0.0005)
    )
    return made


def test_alpha_from_the_map_to_what_changed(cast: Any, open_page: Open, source: HazardSource) -> None:
    page = open_page(cast.enterprise, f"/#sel=hazard_sources:{source.pk}")
    tab = page.locator("#hazard-sources")
    expect(tab).to_contain_text("按现在的厂界和人口分布应为 64 人")
    expect(tab).to_contain_text("氯：25 t → 30 t")

    tab.get_by_role("button", name="看 500 米范围").click()
    expect(tab.get_by_role("button", name="收起 500 米范围")).to_have_attribute("aria-pressed", "true")

    tab.get_by_role("button", name="采用计算值").click()
    expect(tab).to_contain_text("64 人（地图计算）")

    tab.get_by_role("button", name="推翻计算值").click()
    page.get_by_label("采用人数").fill("28")
    page.get_by_role("button", name="确定").click()
    expect(page.locator("[data-part] .field.invalid .error")).to_be_visible()  # no reason, no number
    page.get_by_label("理由或统计方法").fill("东村已整体搬迁，见验收记录")
    page.get_by_role("button", name="确定").click()
    expect(tab).to_contain_text("推翻了计算值 64 → 28 人，理由：东村已整体搬迁，见验收记录")

    tab.locator("[data-step=assess]").click()
    page.get_by_label("评估单位").fill("甲评价有限公司")
    page.get_by_label("评估方式").select_option("agency")
    page.get_by_role("button", name="确定").click()
    expect(tab).to_contain_text("R24（α 1.0）")
    expect(tab.get_by_role("button", name="提交备案")).to_be_visible()

    page.get_by_role("tab", name="评估历史").click()
    history = page.locator("[data-part=history]")
    expect(history).to_contain_text("第 2 次")
    expect(history.locator(".changes").first).to_contain_text("厂界外500米人数：12 人 → 28 人")
    expect(history.locator(".changes").first).to_contain_text("氯：25 t → 30 t")
