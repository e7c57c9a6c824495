"""One row of everything, for the tests that concern every module."""

from __future__ import annotations

import datetime as dt

from django.db.models import Model
from django.utils import timezone

from command_center.plans.models import Plan
from command_center.plans.services import review_due
from core.models import User
from geo.models import Region


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    """A county plan of this region, by the key of its list; written directly, so that any actor will do."""
    issued = timezone.localdate() - dt.timedelta(days=200)
    plan = Plan.objects.create(
        title=f"{region.name}生产安全事故应急预案{number or ''}",
        kind=Plan.Kind.SPECIAL,
        level=Plan.Level.COUNTY,
        region=region,
        issued_on=issued,
        filing_due_on=issued + dt.timedelta(days=30),
        review_due_on=review_due(issued),
        verified_at=timezone.now(),
    )
    return {"plans/plans": plan}
