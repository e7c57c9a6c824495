"""Two files of one enterprise: suspected, merged, and taken apart again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from geo.models import ScopedQuerySet
from supervision.enterprises.models.enterprise import Enterprise


class Duplicate(models.Model):
    """Two files that may be of one enterprise 疑似重复, how likely and why."""

    REGION_PATH: ClassVar[str] = "first__site__region"
    SITE_PATH: ClassVar[str] = ""

    class Verdict(models.TextChoices):
        OPEN = "open", "待判定"
        MERGED = "merged", "已合并"
        DISTINCT = "distinct", "不是同一家"

    first = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+", verbose_name="档案一")
    second = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+", verbose_name="档案二")
    score = models.FloatField("相似度")
    reasons = models.JSONField("依据", default=list)
    verdict = models.CharField("判定", max_length=10, choices=Verdict.choices, default=Verdict.OPEN, db_index=True)
    found_at = models.DateTimeField("发现时间", default=timezone.now, editable=False)
    decided_by = models.ForeignKey("core.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "疑似重复企业"
        ordering = ("-score", "pk")
        permissions = (("merge_enterprise", "合并企业档案"),)
        constraints = (
            models.UniqueConstraint(fields=("first", "second"), name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"


class Merge(models.Model):
    """One file taken into another, with all that is needed to take them apart again 档案合并."""

    REGION_PATH: ClassVar[str] = "survivor__site__region"
    SITE_PATH: ClassVar[str] = ""

    survivor = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="merges", verbose_name="保留档案")
    absorbed = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="+", verbose_name="并入档案")
    moved = models.JSONField("移动的记录")  # [{"model": "app.model", "field": "site", "pks": […]}]
    before = models.JSONField("合并前")  # the facts of both that the merge changed
    reason = models.CharField("理由", max_length=200)
    actor = models.ForeignKey("core.User", on_delete=models.PROTECT, related_name="+", verbose_name="合并人")
    at = models.DateTimeField("合并时间", auto_now_add=True)
    undone_at = models.DateTimeField("拆分时间", null=True, blank=True)
    undone_by = models.ForeignKey("core.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_reason = models.CharField("拆分理由", max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "档案合并"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("absorbed",), condition=Q(undone_at__isnull=True), name="merge_absorbed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.absorbed} 并入 {self.survivor}"
