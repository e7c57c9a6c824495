"""How a unit came to its grade: every count of persons, every change of inventory, every assessment. Only added to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from supervision.enterprises.models import Boundary
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.models.source import HazardSource, OfSource, plain
from supervision.hazard_sources.statutory import ITEMS, TRIGGER_CHOICES


class PersonsCount(OfSource):
    """One count of the residents within 500 m of the plant boundary, and how it was made 厂界外500米人口."""

    source = models.ForeignKey(
        HazardSource, on_delete=models.PROTECT, related_name="persons_counts", verbose_name="危险源"
    )
    persons = models.PositiveIntegerField("采用人数")
    basis = models.CharField("来源", max_length=10, choices=HazardSource.Basis.choices)
    computed = models.PositiveIntegerField("计算值", null=True)
    areas = models.PositiveIntegerField("涉及人口单元", null=True)
    as_of = models.DateField("人口数据截至", null=True)
    boundary = models.ForeignKey(
        Boundary, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="所用厂界"
    )
    reason = models.CharField("理由", max_length=300, blank=True)
    by = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "厂界外人口统计"
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(basis="map", persons=F("computed")) | ~Q(basis="map"), name="persons_count_map_is_computed"
            ),
            models.CheckConstraint(condition=~Q(basis="override") | ~Q(reason=""), name="persons_count_override_told"),
        )

    def __str__(self) -> str:
        return f"{self.persons} 人（{self.get_basis_display()}）"

    @property
    def said(self) -> str:
        """In one sentence, for panels and papers."""
        if self.basis == HazardSource.Basis.OVERRIDE:
            return f"推翻了计算值 {self.computed} → {self.persons} 人，理由：{self.reason}"
        if self.basis == HazardSource.Basis.MAP:
            return f"按厂界与人口分布计算 {self.persons} 人，{self.areas} 个人口单元，数据截至 {self.as_of or '—'}"
        return f"人工统计 {self.persons} 人" + (f"，说明：{self.reason}" if self.reason else "")


class InventoryChange(OfSource):
    """One change of what a unit holds: before, after, who, when and why 存量变更."""

    source = models.ForeignKey(
        HazardSource, on_delete=models.PROTECT, related_name="inventory_changes", verbose_name="危险源"
    )
    before = models.JSONField("变更前")
    after = models.JSONField("变更后")
    reason = models.CharField("原因", max_length=300, blank=True)
    by = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "存量变更"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d} 存量变更"


class Assessment(OfSource):
    """One assessment of a unit: what it held, who lived around, S, R, α, grade, and by whom 安全评估与分级."""

    class By(models.TextChoices):
        AGENCY = "agency", "安全评价机构"
        SELF = "self", "企业自行评估"

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    source = models.ForeignKey(
        HazardSource, on_delete=models.PROTECT, related_name="assessments", verbose_name="危险源"
    )
    n = models.PositiveSmallIntegerField("第几次")
    on = models.DateField("评估日期")
    trigger = models.CharField("评估原因", max_length=16, choices=TRIGGER_CHOICES)
    assessor_kind = models.CharField("评估方式", max_length=8, choices=By.choices, default=By.SELF)
    assessor = models.CharField("评估单位", max_length=100, blank=True)
    report_number = models.CharField("报告编号", max_length=60, blank=True)
    inventory = models.JSONField("存量")
    persons = models.PositiveIntegerField("厂界外500米人数")
    persons_basis = models.CharField("人数来源", max_length=10, choices=HazardSource.Basis.choices)
    persons_computed = models.PositiveIntegerField("人数计算值", null=True)
    persons_said = models.CharField("人数说明", max_length=500, blank=True)
    alpha = models.DecimalField("α", max_digits=2, decimal_places=1)
    s = models.DecimalField("S", max_digits=30, decimal_places=12)
    r = models.DecimalField("R", max_digits=30, decimal_places=12)
    grade = models.PositiveSmallIntegerField("级别", choices=list(GRADES.items()))
    derivation = models.JSONField("计算过程")
    review_due_on = models.DateField("应复评日期")
    by = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "评估记录"
        ordering = ("-n",)
        constraints = (
            models.UniqueConstraint(fields=("source", "n"), name="assessment_numbered_once"),
            models.CheckConstraint(condition=Q(s__gte=1, grade__range=(1, 4)), name="assessment_of_a_major_hazard"),
        )

    def __str__(self) -> str:
        return f"{self.source} 第 {self.n} 次评估（{self.on}）"

    @property
    def s_text(self) -> str:
        return plain(self.s)

    @property
    def r_text(self) -> str:
        return plain(self.r)

    @property
    def item(self) -> str:
        return ITEMS.get(self.trigger, "")

    @property
    def lines(self) -> list[dict[str, Any]]:
        return list(self.inventory)
