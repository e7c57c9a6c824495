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

from django.contrib.gis.geos import Point

from fixtures.demo.city import City, Progress
from geo.coordinates import SRID
from supervision.enterprises.models import Enterprise
from supervision.hazard_sources import gb18218
from supervision.hazard_sources.assessing import computed_fields
from supervision.hazard_sources.demo_units import UNITS, Unit
from supervision.hazard_sources.inventory import stored_items
from supervision.hazard_sources.models import HazardSource, InventoryItem

ORDER = 20
CHUNK = 2_000
ENTERPRISES = 235
# 172 enterprises with one source, 51 with two and 12 with three make 310.
SEVERAL = {2: 51, 3: 12}
# Which grade a unit is filled up to, and R between which values.
TARGETS = ((1, 14, 105, 420), (2, 16, 51, 98), (3, 38, 10.5, 48), (4, 32, 1.2, 9.5))
PERSONS = ((0, 0), (0, 0), (1, 29), (1, 29), (30, 49), (50, 99), (100, 600))


@dataclass(frozen=True)
class Draft:
    """A source and its inventory before either is written."""

    source: HazardSource
    items: list[InventoryItem]


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    chosen = _enterprises(city, rng, scale)
    numbers = [n for n, times in SEVERAL.items() for _ in range(times * scale)]
    numbers += [1] * (len(chosen) - len(numbers))
    rng.shuffle(numbers)
    total, done = sum(numbers), 0
    for start in range(0, len(chosen), CHUNK):
        keys, many = chosen[start : start + CHUNK], numbers[start : start + CHUNK]
        enterprises = Enterprise.objects.select_related("site__region").in_bulk(keys)
        drafts = [draft for key, n in zip(keys, many, strict=True) for draft in _drafts(city, rng, enterprises[key], n)]
        _write(city, drafts)
        done += len(drafts)
        progress("重大危险源", done, total)


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


def _drafts(city: City, rng: Random, enterprise: Enterprise, n: int) -> Iterator[Draft]:
    units = UNITS[enterprise.industry_code]
    chosen = rng.sample(units, n) if n <= len(units) else [rng.choice(units) for _ in range(n)]
    persons = rng.randint(*rng.choice(PERSONS))
    for number, unit in enumerate(chosen, start=1):
        name = unit.name if chosen.count(unit) == 1 else f"{unit.name}（{number}号）"
        items, assessment = _filled(rng, unit, persons)
        yield Draft(_source(city, rng, enterprise, unit, name, persons, assessment), stored_items(items))


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
    city: City, rng: Random, enterprise: Enterprise, unit: Unit, name: str, persons: int, found: gb18218.Assessment
) -> HazardSource:
    site = enterprise.site
    luck = rng.random()
    age = rng.randint(1_100, 1_500) if luck < 0.09 else rng.randint(5, 1_050)
    assessed_on = max(city.today - dt.timedelta(days=age), enterprise.platform_joined_on)
    fields = computed_fields(found, assessed_on)
    overdue = fields["review_due_on"] < city.today
    state = "due" if overdue or luck > 0.97 else "assessed" if luck > 0.9 else "filed"
    filed_on = min(assessed_on + dt.timedelta(days=rng.randint(3, 15)), city.today)
    code = site.region.code[:6]
    return HazardSource(
        site=site,
        region=site.region,
        geom=Point(site.geom.x + rng.uniform(-0.0008, 0.0008), site.geom.y + rng.uniform(-0.0007, 0.0007), srid=SRID),
        name=name,
        unit=unit.kind,
        exposed_persons=persons,
        state=state,
        filing_number="" if state == "assessed" else f"BA{code}〔{filed_on.year}〕{rng.randint(1, 999):03d}",
        filed_on=None if state == "assessed" else filed_on,
        **fields,
    )


def _write(city: City, drafts: list[Draft]) -> None:
    city.write_all(draft.source for draft in drafts)
    for draft in drafts:
        for item in draft.items:
            item.source = draft.source
    city.write_all(item for draft in drafts for item in draft.items)
