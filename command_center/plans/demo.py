"""The demo city's plans: 90 of governments and 2,191 of enterprises, as the city published.

Source: 《全市数字化安全监管平台建设应用推广情况通报》, 23 February 2017.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random

from command_center.plans.models import Plan
from command_center.plans.services import review_due
from core.pinyin import initials
from fixtures.demo.city import City, Progress
from geo.models import Region, Site
from layers.registry import registry

ORDER = 40
GOVERNMENT, ENTERPRISE = 90, 2_191
INTERVAL = 180
SUBJECTS = Path(__file__).resolve().parents[2] / "fixtures" / "demo" / "plans.csv"
AT_A_HAZARD = (
    ("comprehensive", "生产安全事故综合应急预案"),
    ("special", "危险化学品泄漏事故专项应急预案"),
    ("special", "火灾爆炸事故专项应急预案"),
    ("on_site", "罐区泄漏现场处置方案"),
)
ELSEWHERE = (
    ("comprehensive", "生产安全事故综合应急预案"),
    ("comprehensive", "生产安全事故综合应急预案"),
    ("special", "火灾事故专项应急预案"),
    ("on_site", "触电及机械伤害现场处置方案"),
    ("on_site", "有限空间作业现场处置方案"),
)


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    for done in city.write(_of_governments(city, rng, scale)):
        progress("政府预案", done, GOVERNMENT * scale)
    for done in city.write(_of_enterprises(city, rng, scale)):
        progress("企业预案", done, ENTERPRISE * scale)


def _of_governments(city: City, rng: Random, scale: int) -> Iterator[Plan]:
    with SUBJECTS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    number = 0
    for edition in range(scale):
        for line in lines:
            number += 1
            organisation = city.organisations[line["organisation"]]
            plan = _plan(city, rng, f"YA-{number:05d}", line["title"], line["kind"], organisation.region)
            plan.level, plan.organisation = line["level"], organisation
            if edition:
                plan.title = f"{plan.title}（第 {edition + 1} 版）"
            yield plan


def _of_enterprises(city: City, rng: Random, scale: int) -> Iterator[Plan]:
    """Every enterprise with a major hazard source has a full set; of the others about half have one plan."""
    hazards = _sites_with_hazards()
    sites = Site.objects.filter(kind=Site.Kind.ENTERPRISE).order_by("pk")
    others = [pk for pk in sites.values_list("pk", flat=True) if pk not in hazards]
    left = ENTERPRISE * scale - len(hazards) * len(AT_A_HAZARD)
    chosen = dict.fromkeys(rng.sample(others, min(left, len(others))), 1)
    for pk in rng.sample(others, left - len(chosen)):
        chosen[pk] += 1
    number = 0
    for site in sites.select_related("region").iterator(chunk_size=2_000):
        kinds = AT_A_HAZARD if site.pk in hazards else rng.sample(ELSEWHERE, chosen.get(site.pk, 0))
        for kind, title in kinds:
            number += 1
            plan = _plan(city, rng, f"QY-{number:07d}", f"{site.name}{title}"[:120], kind, site.region)
            plan.level, plan.site = Plan.Level.ENTERPRISE, site
            yield plan


def _sites_with_hazards() -> set[int]:
    """Met through the registry: this module knows no other's tables."""
    layer = next((layer for layer in registry.all_layers if layer.key == "hazard_sources"), None)
    return set(layer.model._default_manager.values_list("site_id", flat=True)) if layer else set()


def _plan(city: City, rng: Random, number: str, title: str, kind: str, region: Region) -> Plan:
    """Issued within the last years; most reviewed when the law asks, some late, a few not on file."""
    issued_on = city.days_ago(rng, 20, 2_400)
    due = review_due(issued_on)
    reviewed_on = None
    if due < city.today and rng.random() < 0.8:
        reviewed_on = min(due + dt.timedelta(days=rng.randint(-60, 40)), city.today)
        due = review_due(reviewed_on)
    filed_on = issued_on + dt.timedelta(days=rng.randint(3, 26))
    is_filed = filed_on <= city.today and rng.random() < 0.93
    return Plan(
        title=title,
        pinyin=initials(title),
        number=number,
        kind=kind,
        region=region,
        issued_on=issued_on,
        filed_on=filed_on if is_filed else None,
        filing_number=f"{region.code[:6]}-{filed_on.year}-{number[3:]}" if is_filed else "",
        # Twenty working days are four weeks when no holiday falls in them.
        filing_due_on=issued_on + dt.timedelta(days=28),
        reviewed_on=reviewed_on,
        review_due_on=due,
        source="演示数据",
        interval_days=INTERVAL,
        verified_at=city.verified_at(rng, INTERVAL),
    )
