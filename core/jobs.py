"""Work outside a request: claimed by row with a lease, retried with back-off, done at least once.

Functions are therefore written so that doing them twice does no harm. Why not a library: docs/decisions/0002-jobs.md.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import Error, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.models.jobs import Heartbeat, Job, Periodic

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
ATTEMPTS = 5
Callback = TypeVar("Callback", bound=Callable[..., Any])

functions: dict[str, Callable[..., Any]] = {}
schedule: dict[str, tuple[Callable[[], Any], timedelta]] = {}


def job(function: Callback) -> Callback:
    """Make a module-level function a job; its name is `<app>.<function>`."""
    functions[name_of(function)] = function
    return function


def every(**interval: float) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Run a function without arguments about every so often, on one worker at a time: `@every(minutes=1)`."""

    def register(function: Callable[[], Any]) -> Callable[[], Any]:
        schedule[name_of(function)] = (function, timedelta(**interval))
        return function

    return register


def name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removesuffix('.jobs')}.{function.__name__}"


def enqueue(
    function: Callable[..., Any], *, key: str | None = None, run_at: datetime | None = None, **arguments: Any
) -> None:
    """Queue a call in the caller's transaction. With a `key`, a waiting job of that key is kept and this dropped."""
    row = Job(name=name_of(function), arguments=arguments, key=key, run_at=run_at or Now())
    Job.objects.bulk_create([row], ignore_conflicts=key is not None)


def claim() -> Job | None:
    """Take the next due job under a lease, or None. A job whose lease ended (its worker died) is due again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_job SET claimed_until = clock_timestamp() + %s * interval '1 second', attempts = attempts + 1
            WHERE id = (
                SELECT id FROM core_job
                WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= clock_timestamp() AND attempts < %s
                  AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            [LEASE.total_seconds(), ATTEMPTS],
        )
        row = cursor.fetchone()
    return Job.objects.get(pk=row[0]) if row else None


@contextmanager
def leased(task: Job) -> Iterator[None]:
    """Inside, the lease is renewed from a thread, so that a job may last longer than it.

    The thread ends with the process: a killed worker's job is due when its last lease ends. It has a connection of its
    own, because the job's may be in a transaction that nobody sees before its end.
    """
    finished = threading.Event()

    def renew() -> None:
        try:
            while not finished.wait(LEASE.total_seconds() / 3):
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE core_job SET claimed_until = clock_timestamp() + %s * interval '1 second' "
                            "WHERE id = %s AND done_at IS NULL AND failed_at IS NULL AND attempts = %s",
                            [LEASE.total_seconds(), task.pk, task.attempts],
                        )
                except Error:  # the database is away for a moment: the next third of the lease tries again
                    log.warning("Lease of job %s could not be renewed", task.pk)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{task.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join(timeout=5)


def run(task: Job) -> bool:
    """Do one claimed job. A failure is retried after 2, 8, 18… seconds; the last one is kept with its traceback."""
    try:
        with leased(task):
            functions[task.name](**task.arguments)
    except Exception:  # whatever a job raises must not stop the worker
        error = traceback.format_exc()[-4000:]
        log.warning("Job %s %s failed (attempt %s)", task.pk, task.name, task.attempts)
        if task.attempts >= ATTEMPTS:
            Job.objects.filter(pk=task.pk).update(failed_at=Now(), error=error)
        else:
            again = timezone.now() + timedelta(seconds=2 * task.attempts**2)
            Job.objects.filter(pk=task.pk).update(run_at=again, claimed_until=None, error=error)
        return False
    Job.objects.filter(pk=task.pk).update(done_at=Now(), error="")
    return True


def run_waiting(limit: int = 100) -> int:
    """Do what is due now; how many were done. Tests use it too."""
    done = 0
    while done < limit and (task := claim()):
        run(task)
        done += 1
    return done


def run_periodic() -> None:
    """Run the periodic functions whose time has come; the row says so to the other workers."""
    for name, (function, interval) in schedule.items():
        row, _created = Periodic.objects.get_or_create(name=name, defaults={"next_at": timezone.now()})
        taken = Periodic.objects.filter(pk=name, next_at=row.next_at, next_at__lte=Now()).update(
            next_at=Now() + interval
        )
        if not taken:
            continue
        try:
            function()
        except Exception:  # one failing function must not keep the others from running
            log.exception("Periodic %s failed", name)


def beat(name: str, **detail: Any) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": Now(), "detail": detail})


@every(minutes=1)
def give_up() -> None:
    """A job that took its worker with it every time is not handed to yet another one."""
    dead = Job.objects.filter(done_at__isnull=True, failed_at__isnull=True, attempts__gte=ATTEMPTS)
    dead.filter(claimed_until__lt=Now()).update(failed_at=Now(), error="执行它的后台进程每次都中途退出。")


@every(hours=1)
def tidy() -> None:
    """Finished jobs and stored answers are of no use after a while."""
    from core.models.idempotency import StoredAnswer

    with transaction.atomic():
        Job.objects.filter(done_at__lt=timezone.now() - timedelta(days=7)).delete()
        StoredAnswer.objects.filter(created_at__lt=timezone.now() - timedelta(days=2)).delete()
