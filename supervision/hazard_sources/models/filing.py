"""Filing with the county, sending upward, and striking off (令40 第二十二、二十三、二十七至二十九条)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from core.models import Document
from geo.models import Region, ScopedQuerySet
from supervision.hazard_sources.models.assessment import Assessment
from supervision.hazard_sources.models.source import HazardSource, OfSource
from supervision.hazard_sources.statutory import PAPER, PAPERS


class Filing(OfSource):
    """One filing of a source after an assessment: its papers handed in, examined, accepted or sent back 备案."""

    source = models.ForeignKey(HazardSource, on_delete=models.PROTECT, related_name="filings", verbose_name="危险源")
    assessment = models.OneToOneField(
        Assessment, on_delete=models.PROTECT, related_name="filing", verbose_name="所依据的评估"
    )
    due_on = models.DateField("应备案日期", help_text="评估报告完成后15日内（令40 第二十三条）")
    submitted_at = models.DateTimeField("提交时间", null=True)
    submitted_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="提交人"
    )
    returned_at = models.DateTimeField("最近退回时间", null=True)
    returned_note = models.CharField("退回补正内容", max_length=500, blank=True)
    accepted_at = models.DateTimeField("备案时间", null=True)
    accepted_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="审查人"
    )
    number = models.CharField("备案编号", max_length=40, blank=True)
    document = models.ForeignKey(
        Document, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="备案证明"
    )

    class Meta:
        verbose_name = verbose_name_plural = "重大危险源备案"
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(accepted_at__isnull=True) | ~Q(number=""), name="filing_has_a_number"),
        )

    def __str__(self) -> str:
        return f"{self.source} 备案（{self.assessment.on}）"

    @property
    def days_late(self) -> int:
        """Counted, never declared: from the day it was due to the day it was handed in."""
        handed_in = self.submitted_at or self.accepted_at
        return max((handed_in.astimezone().date() - self.due_on).days, 0) if handed_in else 0


class FilingPaper(OfSource):
    """One paper of a filing: there, not there, or said not to apply 备案材料."""

    REGION_PATH: ClassVar[str] = "filing__source__region"
    SITE_PATH: ClassVar[str] = "filing__source__site"

    class State(models.TextChoices):
        MISSING = "missing", "未提供"
        GIVEN = "given", "已提供"
        NONE = "none", "不涉及"

    filing = models.ForeignKey(Filing, on_delete=models.CASCADE, related_name="papers", verbose_name="备案")
    key = models.CharField("材料", max_length=12, choices=[(paper.key, paper.label) for paper in PAPERS])
    state = models.CharField("提供情况", max_length=8, choices=State.choices, default=State.MISSING)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "备案材料"
        constraints = (
            models.UniqueConstraint(fields=("filing", "key"), name="filing_paper_once"),
            models.CheckConstraint(condition=~Q(state="none") | ~Q(note=""), name="filing_paper_none_explained"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def source(self) -> HazardSource:  # type: ignore[override]  # a paper knows it through its filing
        return self.filing.source

    @property
    def label(self) -> str:
        return PAPER[self.key].label

    @property
    def is_required(self) -> bool:
        return PAPER[self.key].is_required

    @property
    def is_settled(self) -> bool:
        return self.state != self.State.MISSING or not self.is_required


class Cancellation(OfSource):
    """One application to strike a source off, and what the county decided 核销."""

    class Outcome(models.TextChoices):
        OPEN = "", "待审查"
        CANCELLED = "cancelled", "予以核销"
        REFUSED = "refused", "不予核销"

    source = models.ForeignKey(
        HazardSource, on_delete=models.PROTECT, related_name="cancellations", verbose_name="危险源"
    )
    from_state = models.CharField("申请前状态", max_length=40)
    reason = models.CharField("核销理由", max_length=500)
    report_number = models.CharField("评估或评价报告编号", max_length=60, blank=True)
    report_on = models.DateField("报告日期", null=True, blank=True)
    applied_at = models.DateTimeField("申请时间")
    applied_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="申请人"
    )
    due_on = models.DateField("审查期限")
    outcome = models.CharField("审查结果", max_length=10, choices=Outcome.choices, default=Outcome.OPEN, blank=True)
    findings = models.CharField("现场核查与审查意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="审查人"
    )
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="文书")

    class Meta:
        verbose_name = verbose_name_plural = "核销申请"
        ordering = ("-applied_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("source",), condition=Q(outcome=""), name="cancellation_one_open"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | Q(decided_at__isnull=False),
                name="cancellation_decided_when_told",
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} 核销申请（{self.applied_at:%Y-%m-%d}）"


class Transmission(models.Model):
    """What one office sent to the level above for one period, as it was then 上报. Rows are only ever added."""

    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = ""

    class Level(models.TextChoices):
        CITY = "city", "县级报市级（一、二级，每季度）"
        PROVINCE = "province", "市级报省级（一级，每半年）"

    level = models.CharField("层级", max_length=8, choices=Level.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="报送地区")
    starts_on = models.DateField("期间起")
    ends_on = models.DateField("期间止")
    due_on = models.DateField("应报送日期")
    sent_at = models.DateTimeField("报送时间")
    sent_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="报送人"
    )
    count = models.PositiveIntegerField("条数")
    sha256 = models.CharField("内容哈希", max_length=64)
    note = models.CharField("说明", max_length=300, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "重大危险源上报"
        ordering = ("-starts_on", "level", "region")
        permissions = (("send_transmission", "向上级报送重大危险源材料"),)
        constraints = (
            models.UniqueConstraint(fields=("level", "region", "starts_on"), name="transmission_once_per_period"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="transmission_period_ends_later"),
        )

    def __str__(self) -> str:
        return f"{self.region.name} {self.period} {self.get_level_display()}"

    @property
    def period(self) -> str:
        return period_name(self.level, self.starts_on)

    @property
    def days_late(self) -> int:
        return max((self.sent_at.astimezone().date() - self.due_on).days, 0)


def period_name(level: str, starts_on: Any) -> str:
    if level == Transmission.Level.CITY:
        return f"{starts_on.year} 年第 {(starts_on.month + 2) // 3} 季度"
    return f"{starts_on.year} 年{'上' if starts_on.month == 1 else '下'}半年"


class TransmittedRow(models.Model):
    """One source as it was sent: frozen, whatever becomes of it 上报明细. Rows are only ever added."""

    REGION_PATH: ClassVar[str] = "transmission__region"
    SITE_PATH: ClassVar[str] = ""

    class Kind(models.TextChoices):
        FILED = "filed", "备案"
        CANCELLED = "cancelled", "核销"

    transmission = models.ForeignKey(Transmission, on_delete=models.PROTECT, related_name="rows", verbose_name="上报")
    source = models.ForeignKey(HazardSource, on_delete=models.PROTECT, related_name="+", verbose_name="危险源")
    kind = models.CharField("材料", max_length=10, choices=Kind.choices)
    data = models.JSONField("内容")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上报明细"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.data.get('name', '')}"
