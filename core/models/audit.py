"""The audit trail, written by triggers."""

from typing import Any, ClassVar, Self

from django.db import models

from geo.scope import Viewer


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: Viewer) -> Self:
        """Entries carry no region, so only those whose view is the whole city read them."""
        return self if user.scope.is_everything else self.none()


class AuditEntry(models.Model):
    """One write of one row: who, when, before, after. Filled by a trigger, so no path around it; never changed."""

    class Action(models.TextChoices):
        INSERT = "insert", "新增"
        UPDATE = "update", "修改"
        DELETE = "delete", "删除"
        BULK = "bulk", "批量"

    REGION_PATH: ClassVar[str] = ""

    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        "core.User", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    table = models.CharField("表", max_length=63)
    row = models.CharField("行", max_length=64)
    action = models.CharField("动作", max_length=6, choices=Action.choices)
    before = models.JSONField("修改前", null=True)
    after = models.JSONField("修改后", null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = verbose_name_plural = "审计记录"
        indexes = (
            models.Index(fields=["table", "row", "-id"], name="audit_by_row"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.table} {self.row}"

    @property
    def changes(self) -> str:
        """One line for lists and sheets: “name：甲 → 乙；…”."""
        before: dict[str, Any] = self.before or {}
        after: dict[str, Any] = self.after or {}
        if self.action == self.Action.UPDATE:
            return "；".join(f"{k}：{before.get(k)} → {after.get(k)}" for k in after)
        return "；".join(f"{k}：{v}" for k, v in (after or before).items() if v not in (None, "", []))
