"""Starting, meeting and firing statutory clocks. The database clock decides; each fires once although workers die."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import InterfaceError, OperationalError, models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from core import calendar, events
from core.models.deadlines import Deadline, DeadlineRule

log = logging.getLogger(__name__)


class NoRule(LookupError):
    """No edition of the rule is in force on that day."""


def rule_in_force(key: str, at: datetime) -> DeadlineRule:
    day = timezone.localdate(at)
    rule = (
        DeadlineRule.objects.filter(key=key, effective_from__lte=day)
        .exclude(effective_to__lte=day)
        .order_by("-effective_from")
        .first()
    )
    if rule is None:
        raise NoRule(f"{day} 没有生效的时限规则“{key}”，请管理员在时限规则中补充。")
    return rule


def due(rule: DeadlineRule, start: datetime) -> tuple[datetime, bool]:
    """When the clock ends, and whether that is provisional.

    Days are counted from the day after (《民法典》第二百零一条), months end on the day of the same number
    (第二百零二条); periods in hours and minutes run from the moment.
    """
    unit = DeadlineRule.Unit(rule.unit)
    if unit is DeadlineRule.Unit.MINUTES:
        return start + timedelta(minutes=rule.amount), False
    if unit is DeadlineRule.Unit.HOURS:
        return start + timedelta(hours=rule.amount), False
    day = timezone.localdate(start)
    if unit is DeadlineRule.Unit.MONTHS:
        return calendar.end_of(calendar.months_later(day, rule.amount)), False
    if unit is DeadlineRule.Unit.CALENDAR_DAYS:
        return calendar.end_of(day + timedelta(days=rule.amount)), False
    last, provisional = calendar.add_working_days(day, rule.amount)
    return calendar.end_of(last), provisional


def start(key: str, *, case: Any, at: datetime | None = None) -> Deadline:
    """Start the clock `key` on a case, under the rule in force now. Starting it twice at one moment is one clock."""
    at = at or timezone.now()
    rule = rule_in_force(key, at)
    due_at, provisional = due(rule, at)
    deadline, _created = Deadline.objects.get_or_create(
        case_type=ContentType.objects.get_for_model(case),
        case_id=case.pk,
        rule=rule,
        started_at=at,
        defaults={"due_at": due_at, "is_provisional": provisional, "region": case.region},
    )
    return deadline


def of(case: models.Model) -> QuerySet[Deadline]:
    return Deadline.objects.filter(case_type=ContentType.objects.get_for_model(case), case_id=case.pk).select_related(
        "rule"
    )


def running(case: models.Model) -> QuerySet[Deadline]:
    return of(case).filter(met_at__isnull=True, ended_at__isnull=True)


def meet(key: str, *, case: models.Model, at: datetime | None = None) -> int:
    """Stop the running clocks `key` as met; also after they fired, so lateness can be computed."""
    return running(case).filter(rule__key=key).update(met_at=at or timezone.now())


def end_all(case: models.Model, at: datetime | None = None) -> int:
    """The case is over: its clocks run no longer."""
    return running(case).update(ended_at=at or timezone.now())


WAITING = {"met_at__isnull": True, "fired_at__isnull": True, "ended_at__isnull": True}


def fire_due(limit: int = 200) -> int:
    """Fire what is overdue; a clock that cannot fire is reported, and does not keep the others from it."""
    fired = 0
    for pk in list(Deadline.objects.filter(due_at__lte=Now(), **WAITING).values_list("pk", flat=True)[:limit]):
        try:
            fired += fire(pk)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the worker comes back
        except Exception:  # whatever is odd about this case concerns no other
            log.exception("Deadline %s could not be fired", pk)
    return fired


def fire(pk: int) -> bool:
    """Mark and append the event in one transaction, so a killed worker re-fires nothing. False: not to be fired."""
    with transaction.atomic():
        if not Deadline.objects.filter(pk=pk, **WAITING).update(fired_at=Now()):
            return False  # another worker got there first
        deadline = Deadline.objects.select_related("rule", "region").get(pk=pk)
        if deadline.case is None:
            return False
        events.append(
            f"{deadline.case._meta.app_label}.overdue",
            subject=deadline.case,
            region=deadline.region,
            actor=None,
            site_id=getattr(deadline.case, "site_id", None),
            shared_with=getattr(deadline.case, "shared_with", ()),
            rule=deadline.rule.key,
            title=deadline.rule.title,
            due_at=deadline.due_at.isoformat(),
        )
        return True


def lateness(deadline: Deadline) -> timedelta | None:
    """How late it was met; None while it runs or when it was in time. Computed, never declared."""
    if deadline.met_at is None or deadline.met_at <= deadline.due_at:
        return None
    return deadline.met_at - deadline.due_at
