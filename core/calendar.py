"""Working days 工作日: weekends and 调休 from the holiday table, never from the weekday alone."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from core.models.deadlines import Holiday


def kinds_between(first: date, last: date) -> dict[date, str]:
    return dict(Holiday.objects.filter(date__range=(first, last)).values_list("date", "kind"))


def is_published(year: int) -> bool:
    """Whether the State Council's holiday notice of that year has been entered."""
    return Holiday.objects.filter(date__year=year).exists()


def is_working_day(day: date, kinds: dict[date, str]) -> bool:
    if day in kinds:
        return kinds[day] == Holiday.Kind.WORK
    return day.weekday() < 5


def add_working_days(start: date, amount: int) -> tuple[date, bool]:
    """The last of `amount` working days after `start`; provisional (True) when it crosses an unpublished year."""
    kinds = kinds_between(start, start + timedelta(days=amount * 3 + 40))
    day, left = start, amount
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, kinds)
    return day, not all(is_published(year) for year in range(start.year, day.year + 1))


def months_later(day: date, months: int) -> date:
    """The day of the same number so many months on, or that month's last (《民法典》第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of(day: date) -> datetime:
    """A period counted in days ends when its last day ends."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone.get_current_timezone())
