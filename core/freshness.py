"""Facts that go stale: who verified them, when, how often they must be, and how that shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.db import models
from django.db.models import Case, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from core.models.accounts import User


class Freshness(TypedDict):
    verified_at: str | None
    days: int | None
    interval_days: int
    is_stale: bool
    label: str


class Verified(models.Model):
    """A record that somebody must confirm every so often 核实."""

    source = models.CharField("来源", max_length=60, blank=True)
    verified_at = models.DateTimeField("核实时间", null=True, blank=True)
    verified_by = models.ForeignKey(
        "core.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="核实人"
    )
    verified_note = models.CharField("核实方式", max_length=60, blank=True)
    interval_days = models.PositiveSmallIntegerField("核实周期（天）", default=90)

    class Meta:
        abstract = True

    @property
    def freshness(self) -> Freshness:
        return freshness(self.verified_at, self.interval_days)

    @property
    def is_stale(self) -> bool:
        return self.freshness["is_stale"]


def freshness(verified_at: datetime | None, interval_days: int) -> Freshness:
    """Age in whole days and the words for it: "3 天前核实", "已 120 天未核实（应每 90 天）", "从未核实"."""
    if verified_at is None:
        return {
            "verified_at": None,
            "days": None,
            "interval_days": interval_days,
            "is_stale": True,
            "label": "从未核实",
        }
    days = (timezone.now() - verified_at).days
    stale = days > interval_days
    label = (
        f"已 {days} 天未核实（应每 {interval_days} 天）" if stale else ("今天核实" if days == 0 else f"{days} 天前核实")
    )
    return {
        "verified_at": verified_at.isoformat(),
        "days": days,
        "interval_days": interval_days,
        "is_stale": stale,
        "label": label,
    }


def stale_before(prefix: str = "") -> Q:
    """Rows whose verification is missing or older than their interval: a filter."""
    interval = ExpressionWrapper(F(f"{prefix}interval_days") * Value(timedelta(days=1)), output_field=DurationField())
    return Q(**{f"{prefix}verified_at__isnull": True}) | Q(**{f"{prefix}verified_at__lt": Now() - interval})


def stale_flag(prefix: str = "") -> Case:
    """The same as an annotation: true when stale."""
    return Case(When(stale_before(prefix), then=Value(True)), default=Value(False), output_field=models.BooleanField())


def verify(record: Any, *, actor: User | None, how: str, at: datetime | None = None) -> None:
    """Somebody has just confirmed this record. `how`: 电话、现场、免登录链接、系统…"""
    record.verified_at, record.verified_by, record.verified_note = at or timezone.now(), actor, how
    record.save(update_fields=["verified_at", "verified_by", "verified_note"])
