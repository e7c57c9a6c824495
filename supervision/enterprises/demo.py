"""The demo city's enterprises: the numbers the city published, by district, category and date of joining.

Source: 《全市数字化安全监管平台建设应用推广情况通报》, 23 February 2017: 2,359 enterprises, 89 of them since
July 2016.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from django.db import connection

from core.models import User
from core.pinyin import initials
from fixtures.demo.city import City, Progress, Spot, point
from geo.models import Site
from supervision.enterprises import demo_duplicates, demo_papers, score
from supervision.enterprises.demo_trades import TRADES, Trade
from supervision.enterprises.models import Boundary, Contact, Drill, Enterprise, Licence, StatusChange
from supervision.enterprises.papers import due

ORDER = 10
LATER = ("demo_truth",)
CHUNK = 5_000


@dataclass(frozen=True)
class District:
    """Published for one county or zone: enterprises, those added since July 2016; and how names call it."""

    code: str
    enterprises: int
    added: int
    town: str
    chemical: float  # how readily chemical enterprises settle here
    mine: float


DISTRICTS = (
    District("370502", 329, 47, "东营", 1.0, 1.0),
    District("370503", 297, 8, "河口", 1.0, 2.5),
    District("370505", 358, 8, "垦利", 1.0, 1.6),
    District("370523", 911, 1, "广饶", 1.1, 0.7),
    District("370522", 251, 19, "利津", 1.0, 1.6),
    District("370571", 161, 5, "东营", 0.7, 0.0),
    District("370572", 52, 1, "东营港", 6.0, 0.0),
)
# Whose offices issue papers: a zone's are its own.
TOWNS = {
    "370502": "东营区", "370503": "河口区", "370505": "垦利区", "370523": "广饶县", "370522": "利津县",
    "370571": "东营经济技术开发区", "370572": "东营港经济开发区",
}  # fmt: skip
CATEGORIES = {"mine": 134, "fireworks": 128, "chemical": 986, "other": 159, "trade": 959}
# Seven enterprises carry two categories; here the second is always 危险化学品.
SECOND = {"trade": 4, "mine": 2, "other": 1}
ADDED_SINCE = dt.date(2016, 7, 1)
STARTED = dt.date(2014, 3, 1)
REASONS = {
    "suspended": ("订单不足，自行停产", "设备检修", "环保限产", "安全隐患停产整改"),
    "closed": ("营业执照已注销", "搬迁出本市", "转产", "长期停产，经现场核实已关闭"),
    "operating": ("复产验收合格", "检修结束"),
}


@dataclass(frozen=True)
class Plan:
    """One enterprise to be: where, in which categories, joined when."""

    district: District
    categories: tuple[str, ...]
    joined: dt.date


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    further = city.rng("enterprises:papers")
    total = scale * sum(d.enterprises for d in DISTRICTS)
    done = 0
    chunk: list[Plan] = []
    for _block in range(scale):
        chunk += _plans(city, rng)
        if len(chunk) >= CHUNK:
            done += _write(city, rng, further, chunk)
            chunk = []
            progress("企业", done, total)
    if chunk:
        done += _write(city, rng, further, chunk)
        progress("企业", done, total)
    _link_account(city)
    demo_duplicates.load(city)
    with connection.cursor() as cursor:  # what was just copied is unknown to the planner: it would join by loops
        for model in (Licence, Drill, Contact, Boundary, Enterprise):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    due.refresh_all()
    score.renew(now=city.now)


def _link_account(city: City) -> None:
    """The demo's 企业安全员 belongs to a chemical works in 大王镇."""
    works = Enterprise.objects.filter(
        category="chemical", status="operating", industry_code__in=("2614", "2651", "2662")
    )
    chosen = works.filter(site__region__code="370523101").order_by("pk").first() or works.order_by("pk").first()
    if "enterprise" in city.users and chosen is not None:
        city.employ("enterprise", chosen.site)


def _plans(city: City, rng: Random) -> list[Plan]:
    """One city's worth of enterprises, with exactly the published counts."""
    mains = _main_categories(rng)
    pairs = {category: rng.sample(range(CATEGORIES[category]), n) for category, n in SECOND.items()}
    seen = dict.fromkeys(CATEGORIES, 0)
    plans = []
    for district in DISTRICTS:
        added = set(rng.sample(range(district.enterprises), district.added))
        for number, main in enumerate(mains[district.code]):
            double = seen[main] in pairs.get(main, ())
            seen[main] += 1
            first, last = (
                (ADDED_SINCE, city.today) if number in added else (STARTED, ADDED_SINCE - dt.timedelta(days=1))
            )
            joined = first + dt.timedelta(days=rng.randrange((last - first).days + 1))
            plans.append(Plan(district, (main, "chemical") if double else (main,), joined))
    return plans


def _main_categories(rng: Random) -> dict[str, list[str]]:
    """Deal the main categories out to the districts: salt and oil by the coast, chemicals at the port."""
    room = {d.code: d.enterprises for d in DISTRICTS}
    dealt: dict[str, list[str]] = {d.code: [] for d in DISTRICTS}
    for category, n in CATEGORIES.items():
        mains = n - sum(SECOND.values()) if category == "chemical" else n
        for _ in range(mains):
            weights = [room[d.code] * _readiness(d, category) for d in DISTRICTS]
            code = rng.choices(DISTRICTS, weights if any(weights) else list(room.values()))[0].code
            room[code] -= 1
            dealt[code].append(category)
    for categories in dealt.values():
        rng.shuffle(categories)
    return dealt


def _readiness(district: District, category: str) -> float:
    if category == "chemical":
        return district.chemical
    if category == "mine":
        return district.mine
    return 0.0 if category == "fireworks" and district.code.startswith("37057") else 1.0


def _write(city: City, rng: Random, further: Random, plans: list[Plan]) -> int:
    spots, sites, trades = [], [], []
    for plan in plans:
        trade = _trade(rng, plan.categories[0])
        spot = city.spot(rng, plan.district.code, trade.kinds)
        spots.append(spot)
        trades.append(trade)
        sites.append(_site(city, rng, plan, trade, spot))
    city.write_all(sites)
    enterprises = [_enterprise(city, rng, *each) for each in zip(plans, trades, sites, strict=True)]
    for plan, enterprise in zip(plans, enterprises, strict=True):
        demo_papers.dress(city, further, enterprise)
        enterprise.registered_region = city.region(plan.district.code)
    city.write_all(enterprises)
    changes = city.write_all([row for enterprise in enterprises for row in _history(city, rng, enterprise)])
    city.write_all([row for enterprise in enterprises for row in _contacts(city, rng, enterprise)])
    ends = {change.enterprise_id: change.since for change in changes if change.status == "closed"}
    demo_papers.write(city, further, enterprises, [TOWNS[plan.district.code] for plan in plans], ends)
    return len(plans)


def _trade(rng: Random, category: str) -> Trade:
    options = TRADES[category]
    return rng.choices(options, [trade.weight for trade in options])[0]


def _site(city: City, rng: Random, plan: Plan, trade: Trade, spot: Spot) -> Site:
    name = city.names.enterprise(rng, town=plan.district.town, trade=trade.word)
    return Site(
        kind=Site.Kind.ENTERPRISE, name=name, pinyin=initials(name), region=spot.region, geom=point(spot),
        address=spot.address,
    )  # fmt: skip


def _enterprise(city: City, rng: Random, plan: Plan, trade: Trade, site: Site) -> Enterprise:
    verified_at = city.verified_at(rng, 90)
    luck = rng.random()
    status = "closed" if luck < 0.025 else "suspended" if luck < 0.09 else "operating"
    return Enterprise(
        site=site,
        credit_code=city.names.credit_code(plan.district.code),
        categories=list(plan.categories),
        industry_code=trade.industry,
        status=status,
        employees=max(1, round(trade.employees * rng.lognormvariate(0, 0.6))),
        founded_on=plan.joined - dt.timedelta(days=rng.randint(60, 7_000)),
        platform_joined_on=plan.joined,
        business=trade.business,
        source=rng.choice(("企业自报", "企业自报", "现场检查", "许可档案")),
        verified_at=verified_at,
        verified_by=_verifier(city) if verified_at else None,
        verified_note=rng.choice(("现场", "电话", "企业确认")) if verified_at else "",
    )


def _verifier(city: City) -> User | None:
    return city.users.get("inspector")


def _history(city: City, rng: Random, enterprise: Enterprise) -> Iterator[StatusChange]:
    """Joined as operating; a few were suspended and came back; the last line is the present status."""
    actor = _verifier(city)
    joined = enterprise.platform_joined_on
    since, status = joined, "operating"
    steps = [(since, status, "纳入平台")]
    if rng.random() < 0.06:
        steps.append((_between(rng, joined, city.today, 0.2, 0.4), "suspended", rng.choice(REASONS["suspended"])))
        steps.append((_between(rng, joined, city.today, 0.45, 0.6), "operating", rng.choice(REASONS["operating"])))
    if enterprise.status != "operating":
        day = _between(rng, joined, city.today, 0.7, 1.0)
        steps.append((day, enterprise.status, rng.choice(REASONS[enterprise.status])))
    for since, status, reason in steps:
        yield StatusChange(enterprise=enterprise, status=status, since=since, reason=reason, actor=actor)


def _contacts(city: City, rng: Random, enterprise: Enterprise) -> Iterator[Contact]:
    """The owner, the safety officer and who answers at night; now and then a predecessor who has left."""
    joined = enterprise.platform_joined_on
    seen = {
        "source": enterprise.source, "verified_at": enterprise.verified_at, "verified_by": enterprise.verified_by,
        "verified_note": enterprise.verified_note,
    }  # fmt: skip
    boss = city.names.person(rng)
    yield Contact(enterprise=enterprise, role="legal", name=boss, phone="", since=joined, **seen)
    small = enterprise.employees < 15
    safety = boss if small else city.names.person(rng)
    if not small and rng.random() < 0.2:
        left = _between(rng, joined, city.today, 0.2, 0.9)
        former = city.names.person(rng)
        yield Contact(enterprise=enterprise, role="safety", name=former, phone="", since=joined, left_on=left,
                      source="企业自报")  # fmt: skip
        joined = left
    yield Contact(enterprise=enterprise, role="safety", name=safety, phone=city.names.phone(), since=joined, **seen)
    night = safety if small or rng.random() < 0.5 else city.names.person(rng)
    yield Contact(enterprise=enterprise, role="emergency", name=night, phone=city.names.phone(), since=joined, **seen)


def _between(rng: Random, first: dt.date, last: dt.date, least: float, most: float) -> dt.date:
    """A day in a stretch of the time between two days."""
    return first + dt.timedelta(days=int((last - first).days * rng.uniform(least, most)))
