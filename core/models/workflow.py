"""Cases and the steps they took."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Case(models.Model):
    """What every case under a workflow has. `version` counts its changes and is its ETag."""

    state = models.CharField("状态", max_length=40, db_index=True)
    version = models.PositiveIntegerField("版本", default=1)
    state_since = models.DateTimeField("进入该状态时间", auto_now_add=True)
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        abstract = True


class Step(models.Model):
    """One transition of one case: who moved it, from where to where, and why. Rows are only ever added."""

    case_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    case_id = models.BigIntegerField()
    case = GenericForeignKey("case_type", "case_id")
    name = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    source = models.CharField(max_length=40)
    target = models.CharField(max_length=40)
    actor = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = (
            models.UniqueConstraint(fields=["case_type", "case_id", "version"], name="step_once_per_version"),
        )
