"""Themes, filters, links, kept views, comparison and drawing on the map, as people use them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import Page, expect

from core.pinyin import initials
from geo.models import Region, Site
from layers.models import SavedView
from supervision.enterprises.models import Boundary, Enterprise
from supervision.enterprises.testing import make_enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
COUNT = "[data-count=enterprises]"
LEGEND = "#legend-enterprises"


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready='1']", state="attached", timeout=20000)
    return page


def plant(region: Region, name: str, lon: float, lat: float, number: int, **facts: Any) -> Enterprise:
    site = Site.objects.create(region=region, name=name, pinyin=initials(name), geom=Point(lon, lat, srid=4490))
    return make_enterprise(region, number, site=site, **facts)


@pytest.fixture
def plants(regions: SimpleNamespace) -> list[Enterprise]:
    """Two with dust and one without in the district; one with dust in the neighbour's."""
    seen = {"verified_at": "2026-11-20T00:00Z", "freshness_score": 92}
    return [
        plant(regions.town, "大王金源橡胶有限公司", 118.44, 37.04, 1, tags=["dust"], categories=["trade"], **seen),
        plant(regions.town, "大王华海化工有限公司", 118.46, 37.06, 2, tags=["dust"], status="closed", state="closed"),
        plant(regions.town, "大王润丰仓储有限公司", 118.45, 37.05, 3),
        plant(regions.neighbour_town, "盐窝胜利油品有限公司", 118.30, 37.55, 4, tags=["dust"], **seen),
    ]


def condition(page: Page, name: str, value: str) -> None:
    """One condition more, by keyboard: f opens the form, Enter applies it."""
    page.keyboard.press("f")
    page.locator(f"#filter-{name}").select_option(value)
    page.get_by_role("button", name="按此筛选").press("Enter")
    expect(page.locator("dialog")).to_be_hidden()


def test_a_theme_changes_the_legend_and_its_numbers(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#layers=enterprises"))
    page.keyboard.press("k")
    expect(page.locator(LEGEND)).to_contain_text("危险化学品")
    page.locator(f"{LEGEND} select").select_option("freshness")
    expect(page.locator(f"{LEGEND} li[data-state=fresh] .num")).to_have_text("2")
    expect(page.locator(f"{LEGEND} li[data-state=never] .num")).to_have_text("2")
    expect(page.locator(LEGEND)).not_to_contain_text("危险化学品")
    expect(page).to_have_url(re.compile("theme=enterprises:freshness"))


def test_conditions_combine_show_as_chips_and_go_one_by_one(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#layers=enterprises"))
    condition(page, "tags", "dust")
    expect(page.locator(COUNT)).to_have_text("3 / 4")
    condition(page, "status", "operating")
    expect(page.locator(COUNT)).to_have_text("2 / 4")
    chips = page.locator(".filter-chip")
    expect(chips).to_have_count(2)
    chips.filter(has_text="粉尘涉爆").click()
    expect(page.locator(COUNT)).to_have_text("3 / 4")
    page.go_back()
    expect(page.locator(COUNT)).to_have_text("2 / 4")
    expect(chips).to_have_count(2)
    page.go_forward()
    expect(chips).to_have_count(1)


def test_a_condition_holds_in_the_table_and_its_export(cast: Any, plants: Any, open_page: Open) -> None:
    link = "/#map=12/37.05/118.45&layers=enterprises&theme=enterprises:state&f=enterprises:tags%3Ddust"
    page = ready(open_page(cast.city, link))
    page.keyboard.press("t")
    rows = page.locator("[data-ref=dock] tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="大王华海化工")).to_contain_text("已关闭")
    expect(page.locator("[data-ref=dock] a[download]")).to_have_attribute("href", re.compile("tags=dust"))


def test_the_link_alone_shows_a_second_person_the_same(cast: Any, plants: Any, open_page: Open) -> None:
    first = ready(open_page(cast.city, "/#layers=enterprises&region=370523"))
    condition(first, "tags", "dust")
    expect(first.locator(COUNT)).to_have_text("2 / 4")
    expect(first).to_have_url(re.compile("f=enterprises:tags"))
    link = "/" + first.evaluate("location.hash")
    second = ready(open_page(cast.duty, link))
    expect(second.locator(COUNT)).to_have_text("2 / 4")
    expect(second.locator(".filter-chip")).to_contain_text("粉尘涉爆")
    outsider = ready(open_page(cast.neighbour, link))
    expect(outsider.locator(COUNT)).to_have_text("0 / 1")


def test_a_view_is_kept_shared_opened_and_deleted(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.district, "/#layers=enterprises&f=enterprises:tags%3Ddust"))
    page.keyboard.press("o")
    page.get_by_label("视图名称").fill("粉尘企业")
    page.get_by_label("谁能看到", exact=True).select_option("region")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="保存视图").click()
    expect(page.locator(".views-row")).to_contain_text("粉尘企业")
    other = ready(open_page(cast.town, "/#layers=teams"))
    other.keyboard.press("o")
    other.locator(".views-row button.result").filter(has_text="粉尘企业").click()
    expect(other.locator(COUNT)).to_have_text("2 / 3")
    expect(other.locator("input[value=enterprises]")).to_be_checked()
    page.get_by_role("button", name="删除“粉尘企业”").click()
    page.get_by_role("button", name="删除“粉尘企业”").click()
    expect(page.locator(".views-row")).to_have_count(0)
    assert not SavedView.objects.exists()


def test_two_districts_stand_side_by_side_with_their_numbers(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#layers=enterprises&theme=enterprises:freshness&f=enterprises:tags%3Ddust"))
    page.keyboard.press("m")
    sides = page.locator(".compare-pane")
    expect(sides).to_have_count(2)
    sides.nth(0).locator("select").select_option("370523")
    sides.nth(1).locator("select").select_option("370522")
    expect(sides.nth(0).locator("[data-total]")).to_have_text("2")
    expect(sides.nth(1).locator("[data-total]")).to_have_text("1")
    expect(page).to_have_url(re.compile("compare=370523,370522"))
    page.keyboard.press("Escape")
    expect(page.locator("[data-ref=compare]")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("compare="))


def test_a_county_compares_its_towns(cast: Any, regions: Any, plants: Any, open_page: Open) -> None:
    from tests.cast import make_region

    make_region("370523101", "李鹊镇", "town", regions.district, 118.55, 37.15, 0.04)
    page = ready(open_page(cast.district, "/#layers=enterprises"))
    page.keyboard.press("m")
    chosen = page.locator(".compare-pane select")
    expect(chosen.nth(0).locator("option")).to_have_text(["大王镇", "李鹊镇"])
    expect(chosen.nth(1)).to_have_value("370523101")


def test_heat_is_drawn_from_tiles_and_is_part_of_the_link(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#layers=enterprises"))
    page.keyboard.press("u")
    surface = page.locator("canvas[data-heat=enterprises]")
    expect(surface).to_be_attached()
    ink = "node => node.getContext('2d').getImageData(0, 0, node.width, node.height).data.some(Boolean)"
    until = time.monotonic() + 10
    while not surface.evaluate(ink):  # a predicate in the page would be eval, which the pages forbid
        assert time.monotonic() < until, "nothing was drawn"
    expect(page).to_have_url(re.compile("heat=enterprises"))
    page.keyboard.press("u")
    expect(surface).not_to_be_attached()


def click_at(page: Page, *points: tuple[int, int]) -> None:
    for x, y in points:
        page.mouse.click(x, y, delay=30)


def test_an_outline_is_drawn_refused_mended_and_saved(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, f"/#map=16/37.04/118.44&layers=enterprises&sel=enterprises:{plants[0].pk}"))
    page.locator("[data-ref=actions]").get_by_text("更多").click()
    page.locator("[data-draw]").click()
    bar = page.locator("[data-ref=drawBar]")
    expect(bar).to_contain_text("绘制厂界")
    crossing = [(420, 330), (620, 330), (420, 470), (620, 470)]
    click_at(page, *crossing)
    expect(bar).to_contain_text("4 个角点")
    page.keyboard.press("Enter")
    expect(bar.get_by_role("button", name="保存")).to_be_visible()
    page.keyboard.press("Enter")
    expect(bar.get_by_role("alert")).to_contain_text("自相交")
    assert not Boundary.objects.exists()
    bar.get_by_role("button", name="重画").click()
    click_at(page, (420, 330), (620, 330), (640, 400), (620, 470))
    page.keyboard.press("Backspace")
    click_at(page, (620, 470), (420, 470))
    expect(bar).to_contain_text("5 个角点")
    page.keyboard.press("Enter")
    bar.get_by_role("button", name="保存").click()
    expect(bar).to_be_hidden()
    boundary = Boundary.objects.get(enterprise=plants[0])
    assert boundary.area_m2 > 1000


def test_an_outline_that_is_there_is_changed_and_given_up(cast: Any, plants: Any, open_page: Open) -> None:
    from supervision.enterprises import boundaries

    ring = [[118.439, 37.039], [118.441, 37.039], [118.441, 37.041], [118.439, 37.041], [118.439, 37.039]]
    boundaries.draw(plants[0], actor=cast.city, geometry={"type": "Polygon", "coordinates": [ring]}, datum="cgcs2000")
    page = ready(open_page(cast.city, f"/#layers=enterprises&sel=enterprises:{plants[0].pk}"))
    page.locator("[data-ref=actions]").get_by_text("更多").click()
    page.locator("[data-draw]").click()
    bar = page.locator("[data-ref=drawBar]")
    expect(bar).to_contain_text("4 个角点")
    expect(bar.get_by_role("button", name="撤销")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator("[data-ref=panel]")).to_be_visible()
    assert Boundary.objects.filter(replaced_at__isnull=True).count() == 1


def test_the_help_names_every_new_key(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    page.keyboard.press("?")
    for words in ("筛选图层", "选择按什么着色", "热力图", "保存和打开视图", "两地对比"):
        expect(page.locator("dialog .help-grid").filter(has_text=words)).to_be_visible()
