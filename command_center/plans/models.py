"""Emergency plans of governments and enterprises: which there are, whether filed, and when to be looked at again."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from core.freshness import Verified
from core.models import Organisation
from geo.models import Region, ScopedQuerySet, Site
from geo.scope import Viewer


class PlanQuerySet(ScopedQuerySet):
    """The city's own plans bind every county, so every official sees them."""

    def visible_to(self, user: Viewer) -> Self:
        scope = user.scope
        if scope.site_id is not None or scope.region_ids is None:
            return super().visible_to(user)
        if not scope.region_ids:
            return self.none()
        return self.filter(Q(region__in=scope.region_ids) | Q(level=Plan.Level.CITY))


class Plan(Verified):
    """One emergency plan 应急预案 in force or abolished; its text hangs on it as an attachment.

    `verified_at` says when somebody last confirmed that the people and telephones it names are still right.
    """

    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = "site"

    class Kind(models.TextChoices):
        OVERALL = "overall", "总体预案"
        COMPREHENSIVE = "comprehensive", "综合预案"
        SPECIAL = "special", "专项预案"
        DEPARTMENT = "department", "部门预案"
        ON_SITE = "on_site", "现场处置方案"

    class Level(models.TextChoices):
        CITY = "city", "市级"
        COUNTY = "county", "县级"
        TOWN = "town", "镇街级"
        ENTERPRISE = "enterprise", "企业"

    title = models.CharField("名称", max_length=120)
    pinyin = models.CharField("拼音首字母", max_length=120, default="", blank=True, editable=False)
    number = models.CharField("预案编号", max_length=60, blank=True)
    kind = models.CharField("种类", max_length=14, choices=Kind.choices)
    level = models.CharField("级别", max_length=10, choices=Level.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="所属区划")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="编制单位"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="plans", verbose_name="企业"
    )
    issued_on = models.DateField("发布日期")
    filed_on = models.DateField("备案日期", null=True, blank=True)
    filing_number = models.CharField("备案编号", max_length=60, blank=True)
    filing_due_on = models.DateField("备案截止")
    reviewed_on = models.DateField("最近评估", null=True, blank=True)
    review_due_on = models.DateField("下次评估")
    abolished_on = models.DateField("废止日期", null=True, blank=True)
    remark = models.CharField("备注", max_length=300, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应急预案"
        permissions = (
            ("verify_plan", "核实预案"),
            ("file_plan", "办理预案备案"),
            ("review_plan", "登记预案评估"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(level="enterprise", site__isnull=False) | (~Q(level="enterprise") & Q(site__isnull=True)),
                name="plan_of_an_enterprise_has_its_site",
            ),
            models.CheckConstraint(
                condition=Q(filed_on__isnull=True, filing_number="")
                | (Q(filed_on__gte=F("issued_on")) & ~Q(filing_number="")),
                name="plan_filed_after_issue_with_number",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_on__isnull=True) | Q(reviewed_on__gte=F("issued_on")),
                name="plan_reviewed_after_issue",
            ),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="plan_number_once"),
        )
        indexes = (
            models.Index(fields=["site"], name="plan_by_site"),
            models.Index(fields=["review_due_on"], name="plan_by_review", condition=Q(abolished_on__isnull=True)),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="plan_by_title"),
        )

    def __str__(self) -> str:
        return self.title
