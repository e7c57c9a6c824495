"""Work outside a request: taken once, taken up again when its worker dies, retried, and kept when it fails for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import jobs
from core.models import Heartbeat, Job, Periodic
from core.tests.conftest import run_together, until

pytestmark = pytest.mark.django_db
done: list[Any] = []


def note(**arguments: Any) -> None:
    done.append(arguments)


def fail() -> None:
    raise ValueError("坏数据")


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    done.clear()
    known, planned = dict(jobs.functions), dict(jobs.schedule)
    jobs.job(note)
    jobs.job(fail)
    yield
    jobs.functions.clear()
    jobs.functions.update(known)
    jobs.schedule.clear()
    jobs.schedule.update(planned)


def test_a_queued_job_is_done_once() -> None:
    jobs.enqueue(note, n=1)
    assert jobs.run_waiting() == 1
    assert jobs.run_waiting() == 0
    assert done == [{"n": 1}]
    assert Job.objects.get().done_at is not None


def test_a_job_waits_for_its_time() -> None:
    jobs.enqueue(note, run_at=timezone.now() + timedelta(hours=1))
    assert jobs.run_waiting() == 0


def test_a_job_of_a_rolled_back_transaction_never_was() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue(note)
        raise ZeroDivisionError
    assert jobs.run_waiting() == 0


def test_of_one_key_only_one_waits() -> None:
    for n in range(3):
        jobs.enqueue(note, key="report", n=n)
    assert jobs.run_waiting() == 1
    assert done == [{"n": 0}]
    jobs.enqueue(note, key="report", n=9)  # the earlier one is done: this is a new one
    assert jobs.run_waiting() == 1


def test_a_failing_job_is_tried_again_later_and_kept_in_the_end() -> None:
    jobs.enqueue(fail)
    pauses = []
    for _ in range(jobs.ATTEMPTS):
        before = timezone.now()
        assert jobs.run_waiting() == 1
        task = Job.objects.get()
        pauses.append(round((task.run_at - before).total_seconds()))
        Job.objects.update(run_at=before)
    assert pauses[:4] == [2, 8, 18, 32]
    assert task.failed_at is not None
    assert "坏数据" in task.error
    assert jobs.run_waiting() == 0


def test_an_unknown_function_fails_without_stopping_the_worker() -> None:
    jobs.enqueue(note, n=1)
    Job.objects.update(name="gone.function")
    jobs.enqueue(note, n=2)
    jobs.run_waiting()
    assert done == [{"n": 2}]
    assert "gone.function" in Job.objects.get(name="gone.function").error


def test_the_job_of_a_dead_worker_is_due_again_when_its_lease_ends() -> None:
    jobs.enqueue(note, n=1)
    assert jobs.claim() is not None  # and then the worker died
    assert jobs.claim() is None
    Job.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run_waiting() == 1
    assert Job.objects.get().attempts == 2


def test_a_job_that_kills_its_worker_every_time_is_given_up() -> None:
    jobs.enqueue(note)
    for _ in range(jobs.ATTEMPTS):
        assert jobs.claim() is not None
        Job.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert jobs.claim() is None
    jobs.give_up()
    task = Job.objects.get()
    assert task.failed_at is not None
    assert task.error


@pytest.mark.django_db(transaction=True)
def test_several_workers_never_take_the_same_job() -> None:
    for n in range(60):
        jobs.enqueue(note, n=n)
    assert sum(run_together(*[lambda: jobs.run_waiting()] * 4)) == 60
    assert sorted(d["n"] for d in done) == list(range(60))


def test_a_periodic_function_runs_when_its_time_has_come_and_once() -> None:
    jobs.schedule.clear()
    runs: list[int] = []

    @jobs.every(minutes=5)
    def count() -> None:
        runs.append(1)

    for _ in range(3):
        jobs.run_periodic()
    assert len(runs) == 1
    Periodic.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    jobs.run_periodic()
    assert len(runs) == 2


@pytest.mark.django_db(transaction=True)
def test_a_periodic_function_runs_on_one_of_several_workers() -> None:
    jobs.schedule.clear()
    runs: list[int] = []

    @jobs.every(minutes=5)
    def count() -> None:
        runs.append(1)

    assert run_together(*[jobs.run_periodic] * 4) == [None] * 4
    assert len(runs) == 1


def test_a_failing_periodic_function_does_not_keep_the_others_from_running() -> None:
    jobs.schedule.clear()
    jobs.every(minutes=5)(fail)
    jobs.every(minutes=5)(note)
    jobs.run_periodic()
    assert done == [{}]


def test_finished_jobs_are_tidied_away_after_a_week() -> None:
    for _ in range(2):
        jobs.enqueue(note)
    jobs.run_waiting()
    Job.objects.filter(pk=Job.objects.first().pk).update(done_at=timezone.now() - timedelta(days=8))
    jobs.tidy()
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_worker_lives_beats_and_ends_when_told() -> None:
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    worker = subprocess.Popen([sys.executable, "manage.py", "work"], env={**os.environ, "DATABASE_URL": url})
    try:
        until(lambda: Heartbeat.objects.filter(name="worker").exists(), 20)
        first = Heartbeat.objects.get(name="worker").seen_at
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        until(lambda: Heartbeat.objects.get(name="worker").seen_at > first, 20)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
    finally:
        worker.kill()
        worker.wait()
