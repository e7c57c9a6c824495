"""An incident from alarm to archive, its append-only timeline and its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db.models import Q
from django.utils import timezone

from command_center.incidents import states
from core.models import Case, Organisation, User
from geo.models import CGCS2000, Mapped, ScopedQuerySet, Site
from geo.scope import Scope, Viewer


def concerns(scope: Scope, prefix: str = "") -> Q:
    """Whose incident it is: the regions it lies in or was shared with, or the enterprise's own site."""
    if scope.site_id is not None:
        return Q(**{f"{prefix}site_id": scope.site_id})
    if scope.region_ids is None:
        return Q()
    regions: Iterable[int] = scope.region_ids
    return Q(**{f"{prefix}region_id__in": regions}) | Q(**{f"{prefix}shared_with__overlap": list(regions)})


class IncidentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(concerns(user.scope))

    def open(self) -> Self:
        return self.filter(state__in=states.OPEN)

    def real(self) -> Self:
        """Without drills: what statistics count."""
        return self.filter(is_drill=False)


class PartQuerySet(ScopedQuerySet):
    """Rows that are seen by whoever sees their incident."""

    def visible_to(self, user: Viewer) -> Self:
        return self.filter(concerns(user.scope, "incident__"))


class Incident(Mapped, Case):
    """One emergency 突发事件. Incomplete is accepted and flagged (`flags`), never refused.

    A place nobody has told yet is the region's label point with `is_located` false. The reporter is personal data:
    it never leaves in events, tiles, search or exports.
    """

    PERSONAL = ("reporter_name", "reporter_phone")

    class Kind(models.TextChoices):
        FIRE = "fire", "火灾"
        EXPLOSION = "explosion", "爆炸"
        LEAK = "leak", "危化品泄漏"
        POISONING = "poisoning", "中毒窒息"
        GAS = "gas", "燃气泄漏"
        BLOWOUT = "blowout", "井喷失控"
        COLLAPSE = "collapse", "坍塌"
        TRAFFIC = "traffic", "交通事故"
        INJURY = "injury", "机械伤害与坠落"
        FLOOD = "flood", "洪涝风暴潮"
        POLLUTION = "pollution", "环境污染"
        OTHER = "other", "其他"

    class Source(models.TextChoices):
        PHONE = "phone", "电话"
        MAP = "map", "地图登记"
        ENTERPRISE = "enterprise", "企业一键报警"
        API = "api", "接口"
        TRANSFER = "transfer", "移送"
        PATROL = "patrol", "巡查发现"

    class Level(models.IntegerChoices):
        """Response level 响应级别, 1 the gravest."""

        I = 1, "Ⅰ级"  # noqa: E741
        II = 2, "Ⅱ级"
        III = 3, "Ⅲ级"
        IV = 4, "Ⅳ级"

    class Grade(models.TextChoices):
        """Accident grade 事故等级, 《生产安全事故报告和调查处理条例》（国务院令第493号）第三条."""

        ORDINARY = "ordinary", "一般"
        LARGE = "large", "较大"
        MAJOR = "major", "重大"
        EXTREME = "extreme", "特别重大"

    SITE_PATH = "site"

    number = models.CharField("编号", max_length=20, unique=True)
    title = models.CharField("标题", max_length=120)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.OTHER)
    narrative = models.TextField("情况描述", blank=True)
    address = models.CharField("地点", max_length=200, blank=True)
    source = models.CharField("来源", max_length=12, choices=Source.choices, default=Source.PHONE)
    reporter_name = models.CharField("报警人", max_length=40, blank=True)
    reporter_phone = models.CharField("报警电话", max_length=30, blank=True)
    uncertainty_m = models.PositiveIntegerField("位置误差（米）", default=0)
    is_located = models.BooleanField("位置已知", default=True)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents", verbose_name="涉事单位"
    )
    shared_with = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="协同区划")
    is_drill = models.BooleanField("演练", default=False)
    flags = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="待补充")

    occurred_at = models.DateTimeField("发生时间", null=True, blank=True)
    received_at = models.DateTimeField("接报时间", default=timezone.now)
    acknowledged_at = models.DateTimeField("签收时间", null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="签收人"
    )
    raised_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )

    level = models.PositiveSmallIntegerField("响应级别", null=True, blank=True, choices=Level.choices)
    measures = models.TextField("响应措施", blank=True)
    expected_until = models.DateTimeField("预计解除时间", null=True, blank=True)
    grade = models.CharField("事故等级", max_length=10, choices=Grade.choices, default=Grade.ORDINARY)
    deaths = models.PositiveIntegerField("死亡", default=0)
    serious_injuries = models.PositiveIntegerField("重伤", default=0)
    minor_injuries = models.PositiveIntegerField("轻伤", default=0)
    missing = models.PositiveIntegerField("失踪", default=0)
    trapped = models.PositiveIntegerField("被困", default=0)
    evacuated = models.PositiveIntegerField("疏散", default=0)
    direct_loss_wan = models.DecimalField(
        "直接经济损失（万元）", max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )

    disposition = models.CharField("处置结果", max_length=200, blank=True)
    closing_reason = models.CharField("办结原因", max_length=200, blank=True)
    transferred_to = models.CharField("移交单位", max_length=100, blank=True)
    lessons = models.TextField("评估结论", blank=True)

    objects = IncidentQuerySet.as_manager()  # type: ignore[misc]  # Django replaces an inherited manager so

    class Meta:
        verbose_name = verbose_name_plural = "突发事件"
        ordering = ["-pk"]
        permissions = [
            ("verify_incident", "核实事件"),
            ("respond_incident", "启动响应"),
            ("level_incident", "调整响应级别"),
            ("end_incident", "终止响应"),
            ("review_incident", "评估归档"),
            ("note_incident", "记录事件"),
            ("raise_alarm", "一键报警"),
            ("view_reporter", "查看报警人"),
        ]
        indexes = (models.Index(fields=["region", "state"], name="incident_by_region"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(level__range=(1, 4)), name="incident_level_one_to_four"
            ),
            models.CheckConstraint(condition=Q(direct_loss_wan__gte=0), name="incident_loss_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state in states.OPEN

    @property
    def is_exercise(self) -> bool:
        """The documents engine's word for it: papers of a drill say 【演练】 and count apart."""
        return self.is_drill

    @property
    def state_label(self) -> str:
        return states.STATES[self.state]

    def event_facts(self) -> dict[str, Any]:
        """What every event of an incident carries: enough to draw it, nothing personal."""
        return {
            "number": self.number,
            "title": self.title,
            "incident_kind": self.kind,
            "level": self.level,
            "grade": self.get_grade_display(),
            "grade_key": self.grade,
            "is_drill": self.is_drill,
            "is_open": self.is_open,
            "acknowledged": self.acknowledged_at is not None,
            "lon": self.lon,
            "lat": self.lat,
        }

    @property
    def lon(self) -> float | None:
        """None while nobody has said where it is: the label point is no place to send people to."""
        return self.geom.x if self.is_located else None

    @property
    def lat(self) -> float | None:
        return self.geom.y if self.is_located else None


class IncidentEntry(models.Model):
    """One line of an incident's timeline 时间线. Rows are only ever added; `n` counts within the incident."""

    class Kind(models.TextChoices):
        RAISED = "raised", "接报"
        STEP = "step", "流程"
        NOTE = "note", "记录"
        AMENDED = "amended", "补正"
        ACKNOWLEDGED = "acknowledged", "签收"
        CASUALTY = "casualty", "伤亡"
        LEVEL = "level", "级别"
        REPORT = "report", "上报"
        ASSIGNMENT = "assignment", "力量"
        TASK = "task", "任务"
        DOCUMENT = "document", "文书"
        MESSAGE = "message", "通知"

    REGION_PATH: ClassVar[str] = "incident__region"
    SITE_PATH: ClassVar[str] = "incident__site"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    n = models.PositiveIntegerField("序号")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    at = models.DateTimeField("时间", default=timezone.now)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="操作人")
    text = models.TextField("内容")
    place = models.PointField("地点", srid=CGCS2000, null=True)
    data = models.JSONField("数据", default=dict)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事件记录"
        ordering = ["incident", "n"]
        constraints = (models.UniqueConstraint(fields=["incident", "n"], name="entry_once_per_number"),)

    def __str__(self) -> str:
        return f"{self.incident_id}#{self.n}"


class Task(models.Model):
    """Something somebody must do for an incident by a time, and what came of it 任务."""

    REGION_PATH: ClassVar[str] = "incident__region"
    SITE_PATH: ClassVar[str] = ""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField("任务", max_length=120)
    detail = models.TextField("要求", blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="责任单位"
    )
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="责任人"
    )
    due_at = models.DateTimeField("完成时限", null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="下达人")
    created_at = models.DateTimeField("下达时间", default=timezone.now)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    done_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="完成人"
    )
    feedback = models.TextField("反馈", blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事件任务"
        ordering = ["done_at", "due_at", "pk"]
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="task_done_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and (self.done_at or timezone.now()) > self.due_at
