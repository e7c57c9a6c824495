"""Statutory time limits as data, and the clocks that run on cases."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from geo.models import Region


class Holiday(models.Model):
    """A day whose kind differs from its weekday 节假日与调休: a holiday, or a weekend that is worked."""

    class Kind(models.TextChoices):
        OFF = "off", "放假"
        WORK = "work", "调休上班"

    date = models.DateField("日期", primary_key=True)
    kind = models.CharField("类型", max_length=4, choices=Kind.choices)
    name = models.CharField("名称", max_length=40)
    source = models.CharField("依据", max_length=100)

    class Meta:
        verbose_name = verbose_name_plural = "节假日"


class DeadlineRule(models.Model):
    """How long something may take and which law says so 时限规则. Rules change by date, not in place."""

    class Unit(models.TextChoices):
        MINUTES = "minutes", "分钟"
        HOURS = "hours", "小时"
        CALENDAR_DAYS = "calendar_days", "日"
        WORKING_DAYS = "working_days", "工作日"
        MONTHS = "months", "个月"

    key = models.CharField("键", max_length=60)
    title = models.CharField("事项", max_length=100)
    basis = models.CharField("依据", max_length=200)
    amount = models.PositiveIntegerField("时限")
    unit = models.CharField("单位", max_length=14, choices=Unit.choices)
    tell = models.CharField("超期告知", max_length=100, blank=True, help_text="角色键，逗号分隔。")
    is_unsure = models.BooleanField("待核实", default=False, help_text="数值未经原文核对，使用前请管理员确认。")
    effective_from = models.DateField("生效日期")
    effective_to = models.DateField("失效日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "时限规则"
        constraints = (
            models.UniqueConstraint(fields=["key", "effective_from"], name="deadline_rule_once_per_date"),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="deadline_rule_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.amount}{self.get_unit_display()}"


class Deadline(models.Model):
    """One running clock on one case. It keeps the rule it was computed by, and fires exactly once."""

    case_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    case_id = models.BigIntegerField()
    case = GenericForeignKey("case_type", "case_id")
    rule = models.ForeignKey(DeadlineRule, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField("起算")
    due_at = models.DateTimeField("截止")
    is_provisional = models.BooleanField("暂定", default=False)  # crosses a year whose holidays are not published yet
    met_at = models.DateTimeField("完成", null=True)
    fired_at = models.DateTimeField("超期", null=True)
    ended_at = models.DateTimeField("终止", null=True)

    class Meta:
        ordering = ["due_at"]
        constraints = (
            models.UniqueConstraint(fields=["case_type", "case_id", "rule", "started_at"], name="deadline_once"),
        )
        indexes = (
            models.Index(
                fields=["due_at"],
                name="deadline_to_fire",
                condition=Q(met_at__isnull=True, fired_at__isnull=True, ended_at__isnull=True),
            ),
            models.Index(fields=["case_type", "case_id"], name="deadline_by_case"),
        )
