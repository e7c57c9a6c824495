"""Samples for the tests that concern every module."""

from __future__ import annotations

from django.db.models import Model

from core.models import User
from geo.models import Region
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources.models import HazardSource, InventoryItem
from supervision.hazard_sources.services import computed_fields, read_inventory, stored_items

CHLORINE = ({"substance": "氯", "quantity_t": "25"},)


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    """One graded source, whoever asks for it: rights are what those tests examine, so the services are not used."""
    site = make_enterprise(region, 500 + number).site
    found = computed_fields(read_inventory(120, CHLORINE), on=site.enterprise.created_at.date())
    source = HazardSource.objects.create(
        site=site, region=region, geom=site.geom, name=f"液氯库房{number}", unit="storage", exposed_persons=120,
        state="assessed", **found,
    )  # fmt: skip
    items = stored_items(CHLORINE)
    for item in items:
        item.source = source
    InventoryItem.objects.bulk_create(items)
    return {"hazard_sources": source, "hazard_sources/sources": source, "site": site}
