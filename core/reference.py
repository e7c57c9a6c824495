"""Facts that the kernel counts by, loaded from fixtures/: holidays and statutory time limits.

Rows that exist are kept as they are: an administrator may have confirmed or corrected them, and clocks run by them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.conf import settings

from core.models import DeadlineRule, Holiday

FIXTURES: Path = settings.ROOT / "fixtures"


def rows(name: str) -> Iterator[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load() -> tuple[int, int]:
    """Both tables; how many holidays and rules were new."""
    return load_holidays(), load_deadline_rules()


def load_holidays() -> int:
    """The State Council's notices 2016–2026, transcribed by chinesecalendar 1.11.0 (MIT) and copied from it."""
    before = Holiday.objects.count()
    found = [
        Holiday(date=date.fromisoformat(row["date"]), kind=row["kind"], name=row["name"], source=row["source"])
        for row in rows("holidays.csv")
    ]
    Holiday.objects.bulk_create(found, ignore_conflicts=True)
    return Holiday.objects.count() - before


def load_deadline_rules() -> int:
    before = DeadlineRule.objects.count()
    DeadlineRule.objects.bulk_create([rule(row) for row in rows("deadline_rules.csv")], ignore_conflicts=True)
    return DeadlineRule.objects.count() - before


def rule(row: dict[str, str]) -> DeadlineRule:
    return DeadlineRule(
        key=row["key"],
        title=row["title"],
        basis=f"《{row['law']}》{row['article']}",
        amount=int(row["amount"]),
        unit=row["unit"],
        tell=row["tell"],
        is_unsure=row["is_unsure"] == "1",
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
    )
