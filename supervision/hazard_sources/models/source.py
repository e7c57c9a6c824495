"""Major hazard sources: units of an enterprise that hold dangerous substances, and what they hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from core.models.workflow import Case
from geo.models import Mapped, ScopedQuerySet, Site
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.workflow import HAZARD_SOURCE


class HazardSource(Case, Mapped):
    """A unit examined by GB 18218-2018 危险源单元. S, R, α and the grade are computed from its inventory."""

    SITE_PATH: ClassVar[str] = "site"

    class Unit(models.TextChoices):
        PRODUCTION = "production", "生产单元"
        STORAGE = "storage", "储存单元"

    state = models.CharField("状态", max_length=40, choices=HAZARD_SOURCE.choices, db_index=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="hazard_sources", verbose_name="企业")
    name = models.CharField("名称", max_length=80)
    unit = models.CharField("单元类型", max_length=10, choices=Unit.choices)
    exposed_persons = models.PositiveIntegerField("厂界外 500 米内常住人口")
    s = models.DecimalField("S", max_digits=30, decimal_places=12, null=True, editable=False)
    r = models.DecimalField("R", max_digits=30, decimal_places=12, null=True, editable=False)
    alpha = models.DecimalField("α", max_digits=2, decimal_places=1, null=True, editable=False)
    grade = models.PositiveSmallIntegerField("级别", choices=list(GRADES.items()), null=True, editable=False)
    derivation = models.JSONField("计算过程", default=list, editable=False)
    assessed_on = models.DateField("评估日期", null=True, editable=False)
    review_due_on = models.DateField("应复评日期", null=True, editable=False)
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
        indexes = (models.Index(fields=("grade",), name="hazard_source_by_grade"),)

    def __str__(self) -> str:
        return self.name

    @property
    def s_text(self) -> str:
        return plain(self.s)

    @property
    def r_text(self) -> str:
        return plain(self.r)

    def event_facts(self) -> dict[str, Any]:
        return {"grade": self.grade, "lon": self.geom.x, "lat": self.geom.y}


class InventoryItem(models.Model):
    """One substance of a unit, at its design maximum quantity 危险化学品存量."""

    REGION_PATH: ClassVar[str] = "source__region"
    SITE_PATH: ClassVar[str] = "source__site"

    source = models.ForeignKey(HazardSource, on_delete=models.CASCADE, related_name="items", verbose_name="危险源")
    position = models.PositiveSmallIntegerField("序号")
    substance = models.CharField("物质", max_length=100, blank=True)
    symbol = models.CharField("危险性类别", max_length=60, blank=True)
    quantity_t = models.DecimalField("设计最大量（吨）", max_digits=18, decimal_places=6)

    objects = ScopedQuerySet.as_manager()

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

    def as_input(self) -> dict[str, Any]:
        """In the form the engine reads."""
        return {"substance": self.substance, "class": self.symbol, "quantity_t": self.quantity_t}


def plain(value: Decimal | None) -> str:
    """A stored decimal without exponent or trailing zeros."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
