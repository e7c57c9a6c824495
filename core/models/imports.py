"""Sheet imports: the batch, the rows of its file, and what was written for each."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models.files import StoredFile
from geo.models import Region
from geo.scope import Viewer


class BatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: Viewer) -> Self:
        """One's own, and those of the people of one's region and below. Enterprises see their own only."""
        own = Q(uploaded_by=user)
        scope = user.scope
        if scope.site_id is not None:
            return self.filter(own)
        if scope.region_ids is None:
            return self
        return self.filter(own | Q(region__in=scope.region_ids, is_enterprise=False))


class ImportBatch(models.Model):
    """One uploaded file on its way into the records 导入批次: read, checked, decided on, written, perhaps undone."""

    class State(models.TextChoices):
        READING = "reading", "正在读取"
        CHECKING = "checking", "正在核对"
        READY = "ready", "待确认"
        REFUSED = "refused", "已退回"
        APPLYING = "applying", "正在导入"
        DONE = "done", "已导入"
        UNDOING = "undoing", "正在撤销"
        UNDONE = "undone", "已撤销"
        DISCARDED = "discarded", "已放弃"

    class Mode(models.TextChoices):
        ALL = "all", "全部正确才导入"
        GOOD = "good", "只导入正确的行"

    BUSY: ClassVar[tuple[str, ...]] = ("reading", "checking", "applying", "undoing")
    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = ""

    sheet = models.CharField("导入到", max_length=80, db_index=True)  # "resources/teams"
    title = models.CharField("名称", max_length=60)
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField("文件名", max_length=200)
    kind = models.CharField("文件格式", max_length=20)
    options = models.JSONField("上传时的选择", default=dict)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    region = models.ForeignKey(Region, verbose_name="所属区划", null=True, on_delete=models.PROTECT, related_name="+")
    is_enterprise = models.BooleanField("企业账号上传", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.READING)
    mode = models.CharField("导入方式", max_length=4, choices=Mode.choices, blank=True)
    # columns, notes, heading, positions, above, sheet of the file; "mapping" column -> key; "unknown" columns
    header = models.JSONField(default=dict)
    is_acknowledged = models.BooleanField("已确认不认识的列", default=False)
    problem = models.TextField("问题", blank=True)
    conflicts = models.JSONField(default=list)  # [[row, text]]: why an undo was refused
    counts = models.JSONField(default=dict)  # new changed unchanged error warning example, and what was written
    figures = models.JSONField(default=dict)  # seconds and megabytes of the steps
    audit_mark = models.BigIntegerField(null=True)  # the last audit entry when it was written: later ones are others'
    created_at = models.DateTimeField("上传时间", default=timezone.now)
    applied_at = models.DateTimeField("导入时间", null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="导入人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="撤销人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    emptied_at = models.DateTimeField("明细清除时间", null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = verbose_name_plural = "导入批次"
        indexes = (models.Index(fields=["sheet", "-id"], name="import_of_sheet"),)

    def __str__(self) -> str:
        return f"{self.title}导入 #{self.pk}"

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY

    @property
    def mapping(self) -> dict[str, str]:
        return dict(self.header.get("mapping", {}))

    @property
    def unknown(self) -> list[str]:
        return list(self.header.get("unknown", []))

    @property
    def must_acknowledge(self) -> bool:
        return bool(self.unknown) and not self.is_acknowledged


class ImportRow(models.Model):
    """One row of an uploaded file: what stood in it, what it would change, what is wrong with it. Personal data."""

    class State(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "变更"
        UNCHANGED = "unchanged", "未变"
        ERROR = "error", "错误"
        EXAMPLE = "example", "示例"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField("行号")
    cells = models.JSONField(default=dict)  # column -> as it stood in the file
    geometry = models.JSONField(null=True)
    values: Any = models.JSONField(default=dict)  # key -> as it was understood
    state = models.CharField("结果", max_length=10, choices=State.choices, blank=True)
    target = models.CharField(max_length=64, blank=True)  # the key of the record it is about, or has become
    changes: Any = models.JSONField(default=dict)  # key -> [before, after]
    problems = models.JSONField(default=dict)  # key, or "" for the whole row -> what is wrong and how to mend it
    warnings = models.JSONField(default=dict)
    is_applied = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]
        constraints = (models.UniqueConstraint(fields=["batch", "number"], name="import_row_once"),)
        indexes = (models.Index(fields=["batch", "state", "number"], name="import_row_by_state"),)

    def __str__(self) -> str:
        return f"#{self.batch_id} {self.number}"


class ImportWrite(models.Model):
    """One database row that a batch made (`before` is null) or changed (what it was): what an undo takes back."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="writes")
    number = models.PositiveIntegerField()  # the row of the file
    model = models.CharField(max_length=80)  # "enterprises.enterprise"
    key = models.CharField(max_length=64)
    before = models.JSONField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = (models.Index(fields=["batch", "model", "key"], name="import_write_of"),)

    def __str__(self) -> str:
        return f"{self.model} {self.key}"
