"""Two files of one enterprise are merged in the browser and taken apart again; a likely file shows while typing."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import Page, expect

from core.pinyin import initials
from geo.models import Region, Site
from supervision.enterprises import duplicates
from supervision.enterprises.models import Contact, Duplicate, Enterprise
from supervision.enterprises.testing import make_enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


def plant(region: Region, name: str, lon: float, number: int, **facts: Any) -> Enterprise:
    site = Site.objects.create(region=region, name=name, pinyin=initials(name), geom=Point(lon, 37.05, srid=4490))
    return make_enterprise(region, number, site=site, **facts)


@pytest.fixture
def pair(regions: SimpleNamespace) -> tuple[Enterprise, Enterprise]:
    one = plant(regions.town, "大王昱川化工有限公司", 118.45, 1, employees=30)
    two = plant(regions.town, "大王昱川化工有限责任公司", 118.4503, 2, employees=80)
    Contact.objects.create(enterprise=two, role="emergency", name="乙", phone="13900002222", since="2020-01-01")
    duplicates.find_duplicates()
    return one, two


def test_a_suspected_pair_is_merged_and_the_merge_undone(cast: Any, pair: Any, open_page: Open) -> None:
    one, two = pair
    page = open_page(cast.district, "/enterprises/duplicates/")
    page.locator("tbody a").first.click()
    expect(page.locator("mark", has_text="大王昱川化工有限责任公司")).to_be_visible()
    page.get_by_role("link", name="合并这两份").click()
    expect(page.locator(".kinds")).to_contain_text("企业联系人")
    page.locator("input[name='fact.employees'][value=absorbed]").check()
    page.get_by_label("合并理由").fill("换证后重复登记")
    page.get_by_label(re.compile("已核对")).check()
    page.get_by_role("button", name="确认合并").click()
    expect(page).to_have_url(re.compile(f"/enterprises/enterprises/{one.pk}/$"))
    expect(page.locator("#strip-life")).to_contain_text("大王昱川化工有限责任公司")
    one.refresh_from_db()
    assert (one.employees, one.contacts.count()) == (80, 1)

    # The old address and the old link on the map lead to the file that stays.
    page.goto(page.url.replace(f"/{one.pk}/", f"/{two.pk}/"))
    expect(page).to_have_url(re.compile(f"/enterprises/enterprises/{one.pk}/$"))
    map_page = open_page(cast.district, f"/#map=16/37.05/118.45&sel=enterprises:{two.pk}")
    expect(map_page.locator("article.feature h2")).to_have_text("大王昱川化工有限公司")

    page.locator("#strip-life").get_by_role("link", name="合并记录").click()
    page.get_by_role("link", name="拆分", exact=True).click()
    page.get_by_label("拆分理由").fill("是两家企业")
    page.get_by_role("button", name="确认拆分").click()
    expect(page.locator("dl.kv").first).to_contain_text("全部还原")
    one.refresh_from_db(), two.refresh_from_db()
    assert (one.employees, two.state, two.contacts.count()) == (30, "valid", 1)
    assert Duplicate.objects.get().verdict == "open"


def test_a_likely_file_shows_before_anything_is_saved(cast: Any, pair: Any, open_page: Open) -> None:
    page = open_page(cast.town, "/enterprises/applications/new/")
    page.get_by_label("企业名称").press_sequentially("昱川化工")
    page.get_by_label("经度").fill("118.4501")
    page.get_by_label("纬度").fill("37.05")
    expect(page.locator("#likely")).to_contain_text("可能已有档案")
    expect(page.locator("#likely")).to_contain_text("大王昱川化工有限公司")


def test_an_application_that_is_approved_appears_on_anothers_map(
    cast: Any, regions: Any, pair: Any, open_page: Open
) -> None:
    waiting = plant(regions.town, "大王棠辰建材有限公司", 118.46, 5, state="pending")
    other = open_page(cast.district, "/#map=15/37.05/118.455&layers=enterprises")
    other.wait_for_selector("html[data-ready='1']", state="attached", timeout=20000)
    count = other.locator("[data-count=enterprises]")
    expect(count).to_have_text("2")
    page = open_page(cast.district, f"/enterprises/{waiting.pk}/step/approve/")
    page.get_by_role("button", name="审核入库").click()
    expect(count).to_have_text("3")
