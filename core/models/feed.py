"""The event log and the small table of unlogged signals: what live screens are fed from."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from geo.models import Region, Site


class Feed(models.Model):
    """The one row that numbers events. A new `epoch` (after a restore) tells every client to load afresh."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=uuid.uuid4)
    last_seq = models.BigIntegerField(default=0)


class Event(models.Model):
    """One thing that happened, in the order it was committed. Rows are only ever added.

    `seq` is given by a deferred trigger while the transaction commits: gapless, and visible in order.
    """

    seq = models.BigIntegerField(unique=True, null=True, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=60)  # "incidents.verify"
    subject = models.CharField(max_length=80, blank=True)  # "incidents.incident:42"
    permission = models.CharField(max_length=80, blank=True)  # who may read it: "incidents.view_incident"
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    shared_with = ArrayField(models.BigIntegerField(), default=list)  # other regions it concerns
    actor = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq"]
        indexes = (models.Index(fields=["subject", "seq"], name="event_by_subject"),)


class Signal(models.Model):
    """A last value worth showing but not worth keeping: the operator's view on the wall, later vehicle positions."""

    key = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField(default=dict)
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.BigIntegerField(default=0, db_index=True)
    at = models.DateTimeField(auto_now=True)
