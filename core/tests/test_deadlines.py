"""Statutory clocks: by which rule, until when, and firing exactly once whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from core import deadlines, events, reference
from core.models import Deadline, DeadlineRule, Event, Organisation
from core.tests.conftest import run_together, until

CITY_TIME = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


def rule(amount: int, unit: str, key: str = "t.rule", **fields: Any) -> DeadlineRule:
    fields = {"title": "测试时限", "basis": "测试", "effective_from": date(2016, 1, 1), **fields}
    return DeadlineRule.objects.create(key=key, amount=amount, unit=unit, **fields)


@pytest.fixture
def office(cast: SimpleNamespace) -> Organisation:
    """Something a clock can run on."""
    return cast.district.organisation


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-03-02T09:00", 90, "calendar_days", "2026-05-31T23:59:59"),
        ("2026-03-02T09:00", 15, "calendar_days", "2026-03-17T23:59:59"),
        ("2026-03-02T09:00", 60, "calendar_days", "2026-05-01T23:59:59"),
        ("2026-03-02T23:59", 15, "calendar_days", "2026-03-17T23:59:59"),
        ("2026-03-02T00:00", 15, "calendar_days", "2026-03-17T23:59:59"),
        ("2025-09-30T16:00", 7, "working_days", "2025-10-16T23:59:59"),
        ("2025-09-26T16:00", 1, "working_days", "2025-09-28T23:59:59"),
        ("2026-02-13T16:00", 6, "working_days", "2026-02-28T23:59:59"),
        ("2023-05-01T10:00", 36, "months", "2026-05-01T23:59:59"),
        ("2024-02-29T10:00", 36, "months", "2027-02-28T23:59:59"),
        ("2026-09-30T23:50", 20, "minutes", "2026-10-01T00:10:00"),
        ("2026-09-30T23:50", 2, "hours", "2026-10-01T01:50:00"),
    ],
)
@pytest.mark.django_db
def test_a_clock_ends_when_the_law_says(start: str, amount: int, unit: str, expected: str) -> None:
    reference.load_holidays()
    assert deadlines.due(rule(amount, unit), at(start)) == (at(expected), False)


@pytest.mark.django_db
def test_across_an_unpublished_year_the_end_is_provisional() -> None:
    reference.load_holidays()
    assert deadlines.due(rule(20, "working_days"), at("2026-12-25T09:00"))[1] is True


@pytest.mark.django_db
def test_the_edition_in_force_on_the_day_counts() -> None:
    old = rule(3, "hours", effective_to=date(2026, 5, 1))
    new = rule(1, "hours", effective_from=date(2026, 5, 1))
    assert deadlines.rule_in_force("t.rule", at("2026-04-30T23:59")) == old
    assert deadlines.rule_in_force("t.rule", at("2026-05-01T00:00")) == new
    with pytest.raises(deadlines.NoRule, match="2015-12-31"):
        deadlines.rule_in_force("t.rule", at("2015-12-31T12:00"))


def test_a_running_clock_keeps_the_rule_it_was_computed_by(office: Organisation) -> None:
    rule(1, "hours")
    clock = deadlines.start("t.rule", case=office, at=at("2026-03-02T09:00"))
    DeadlineRule.objects.filter(key="t.rule").update(effective_to=date(2026, 3, 3))
    rule(9, "hours", effective_from=date(2026, 3, 3))
    clock.refresh_from_db()
    assert (clock.rule.amount, clock.due_at) == (1, at("2026-03-02T10:00"))


def test_started_twice_at_one_moment_it_is_one_clock(office: Organisation) -> None:
    rule(1, "hours")
    first = deadlines.start("t.rule", case=office, at=at("2026-03-02T09:00"))
    assert deadlines.start("t.rule", case=office, at=at("2026-03-02T09:00")) == first
    assert Deadline.objects.count() == 1


def overdue_clock(office: Organisation, count: int = 1) -> list[Deadline]:
    if not DeadlineRule.objects.filter(key="t.rule").exists():
        rule(1, "minutes")
    now = timezone.now()
    return [deadlines.start("t.rule", case=office, at=now - timedelta(hours=1, seconds=n)) for n in range(count)]


def test_an_overdue_clock_fires_once_with_its_event(office: Organisation) -> None:
    (clock,) = overdue_clock(office)
    assert deadlines.fire_due() == 1
    assert deadlines.fire_due() == 0
    clock.refresh_from_db()
    assert clock.fired_at is not None
    (event,) = events.about(office)
    assert (event.kind, event.data["rule"], event.region) == ("core.overdue", "t.rule", office.region)


def test_clocks_that_are_met_ended_or_not_due_do_not_fire(office: Organisation) -> None:
    rule(1, "hours", key="t.later")
    overdue_clock(office)
    deadlines.meet("t.rule", case=office)
    deadlines.start("t.later", case=office)
    assert deadlines.fire_due() == 0
    deadlines.end_all(office)
    assert not deadlines.running(office).exists()


def test_lateness_is_computed_also_after_it_fired(office: Organisation) -> None:
    (clock,) = overdue_clock(office)
    deadlines.fire_due()
    assert deadlines.meet("t.rule", case=office, at=clock.due_at + timedelta(minutes=7)) == 1
    clock.refresh_from_db()
    assert deadlines.lateness(clock) == timedelta(minutes=7)


def test_one_clock_that_cannot_fire_does_not_keep_the_others_from_it(office: Organisation) -> None:
    bad, good = overdue_clock(office, 2)
    append = events.append

    def fail_once(*args: Any, **fields: Any) -> Any:
        if fields["due_at"] == bad.due_at.isoformat():
            raise ValueError("odd case")
        return append(*args, **fields)

    with patch.object(deadlines.events, "append", fail_once):
        assert deadlines.fire_due() == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.fired_at, good.fired_at is not None) == (None, True)


@pytest.mark.django_db(transaction=True)
def test_two_workers_fire_each_clock_once(office: Organisation) -> None:
    overdue_clock(office, 40)
    assert sum(run_together(deadlines.fire_due, deadlines.fire_due)) == 40
    assert Event.objects.count() == 40
    assert not Deadline.objects.filter(fired_at__isnull=True).exists()


def start_worker() -> subprocess.Popen[bytes]:
    """`manage.py work` on the test database."""
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    return subprocess.Popen([sys.executable, "manage.py", "work"], env={**os.environ, "DATABASE_URL": url})


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_midst_fires_nothing_twice_and_leaves_nothing(office: Organisation) -> None:
    overdue_clock(office, 600)
    for enough in (1, 250, 600):
        worker = start_worker()
        try:
            until(lambda least=enough: Event.objects.count() >= least, 30)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
    assert Event.objects.count() == 600
    assert Event.objects.values("data__due_at").distinct().count() == 600
    assert not Deadline.objects.filter(fired_at__isnull=True).exists()


@pytest.mark.django_db
def test_the_rules_of_the_law_are_loaded_once_with_their_articles() -> None:
    new = reference.load_deadline_rules()
    assert new == DeadlineRule.objects.count() >= 15
    assert reference.load_deadline_rules() == 0
    county = deadlines.rule_in_force("incident.county_report", at("2026-06-01T00:00"))
    assert (county.amount, county.unit, county.basis) == (1, "hours", "《生产安全事故报告和调查处理条例》第九条")
    province = deadlines.rule_in_force("incident.province_flash", at("2026-06-01T00:00"))
    assert (province.amount, province.unit, province.is_unsure) == (30, "minutes", False)
    assert deadlines.rule_in_force("incident.city_phone", at("2026-06-01T00:00")).is_unsure


@pytest.mark.django_db
def test_a_rule_an_administrator_confirmed_is_not_loaded_over() -> None:
    reference.load_deadline_rules()
    DeadlineRule.objects.filter(key="incident.city_phone").update(amount=15, is_unsure=False)
    reference.load_deadline_rules()
    kept = DeadlineRule.objects.get(key="incident.city_phone")
    assert (kept.amount, kept.is_unsure) == (15, False)
