"""The map page and the wall as people use them: by keyboard, by pointer, by link, and with the line cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import transaction
from playwright.sync_api import Page, WebSocketRoute, expect

from command_center.incidents.intake import raise_incident
from command_center.incidents.models import Incident
from core import events
from core.models import User
from core.pinyin import initials
from geo.models import Region, Site
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready='1']", state="attached", timeout=15000)
    return page


def enterprise(region: Region, name: str, lon: float, lat: float, number: int) -> Enterprise:
    site = Site.objects.create(region=region, name=name, pinyin=initials(name), geom=Point(lon, lat, srid=4490))
    return make_enterprise(region, number, site=site)


@pytest.fixture
def plants(regions: SimpleNamespace) -> list[Enterprise]:
    """Three in the district's town, one in the neighbour's."""
    return [
        enterprise(regions.town, "大王金源橡胶有限公司", 118.44, 37.04, 1),
        enterprise(regions.town, "大王华海化工有限公司", 118.46, 37.06, 2),
        enterprise(regions.town, "大王润丰仓储有限公司", 118.45, 37.05, 3),
        enterprise(regions.neighbour_town, "盐窝胜利油品有限公司", 118.30, 37.55, 4),
    ]


def fire(actor: User, title: str = "大王镇仓库火灾") -> Incident:
    return raise_incident(
        actor=actor, title=title, kind="fire", narrative="浓烟", point=Point(118.45, 37.05, srid=4490)
    )


class Line:
    """A page's socket that can be cut and mended."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self.routes: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/ws/feed/"), self.answer)

    def answer(self, route: WebSocketRoute) -> None:
        if self.is_cut:
            route.close(code=1013)
            return
        route.connect_to_server()
        self.routes.append(route)

    def cut(self) -> None:
        self.is_cut = True
        for route in self.routes:
            route.close(code=1001)
        self.routes.clear()

    def mend(self) -> None:
        self.is_cut = False


def test_the_map_shows_layers_with_counts_and_says_it_is_live(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    expect(page.locator("[data-count=enterprises]")).to_have_text("4")
    expect(page.locator("[data-ref=feed]")).to_have_text("实时")
    expect(page.locator("[data-ref=clock]")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_nothing_is_asked_of_another_host(cast: Any, plants: Any, open_page: Open, server: str) -> None:
    page = open_page(cast.city, "/healthz")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server + "/")
    ready(page)
    assert asked
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []


def test_a_link_opens_the_same_view_with_its_panel(cast: Any, plants: Any, open_page: Open) -> None:
    link = f"/#map=14/37.05/118.45&sel=enterprises:{plants[0].pk}&layers=enterprises"
    page = ready(open_page(cast.city, link))
    expect(page.locator("[data-ref=panel] h2")).to_have_text("大王金源橡胶有限公司")
    expect(page.locator("input[value=enterprises]")).to_be_checked()
    expect(page.locator("input[value=hazard_sources]")).not_to_be_checked()
    expect(page).to_have_url(re.compile(r"map=14\.00/37\.05\d*/118\.45\d*&sel=enterprises:"))
    page.keyboard.press("Escape")
    expect(page.locator("[data-ref=panel]")).to_be_hidden()


def test_pinyin_initials_find_an_enterprise_by_keyboard_alone(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    page.keyboard.press("/")
    page.keyboard.type("dwhh")
    expect(page.locator("[role=option]").first).to_contain_text("大王华海化工有限公司")
    page.keyboard.press("Enter")
    expect(page.locator("[data-ref=panel] h2")).to_have_text("大王华海化工有限公司")


def drag(page: Page, points: list[tuple[float, float]]) -> None:
    box = page.locator("[data-ref=map]").bounding_box()
    assert box
    left, top = box["x"] + 350, box["y"] + 80
    width, height = box["width"] - 480, box["height"] - 200
    page.mouse.move(left + points[0][0] * width, top + points[0][1] * height)
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(left + x * width, top + y * height, steps=4)
    page.mouse.up()


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("b", [(0, 0), (1, 1)]),
        ("l", [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.45, 0.05)]),
        ("c", [(0.5, 0.5), (0.5, 1)]),
    ],
)
def test_what_is_inside_a_drawn_area_is_listed_by_the_server(
    key: str, path: list[tuple[float, float]], cast: Any, plants: Any, open_page: Open
) -> None:
    page = ready(open_page(cast.city, "/#map=13/37.05/118.45&layers=enterprises"))
    page.keyboard.press(key)
    expect(page.locator("[data-ref=hint]")).to_be_visible()
    drag(page, path)
    group = page.locator(".result-group")
    expect(group.locator("summary .badge")).to_have_text("3")
    expect(group.locator(".result")).to_have_count(3)
    sheet = group.get_by_role("link", name="导出 xlsx").get_attribute("href")
    assert sheet
    answer = page.request.get(page.url.split("/#")[0] + sheet)
    assert answer.status == 200 and answer.body()[:2] == b"PK"


def test_a_click_instead_of_a_drag_selects_nothing(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    page.keyboard.press("b")
    page.mouse.click(700, 400)
    expect(page.locator("[data-ref=hint]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-ref=hint]")).to_be_hidden()
    expect(page.locator("[data-ref=panel]")).to_be_hidden()


def test_the_table_says_what_the_map_shows(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#map=12/37.05/118.45&layers=enterprises"))
    page.keyboard.press("t")
    expect(page.locator(".dock tbody tr")).to_have_count(3)
    page.locator(".dock tbody tr").first.press("Enter")
    expect(page.locator(".dock tr[aria-selected=true]")).to_have_count(1)
    page.select_option("#region", "370522")
    expect(page.locator(".dock tbody tr")).to_have_count(1)
    expect(page.locator(".dock tbody td").first).to_have_text("盐窝胜利油品有限公司")


def test_a_measured_line_says_its_length(cast: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#map=13/37.05/118.45"))
    page.keyboard.press("d")
    page.mouse.click(500, 300)
    page.mouse.dblclick(700, 300)
    expect(page.locator(".toast p")).to_contain_text(re.compile(r"\d 公里|\d 米"))


def test_escape_closes_a_dialog_and_leaves_the_panel_beneath(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, f"/#map=14/37.05/118.45&sel=enterprises:{plants[0].pk}&layers=enterprises"))
    expect(page.locator("[data-ref=panel] h2")).to_be_visible()
    page.keyboard.press("o")
    expect(page.get_by_label("视图名称")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-ref=panel] h2")).to_be_visible()


def test_single_keys_can_be_switched_off(cast: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    page.keyboard.press("?")
    page.locator("dialog[open]").get_by_label("使用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator(".dock")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()


def test_a_new_incident_is_on_every_screen_that_may_see_it(cast: Any, open_page: Open) -> None:
    watching, outsider = ready(open_page(cast.city)), ready(open_page(cast.neighbour))
    expect(watching.locator("[data-ref=feed]")).to_have_text("实时")
    incident = fire(cast.district)
    card = watching.locator(f"[data-incident='{incident.pk}']")
    expect(card).to_contain_text("大王镇仓库火灾", timeout=2000)
    expect(watching.locator(".pulse")).to_have_count(1)
    expect(watching.locator("[data-ref=live]")).to_contain_text("新事件：大王镇仓库火灾")
    expect(outsider.locator(".strip-empty")).to_be_visible()
    expect(outsider.locator("[data-incident]")).to_have_count(0)


def test_n_opens_the_oldest_that_waits_and_a_acknowledges_it_everywhere(cast: Any, open_page: Open) -> None:
    first = fire(cast.district, "先报的火灾")
    fire(cast.district, "后报的火灾")
    one, other = ready(open_page(cast.duty)), ready(open_page(cast.city))
    expect(one.locator("[data-incident]")).to_have_count(2)
    one.keyboard.press("n")
    expect(one.locator("[data-ref=panel] h2").first).to_have_text("先报的火灾")
    one.keyboard.press("a")
    expect(one.locator(f"[data-incident='{first.pk}'][data-new]")).to_have_count(0)
    expect(other.locator(f"[data-incident='{first.pk}'][data-new]")).to_have_count(0, timeout=3000)
    expect(other.locator("[data-incident]").first).to_contain_text("后报的火灾")


def test_a_cut_line_is_said_and_nothing_is_missed_when_it_is_back(cast: Any, open_page: Open, server: str) -> None:
    page = open_page(cast.city, "/healthz")
    line = Line(page)
    page.goto(server + "/")
    ready(page)
    expect(page.locator("[data-ref=feed]")).to_have_text("实时")
    line.cut()
    expect(page.locator("[data-ref=feed]")).to_contain_text("已断开", timeout=8000)
    fire(cast.district)
    line.mend()
    expect(page.locator("[data-ref=feed]")).to_have_text("实时", timeout=25000)
    expect(page.locator("[data-incident]")).to_contain_text("大王镇仓库火灾")


def test_the_menu_of_a_place_offers_to_report_there(cast: Any, open_page: Open) -> None:
    page = ready(open_page(cast.duty, "/#map=13/37.05/118.45"))
    page.mouse.click(700, 350, button="right")
    page.get_by_role("menuitem", name="在此上报事件").click()
    expect(page.locator("[data-ref=panelTitle]")).to_have_text("上报事件")
    expect(page.locator("[data-ref=panelBody] form")).to_be_visible()


def test_the_wall_follows_the_operator_and_says_whom(cast: Any, plants: Any, open_page: Open) -> None:
    wall = ready(open_page(cast.city, "/wall/", width=1920, height=1080))
    desk = ready(open_page(cast.duty, "/#map=13/37.05/118.45&layers=enterprises"))
    desk.keyboard.press("v")
    desk.get_by_role("button", name="让大屏跟随我").click()
    expect(wall.locator("[data-ref=drive]")).to_have_text("跟随 duty")
    other = ready(open_page(cast.city))
    other.keyboard.press("v")
    other.get_by_role("button", name="接管大屏").click()
    expect(wall.locator("[data-ref=drive]")).to_have_text("跟随 city")
    expect(desk.locator("[data-tool=cast]")).to_have_attribute("aria-pressed", "false")
    other.keyboard.press("v")
    other.get_by_role("button", name="锁定大屏").click()
    expect(wall.locator("[data-ref=drive]")).to_have_text("画面锁定 city")


def test_the_wall_says_how_long_it_has_been_cut_off(cast: Any, open_page: Open, server: str) -> None:
    fire(cast.district)
    wall = open_page(cast.city, "/healthz", width=1920, height=1080)
    line = Line(wall)
    wall.goto(server + "/wall/")
    ready(wall)
    expect(wall.locator(".wall-card")).to_contain_text("大王镇仓库火灾")
    line.cut()
    expect(wall.locator("[data-ref=cut]")).to_have_text(re.compile(r"数据已中断 00:\d\d"), timeout=12000)
    fire(cast.district, "断线时的火灾")
    line.mend()
    expect(wall.locator("[data-ref=cut]")).to_be_hidden(timeout=25000)
    expect(wall.locator(".wall-card")).to_have_count(2)


def test_no_text_on_the_wall_is_smaller_than_24_pixels(cast: Any, open_page: Open) -> None:
    fire(cast.district)
    for width, height in ((1366, 768), (3840, 2160)):
        wall = ready(open_page(cast.city, "/wall/", width=width, height=height))
        expect(wall.locator(".wall-card")).to_have_count(1)
        sizes = wall.evaluate(
            """() => [...document.querySelectorAll('main *')]
              .filter((node) => node.offsetParent
                && [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim()))
              .map((node) => [node.className || node.tagName, parseFloat(getComputedStyle(node).fontSize)])"""
        )
        assert sizes and [pair for pair in sizes if pair[1] < 24] == []


def test_on_a_phone_the_panel_is_a_sheet_and_targets_are_large(cast: Any, plants: Any, open_page: Open) -> None:
    phone = open_page(
        cast.city, f"/#sel=enterprises:{plants[0].pk}", width=390, height=844, has_touch=True, is_mobile=True
    )
    ready(phone)
    box = phone.locator("[data-ref=panel]").bounding_box()
    assert box and box["width"] == 390 and box["y"] > 200
    phone.locator("[data-ref=panelClose]").tap()
    phone.locator("[data-thumb=tools]").tap()
    small = [
        box
        for button in phone.locator(".tools .btn:visible, .thumb button").all()
        if (box := button.bounding_box()) and min(box["width"], box["height"]) < 44
    ]
    assert small == []


def test_the_first_useful_map_is_there_within_a_second_and_a_half(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city))
    took = []
    for _ in range(3):
        page.reload()
        ready(page)
        took.append(page.evaluate("performance.getEntriesByName('antu:map-ready')[0].startTime"))
    assert min(took) <= 1500, took


def test_a_basemap_of_the_city_can_be_chosen_and_is_remembered(cast: Any, open_page: Open, settings: Any) -> None:
    settings.BASEMAPS = '[{"title": "影像", "kind": "xyz", "url": "/no-such-basemap/{z}/{x}/{y}.png"}]'
    page = ready(open_page(cast.city))
    with page.expect_request(re.compile("/no-such-basemap/")):
        page.get_by_label("底图").select_option(label="底图：影像")
    page.reload()
    ready(page)
    expect(page.get_by_label("底图")).to_have_value("0")
    expect(page.locator("[data-ref=feed]")).to_have_text("实时")


def test_a_changed_record_is_asked_for_again_without_a_blank_moment(cast: Any, plants: Any, open_page: Open) -> None:
    page = ready(open_page(cast.city, "/#map=13/37.05/118.45&layers=enterprises"))
    expect(page.locator("[data-ref=feed]")).to_have_text("实时")
    is_tile = re.compile("/tiles/enterprises/")
    with page.expect_response(is_tile, timeout=8000) as found, transaction.atomic():
        events.append("enterprises.test", subject=plants[0], region=plants[0].site.region, actor=cast.city)
    assert found.value.status in (200, 304)


def test_an_expired_log_in_is_said_once(cast: Any, open_page: Open, server: str) -> None:
    page = open_page(cast.city, "/healthz")
    line = Line(page)
    page.goto(server + "/")
    ready(page)
    expect(page.locator("[data-ref=feed]")).to_have_text("实时")
    for route in line.routes:
        route.close(code=4401)
    expect(page.locator(".toast")).to_contain_text("登录已过期")
    expect(page.locator(".toast")).to_have_count(1)
