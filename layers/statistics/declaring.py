"""What a module declares of its statistics: tables, what they count, and blocks of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.statistics.dimensions import Dimension

if TYPE_CHECKING:
    from core.models import User
    from layers.statistics.asking import Asked

Parameter = str | Callable[[dt.date], str]


def day(distance: int) -> Callable[[dt.date], str]:
    """A filter's value: so many days from today (before: negative)."""
    return lambda today: (today + dt.timedelta(days=distance)).isoformat()


def january(today: dt.date) -> dt.date:
    return today.replace(month=1, day=1)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A column that counts rows of its own: of other records, of other filters, or the sum or mean of a field."""

    key: str
    title: str
    records: str = ""  # "<module>/<records>"; "" = those of the table
    filters: Mapping[str, Parameter] = field(default_factory=dict)
    add: str = ""  # the field that is summed up; "" = rows are counted
    is_mean: bool = False
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One question and its cross table."""

    key: str
    title: str  # the question it answers
    records: str  # "<module>/<records>": the list whose rows are counted
    rows: Dimension
    columns: Dimension | tuple[Measure, ...]
    filters: Mapping[str, Parameter] = field(default_factory=dict)
    period: str = ""  # a date by which the reader may narrow the table
    since: dt.date | Callable[[dt.date], dt.date] | None = None  # where the period begins unless the reader says
    section: str = ""
    unit: str = "家"
    note: str = ""
    basis: str = ""  # law and article


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of the page that is no cross table; a context of None: not here, not today."""

    key: str
    title: str
    template: str
    context: Callable[[User, Asked], dict[str, Any] | None]
    section: str = ""
