"""What the map keeps for itself: how often each table changed, counts of layers and of statistics, saved views."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q, Value

from core.models import Organisation, User
from geo.models import Region


class Change(models.Model):
    """One statement that wrote to a table, or several after compaction: the sum of a table's rows is its version.

    Rows are inserted and later summed up, never updated, so writers do not wait for each other, and the version
    moves at the moment the written rows become visible.
    """

    table = models.CharField(max_length=63)
    n = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["table"], include=["n"], name="change_by_table"),)


class Rollup(models.Model):
    """Counts by cell of one query, as they stood at `version`. `digest` names the query: layer, rights, definition."""

    digest = models.CharField(max_length=40, unique=True)
    layer = models.CharField(max_length=64)
    version = models.CharField(max_length=80)
    total = models.BigIntegerField(default=0)
    built_at = models.DateTimeField(auto_now=True)
    took_s = models.FloatField(default=0)


class Cell(models.Model):
    """How many rows of one region and state lie in one grid cell, and the sums of their Mercator coordinates."""

    rollup = models.ForeignKey(Rollup, on_delete=models.CASCADE, db_index=False, related_name="cells")
    level = models.SmallIntegerField()  # cells are sixteenths of a tile of this zoom
    cx = models.IntegerField()
    cy = models.IntegerField()
    region_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=40, null=True)  # noqa: DJ001  (as the layer has it: unknown is not "")
    n = models.IntegerField()
    sx = models.FloatField()
    sy = models.FloatField()

    class Meta:
        indexes = (models.Index(fields=["rollup", "level", "cx", "cy"], name="cell_by_place"),)


class Tally(models.Model):
    """What a pass of statistics found, as at `version`. `digest` names its SQL: rows, rights, groupings, day."""

    digest = models.CharField(max_length=40, primary_key=True)
    version = models.CharField(max_length=80)
    lines = models.JSONField()
    as_of = models.DateTimeField()
    took_s = models.FloatField()


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> Self:
        """One's own; those given to one's office; those given to a region by somebody whose region holds one's own."""
        shared = Q(owner=user)
        if user.scope.site_id is None:
            if user.organisation_id is not None:
                shared |= Q(sharing=SavedView.Sharing.OFFICE, organisation=user.organisation_id)
            if user.region is not None:
                above = Value(user.region.path)
                found = Region.objects.alias(mine=above).filter(mine__startswith=models.F("path")).values("pk")
                shared |= Q(sharing=SavedView.Sharing.REGION, region__in=found)
        return self.filter(shared)


class SavedView(models.Model):
    """A view of the map under a name 视图: layers, themes, filters, region and position, as the link that opens it.

    A link shows each reader what lies in their own scope; sharing it gives no rights.
    """

    class Sharing(models.TextChoices):
        PRIVATE = "private", "只有自己"
        OFFICE = "office", "本单位"
        REGION = "region", "本辖区"

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_views", verbose_name="所有人")
    name = models.CharField("名称", max_length=40)
    link = models.CharField("视图", max_length=4000)
    sharing = models.CharField("共享", max_length=10, choices=Sharing.choices, default=Sharing.PRIVATE)
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="单位"
    )
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="辖区")
    created_at = models.DateTimeField("保存时间", auto_now_add=True)
    updated_at = models.DateTimeField("修改时间", auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "地图视图"
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="saved_view_named_once"),)

    def __str__(self) -> str:
        return self.name
