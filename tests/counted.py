"""A small city to count, and the answers that statistics give of it."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from core.models import User
from layers.registry import registry
from layers.statistics import reading
from layers.statistics.answering import Answer, Cell
from supervision.enterprises.models import Contact, Drill, Licence
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources.models import HazardSource

KEYS = [module.key for module in registry if module.statistics]


@pytest.fixture(name="city")
def small_city(cast: SimpleNamespace, regions: SimpleNamespace) -> SimpleNamespace:
    """Enterprises of every kind in town, county, neighbour and city, with papers, drills, contacts and sources."""
    now, today = timezone.now(), timezone.localdate()
    status, scale, tags = ("operating", "suspended", "closed"), ("large", "", "micro"), (["dust"], [], ["dust", "gas"])
    rows = [
        make_enterprise(
            place,
            number,
            categories=(["chemical"], ["trade"], ["trade", "chemical"])[number % 3],
            status=status[number % 3],
            scale=scale[number % 3],
            tags=tags[number % 3],
            state=("valid", "due", "valid", "draft")[number % 4],
            platform_joined_on=dt.date(2015 + number, 7, 1),
            freshness_score=number * 12,
            verified_at=None if number == 0 else now - dt.timedelta(days=(29, 30, 31, 90, 91, 181, 400)[number - 1]),
            drill_due_on=today + dt.timedelta(days=(-1, 0, 30, 31)[number % 4]),
        )
        for place in (regions.town, regions.district, regions.neighbour_town, regions.neighbour, regions.city)
        for number in range(8)
    ]
    for number, enterprise in enumerate(rows):
        if number % 2:
            Contact.objects.create(enterprise=enterprise, role="safety", name="张", since="2020-01-01")
        Licence.objects.create(
            enterprise=enterprise, kind="business", number=f"L{number}",
            expires_on=None if number % 5 == 0 else today + dt.timedelta(days=number * 40 - 40),
        )  # fmt: skip
        Drill.objects.create(
            enterprise=enterprise, kind=("special", "on_site")[number % 2], plan_name="预案", subject="演练",
            held_on=today - dt.timedelta(days=number * 30), participants=10 + number,
        )  # fmt: skip
    for number, enterprise in enumerate(rows[::3]):
        HazardSource.objects.create(
            site=enterprise.site, region=enterprise.site.region, geom=enterprise.site.geom, name=f"罐区{number}",
            unit=("storage", "production")[number % 2], exposed_persons=10, grade=number % 4 + 1, s=2, r=20, alpha=1,
            state=("assessed", "filed", "cancelled")[number % 3], assessed_on=today,
            review_due_on=today + dt.timedelta(days=(-1, 0, 90, 91)[number % 4]),
        )  # fmt: skip
    return SimpleNamespace(rows=rows)


def answers_of(user: User, module: str, **given: str) -> list[Answer]:
    found, tables = reading.opened(module, user)
    return reading.read(found, tables, user, given)[1]


def cells(answer: Answer) -> list[Cell]:
    return [cell for line in (*answer.lines, answer.total) for cell in line.cells]
