"""When a source must be assessed again (令40 第十一条): by change, by order, and because three years are over."""

from __future__ import annotations

import logging

from django.utils import timezone

from core.models import User
from core.workflow import Incomplete, NotAllowed, Stale
from supervision.hazard_sources import clocks, flags
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.statutory import OTHER, TRIGGERS
from supervision.hazard_sources.workflow import HAZARD_SOURCE

log = logging.getLogger(__name__)
REASONS = {OTHER, *(trigger.key for trigger in TRIGGERS)}


def must_review(source: HazardSource, *, actor: User, reason: str) -> HazardSource:
    """What was assessed no longer holds; the caller has written what changed."""
    HAZARD_SOURCE.advance(source, "change", actor=actor, review_reason=reason)
    _run_again(source)
    return source


def recall_source(
    source: HazardSource, *, actor: User, note: str, trigger: str = OTHER, expected_version: int | None = None
) -> HazardSource:
    """The office orders it, for one of the reasons of the law or another."""
    if trigger not in REASONS:
        raise Incomplete("没有这种复评原因。", {"trigger": "请从列表中选择复评原因。"})
    HAZARD_SOURCE.advance(
        source, "recall", actor=actor, note=note, expected_version=expected_version, review_reason=trigger
    )
    _run_again(source)
    return source


def lapse_due() -> int:
    """The platform's own step: three years are over. How many were turned."""
    late = HazardSource.objects.filter(
        state__in=HAZARD_SOURCE.by_name["lapse"].source, review_due_on__lt=timezone.localdate()
    )
    turned = 0
    for source in late.order_by("review_due_on")[:500]:
        try:
            HAZARD_SOURCE.advance(
                source, "lapse", actor=None, expected_version=source.version, review_reason="three_years"
            )
        except (NotAllowed, Stale):
            log.info("Hazard source %s moved on before it lapsed", source.pk)
        else:
            turned += 1
    return turned


def _run_again(source: HazardSource) -> None:
    for key in (clocks.FILING, clocks.FILING_CHECK):
        clocks.stop(key, source)
    clocks.begin(clocks.AGAIN, source, timezone.now())
    flags.refresh([source.pk])
