"""What the worker does for statistics: counts are there before anybody looks, and follow the rows when these change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils import timezone

from core.models import User
from geo.models import Region
from layers.models import Tally
from layers.registry import Module, registry
from layers.statistics import counting
from layers.statistics.answering import plans, tables_for, whole
from layers.statistics.asking import asked

# Bands of dates are of one day: at midnight the new day's counts are there already.
AHEAD = dt.timedelta(minutes=10)


def make_ready() -> None:
    """For those who see the whole city, and where that is dear for the counties too; small cities count when asked."""
    everyone, now = User(is_superuser=True, is_active=True), timezone.localtime()
    for module in registry:
        for day in sorted({now.date(), (now + AHEAD).date()}) if module.statistics else ():
            if renew(module.key, everyone, day):
                for officer in officers(module):
                    renew(module.key, officer, day)


def renew(module: str, user: User, day: dt.date, period: Mapping[str, str] | None = None) -> bool:
    """Counts what of a page was never counted, or is dear, behind and due. Whether any of it is dear."""
    question = asked(user, module, period or {}, day)
    dear = [counting.renewed(plan) for plan in plans(whole(question), question).values()]
    return any(dear)


def officers(module: Module) -> list[User]:
    """Of each county or zone the account that sees most: whoever sees less finds its own passes among those."""
    found: dict[int | None, User] = {}
    kinds = (Region.Kind.COUNTY, Region.Kind.ZONE)
    for user in User.objects.filter(is_active=True, site=None, region__kind__in=kinds).order_by("pk"):
        known = found.get(user.region_id)
        if len(tables_for(module, user)) > (len(tables_for(module, known)) if known else 0):
            found[user.region_id] = user
    return list(found.values())


def forget_unused(after: dt.timedelta = dt.timedelta(days=2)) -> None:
    """Counts of days gone by, and of definitions and scopes that changed."""
    Tally.objects.filter(as_of__lt=timezone.now() - after).delete()
