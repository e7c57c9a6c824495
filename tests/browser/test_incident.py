"""An incident from alarm to archive on two screens at once; then with the line cut, and with the web process killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from command_center.dispatch import services as dispatch
from command_center.incidents import services
from command_center.incidents.models import Incident
from command_center.incidents.testing import make_incident
from command_center.resources.testing import make_supply, make_team
from core.models import DeadlineRule
from tests.browser.conftest import free_port

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
ROOT = Path(__file__).resolve().parents[2]
SOON = 2500  # the promise is one second; a busy machine is forgiven a little
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0c"
    b"IDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def forces(cast: Any, regions: SimpleNamespace) -> SimpleNamespace:
    here = regions.town.label_point
    return SimpleNamespace(
        first=make_team(regions.town, "大王危化救援队", geom=Point(here.x + 0.01, here.y, srid=4490)),
        second=make_team(regions.town, "大王消防站", geom=Point(here.x + 0.03, here.y, srid=4490)),
        foam=make_supply(regions.town, "堵漏工具", kind="leak"),
    )


@pytest.fixture
def clock_rule(db: None) -> DeadlineRule:
    return DeadlineRule.objects.create(
        key="incident.county_report", title="向上一级报告", basis="国务院令第493号第十一条", amount=2, unit="hours",
        effective_from="2007-06-01",
    )  # fmt: skip


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready='1']", state="attached", timeout=15000)
    return page


def live(page: Page) -> Page:
    expect(page.locator("[data-ref=feed]")).to_have_text("实时", timeout=25000)
    return page


def now_state(page: Page) -> Locator:
    return page.locator(".stepper li[data-is=now]").first


def tab(page: Page, key: str) -> None:
    page.locator(f"#panel-tabs [data-tab={key}]").click()
    expect(page.locator(f"#panel-tabs [data-tab={key}]")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"#feature-tab [data-part={key}]")).to_be_visible()


def take(page: Page, name: str, **fields: str) -> None:
    """Press a step; fill in what its little form asks for."""
    button = page.locator(f".steps [data-step={name}]").first
    button.click()
    if not fields:
        return
    form = page.locator(f".step-form[open]:has([data-step={name}]) form")
    for key, value in fields.items():
        box = form.locator(f"[name={key}]")
        if box.first.get_attribute("type") == "radio":
            form.locator(f"[name={key}][value='{value}']").check()
        else:
            box.fill(value)
    form.locator("button").click()


def raise_by_keyboard(page: Page) -> Incident:
    page.locator("[data-tool=report]").first.click()
    form = page.locator("form.intake")
    expect(form.locator("[name=narrative]")).to_be_focused()
    page.keyboard.type("储罐法兰处泄漏，有刺激性气味")
    form.locator("[name=kind]").select_option("leak")
    form.locator("[name=title]").fill("大王镇储罐泄漏")
    form.locator("[name=lon]").fill("118.45")
    form.locator("[name=lat]").fill("37.05")
    form.locator("[name=reporter_phone]").fill("13912345678")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-ref=panel] h2")).to_have_text("大王镇储罐泄漏")
    expect(page.locator(".incident-flags")).to_contain_text("发生时间")
    incident: Incident = Incident.objects.get()
    return incident


def test_the_whole_incident_on_two_screens(
    cast: Any, forces: SimpleNamespace, clock_rule: DeadlineRule, open_page: Open
) -> None:
    desk = live(ready(open_page(cast.district)))
    duty = live(open_page(cast.city, "/incidents/"))

    incident = raise_by_keyboard(desk)
    expect(duty.locator(".incident-card")).to_contain_text("大王镇储罐泄漏", timeout=SOON)
    duty.locator(".incident-card a").click()
    screen = live(duty)
    expect(now_state(screen)).to_have_text("接报")
    expect(screen.locator(".clocks")).to_contain_text(re.compile(r"向上一级报告\s*剩 1:59"))

    take(screen, "acknowledge")
    expect(desk.locator(".incident-chips").first).to_contain_text("签收", timeout=SOON)
    for name, label in (("verify", "已核实"), ("grade", "已定级")):
        take(desk, name)
        expect(now_state(screen)).to_have_text(label, timeout=SOON)
        expect(now_state(desk)).to_have_text(label, timeout=SOON)
    take(desk, "respond", level="3", measures="警戒 300 米")
    expect(screen.locator(".chip.level-3").first).to_have_text("Ⅲ级响应", timeout=SOON)
    screen.locator(".clocks form button").click()
    expect(desk.locator(".clocks")).to_contain_text("已上报", timeout=SOON)

    send_and_bring_back(desk, screen, forces)
    notes_tasks_casualties(desk, screen)

    take(screen, "level", level="2", note="泄漏量增大")
    tab(desk, "overview")
    expect(desk.locator(".chip.level-2").first).to_have_text("Ⅱ级响应", timeout=SOON)
    take(desk, "control")
    expect(now_state(screen)).to_have_text("已控制", timeout=SOON)
    end_and_archive(desk, screen, incident)


def send_and_bring_back(desk: Page, screen: Page, forces: SimpleNamespace) -> None:
    tab(desk, "forces")
    pick = desk.locator("[data-pick]").first
    expect(pick).to_contain_text("大王危化救援队")
    expect(pick).to_contain_text("能力相符")
    pick.locator("[data-step=assign]").click()
    card = screen.locator("[data-assignment]")
    expect(card).to_contain_text("已通知", timeout=SOON)
    # The second screen answers for the unit, the first one sees it; and the other way round.
    card.locator("[data-step=accept]").click()
    expect(desk.locator("[data-assignment]")).to_contain_text("已接受", timeout=SOON)
    for name, label in (("enroute", "途中"), ("stage", "集结待命"), ("arrive", "已到场")):
        desk.locator(f"[data-assignment] [data-step={name}]").click()
        expect(card.locator("[data-ref-state]")).to_have_text(label, timeout=SOON)
        expect(desk.locator("[data-assignment] [data-ref-state]")).to_have_text(label)
    forces.first.refresh_from_db()
    assert forces.first.status == "on_scene"
    desk.locator("[data-assignment] [data-step=release]").click()
    expect(card).to_contain_text("已解除", timeout=SOON)


def notes_tasks_casualties(desk: Page, screen: Page) -> None:
    tab(desk, "timeline")
    desk.locator(".note-form [name=files]").set_input_files(
        {"name": "现场.png", "mimeType": "image/png", "buffer": PNG}
    )
    desk.locator(".note-form textarea").fill("风向东南，喷雾稀释中")
    # Somebody writes here while the other screen changes things: nothing of it may be lost.
    take_casualties(screen)
    expect(desk.locator("[data-live=entries]")).to_contain_text("死亡 0→3", timeout=SOON)
    expect(desk.locator(".note-form textarea")).to_have_value("风向东南，喷雾稀释中")
    desk.locator(".note-form textarea").press("Control+Enter")
    entry = screen.locator(".timeline > li").first
    expect(entry).to_contain_text("风向东南，喷雾稀释中", timeout=SOON)
    expect(entry.locator("img")).to_have_count(1)
    screen.locator("[data-part=tasks] summary").click()
    screen.locator("[data-part=tasks] [name=title]").fill("疏散下风向群众")
    screen.locator("[data-part=tasks] [data-step=task]").click()
    tab(desk, "tasks")
    expect(desk.locator("[data-task]")).to_contain_text("疏散下风向群众", timeout=SOON)
    desk.locator("[data-task] [name=feedback]").fill("已疏散 80 人")
    desk.locator("[data-task] button").click()
    expect(screen.locator("[data-task]")).to_contain_text("已疏散 80 人", timeout=SOON)


def take_casualties(page: Page) -> None:
    page.locator("[data-open=casualties]").click()
    form = page.locator(".step-form[open] form")
    form.locator("[name=deaths]").fill("3")
    form.locator("button").click()
    expect(page.locator("[data-grade]")).to_contain_text("较大事故")


def end_and_archive(desk: Page, screen: Page, incident: Incident) -> None:
    take(screen, "end", disposition="泄漏点已封堵，监测达标")
    expect(now_state(desk)).to_have_text("已终止", timeout=SOON)
    tab(desk, "documents")
    expect(desk.locator("[data-paper]")).to_have_text("突发事件处置终报", timeout=15000)
    expect(screen.locator("[data-paper]")).to_have_count(1, timeout=15000)
    with desk.expect_download() as paper:
        desk.locator("[data-paper]").click()
    assert Path(paper.value.path()).read_bytes()[:2] == b"PK"
    with desk.expect_download() as drawn:
        desk.locator("[data-attachment=situation_map]").click()
    page = Path(drawn.value.path()).read_text("utf-8")
    assert "大王镇储罐泄漏" in page and "L.map" in page
    take(screen, "review", lessons="补充堵漏器材")
    expect(now_state(screen)).to_have_text("已评估", timeout=SOON)
    take(screen, "archive")
    tab(desk, "overview")
    expect(now_state(desk)).to_have_text("已归档", timeout=SOON)
    incident.refresh_from_db()
    assert incident.state == "archived" and incident.level == 2 and incident.grade == "large"


def test_a_step_decided_on_an_old_screen_is_refused_with_words(cast: Any, regions: Any, open_page: Open) -> None:
    incident = make_incident(regions.town, cast.district)
    page = open_page(cast.district, "/healthz")
    page.route_web_socket(re.compile("/ws/feed/"), lambda route: route.close(code=1013))
    page.goto(page.url.replace("/healthz", f"/incidents/{incident.pk}/"))
    services.take_step(incident, "verify", actor=cast.district)
    take(page, "verify")
    expect(page.locator(".alert-error")).to_contain_text("已被他人更新")
    expect(now_state(page)).to_have_text("已核实")


def test_a_socket_cut_and_restored_misses_nothing(cast: Any, regions: Any, open_page: Open) -> None:
    incident = make_incident(regions.town, cast.district)
    page = open_page(cast.city, "/healthz")
    routes: list[WebSocketRoute] = []
    cut = SimpleNamespace(on=False)

    def answer(route: WebSocketRoute) -> None:
        if cut.on:
            route.close(code=1013)
            return
        route.connect_to_server()
        routes.append(route)

    page.route_web_socket(re.compile("/ws/feed/"), answer)
    page.goto(page.url.replace("/healthz", f"/incidents/{incident.pk}/"))
    live(page)
    cut.on = True
    for route in routes:
        route.close(code=1001)
    expect(page.locator("[data-ref=feed]")).to_contain_text("已断开", timeout=8000)
    while_away(incident, cast)
    expect(page.locator(".timeline")).not_to_contain_text("断线时的记录")
    cut.on = False
    live(page)
    saw_everything(page)


def while_away(incident: Incident, cast: Any) -> None:
    services.take_step(incident, "verify", actor=cast.district)
    for n in range(5):
        services.add_note(incident, actor=cast.district, text=f"断线时的记录{n}")
    services.take_step(incident, "grade", actor=cast.district)


def saw_everything(page: Page) -> None:
    expect(now_state(page)).to_have_text("已定级", timeout=5000)
    for n in range(5):
        expect(page.locator(".timeline")).to_contain_text(f"断线时的记录{n}")


class WebProcess:
    """A web process of its own on the test database, that can be killed and started again on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = connection.settings_dict
        who = f"{options['USER']}:{options['PASSWORD']}"
        url = f"postgres://{who}@{options['HOST']}:{options['PORT']}/{options['NAME']}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "uvicorn",
                "config.asgi:application",
                "--port",
                str(self.port),
                "--log-level",
                "error",
            ],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": url, "ANTU_DEBUG": "1"},
        )
        until = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < until and self.process.poll() is None, "the web process did not start"
            time.sleep(0.1)

    def answers(self) -> bool:
        import urllib.request

        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=10)


@pytest.fixture
def web(transactional_db: None) -> Iterator[WebProcess]:
    process = WebProcess()
    process.start()
    yield process
    process.kill()


def test_a_killed_web_process_misses_nothing(
    cast: Any, regions: Any, forces: SimpleNamespace, chromium: Browser, web: WebProcess
) -> None:
    incident = make_incident(regions.town, cast.district)
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    client = Client()
    client.force_login(cast.city, backend="django.contrib.auth.backends.ModelBackend")
    cookie = next(iter(client.cookies.values()))
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": web.address}])
    page = context.new_page()
    page.goto(f"{web.address}/incidents/{incident.pk}/")
    live(page)
    web.kill()
    expect(page.locator("[data-ref=feed]")).to_contain_text("已断开", timeout=8000)
    while_away(incident, cast)
    dispatch.assign(incident, forces.first, actor=cast.district)
    web.start()
    live(page)
    saw_everything(page)
    expect(page.locator("[data-assignment]")).to_contain_text("已通知")
    context.close()


def test_one_press_of_the_enterprise_reaches_the_duty_desk(cast: Any, sites: Any, open_page: Open) -> None:
    duty = live(open_page(cast.duty, "/incidents/"))
    works = open_page(cast.enterprise, "/incidents/alarm/")
    works.locator(".alarm-kind[value=fire]").click()
    expect(works.locator("h1")).to_contain_text("大王甲化工有限公司火灾")
    expect(duty.locator(".incident-card")).to_contain_text("大王甲化工有限公司火灾", timeout=SOON)
    expect(works.locator("[data-part=forces]")).to_have_count(0)
