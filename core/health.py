"""Whether the process lives (`/healthz`) and whether it can work (`/readyz`); `manage.py doctor` asks the same."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from core import events
from core.models import Heartbeat

STALE_AFTER = timedelta(seconds=15)  # the worker says twice a second that it lives


def unapplied() -> list[str]:
    """Migrations this code has and this database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


@cache
def is_migrated_for_good() -> bool:
    """Reading the graph costs 50 ms; once current, it stays so for as long as this process runs this code."""
    if waiting := unapplied():
        raise Unmigrated(waiting)
    return True


class Unmigrated(Exception):
    """`cache` keeps answers, not exceptions, so the question is asked again until it is answered with yes."""


def worker_age() -> timedelta | None:
    """Since when nothing has been heard of the worker; None if it has never run."""
    beat = Heartbeat.objects.filter(name="worker").first()
    return timezone.now() - beat.seen_at if beat else None


def healthz(request: HttpRequest) -> JsonResponse:
    return answer({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """A stale worker is told, not refused: the map and the live feed work without it."""
    try:
        is_migrated_for_good()
        age = worker_age()
        feed = events.cursor()
    except Unmigrated as error:
        return answer({"ok": False, "database": "ok", "migrations": error.args[0]}, status=503)
    except DatabaseError:
        return answer({"ok": False, "database": "down"}, status=503)
    worker = "never" if age is None else "stale" if age > STALE_AFTER else "ok"
    seconds = None if age is None else round(age.total_seconds(), 1)
    return answer(
        {
            "ok": True,
            "database": "ok",
            "migrations": "current",
            "worker": {"state": worker, "seen_seconds_ago": seconds},
            "feed": feed,
        }
    )


def answer(body: dict[str, object], *, status: int = 200) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response
