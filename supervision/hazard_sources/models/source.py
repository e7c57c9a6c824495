"""Units of an enterprise that hold dangerous substances, and what they hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.models.workflow import Case
from geo.models import Mapped, Region, ScopedQuerySet, Site
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.statutory import TRIGGER_CHOICES
from supervision.hazard_sources.workflow import HAZARD_SOURCE


class HazardSource(Case, Mapped):
    """A unit examined by GB 18218-2018 危险源单元. S, R, α and the grade are computed from its inventory."""

    SITE_PATH: ClassVar[str] = "site"
    RENAMED_ON_MERGE: ClassVar[str] = "name"  # when two files of one enterprise are merged: see enterprises.references

    class Basis(models.TextChoices):
        """Where the number of persons within 500 m of the plant boundary comes from."""

        MANUAL = "manual", "人工统计"
        MAP = "map", "地图计算"
        OVERRIDE = "override", "推翻计算值"

    class Unit(models.TextChoices):
        PRODUCTION = "production", "生产单元"
        STORAGE = "storage", "储存单元"

    state = models.CharField("状态", max_length=40, choices=HAZARD_SOURCE.choices, db_index=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="hazard_sources", verbose_name="企业")
    name = models.CharField("名称", max_length=80)
    unit = models.CharField("单元类型", max_length=10, choices=Unit.choices)
    exposed_persons = models.PositiveIntegerField("厂界外 500 米内常住人口")
    persons_basis = models.CharField(
        "人数来源", max_length=10, choices=Basis.choices, default=Basis.MANUAL, editable=False
    )
    commissioned_on = models.DateField("投用日期", null=True, blank=True)
    place = models.CharField("所在位置", max_length=120, blank=True, help_text="装置区、罐区、库房在厂内的位置。")
    in_park = models.BooleanField("位于化工园区", null=True, blank=True)
    nearest_target = models.CharField("最近的防护目标", max_length=80, blank=True)
    nearest_target_m = models.PositiveIntegerField("与防护目标的距离（米）", null=True, blank=True)
    s = models.DecimalField("S", max_digits=30, decimal_places=12, null=True, editable=False)
    r = models.DecimalField("R", max_digits=30, decimal_places=12, null=True, editable=False)
    alpha = models.DecimalField("α", max_digits=2, decimal_places=1, null=True, editable=False)
    grade = models.PositiveSmallIntegerField("级别", choices=list(GRADES.items()), null=True, editable=False)
    derivation = models.JSONField("计算过程", default=list, editable=False)
    assessed_on = models.DateField("评估日期", null=True, editable=False)
    review_due_on = models.DateField("应复评日期", null=True, editable=False)
    review_reason = models.CharField("复评原因", max_length=16, choices=TRIGGER_CHOICES, blank=True, editable=False)
    # Kept by flags.refresh(), so that lists and the map can ask for them.
    is_overdue = models.BooleanField("复评超期", default=False, editable=False)
    lacks_people = models.BooleanField("包保责任人不全", default=True, editable=False)
    lacks_boundary = models.BooleanField("缺厂界", default=True, editable=False)
    persons_outdated = models.BooleanField("人数待重算", default=False, editable=False)
    filing_number = models.CharField("备案编号", max_length=40, blank=True)
    filed_on = models.DateField("备案日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "重大危险源"
        permissions = (
            ("identify_hazardsource", "辨识重大危险源"),
            ("assess_hazardsource", "评估重大危险源"),
            ("file_hazardsource", "备案重大危险源"),
            ("recall_hazardsource", "责令重大危险源复评"),
            ("cancel_hazardsource", "核销重大危险源"),
            ("submit_hazardsource", "提交重大危险源备案"),
            ("apply_cancel_hazardsource", "申请核销重大危险源"),
            ("lapse_hazardsource", "将到期的重大危险源转为待复评"),
        )
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="hazard_source_named_once_per_site"),
            models.CheckConstraint(
                condition=Q(grade__isnull=True)
                | Q(s__gte=1, r__isnull=False, alpha__isnull=False, grade__range=(1, 4)),
                name="hazard_source_graded_only_when_major",
            ),
            models.CheckConstraint(
                condition=Q(state__in=tuple(HAZARD_SOURCE.states)), name="hazard_source_state_known"
            ),
        )
        indexes = (
            models.Index(fields=("grade",), name="hazard_source_by_grade"),
            models.Index(fields=("review_due_on",), name="hazard_source_by_review"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def credit_code(self) -> str:
        return str(self.site.enterprise.credit_code)

    @property
    def s_text(self) -> str:
        return plain(self.s)

    @property
    def r_text(self) -> str:
        return plain(self.r)

    def event_facts(self) -> dict[str, Any]:
        return {"grade": self.grade, "lon": self.geom.x, "lat": self.geom.y}


class OfSource(models.Model):
    """A row about one hazard source: seen by whoever sees the source."""

    REGION_PATH: ClassVar[str] = "source__region"
    SITE_PATH: ClassVar[str] = "source__site"

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    source: HazardSource

    @property
    def region(self) -> Region:
        return self.source.region

    @property
    def site(self) -> Site:
        return self.source.site

    @property
    def source_name(self) -> str:
        return self.source.name

    @property
    def credit_code(self) -> str:
        return self.source.credit_code


class InventoryItem(OfSource):
    """One substance of a unit, at its design maximum quantity 危险化学品存量."""

    source = models.ForeignKey(HazardSource, on_delete=models.CASCADE, related_name="items", verbose_name="危险源")
    position = models.PositiveSmallIntegerField("序号")
    substance = models.CharField("物质", max_length=100, blank=True)
    symbol = models.CharField("危险性类别", max_length=60, blank=True)
    quantity_t = models.DecimalField("设计最大量（吨）", max_digits=18, decimal_places=6)

    class Meta:
        ordering = ("position",)
        verbose_name = verbose_name_plural = "存量"
        constraints = (
            models.UniqueConstraint(fields=("source", "position"), name="inventory_position_once"),
            models.CheckConstraint(condition=Q(quantity_t__gt=0), name="inventory_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(substance="") | ~Q(symbol=""), name="inventory_names_substance_or_class"
            ),
        )

    def __str__(self) -> str:
        return f"{self.substance or self.symbol} {plain(self.quantity_t)} t"

    @property
    def quantity_text(self) -> str:
        return plain(self.quantity_t)

    def as_kept(self) -> dict[str, str]:
        """As histories and assessments keep it."""
        return {"substance": self.substance, "class": self.symbol, "quantity_t": self.quantity_text}

    def as_input(self) -> dict[str, Any]:
        """In the form the engine reads."""
        return {"substance": self.substance, "class": self.symbol, "quantity_t": self.quantity_t}


def plain(value: Decimal | None) -> str:
    """A stored decimal without exponent or trailing zeros."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
