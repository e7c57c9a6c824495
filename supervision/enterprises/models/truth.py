"""How the file stays true: confirmations, hand-overs, change requests, contradictions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models.workflow import Case
from geo.models import ScopedQuerySet, Site
from supervision.enterprises.models.enterprise import Contact, Enterprise
from supervision.enterprises.models.file import OfEnterprise
from supervision.enterprises.workflow import CHANGE_REQUEST


class Confirmation(OfEnterprise):
    """Somebody looked at facts of the file and said that they hold or what they should be. Rows are only ever added."""

    class Channel(models.TextChoices):
        ENTERPRISE = "enterprise", "企业确认"
        INSPECTION = "inspection", "现场检查"
        PERMIT = "permit", "许可审批"
        PHONE = "phone", "电话核实"
        GRID = "grid", "网格巡查"
        OFFICE = "office", "机关核实"

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "属实"
        CORRECTED = "corrected", "已更正"
        DOUBTED = "doubted", "存疑"

    at = models.DateTimeField("时间", default=timezone.now, editable=False)
    actor = models.ForeignKey("core.User", on_delete=models.PROTECT, related_name="+", verbose_name="确认人")
    channel = models.CharField("途径", max_length=12, choices=Channel.choices)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices)
    facts = models.JSONField("事项", default=list)  # keys of facts; ["*"]: the file as a whole
    changes = models.JSONField("更正", default=dict)  # {fact: {"before": …, "after": …}}
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "信息确认"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_outcome_display()}"


class HandOver(OfEnterprise):
    """A contact who leaves hands their part over to a successor 离任交接."""

    leaving = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", verbose_name="离任人")
    successor = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", verbose_name="接任人")
    on = models.DateField("交接日期")
    items = models.JSONField("交接事项", default=list)
    note = models.CharField("说明", max_length=200, blank=True)
    actor = models.ForeignKey("core.User", on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "离任交接"
        ordering = ("-on", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("leaving",), name="hand_over_once"),
            models.CheckConstraint(condition=~Q(leaving=models.F("successor")), name="hand_over_to_another"),
        )

    def __str__(self) -> str:
        return f"{self.on} {self.leaving} → {self.successor}"


class ChangeRequest(Case):
    """Facts an enterprise wants changed that the office decides on 变更申请: each with before and after."""

    REGION_PATH: ClassVar[str] = "enterprise__site__region"
    SITE_PATH: ClassVar[str] = "enterprise"

    state = models.CharField("状态", max_length=40, choices=CHANGE_REQUEST.choices, db_index=True)
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, related_name="change_requests", verbose_name="企业"
    )
    changes = models.JSONField("变更内容", editable=False)  # {fact: {"before": …, "after": …}}
    reason = models.CharField("变更理由", max_length=200)
    submitted_by = models.ForeignKey(
        "core.User", on_delete=models.PROTECT, related_name="+", verbose_name="申请人", editable=False
    )
    decided_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="审核人", editable=False
    )
    decision_note = models.CharField("审核意见", max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "变更申请"
        ordering = ("-pk",)
        permissions = (("decide_changerequest", "审核变更申请"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=tuple(CHANGE_REQUEST.states)), name="change_request_state_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.enterprise} 变更申请"

    @property
    def region(self) -> Any:
        return self.enterprise.site.region

    @property
    def site(self) -> Site:
        return self.enterprise.site

    @property
    def site_id(self) -> int:
        return int(self.enterprise_id)


def rule_choices() -> list[tuple[str, str]]:
    """The declared contradictions: modules add theirs without a migration."""
    from supervision.enterprises.contradictions import RULES

    return [(rule.key, rule.title) for rule in RULES.values()]


class Contradiction(OfEnterprise):
    """Facts of one enterprise that cannot all be true 数据矛盾; gone when they agree again."""

    rule = models.CharField("矛盾", max_length=40, choices=rule_choices)
    detail = models.CharField("说明", max_length=200)
    found_at = models.DateTimeField("发现时间", default=timezone.now, editable=False)
    resolved_at = models.DateTimeField("消除时间", null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        "core.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="认定人"
    )
    accepted_at = models.DateTimeField("认定时间", null=True, blank=True)
    accepted_reason = models.CharField("认定理由", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "数据矛盾"
        ordering = ("-found_at", "-pk")
        permissions = (("accept_contradiction", "认定数据矛盾属实"),)
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise", "rule"), condition=Q(resolved_at__isnull=True), name="contradiction_open_once"
            ),
        )

    def __str__(self) -> str:
        return self.detail

    @property
    def site(self) -> Site:
        return self.enterprise.site
