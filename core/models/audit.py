"""The audit trail, written by triggers."""

from django.db import models


class AuditEntry(models.Model):
    """One write of one row: who, when, before, after. Filled by a trigger, so no path around it; never changed."""

    class Action(models.TextChoices):
        INSERT = "insert", "新增"
        UPDATE = "update", "修改"
        DELETE = "delete", "删除"
        BULK = "bulk", "批量"

    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        "core.User", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    table = models.CharField("表", max_length=63)
    row = models.CharField("行", max_length=64)
    action = models.CharField("动作", max_length=6, choices=Action.choices)
    before = models.JSONField("修改前", null=True)
    after = models.JSONField("修改后", null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = verbose_name_plural = "审计记录"
        indexes = (
            models.Index(fields=["table", "row", "-id"], name="audit_by_row"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        )
