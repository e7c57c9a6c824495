"""Samples for the tests that concern every module."""

from __future__ import annotations

from django.db.models import Model
from django.utils import timezone

from core.models import AuditEntry, User
from geo.models import Region


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    entry = AuditEntry.objects.create(
        at=timezone.now(), actor=actor, table="geo_region", row=str(region.pk), action="update", after={"order": number}
    )
    return {"system/audit": entry}
