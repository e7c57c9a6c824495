"""The demo city's major hazard sources: 310 at 235 enterprises, as the city published.

Nothing is typed in: an inventory is made up, and S, R and the grade are what the engine makes of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection
from django.db.models import F, Func, Model, Value

from core import audit
from core.calendar import months_later
from fixtures.demo.city import City, Progress
from geo.bulk import give_pks
from geo.models import Population
from geo.population import Exposed
from supervision.enterprises.models import Boundary, Enterprise
from supervision.hazard_sources import demo_past, demo_plots, demo_safety, demo_upward, flags, gb18218, persons
from supervision.hazard_sources.assessing import computed_fields
from supervision.hazard_sources.demo_units import UNITS, Unit
from supervision.hazard_sources.inventory import stored_items
from supervision.hazard_sources.models import Filing, HazardSource, InventoryItem, PersonsCount

ORDER = 20
CHUNK = 2_000
TAG = Enterprise.Tag.MAJOR_HAZARD
UNTAGGED = 100  # one file in so many lacks the tag
ENTERPRISES = 235
# 172 enterprises with one source, 51 with two and 12 with three make 310.
SEVERAL = {2: 51, 3: 12}
# Which grade a unit is filled up to, and R between which values.
TARGETS = ((1, 14, 105, 420), (2, 16, 51, 98), (3, 38, 10.5, 48), (4, 32, 1.2, 9.5))
FIRST_PLANTS = dt.date(1986, 1, 1)


@dataclass(frozen=True)
class Draft:
    """A source and its inventory before either is written, and the count of persons it rests on."""

    source: HazardSource
    items: list[InventoryItem]
    boundary: Boundary | None
    exposed: Exposed | None
    reason: str


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    chosen = _enterprises(city, rng, scale)
    numbers = [n for n, times in SEVERAL.items() for _ in range(times * scale)]
    numbers += [1] * (len(chosen) - len(numbers))
    rng.shuffle(numbers)
    total, done = sum(numbers), 0
    for start in range(0, len(chosen), CHUNK):
        keys, many = chosen[start : start + CHUNK], numbers[start : start + CHUNK]
        found = Enterprise.objects.select_related("site__region").in_bulk(keys)
        enterprises = [found[key] for key in keys]
        drawn = _drawn(city, rng, enterprises)
        drafts = [
            draft
            for enterprise, n in zip(enterprises, many, strict=True)
            for draft in _drafts(city, rng, enterprise, n, *drawn.get(enterprise.pk, (None, None, None)))
        ]
        _write(city, rng, drafts)
        done += len(drafts)
        progress("重大危险源", done, total)
    _analyse(HazardSource, Filing, PersonsCount)
    demo_upward.load(city, rng)
    _tag(rng, chosen)
    flags.refresh()


def _tag(rng: Random, chosen: list[int]) -> None:
    """The files say that there is a major hazard, but for a few that were forgotten."""
    forgotten = set(rng.sample(chosen, len(chosen) // UNTAGGED))
    with audit.bulk(Enterprise._meta.db_table, rows=len(chosen), source="load_demo"):
        tagged = Enterprise.objects.filter(pk__in=set(chosen) - forgotten)
        tagged.exclude(tags__contains=[TAG]).update(tags=Func(F("tags"), Value(TAG), function="array_append"))


def _analyse(*models: type[Model]) -> None:
    """One transaction loads everything: without this the planner takes what was just written for nothing."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


Drawn = dict[int, tuple[Boundary, Boundary, Exposed]]


def _drawn(city: City, rng: Random, enterprises: list[Enterprise]) -> Drawn:
    """By enterprise: the outline that holds, the one the persons were counted by, and how many these were."""
    boundaries = city.write_all(demo_plots.plots(city, rng, enterprises))
    _analyse(Population, Boundary)
    counted = persons.computed(boundary.pk for boundary in boundaries)
    found: Drawn = {}
    for boundary in boundaries:
        pk = boundary.enterprise.pk
        _now, used, _exposed = found.get(pk, (boundary, boundary, counted[boundary.pk]))
        found[pk] = (boundary, used, counted[used.pk])
    return found


def _enterprises(city: City, rng: Random, scale: int) -> list[int]:
    """Chemical enterprises that hold something in quantity; gas stations never reach S = 1."""
    fitting = (
        Enterprise.objects.filter(category="chemical", industry_code__in=UNITS)
        .exclude(status="closed")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    chosen = rng.sample(list(fitting), ENTERPRISES * scale)
    account = city.users.get("enterprise")
    if account is not None and account.site_id and account.site_id not in chosen:
        chosen[0] = account.site_id
    return sorted(chosen)


def _drafts(
    city: City, rng: Random, enterprise: Enterprise, n: int, plot: Boundary | None, used: Boundary | None,
    exposed: Exposed | None,
) -> Iterator[Draft]:  # fmt: skip
    units = UNITS[enterprise.industry_code]
    chosen = rng.sample(units, n) if n <= len(units) else [rng.choice(units) for _ in range(n)]
    number, basis, reason = demo_past.persons_of(rng, used, exposed)
    for place, unit in enumerate(chosen, start=1):
        name = unit.name if chosen.count(unit) == 1 else f"{unit.name}（{place}号）"
        items, assessment = _filled(rng, unit, number)
        source = _source(city, rng, enterprise, unit, name, number, assessment)
        source.persons_basis, source.geom = basis, demo_plots.spot_inside(rng, enterprise.site, plot)
        yield Draft(source, stored_items(items), used, exposed, reason)


def _filled(rng: Random, unit: Unit, persons: int) -> tuple[list[dict[str, Any]], gb18218.Assessment]:
    """Fill the tanks until the unit is as dangerous as it should be, and is a major hazard source at all."""
    _grade, _share, least, most = rng.choices(TARGETS, [share for _, share, *_ in TARGETS])[0]
    tonnes = [min(100, unit.most_t) * part.share * rng.uniform(0.7, 1.3) for part in unit.parts]
    wanted = rng.uniform(least, most)
    for _attempt in range(8):
        items = [part.item(_rounded(t)) for part, t in zip(unit.parts, tonnes, strict=True)]
        found = gb18218.assess(exposed_persons=persons, items=items)
        if found.is_major and abs(float(found.r) / wanted - 1) < 0.05:
            break
        # R and S grow in step: whichever asks for more decides.
        factor = min(wanted / float(found.r), unit.most_t / sum(tonnes))
        factor = max(factor, 1.02 / float(found.s))
        if found.is_major and abs(factor - 1) < 0.05:
            break
        tonnes = [t * factor for t in tonnes]
    return items, found


def _rounded(tonnes: float) -> str:
    """Tank farms are written with two or three figures: 62.5, 3200."""
    figures = f"{tonnes:.2e}"
    return format(max(Decimal(figures), Decimal("0.1")).quantize(Decimal("0.1")), "f")


def _source(
    city: City, rng: Random, enterprise: Enterprise, unit: Unit, name: str, number: int, found: gb18218.Assessment
) -> HazardSource:
    luck = rng.random()
    age = rng.randint(1_100, 1_500) if luck < 0.09 else rng.randint(20, 1_050)
    if 0.9 < luck < 0.96:
        age = rng.randint(2, 14)  # just assessed: the papers are being prepared or examined
    assessed_on = max(city.today - dt.timedelta(days=age), enterprise.platform_joined_on)
    fields = computed_fields(found, assessed_on, months_later(assessed_on, demo_past.REVIEW_MONTHS))
    state, reason = _state(luck, is_overdue=fields["review_due_on"] < city.today)
    target = rng.choice(("居民区", "学校", "村庄", "公路", "河道", ""))
    return HazardSource(
        site=enterprise.site, region=enterprise.site.region, geom=enterprise.site.geom, name=name, unit=unit.kind,
        exposed_persons=number, state=state, review_reason=reason, in_park=rng.random() < 0.6,
        commissioned_on=max(enterprise.platform_joined_on - dt.timedelta(days=rng.randint(100, 3_000)), FIRST_PLANTS),
        place=rng.choice(("厂区东侧", "厂区西北角", "二期罐区", "南区", "装置区北侧")), nearest_target=target,
        nearest_target_m=rng.randint(120, 2_500) if target else None, **fields,
    )  # fmt: skip


def _state(luck: float, *, is_overdue: bool) -> tuple[str, str]:
    if is_overdue:
        return "due", "three_years"
    if luck > 0.97:
        return "due", "construction" if luck > 0.985 else "surroundings"
    if luck > 0.9:
        return ("submitted" if luck > 0.94 else "assessed"), ""
    return ("cancelling" if luck > 0.893 else "filed"), ""


def _write(city: City, rng: Random, drafts: list[Draft]) -> None:
    sources = [draft.source for draft in drafts]
    give_pks(sources)  # filing numbers are made of them, and are part of what is written
    inspector = city.users.get("inspector")
    past = demo_past.Past()
    for draft in drafts:
        source = draft.source
        for item in draft.items:
            item.source = source
        past.counts.append(demo_past.count(source, draft.boundary, draft.exposed, draft.reason, inspector))
        demo_past.add(past, city, rng, source, draft.items)
        if source.state == "cancelling":
            past.cancellations.append(demo_past.application(city, source, rng))
    city.write_all(sources)
    city.write_all(item for draft in drafts for item in draft.items)
    said = {count.source_id: (count.said, count.computed) for count in past.counts}
    for row in past.assessments:
        row.persons_said, row.persons_computed = said[row.source_id]
    past.write(city)
    city.write_all(demo_past.deadlines_of(sources, past.filings, city))
    city.write_all(demo_safety.people(city, rng, sources))
    holds = {draft.source.pk: [item.substance or item.symbol for item in draft.items] for draft in drafts}
    city.write_all(demo_safety.points(city, rng, sources, holds))
    city.write_all(demo_safety.checks(city, rng, sources))
