"""Work to be done outside a request."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One piece of work. Claimed by row with a lease, so a killed worker's job is taken up again."""

    name = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    # At most one waiting job of a key; no key (NULL) never collides, which "" would.
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001
    run_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["run_at"], name="job_waiting", condition=Q(done_at__isnull=True, failed_at__isnull=True)
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["name", "key"],
                condition=Q(done_at__isnull=True, failed_at__isnull=True),
                name="job_once_per_key",
            ),
        )


class Periodic(models.Model):
    """When a periodic function runs next; whoever moves `next_at` first runs it."""

    name = models.CharField(max_length=60, primary_key=True)
    next_at = models.DateTimeField()


class Heartbeat(models.Model):
    """A long-running process says it lives."""

    name = models.CharField(max_length=60, primary_key=True)
    seen_at = models.DateTimeField()
    detail = models.JSONField(default=dict)
