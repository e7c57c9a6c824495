"""The demo's files filled: licences with ten years of renewals, ledger, health, rescue facts, drills, some outlines.

Draws from a stream of its own, so that who the enterprises are stays what it was.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.utils import timezone

from fixtures.demo.city import City
from geo.coordinates import SRID
from geo.measure import area_square_metres
from supervision.enterprises import demo_facts as facts
from supervision.enterprises.models import (
    Boundary,
    Drill,
    Enterprise,
    HealthFactor,
    LedgerEntry,
    Licence,
    RescueFact,
)
from supervision.enterprises.papers.rules import is_high_hazard, months_after

REFORM = dt.date(2018, 11, 1)  # 安监局 became 应急管理局
FIRST = dt.date(2014, 1, 1)
LEFT_TO_LAPSE = 0.18
# Of large plants outside chemistry, one in so many has its outline drawn; hazard sources draw those of their own.
OUTLINED = ("2911", "3252", "3240", "2221", "3332", "3512", "1751")
KINDS = (Licence, LedgerEntry, HealthFactor, RescueFact, Drill, Boundary)


def write(city: City, rng: Random, enterprises: list[Enterprise], towns: list[str], ends: dict[int, dt.date]) -> None:
    """All rows of these files. `ends`: when the closed ones closed."""
    for kind in KINDS:
        rows = (
            row
            for enterprise, town in zip(enterprises, towns, strict=True)
            for row in MAKERS[kind](city, rng, enterprise, town, ends.get(enterprise.pk, city.today))
        )
        for _done in city.write(_apart(rows) if kind is Boundary else rows):
            pass


def _apart(rows: Iterable[Boundary]) -> Iterator[Boundary]:
    """Two plants do not stand on one ground: of two outlines that meet, the first."""
    kept: list[Boundary] = []
    for row in rows:
        if not any(row.geom.intersects(other.geom) for other in kept):
            kept.append(row)
            yield row


def dress(city: City, rng: Random, enterprise: Enterprise) -> None:
    """The further basic facts, before the enterprise is written."""
    fireworks = "fireworks" in enterprise.categories
    enterprise.tags = facts.tags(rng, enterprise.industry_code, fireworks)
    staff = enterprise.employees
    enterprise.scale = "large" if staff >= 1000 else "medium" if staff >= 300 else "small" if staff >= 20 else "micro"
    names, weights = zip(*facts.FORMS, strict=True)
    enterprise.legal_form = "个体工商户" if staff < 6 else rng.choices(names, weights)[0]
    capital = max(3, round(staff * rng.uniform(4, 22) / 10) * 10)
    enterprise.capital_wan = capital
    hazardous = is_high_hazard(enterprise)
    # 《安全生产法》第二十四条: 危险物品单位 must have at least one; others from 100 employees on.
    needed = max(1, math.ceil(staff * 0.02)) if hazardous and staff >= 20 else staff // 100
    enterprise.safety_officers = needed + (rng.random() < 0.2)
    enterprise.certified_staff = round(staff * rng.uniform(0.02, 0.12)) if staff >= 10 else int(hazardous)
    stale = enterprise.verified_at is None or city.now - enterprise.verified_at > dt.timedelta(days=90)
    enterprise.state = "closed" if enterprise.status == "closed" else "due" if stale else "valid"


def origin(city: City, rng: Random, enterprise: Enterprise, days: int = 180) -> dict[str, Any]:
    """Where a row comes from: an office's entry is verified, an enterprise's own word often not yet."""
    own = rng.random() < 0.45
    at = None if own and rng.random() < 0.3 else city.verified_at(rng, days)
    return {
        "source": "企业自报" if own else rng.choice(("机关登记", "现场检查", "许可档案")),
        "verified_at": at,
        "verified_by": city.users.get("inspector") if at else None,
        "verified_note": rng.choice(("现场", "电话", "核对证照")) if at else "",
        "interval_days": days,
    }


def licences(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[Licence]:
    founded = enterprise.founded_on or enterprise.platform_joined_on
    closed = enterprise.status == Enterprise.Status.CLOSED
    yield Licence(
        enterprise=enterprise, kind="business", number=enterprise.credit_code, issuer=f"{town}市场监督管理局",
        scope=enterprise.business, issued_on=founded, revoked_on=end if closed else None,
        **origin(city, rng, enterprise, 365),
    )  # fmt: skip
    kinds = facts.paper_kinds(
        rng, enterprise.categories, enterprise.tags, enterprise.industry_code, enterprise.employees
    )
    for kind in kinds:
        yield from _renewals(city, rng, enterprise, town, facts.PAPERS[kind], max(founded, FIRST), end)
    if enterprise.industry_code.startswith(facts.WITH_EQUIPMENT) and rng.random() < 0.5:
        paper = facts.PAPERS["special_equipment"]
        for number in range(rng.randint(1, 3)):
            issued = _day(rng, max(founded, FIRST), end)
            yield _licence(city, rng, enterprise, town, paper, issued, None, number, end)


def _renewals(
    city: City, rng: Random, enterprise: Enterprise, town: str, paper: facts.Paper, since: dt.date, end: dt.date
) -> Iterator[Licence]:
    """One after the other without a gap, the last one mostly still valid; a few were left to lapse."""
    issued = min(since + dt.timedelta(days=rng.randint(30, 900)), end)
    lapses = rng.random() < LEFT_TO_LAPSE
    last = end - dt.timedelta(days=rng.randint(20, 500)) if lapses else end
    found: list[Licence] = []
    while issued <= last:
        until = months_after(issued, 12 * paper.years) - dt.timedelta(days=1)
        found.append(_licence(city, rng, enterprise, town, paper, issued, until, len(found), end))
        issued = until + dt.timedelta(days=1)
    if found and enterprise.status == Enterprise.Status.CLOSED:
        found[-1].revoked_on = end
    yield from found


def _licence(
    city: City, rng: Random, enterprise: Enterprise, town: str, paper: facts.Paper, issued: dt.date,
    until: dt.date | None, number: int, end: dt.date,
) -> Licence:  # fmt: skip
    serial = (int(enterprise.credit_code[9:15], 36) + number * 7919) % 100_000
    words = {"year": issued.year, "n": serial, "short": town[:1], "town": town, "business": enterprise.business}
    office = paper.since_reform if issued >= REFORM else paper.office
    closed = enterprise.status == Enterprise.Status.CLOSED
    still = closed and until is None
    scope = rng.choice(facts.EQUIPMENT) if paper.kind == "special_equipment" else paper.scope.format(**words)
    return Licence(
        enterprise=enterprise, kind=paper.kind, number=f"{paper.number.format(**words)}", scope=scope[:200],
        issuer=office.format(**words), issued_on=issued, expires_on=until, revoked_on=end if still else None,
        **origin(city, rng, enterprise),
    )  # fmt: skip


def ledger(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[LedgerEntry]:
    actor = city.users.get("inspector")
    first = max(enterprise.platform_joined_on, end - dt.timedelta(days=900))
    for kind, title, least, most in rng.sample(facts.LEDGER, rng.randint(1, 4)):
        day = _day(rng, first, end)
        yield LedgerEntry(
            enterprise=enterprise, kind=kind, title=title, happened_on=day,
            persons=min(enterprise.employees, rng.randint(least, most)) if most else None,
            valid_until=months_after(day, 24) if kind == "special_equipment" else None,
            source="企业自报" if rng.random() < 0.8 else "机关登记", recorded_by=actor,
            recorded_at=_moment(rng, day, city),
        )  # fmt: skip
    if enterprise.employees >= 20 or is_high_hazard(enterprise):
        for year in range(max(first.year, end.year - 2), end.year):
            day = dt.date(year, 12, rng.randint(10, 31))
            if not first <= day <= end:
                continue
            yield LedgerEntry(
                enterprise=enterprise, kind="spending", title=f"{year} 年度安全生产费用使用", happened_on=day,
                amount_yuan=round(enterprise.employees * rng.uniform(900, 4200), -2),
                source="企业自报", recorded_by=actor, recorded_at=_moment(rng, day, city),
            )  # fmt: skip


def health(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[HealthFactor]:
    known = facts.factors(enterprise.industry_code)
    if not known:
        return
    for kind, factor, workplace in rng.sample(known, rng.randint(1, len(known))):
        exposed = max(1, round(enterprise.employees * rng.uniform(0.03, 0.25)))
        tested = _day(rng, max(enterprise.platform_joined_on, end - dt.timedelta(days=700)), end)
        luck = rng.random()
        examined = luck < 0.85
        yield HealthFactor(
            enterprise=enterprise, kind=kind, factor=factor, workplace=workplace, exposed_persons=exposed,
            tested_on=tested if luck < 0.92 else None, is_within_limit=(rng.random() > 0.08) if luck < 0.92 else None,
            examined_persons=max(1, exposed - rng.randint(0, max(exposed // 6, 1))) if examined else None,
            examined_on=_day(rng, max(tested - dt.timedelta(days=120), enterprise.platform_joined_on), end)
            if examined else None,
            **origin(city, rng, enterprise, 365),
        )  # fmt: skip


def rescue(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[RescueFact]:
    """For those who must be entered with care: where hazardous things are, not for every shop."""
    if not is_high_hazard(enterprise) or (enterprise.employees < 6 and "filling_station" not in enterprise.tags):
        return
    home = enterprise.site.geom
    size = 0.4 if enterprise.employees < 20 else min(2.5, 0.7 + enterprise.employees / 200)
    chosen = sorted(rng.sample(range(len(facts.RESCUE)), rng.randint(2, 4)))
    for kind, title, detail, (east, north) in (facts.RESCUE[n] for n in chosen):
        yield RescueFact(
            enterprise=enterprise, kind=kind, title=title, detail=detail.format(n=rng.randint(2, 8)),
            geom=_off(home, east * size, north * size), **origin(city, rng, enterprise),
        )  # fmt: skip
    words = next((text for key, text in facts.TACTICS.items() if key in enterprise.categories), facts.TACTICS[""])
    yield RescueFact(
        enterprise=enterprise, kind="tactics", title="处置要点", detail=words, **origin(city, rng, enterprise)
    )


def drills(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[Drill]:
    """Since joining: about as often as the rule asks, now and then one left out, some stopped practising."""
    luck = rng.random()
    if enterprise.employees < 6 and luck < 0.55:
        return
    every = 183 if is_high_hazard(enterprise) else 365
    day = enterprise.platform_joined_on + dt.timedelta(days=rng.randint(10, every))
    last = end - dt.timedelta(days=rng.randint(every, 3 * every)) if luck > 0.86 else end
    subjects = next(found for key, found in facts.DRILLS if not key or key in enterprise.categories)
    while day <= last:
        if rng.random() > 0.15:
            subject, plan = rng.choice(subjects)
            kind = "comprehensive" if plan.startswith("综合") else "special"
            yield _drill(city, rng, enterprise, day, kind, subject, plan)
        day += dt.timedelta(days=every - rng.randint(0, 25))
    if enterprise.employees >= 30 and last > enterprise.platform_joined_on:
        for _time in range(rng.randint(0, 2)):
            day = _day(rng, max(enterprise.platform_joined_on, last - dt.timedelta(days=400)), last)
            yield _drill(city, rng, enterprise, day, "on_site", rng.choice(facts.ON_SITE), "现场处置方案")


def _drill(city: City, rng: Random, enterprise: Enterprise, day: dt.date, kind: str, subject: str, plan: str) -> Drill:
    result = rng.choices(("good", "fair", "poor", ""), (62, 27, 4, 7))[0]
    evaluated = min(day + dt.timedelta(days=rng.randint(0, 6)), city.today) if result else None
    words = {
        "good": "程序清楚，处置得当。",
        "fair": "通讯联络和个人防护还需加强。",
        "poor": "报警、疏散超时，须补训后重演。",
    }
    return Drill(
        enterprise=enterprise, kind=kind, form="field" if rng.random() < 0.7 else "tabletop", plan_name=plan,
        subject=subject, held_on=day, participants=max(2, round(enterprise.employees * rng.uniform(0.15, 0.8))),
        result=result, evaluation=words.get(result, ""), evaluated_on=evaluated,
        source="企业自报" if rng.random() < 0.8 else "机关登记", recorded_by=city.users.get("inspector"),
        recorded_at=_moment(rng, day, city),
    )  # fmt: skip


def outlines(city: City, rng: Random, enterprise: Enterprise, town: str, end: dt.date) -> Iterator[Boundary]:
    """A turned rectangle about the point, as large as the plant is staffed."""
    luck = rng.random()
    if (
        enterprise.industry_code not in OUTLINED or enterprise.employees < 90 or luck > 0.85
        or enterprise.status == Enterprise.Status.CLOSED
    ):  # fmt: skip
        return
    home, turn = enterprise.site.geom, rng.uniform(-0.4, 0.4)
    wide, deep = 60 + enterprise.employees * 0.2, 45 + enterprise.employees * 0.14
    corners = [(-wide, -deep), (wide * 0.9, -deep), (wide, deep * 0.3), (wide * 0.6, deep), (-wide, deep)]
    ring = [
        _off(home, x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)).coords
        for x, y in [*corners, corners[0]]
    ]
    shape = MultiPolygon(Polygon(ring, srid=SRID), srid=SRID)
    actor = city.users.get("inspector")
    at = city.moment_ago(rng, 20, 480)
    yield Boundary(
        enterprise=enterprise, region=enterprise.site.region, geom=shape, area_m2=round(area_square_metres(shape), 1),
        drawn_by=actor, drawn_at=at, source="机关登记", verified_at=at, verified_by=actor, verified_note="绘制",
        interval_days=365,
    )  # fmt: skip


def _off(home: Point, east: float, north: float) -> Point:
    lon = home.x + east / (111_320 * math.cos(math.radians(home.y)))
    return Point(round(lon, 7), round(home.y + north / 110_950, 7), srid=SRID)


def _day(rng: Random, first: dt.date, last: dt.date) -> dt.date:
    return first + dt.timedelta(days=rng.randint(0, max((last - first).days, 0)))


def _moment(rng: Random, day: dt.date, city: City) -> dt.datetime:
    """When it was entered: within the fortnight after it."""
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(rng.randint(8, 17), rng.randint(0, 59))))
    return min(at + dt.timedelta(days=rng.randint(0, 14)), city.now)


MAKERS: dict[Any, Any] = {
    Licence: licences,
    LedgerEntry: ledger,
    HealthFactor: health,
    RescueFact: rescue,
    Drill: drills,
    Boundary: outlines,
}
