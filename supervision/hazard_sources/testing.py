"""Samples for the tests that concern every module."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Model
from django.utils import timezone

from core.models import User
from geo.models import Region
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources import assessing
from supervision.hazard_sources.inventory import read_inventory, stored_items
from supervision.hazard_sources.models import (
    HazardSource,
    InventoryItem,
    MonitoringPoint,
    ResponsiblePerson,
    Transmission,
)
from supervision.hazard_sources.statutory import FIRST

CHLORINE = ({"substance": "氯", "quantity_t": "25"},)


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    """One graded source, whoever asks for it: rights are what those tests examine, so the services are not used."""
    source = make_source(region, number)
    item = source.items.get()
    person = ResponsiblePerson.objects.create(
        source=source, role="principal", name="李样例", phone="13800005678", since="2024-01-01"
    )
    point = MonitoringPoint.objects.create(
        source=source, tag=f"PT-{number}", kind="pressure", device="压力变送器", unit="MPa", high="1.2", high_high="1.4"
    )
    assessment = assessing.keep(source, by=actor, trigger=FIRST)
    filing = assessing.open_filing(source, assessment)
    sent = make_transmission(region, actor, number)
    made: dict[str, Any] = {
        "hazard_sources": source, "hazard_sources/sources": source, "hazard_sources/inventory": item,
        "hazard_sources/people": person, "hazard_sources/points": point, "hazard_sources/assessments": assessment,
        "hazard_sources/filings": filing, "hazard_sources/transmissions": sent, "site": source.site,
    }  # fmt: skip
    return made


def make_source(region: Region, number: int = 0, *, site: Any = None, **fields: Any) -> HazardSource:
    """A graded source of an enterprise of its own, without its history."""
    site = site or make_enterprise(region, 500 + number).site
    found = assessing.computed_fields(read_inventory(120, CHLORINE), on=timezone.localdate())
    defaults: dict[str, Any] = {
        "name": f"液氯库房{number}", "unit": "storage", "exposed_persons": 120, "state": "assessed", **found
    }  # fmt: skip
    source = HazardSource.objects.create(site=site, region=region, geom=site.geom, **(defaults | fields))
    items = stored_items(CHLORINE)
    for item in items:
        item.source = source
    InventoryItem.objects.bulk_create(items)
    return source


def make_transmission(region: Region, actor: User, number: int = 0) -> Transmission:
    start = dt.date(2016 + number // 4, number % 4 * 3 + 1, 1)
    return Transmission.objects.create(
        level="city", region=region, starts_on=start, ends_on=start + dt.timedelta(days=80),
        due_on=start + dt.timedelta(days=105), sent_at=timezone.now(), sent_by=actor, count=0, sha256="0" * 64,
    )  # fmt: skip
