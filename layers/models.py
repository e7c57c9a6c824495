"""What the map keeps for itself: how often each table changed, and counts by cell of layers too large to count anew."""

from __future__ import annotations

from django.db import models


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
