"""What the demo city's offices sent upward: most in time, some late, the last period of a few still missing."""

from __future__ import annotations

import datetime as dt
from random import Random

from core.calendar import months_later
from core.models import User
from fixtures.demo.city import City
from geo.models import Region
from supervision.hazard_sources import clocks, upward
from supervision.hazard_sources.models import Transmission, TransmittedRow

QUARTERS, HALVES = 8, 8
LATE, UNSENT = 0.12, 0.3
COUNTIES = ("370502", "370503", "370505", "370522", "370523", "370571", "370572")


def load(city: City, rng: Random) -> None:
    sent, rows = [], []
    for level, region, start in _periods(city):
        end = months_later(start, upward.MONTHS[level]) - dt.timedelta(days=1)
        due = clocks.days_after(upward.RULES[level], end, upward.DUE_DAYS)
        is_last = months_later(start, 2 * upward.MONTHS[level]) > city.today
        day = due + dt.timedelta(days=rng.randint(1, 20) if rng.random() < LATE else -rng.randint(1, 10))
        if (is_last and rng.random() < UNSENT) or day >= city.today:
            continue
        held = upward.contents(upward.Period(level, region, start, end, due, None))
        made = Transmission(
            level=level, region=region, starts_on=start, ends_on=end, due_on=due, count=len(held),
            sent_at=city.now - dt.timedelta(days=(city.today - day).days), sent_by=_sender(city, level, region),
            sha256=upward.digest(held),
        )  # fmt: skip
        sent.append(made)
        rows += [(made, row) for row in held]
    city.write_all(sent)
    city.write_all(
        TransmittedRow(transmission=made, source_id=row["source_id"], kind=row["kind"], data=row) for made, row in rows
    )


def _periods(city: City) -> list[tuple[Transmission.Level, Region, dt.date]]:
    """Every period that is over, the latest first."""
    found = []
    offices = [(Transmission.Level.PROVINCE, "370500", HALVES)]
    offices += [(Transmission.Level.CITY, code, QUARTERS) for code in COUNTIES]
    for level, code, count in offices:
        start = upward.start_of(level, city.today)
        for _n in range(count):
            start = months_later(start, -upward.MONTHS[level])
            found.append((level, city.region(code), start))
    return found


def _sender(city: City, level: Transmission.Level, region: Region) -> User | None:
    """The demo has officers of the city and of one county."""
    name = "approver" if level == Transmission.Level.PROVINCE else "guangrao_inspector"
    user = city.users.get(name)
    return user if user is not None and user.region_id == region.pk else None
