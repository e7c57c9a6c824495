"""The demo city's incidents: past ones with their whole course, and a few that are open now, one of them a drill.

Everything goes through the services, with the clock of the story: steps, timelines, events and papers are as real ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from django.utils import timezone

from command_center.dispatch import needs, services
from command_center.dispatch.models import Assignment
from command_center.incidents import intake, reports
from command_center.incidents import services as incidents
from command_center.incidents.models import Incident
from command_center.resources.models import Team
from core import audit
from core.models import User
from fixtures.demo.city import City, Progress, point
from geo.measure import nearest
from geo.models import Site

ORDER = 90
PAST = 36
WITH_PAPERS = 5  # the latest ones have their reports as files; the older ones' papers lie in the archive room
MOST_SCALE = 10


@dataclass(frozen=True)
class Plot:
    """How one kind of incident is told."""

    kind: str
    where: tuple[str, ...]
    title: str
    narrative: str
    notes: tuple[str, ...]
    measures: str
    disposition: str
    weight: int = 1


PLOTS = (
    Plot("fire", ("industrial", "town"), "{place}厂房火灾", "仓库冒烟起火，可见明火，人员已撤出。",
         ("现场明火面积约 200 平方米，无人员被困。", "明火已扑灭，正在清理余烬。"),
         "疏散周边人员，切断电源，出水控制。",
         "明火扑灭，无复燃，现场移交消防部门调查。", 5),
    Plot("leak", ("chemical", "port"), "{place}储罐区泄漏", "储罐法兰处泄漏，有刺激性气味，下风向已疏散。",
         ("检测浓度下风向 100 米处降至安全值。", "堵漏成功，正在洗消。"), "警戒 300 米，堵漏，稀释，监测。",
         "泄漏点封堵，洗消完毕，监测达标。", 5),
    Plot("explosion", ("chemical", "industrial"), "{place}装置闪爆", "装置区一声巨响，随后起火，有人受伤。",
         ("伤员已送医，无失联人员。", "装置已泄压隔离。"), "停车泄压，灭火降温，搜救伤员。",
         "险情排除，装置停产待查。", 2),
    Plot("traffic", ("town", "urban"), "{place}危化品运输车侧翻", "罐车侧翻，司机轻伤，罐体未见明显泄漏。",
         ("倒罐作业开始，单向封闭。", "倒罐完成，车辆扶正。"), "交通管制，倒罐，备堵漏器材。",
         "车辆拖离，道路恢复通行。", 4),
    Plot("poisoning", ("chemical", "town"), "{place}有限空间中毒", "两名工人在检修井内晕倒，无法自行撤出。",
         ("被困人员已救出，送医途中。",), "强制通风，佩戴空气呼吸器救援。", "被困人员全部救出，作业点封闭。", 2),
    Plot("gas", ("urban",), "{place}燃气管线挖断", "施工挖断燃气管线，气味明显，周边居民已撤离。",
         ("上下游阀门已关闭。", "管线修复，检漏合格。"), "关阀停气，疏散，禁火。", "管线修复恢复供气。", 3),
    Plot("flood", ("town", "rural"), "{place}内涝", "强降雨，低洼处积水超过 60 厘米，居民需转移。",
         ("转移 120 人至避难场所。", "积水基本排除。"), "排涝，转移群众，开放避难场所。", "积水排除，群众返回。", 2),
    Plot("collapse", ("town", "urban"), "{place}在建工程脚手架坍塌", "脚手架局部坍塌，有工人被压。",
         ("两人救出送医。", "现场清点，无失联人员。"), "破拆救援，支护，封闭工地。", "被困人员救出，工地停工。", 2),
    Plot("blowout", ("oilfield", "mine"), "{place}井口溢流", "起钻时发生溢流，已关井，压力上升。",
         ("节流循环压井，压力平稳。",), "关井，压井，疏散无关人员。", "压井成功，恢复正常。", 1),
)  # fmt: skip


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    total = PAST * min(scale, MOST_SCALE)
    now = timezone.now()
    for number in range(total):
        age = 420 * (1 - number / total) ** 1.3 + 3
        start = now - dt.timedelta(days=age, minutes=rng.randint(0, 600))
        with audit.acting_as(city.users["duty"]):
            tell_past(city, rng, start, with_papers=number >= total - WITH_PAPERS)
        if number % 4 == 3:
            progress("历史事件", number + 1, total)
    with audit.acting_as(city.users["duty"]):
        tell_open(city, rng, now)
    progress("在办事件", 4, 4)


@contextmanager
def story_time(moment: dt.datetime) -> Iterator[None]:
    """Inside, it is that moment: rows that take the time of their making take this one."""
    real = timezone.now
    timezone.now = lambda: moment  # the only way that auto_now_add fields listen to
    try:
        yield
    finally:
        timezone.now = real


class Story:
    """One incident told step by step, its clock moved on between the steps."""

    def __init__(self, city: City, rng: Random, start: dt.datetime) -> None:
        self.city = city
        self.rng = rng
        self.clock = start
        self.incident = Incident()

    def after(self, least: float, most: float) -> None:
        self.clock += dt.timedelta(minutes=self.rng.uniform(least, most))

    def user(self, name: str) -> User:
        return self.city.users[name]

    def do(self, act: Any, *args: Any, **kwargs: Any) -> Any:
        with story_time(self.clock):
            return act(*args, **kwargs)

    def raised(self, plot: Plot, code: str, **more: Any) -> None:
        spot = self.city.spot(self.rng, code, plot.where)
        self.incident = self.do(
            intake.raise_incident,
            **{
                "actor": self.user("duty"),
                "kind": plot.kind,
                "title": plot.title.format(place=spot.place.name),
                "narrative": plot.narrative,
                "point": point(spot),
                "address": spot.address,
                "uncertainty_m": self.rng.choice((30, 50, 100, 200)),
                "reporter_name": self.city.names.person(self.rng),
                "reporter_phone": self.city.names.phone(),
                "occurred_at": self.clock - dt.timedelta(minutes=self.rng.randint(2, 15)),
                **more,
            },
        )

    def step(self, name: str, by: str = "duty", **values: Any) -> None:
        self.incident.refresh_from_db()
        self.do(incidents.take_step, self.incident, name, actor=self.user(by), **values)

    def send(self, n: int) -> list[Assignment]:
        """The nearest free teams that suit, through the same door as anybody."""
        free = Team.objects.filter(status="available")
        near = nearest(free, self.incident.geom, limit=25)
        suited = [t for t in near if needs.suits(self.incident.kind, t.capabilities) is not False]
        chosen = (suited or near)[:n]
        return [
            self.do(services.assign, self.incident, team, actor=self.user("coordinator"), reasons=["CAPABILITY_MATCH"])
            for team in chosen
        ]

    def move(self, sent: list[Assignment], *names: str) -> None:
        for name in names:
            self.after(1, 9)
            for assignment in sent:
                assignment.refresh_from_db()
                self.do(services.take_step, assignment, name, actor=self.user("coordinator"))

    def note(self, text: str) -> None:
        self.do(incidents.add_note, self.incident, actor=self.user("duty"), text=text)


def tell_past(city: City, rng: Random, start: dt.datetime, *, with_papers: bool) -> None:
    plot = rng.choices(PLOTS, [p.weight for p in PLOTS])[0]
    code = rng.choice(("370502", "370503", "370505", "370523", "370523", "370522", "370571", "370572"))
    story = Story(city, rng, start)
    story.raised(plot, code, is_drill=rng.random() < 0.12)
    story.after(1, 4)
    story.do(incidents.acknowledge, story.incident, actor=story.user("duty"))
    story.after(2, 8)
    if rng.random() < 0.1:
        story.step("dismiss", note="现场核实为误报，为正常作业。")
        return
    story.step("verify")
    if rng.random() < 0.07:
        story.after(3, 9)
        story.step("transfer", note="经核实属道路管理职责。", transferred_to="东营市公安局")
        return
    sent = story.send(rng.randint(1, 3))
    story.move(sent, "accept", "enroute")
    story.step("grade")
    story.after(1, 6)
    story.step("respond", level=rng.choice((4, 4, 4, 3)), measures=plot.measures)
    story.move(sent, "arrive")
    hurt(story)
    for text in plot.notes:
        story.after(10, 45)
        story.note(text)
    close(story, plot, sent, with_papers=with_papers)


def hurt(story: Story) -> None:
    rng = story.rng
    if rng.random() < 0.45:
        numbers = {
            "minor_injuries": rng.randint(0, 4),
            "serious_injuries": rng.choice((0, 0, 1, 2)),
            "deaths": 1 if rng.random() < 0.08 else 0,
            "direct_loss_wan": rng.randint(2, 300),
        }
        story.do(incidents.record_casualties, story.incident, actor=story.user("duty"), **numbers)


def close(story: Story, plot: Plot, sent: list[Assignment], *, with_papers: bool) -> None:
    story.after(20, 120)
    story.step("control")
    story.move(sent, "release")
    story.after(10, 60)
    story.step("end", by="leader", disposition=plot.disposition)
    if with_papers:
        story.do(reports.issue_when_ended, story.incident, actor=story.user("leader"))
    story.after(24 * 60, 72 * 60)
    story.step("review", lessons="响应及时；应加强现场通信和家属联络，物资台账需按期核实。")
    story.after(60, 600)
    story.step("archive")


def tell_open(city: City, rng: Random, now: dt.datetime) -> None:
    plots = {p.kind: p for p in PLOTS}
    leak = Story(city, rng, now - dt.timedelta(minutes=52))
    leak.raised(plots["leak"], "370572", title="东营港储罐区液氯管线泄漏")
    leak.after(1, 2)
    leak.do(incidents.acknowledge, leak.incident, actor=leak.user("duty"))
    leak.after(2, 4)
    leak.step("verify")
    sent = leak.send(3)
    leak.move(sent[:2], "accept", "enroute")
    leak.step("grade")
    leak.after(1, 2)
    leak.step("respond", by="leader", level=3, measures="警戒 500 米，下风向疏散，喷雾稀释，堵漏。")
    leak.move(sent[:1], "arrive")
    leak.do(incidents.record_casualties, leak.incident, actor=leak.user("duty"), minor_injuries=3, evacuated=260)
    leak.note("下风向 300 米检测到微量氯气，警戒范围已扩大。")
    leak.do(
        incidents.add_task,
        leak.incident,
        actor=leak.user("coordinator"),
        title="下风向企业人员疏散核对",
        organisation=city.organisations["port"],
        due_at=now + dt.timedelta(minutes=30),
    )
    fire = Story(city, rng, now - dt.timedelta(minutes=17))
    works = Site.objects.filter(accounts__username="enterprise").first()
    place = {"site": works, "point": works.geom, "address": works.address} if works else {}
    fire.raised(plots["fire"], "370523", title="大王镇化工企业仓库冒烟", source="enterprise", **place)
    fire.after(1, 2)
    fire.do(incidents.acknowledge, fire.incident, actor=fire.user("guangrao_duty"))
    fire.after(2, 3)
    fire.step("verify", by="guangrao_duty")
    new = Story(city, rng, now - dt.timedelta(minutes=4))
    new.raised(plots["traffic"], "370522", title="", narrative="220 国道一辆罐车侧翻，报警人已离开，其余不详。",
               reporter_name="", occurred_at=None, uncertainty_m=800)  # fmt: skip
    tell_drill(city, rng, now, plots["gas"])


def tell_drill(city: City, rng: Random, now: dt.datetime, plot: Plot) -> None:
    drill = Story(city, rng, now - dt.timedelta(minutes=34))
    drill.raised(plot, "370571", is_drill=True, title="开发区燃气泄漏处置演练")
    drill.do(incidents.acknowledge, drill.incident, actor=drill.user("duty"))
    for name in ("verify", "grade"):
        drill.after(1, 3)
        drill.step(name)
    drill.step("respond", level=4, measures="按演练方案。")
    drill.move(drill.send(1), "accept", "enroute")
