"""Striking a source off (令40 第二十七、二十八条): the enterprise applies, the county examines in time and answers."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import locked
from supervision.hazard_sources import clocks, flags, papers
from supervision.hazard_sources.models import Cancellation, HazardSource
from supervision.hazard_sources.workflow import HAZARD_SOURCE


def apply(
    source: HazardSource,
    *,
    actor: User,
    reason: str,
    report_number: str = "",
    report_on: dt.date | None = None,
    expected_version: int | None = None,
) -> HazardSource:
    """载明核销理由的申请书和评估报告: the county's 30 days begin."""
    if report_on is not None and report_on > timezone.localdate():
        raise ValidationError({"report_on": "报告日期不能晚于今天。"})
    with transaction.atomic():
        was = locked(source, actor).state
        HAZARD_SOURCE.advance(source, "apply_cancel", actor=actor, note=reason, expected_version=expected_version)
        now = timezone.now()
        Cancellation.objects.create(
            source=source, from_state=was, reason=reason.strip()[:500], report_number=report_number.strip()[:60],
            report_on=report_on, applied_at=now, applied_by=actor,
            due_on=clocks.days_after(clocks.CANCEL_CHECK, timezone.localdate(now), clocks.CANCEL_CHECK_DAYS),
        )  # fmt: skip
        clocks.begin(clocks.CANCEL_CHECK, source, now)
    return source


def cancel_source(source: HazardSource, *, actor: User, note: str, expected_version: int | None = None) -> HazardSource:
    """Strike off, on application or (the plant is gone) of the office's own motion; the certificate is issued."""
    with transaction.atomic():
        row = locked(source, actor)
        was, application = row.state, _open(row)
        HAZARD_SOURCE.advance(source, "cancel", actor=actor, note=note, expected_version=expected_version)
        now = timezone.now()
        if application is None:
            application = Cancellation(
                source=source, from_state=was, reason=note.strip()[:500], applied_at=now, due_on=timezone.localdate(now)
            )
        _decide(application, Cancellation.Outcome.CANCELLED, note, actor, now)
        application.document = papers.issue_cancelled(source, application, actor=actor)
        application.save()
        flags.refresh([source.pk])
    return source


def refuse(source: HazardSource, *, actor: User, note: str, expected_version: int | None = None) -> HazardSource:
    """不予核销, with the reasons in writing; the source is again what it was before."""
    with transaction.atomic():
        application = _open(locked(source, actor))
        step = f"refuse_cancel_{application.from_state if application else 'filed'}"
        HAZARD_SOURCE.advance(source, step, actor=actor, note=note, expected_version=expected_version)
        assert application is not None  # the step is only possible with one
        _decide(application, Cancellation.Outcome.REFUSED, note, actor, timezone.now())
        application.document = papers.issue_refused(source, application, actor=actor)
        application.save()
    return source


def _open(row: HazardSource) -> Cancellation | None:
    found: Cancellation | None = row.cancellations.filter(outcome="").first()
    return found


def _decide(row: Cancellation, outcome: str, note: str, actor: User, at: dt.datetime) -> None:
    row.outcome, row.findings, row.decided_by, row.decided_at = outcome, note.strip()[:500], actor, at
