"""Who answers for a source, what watches it, and which safety facilities it has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from supervision.hazard_sources.models.source import HazardSource, OfSource, plain
from supervision.hazard_sources.statutory import DUTY, REQUIREMENT, REQUIREMENTS, ROLE_CHOICES


class ResponsiblePerson(OfSource):
    """One of the three persons who answer for a source, from a day until they left 包保责任人. Personal data."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "phone")

    source = models.ForeignKey(HazardSource, on_delete=models.PROTECT, related_name="people", verbose_name="危险源")
    role = models.CharField("责任", max_length=10, choices=ROLE_CHOICES)
    name = models.CharField("姓名", max_length=40)
    post = models.CharField("职务", max_length=40, blank=True)
    phone = models.CharField("电话", max_length=20)
    since = models.DateField("任职起")
    left_on = models.DateField("离任", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "包保责任人"
        ordering = ("source", "role", "-since")
        constraints = (
            models.UniqueConstraint(
                fields=("source", "role"), condition=Q(left_on__isnull=True), name="responsible_one_current_per_role"
            ),
            models.CheckConstraint(condition=Q(left_on__gte=F("since")), name="responsible_leaves_after_starting"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}（{self.source.name}）"

    @property
    def duties(self) -> tuple[str, ...]:
        return DUTY[self.role].duties


class MonitoringPoint(OfSource):
    """One instrument or camera on a unit and the values at which it warns 监测点; its readings come from elsewhere."""

    class Kind(models.TextChoices):
        TEMPERATURE = "temperature", "温度"
        PRESSURE = "pressure", "压力"
        LEVEL = "level", "液位"
        FLOW = "flow", "流量"
        FLAMMABLE_GAS = "flammable_gas", "可燃气体"
        TOXIC_GAS = "toxic_gas", "有毒气体"
        OXYGEN = "oxygen", "氧含量"
        WIND = "wind", "风速风向"
        VIDEO = "video", "视频"
        OTHER = "other", "其他"

    source = models.ForeignKey(HazardSource, on_delete=models.PROTECT, related_name="points", verbose_name="危险源")
    tag = models.CharField("位号", max_length=40)
    kind = models.CharField("类型", max_length=14, choices=Kind.choices)
    device = models.CharField("设备名称", max_length=80)
    place = models.CharField("安装位置", max_length=120, blank=True)
    medium = models.CharField("介质", max_length=60, blank=True)
    unit = models.CharField("计量单位", max_length=16, blank=True)
    range_min = models.DecimalField("量程下限", max_digits=12, decimal_places=3, null=True, blank=True)
    range_max = models.DecimalField("量程上限", max_digits=12, decimal_places=3, null=True, blank=True)
    low_low = models.DecimalField("低低限", max_digits=12, decimal_places=3, null=True, blank=True)
    low = models.DecimalField("低限", max_digits=12, decimal_places=3, null=True, blank=True)
    high = models.DecimalField("高限", max_digits=12, decimal_places=3, null=True, blank=True)
    high_high = models.DecimalField("高高限", max_digits=12, decimal_places=3, null=True, blank=True)
    installed_on = models.DateField("投用日期", null=True, blank=True)
    removed_on = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "监测点"
        ordering = ("source", "kind", "tag")
        constraints = (
            models.UniqueConstraint(fields=("source", "tag"), name="monitoring_tag_once_per_source"),
            # NULL compares as unknown, which a check constraint lets pass.
            models.CheckConstraint(condition=Q(low_low__lt=F("low")), name="monitoring_low_low_below_low"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="monitoring_low_below_high"),
            models.CheckConstraint(condition=Q(high__lt=F("high_high")), name="monitoring_high_below_high_high"),
            models.CheckConstraint(condition=Q(range_min__lt=F("range_max")), name="monitoring_range_grows"),
        )

    def __str__(self) -> str:
        return f"{self.tag} {self.device}"

    @property
    def measuring_range(self) -> str:
        return f"{plain(self.range_min)}–{plain(self.range_max)}" if self.range_max is not None else ""

    @property
    def thresholds(self) -> str:
        """LL 0.5 · L 1 · H 8 · HH 9 m."""
        found = (("LL", self.low_low), ("L", self.low), ("H", self.high), ("HH", self.high_high))
        text = " · ".join(f"{name} {plain(value)}" for name, value in found if value is not None)
        return f"{text} {self.unit}".strip() if text else ""


class SafetyCheck(OfSource):
    """Whether a unit has one of the safety facilities it must have, and by what that is shown 安全设施符合性."""

    class State(models.TextChoices):
        YES = "yes", "具备"
        NO = "no", "不具备"

    source = models.ForeignKey(
        HazardSource, on_delete=models.PROTECT, related_name="safety_checks", verbose_name="危险源"
    )
    key = models.CharField("项目", max_length=20, choices=[(r.key, r.label) for r in REQUIREMENTS])
    state = models.CharField("情况", max_length=4, choices=State.choices)
    evidence = models.CharField("依据或说明", max_length=200, blank=True)
    checked_on = models.DateField("核查日期")
    checked_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="核查人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "安全设施核查"
        constraints = (models.UniqueConstraint(fields=("source", "key"), name="safety_check_once_per_facility"),)

    def __str__(self) -> str:
        return f"{REQUIREMENT[self.key].label}：{self.get_state_display()}"
