"""A job that lasts longer than its lease is not taken up twice; one whose worker died is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from core import jobs
from core.models import Job
from core.tests.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)
begun, may_end, runs = threading.Event(), threading.Event(), []


def long_job() -> None:
    runs.append(threading.current_thread().name)
    begun.set()
    may_end.wait(20)


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.6))
    monkeypatch.setitem(jobs.functions, jobs.name_of(long_job), long_job)
    for event in (begun, may_end):
        event.clear()
    runs.clear()
    yield
    may_end.set()


def worker() -> None:
    jobs.run_waiting()
    connection.close()


def test_a_second_worker_finds_nothing_while_the_first_renews_its_lease() -> None:
    jobs.enqueue(long_job)
    first = threading.Thread(target=worker, name="first")
    first.start()
    assert begun.wait(10)
    taken = Job.objects.get()
    ends: set[object] = set()

    def renewed_often() -> bool:
        ends.add(Job.objects.get().claimed_until)
        assert jobs.claim() is None  # the second claimer, all the while
        return len(ends) > 4  # four renewals are more than one whole lease

    until(renewed_often)
    may_end.set()
    first.join(10)
    assert runs == ["first"]
    done = Job.objects.get()
    assert done.done_at is not None and done.attempts == taken.attempts == 1


def test_a_lease_that_is_renewed_by_nobody_ends() -> None:
    jobs.enqueue(long_job)
    assert jobs.claim() is not None  # claimed by a worker that is killed before it can renew
    until(lambda: jobs.claim() is not None)
    assert Job.objects.get().attempts == 2


def test_whoever_lost_the_lease_does_not_renew_the_other_ones() -> None:
    jobs.enqueue(long_job)
    lost = jobs.claim()
    assert lost is not None
    until(lambda: jobs.claim() is not None)
    until_then = Job.objects.get().claimed_until
    with jobs.leased(lost):
        threading.Event().wait(0.5)
    assert Job.objects.get().claimed_until == until_then
