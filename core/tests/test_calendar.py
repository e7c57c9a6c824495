"""Working days over holidays and 调休, and which years are known."""

from __future__ import annotations

from datetime import date

import pytest

from core import calendar, reference
from core.models import Holiday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def published(db: None) -> None:
    reference.load_holidays()


def working(start: date, amount: int) -> date:
    return calendar.add_working_days(start, amount)[0]


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        # 国庆 2025: off 1–8 October, worked on Sunday 28 September and Saturday 11 October.
        (date(2025, 9, 26), 1, date(2025, 9, 28)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),
        (date(2025, 9, 30), 4, date(2025, 10, 13)),
        (date(2025, 9, 26), 6, date(2025, 10, 11)),
        # 春节 2026: off 15–23 February, worked on Saturday 14 and Saturday 28 February.
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 2, 24), 4, date(2026, 2, 28)),
        # 五一 2026: off 1–5 May, worked on Saturday 9 May.
        (date(2026, 4, 30), 1, date(2026, 5, 6)),
        (date(2026, 5, 8), 1, date(2026, 5, 9)),
        # A plain week, and nothing at all.
        (date(2026, 6, 1), 5, date(2026, 6, 8)),
        (date(2026, 6, 5), 1, date(2026, 6, 8)),
        (date(2026, 6, 5), 0, date(2026, 6, 5)),
    ],
)
def test_working_days_follow_the_notice(start: date, amount: int, expected: date) -> None:
    assert working(start, amount) == expected


def test_a_period_inside_published_years_is_final() -> None:
    assert calendar.add_working_days(date(2026, 3, 2), 20)[1] is False


def test_a_period_that_crosses_into_an_unpublished_year_is_provisional() -> None:
    last, provisional = calendar.add_working_days(date(2026, 12, 28), 10)
    assert last.year == 2027
    assert provisional


def test_every_published_year_agrees_with_its_source() -> None:
    """`chinese_calendar` transcribes the State Council's notices; the table was copied from it."""
    source = pytest.importorskip("chinese_calendar")
    kinds = calendar.kinds_between(date(2016, 1, 1), date(2026, 12, 31))
    day = date(2016, 1, 1)
    while day <= date(2026, 12, 31):
        assert calendar.is_working_day(day, kinds) == source.is_workday(day), day
        day = date.fromordinal(day.toordinal() + 1)


def test_loading_twice_changes_nothing_and_keeps_what_an_administrator_entered() -> None:
    Holiday.objects.filter(pk=date(2026, 10, 1)).update(source="管理员")
    before = list(Holiday.objects.order_by("date").values_list())
    reference.load_holidays()
    assert list(Holiday.objects.order_by("date").values_list()) == before


def test_the_end_of_a_day_is_its_last_second_in_the_citys_time() -> None:
    assert calendar.end_of(date(2026, 5, 31)).isoformat() == "2026-05-31T23:59:59+08:00"
