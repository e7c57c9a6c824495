"""The statutory clocks of a hazard source. Lengths are deadline rules; one not entered starts nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from core import deadlines
from core.calendar import months_later
from core.deadlines import NoRule
from core.models import Deadline
from supervision.hazard_sources.models import HazardSource

REVIEW, FILING, FILING_CHECK = "hazard_source.review", "hazard_source.filing", "hazard_source.filing_check"
AGAIN, CANCEL_CHECK = "hazard_source.again", "hazard_source.cancel_check"
NOTICES = ("hazard_source.review_notice_90", "hazard_source.review_notice_30")
# 令40 第十一条: assessed again every three years, also while an administrator has not entered the rule.
REVIEW_MONTHS = 36
FILING_DAYS, CANCEL_CHECK_DAYS = 15, 30


def begin(key: str, source: HazardSource, at: dt.datetime) -> Deadline | None:
    """Start a clock whose rule is in force; one of the same kind that still runs goes on instead."""
    found: Deadline | None = deadlines.running(source).filter(rule__key=key).first()
    if found is not None:
        return found
    try:
        return deadlines.start(key, case=source, at=at)
    except NoRule:
        return None


def after_assessment(source: HazardSource, on: dt.date) -> None:
    """The next review with its warnings, and the filing. The warnings count back from the day the review is due."""
    at = moment(on)
    review = begin(REVIEW, source, at)
    begin(FILING, source, at)
    if review is None:
        return
    for key in NOTICES:
        try:
            rule = deadlines.rule_in_force(key, at)
        except NoRule:
            continue
        Deadline.objects.get_or_create(
            case_type=review.case_type, case_id=source.pk, rule=rule, started_at=at,
            defaults={"due_at": review.due_at - dt.timedelta(days=rule.amount), "region": source.region},
        )  # fmt: skip


def stop(key: str, source: HazardSource) -> int:
    """The clock has become pointless: neither met nor late."""
    return deadlines.running(source).filter(rule__key=key).update(ended_at=timezone.now())


def shown(source: HazardSource) -> list[dict[str, Any]]:
    """Every clock as the panel lists it, those that run first."""
    now = timezone.now()
    rows = sorted(deadlines.of(source), key=lambda d: (d.met_at is not None or d.ended_at is not None, d.due_at))
    return [
        {
            "deadline": deadline,
            "is_open": deadline.met_at is None and deadline.ended_at is None,
            "is_late": (deadline.met_at or now) > deadline.due_at and deadline.ended_at is None,
            "days_left": (timezone.localdate(deadline.due_at) - timezone.localdate()).days,
        }
        for deadline in rows
        if deadline.rule.key not in NOTICES
    ]


def review_due_on(on: dt.date) -> dt.date:
    try:
        rule = deadlines.rule_in_force(REVIEW, moment(on))
    except NoRule:
        return months_later(on, REVIEW_MONTHS)
    return timezone.localdate(deadlines.due(rule, moment(on))[0])


def days_after(key: str, on: dt.date, otherwise: int) -> dt.date:
    """The last day of a clock that starts on that day."""
    try:
        rule = deadlines.rule_in_force(key, moment(on))
    except NoRule:
        return on + dt.timedelta(days=otherwise)
    return timezone.localdate(deadlines.due(rule, moment(on))[0])


def moment(on: dt.date) -> dt.datetime:
    """That day at the present time of day: two clocks of one day stay two."""
    now = timezone.localtime()
    return now if on == now.date() else timezone.make_aware(dt.datetime.combine(on, now.time()))
