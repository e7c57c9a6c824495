"""Who answers for the demo city's hazard sources, what watches them, and which safety facilities were looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from fixtures.demo.city import City
from supervision.hazard_sources.models import HazardSource, MonitoringPoint, ResponsiblePerson, SafetyCheck
from supervision.hazard_sources.statutory import DUTIES, REQUIREMENTS

POSTS = {
    "principal": ("总经理", "董事长", "厂长"),
    "technical": ("安全总监", "生产副总", "总工程师", "设备部经理"),
    "operation": ("罐区主任", "车间主任", "班组长", "仓库主管"),
}
MISSING, SUCCEEDED = 0.05, 0.18  # of the roles: empty, and with a predecessor
GAS = ("氨", "氯", "硫化氢", "环氧乙烷", "氯乙烯")
Limit = Decimal | None


@dataclass(frozen=True)
class Gauge:
    """A kind of instrument as plants have it: tag, place, and low-low, low, high, high-high."""

    tag: str
    kind: str
    device: str
    place: str
    unit: str = ""
    limits: tuple[Limit, Limit, Limit, Limit] = (None, None, None, None)
    least: Limit = None
    most: Limit = None


def _d(text: str) -> Decimal:
    return Decimal(text)


TANK = (
    Gauge("LT-{n}01", "level", "液位计", "{n}号罐", "m", (_d("0.5"), _d("1"), _d("8.5"), _d("9.2")), _d("0"), _d("10")),
    Gauge(
        "PT-{n}02", "pressure", "压力变送器", "{n}号罐顶", "MPa", (None, None, _d("0.8"), _d("1")), _d("0"), _d("1.6")
    ),
    Gauge(
        "TT-{n}03", "temperature", "温度变送器", "{n}号罐", "℃", (None, None, _d("38"), _d("45")), _d("-40"), _d("100")
    ),
)
TOXIC = Gauge(
    "AT-{n}05", "toxic_gas", "有毒气体探测器", "围堰{n}侧", "ppm", (None, None, _d("10"), _d("20")), _d("0"), _d("100")
)
FLAMMABLE = Gauge(
    "AI-{n}04",
    "flammable_gas",
    "可燃气体探测器",
    "围堰{n}侧",
    "%LEL",
    (None, None, _d("25"), _d("50")),
    _d("0"),
    _d("100"),
)
CAMERA = Gauge("CAM-{n}", "video", "高点摄像机", "罐区东北角")
SYSTEMS = {
    "records_30d": "DCS 历史库保存 90 天", "shutdown": "罐根紧急切断阀，远程手动与联锁", "automation": "DCS 控制系统",
    "emergency_treatment": "碱液喷淋吸收塔，事故风机", "sis": "独立 SIS，SIL2 验证报告", "tests": "年度检测报告",
    "telemetry": "DCS 远传", "gas_alarm": "气体报警系统（GDS）", "video": "视频监控系统",
}  # fmt: skip


def people(city: City, rng: Random, sources: list[HazardSource]) -> Iterator[ResponsiblePerson]:
    """One principal for all sources of an enterprise; now and then a role nobody is in."""
    heads: dict[int, tuple[str, str]] = {}
    for source in sources:
        head = heads.setdefault(source.site_id, (city.names.person(rng), city.names.phone()))
        for duty in DUTIES:
            if rng.random() < MISSING:
                continue
            name, phone = head if duty.key == "principal" else (city.names.person(rng), city.names.phone())
            post = rng.choice(POSTS[duty.key])
            since = city.days_ago(rng, 30, 1_400)
            if rng.random() < SUCCEEDED:
                began = since - dt.timedelta(days=rng.randint(200, 900))
                yield ResponsiblePerson(
                    source=source, role=duty.key, name=city.names.person(rng), phone=city.names.phone(), post=post,
                    since=began, left_on=since,
                )  # fmt: skip
            yield ResponsiblePerson(source=source, role=duty.key, name=name, phone=phone, post=post, since=since)


def points(
    city: City, rng: Random, sources: list[HazardSource], holds: dict[int, list[str]]
) -> Iterator[MonitoringPoint]:
    """Level, pressure and temperature of a tank, gas detectors around it, a camera over it."""
    for source in sources:
        substances = holds[source.pk]
        installed = max(
            source.site.enterprise.platform_joined_on, city.today - dt.timedelta(days=rng.randint(200, 2500))
        )
        medium = substances[0].split("(")[0]
        for number in range(1, rng.randint(1, 3) + 1):
            for gauge in TANK:
                yield _point(source, installed, gauge, number, medium)
        toxic = next((name for name in substances if name.split("(")[0] in GAS), "")
        for number in range(1, rng.randint(2, 5)):
            yield _point(source, installed, TOXIC if toxic else FLAMMABLE, number, toxic or medium)
        if rng.random() < 0.9:
            yield _point(source, installed, CAMERA, 1, "")


def checks(city: City, rng: Random, sources: list[HazardSource]) -> Iterator[SafetyCheck]:
    """Most were looked at; a few facilities are missing."""
    for source in sources:
        for requirement in REQUIREMENTS:
            luck = rng.random()
            if luck < 0.08:
                continue
            state = "no" if luck < 0.13 else "yes"
            yield SafetyCheck(
                source=source, key=requirement.key, state=state, checked_on=city.days_ago(rng, 10, 700),
                evidence=SYSTEMS[requirement.key] if state == "yes" else "已列入年度整改计划",
                checked_by=city.users.get("inspector"),
            )  # fmt: skip


def _point(source: HazardSource, installed: dt.date, gauge: Gauge, number: int, medium: str) -> MonitoringPoint:
    low_low, low, high, high_high = gauge.limits
    return MonitoringPoint(
        source=source, tag=gauge.tag.format(n=number), kind=gauge.kind, device=gauge.device, unit=gauge.unit,
        medium=medium, place=gauge.place.format(n=number), low_low=low_low, low=low, high=high, high_high=high_high,
        range_min=gauge.least, range_max=gauge.most, installed_on=installed,
    )  # fmt: skip
