"""The event log: gapless, in order, scoped, and only ever added to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction

from core import events
from core.models import Event
from core.tests.conftest import run_together
from core.tests.papers import Paper


def numbers() -> list[int]:
    return list(Event.objects.order_by("seq").values_list("seq", flat=True))


def test_appending_outside_a_transaction_is_refused(cast: SimpleNamespace) -> None:
    was, connection.in_atomic_block = connection.in_atomic_block, False
    try:
        with pytest.raises(RuntimeError):
            events.append("papers.told", subject=Paper(pk=1), region=cast.city.region, actor=None)
    finally:
        connection.in_atomic_block = was


@pytest.mark.django_db(transaction=True)
def test_eight_writers_leave_no_gap_and_no_reader_overlooks_any(
    cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    seen: list[int] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(40):
            tell(cast.district.region)

    def read() -> None:
        """Moves its cursor to the highest number it has seen, as every client does."""
        last = 0
        while not (done.is_set() and last == Event.objects.count()):
            found = list(Event.objects.filter(seq__gt=last).order_by("seq").values_list("seq", flat=True))
            seen.extend(found)
            last = found[-1] if found else last
            if len(seen) >= 320:
                return

    assert run_together(*[write] * 8, read) == [None] * 9
    assert numbers() == seen == list(range(1, 321))
    assert events.cursor()["seq"] == 320


@pytest.mark.django_db(transaction=True)
def test_who_appends_first_but_commits_last_comes_last(cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    begun, told = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            events.append("papers.slow", subject=Paper(pk=1), region=cast.city.region, actor=None)
            begun.set()
            assert told.wait(10)

    def quick() -> None:
        assert begun.wait(10)
        tell(cast.city.region)  # is not held up by the open transaction
        told.set()

    assert run_together(slow, quick) == [None, None]
    assert list(Event.objects.order_by("seq").values_list("seq", "kind")) == [(1, "papers.told"), (2, "papers.slow")]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_gap(cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    tell(cast.city.region)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.append("papers.told", subject=Paper(pk=1), region=cast.city.region, actor=None)
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.append("papers.told", subject=Paper(pk=1), region=cast.city.region, actor=None)
        events.number_now()
        raise ZeroDivisionError
    tell(cast.city.region)
    assert numbers() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_several_events_of_one_transaction_keep_their_order(cast: SimpleNamespace) -> None:
    with transaction.atomic():
        for n in range(5):
            events.append(f"papers.step{n}", subject=Paper(pk=1), region=cast.city.region, actor=None)
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == [f"papers.step{n}" for n in range(5)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_event SET kind = 'forged'",
        "UPDATE core_event SET seq = seq + 1",
        "UPDATE core_event SET seq = NULL",
        "DELETE FROM core_event",
        "UPDATE core_step SET note = 'forged'",
        "DELETE FROM core_step",
        "UPDATE core_auditentry SET actor_id = NULL",
        "DELETE FROM core_auditentry",
    ],
)
def test_what_was_written_cannot_be_changed(
    papers: Callable[..., Paper], cast: SimpleNamespace, tell: Callable[..., Any], statement: str
) -> None:
    from core.tests.papers import FLOW

    FLOW.advance(papers(cast.city.region), "file", actor=cast.city)
    events.number_now()
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["core_event", "core_step", "core_auditentry"])
def test_nor_emptied(db: None, table: str) -> None:
    with pytest.raises(IntegrityError, match="TRUNCATE"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL antu.may_truncate = '0'")
        cursor.execute(f"TRUNCATE {table} CASCADE")


def heard_by(user: Any, after: int = 0) -> list[int]:
    events.number_now()
    return [e.seq for e in events.after(after, user) if e.seq]


def test_who_resumes_is_told_what_the_scope_allows(
    cast: SimpleNamespace, tell: Callable[..., Any], sites: SimpleNamespace
) -> None:
    tell(cast.district.region)  # 1
    tell(cast.town.region, site_id=sites.own.pk)  # 2
    tell(cast.neighbour.region)  # 3
    tell(cast.district.region, shared_with=[cast.neighbour.region_id])  # 4
    tell(cast.city.region)  # 5
    assert heard_by(cast.city) == [1, 2, 3, 4, 5]
    assert heard_by(cast.district) == [1, 2, 4]
    assert heard_by(cast.town) == [2]
    assert heard_by(cast.neighbour) == [3, 4]
    assert heard_by(cast.enterprise) == [2]
    assert heard_by(cast.nobody) == []
    assert heard_by(cast.city, after=3) == [4, 5]


def test_without_the_right_to_the_subject_nothing_is_told(cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    tell(cast.district.region)
    cast.district.user_permissions.remove(Permission.objects.get(codename="view_paper"))
    assert heard_by(type(cast.district).objects.get(pk=cast.district.pk)) == []


def test_a_locked_account_is_told_nothing(cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    tell(cast.district.region)
    cast.district.is_active = False
    assert heard_by(cast.district) == []


def test_the_events_about_one_thing(cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    tell(cast.district.region, pk=7, n=1)
    tell(cast.district.region, pk=8, n=2)
    tell(cast.district.region, pk=7, n=3)
    assert [e.data["n"] for e in events.about(Paper(pk=7))] == [1, 3]
