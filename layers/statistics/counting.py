"""The counting itself: all tables over the same rows in one pass of the database, kept until their tables change.

Rows are grouped by region always, so one answer serves every division a reader drills into.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock, Thread
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from core.models import User
from layers import record_list
from layers.caches import Kept
from layers.registry import Records, registry
from layers.statements import Statement, compiled
from layers.statistics.dimensions import Dimension

logger = logging.getLogger(__name__)
Group = tuple[int, tuple[Any, ...], int, float]  # region, raw values, rows, sum

# An answer that took long is shown on although rows changed since, and the page says so, while another is counted: at
# the earliest after so many times as long, so that counting takes a thirtieth of a processor, and for so long at most.
DEAR_SECONDS, PATIENCE, LONGEST_SECONDS = 0.15, 30, 600
# Grouping in memory instead of on disk halves the time of two hundred thousand rows.
WORK_MEMORY = "64MB"
# PostgreSQL's GROUPING() takes so many columns.
MOST_DIMENSIONS = 31


@dataclass(frozen=True)
class Cube:
    """One grouping of a pass: by which dimensions besides the region, and what is summed up."""

    dimensions: tuple[Dimension, ...]
    add: str = ""


@dataclass(frozen=True)
class Pass:
    """The rows of a list with its filters, counted by several cubes at once."""

    records: str
    filters: tuple[tuple[str, str], ...]


@dataclass
class Counted:
    """What a pass found, and as of when."""

    groups: dict[Cube, list[Group]]
    as_of: datetime
    version: str
    seconds: float
    is_behind: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    @property
    def may_be_shown_on(self) -> bool:
        return self.seconds >= DEAR_SECONDS and self.age < LONGEST_SECONDS

    @property
    def is_worth_renewing(self) -> bool:
        return self.age >= PATIENCE * self.seconds


def weight(counted: Counted) -> int:
    return 1 + sum(len(groups) for groups in counted.groups.values())


_kept: Kept[Counted] = Kept(1_000_000, weigh=weight)
_one_at_a_time = Lock()


def records_of(name: str, user: User) -> Records | None:
    """The list, if there is one of this name and the user may open it."""
    module, _, key = name.partition("/")
    found = registry.records(module, key)
    return found if found is not None and user.has_perm(found.permission("view")) else None


def counted(
    wanted: Pass, records: Records, cubes: Sequence[Cube], user: User, today: date, *, is_now: bool = False
) -> Counted:
    """From what is kept, or counted now. Two who ask at once wait for one count."""
    statement, names = narrowed(wanted, records, cubes, user, today)
    key = (statement.digest, tuple(cubes))
    version = statement.version()
    known = _kept.get(key)
    if known is not None and known.version == version:
        return replace(known, is_behind=False)
    if known is not None and known.may_be_shown_on and not is_now:
        if known.is_worth_renewing:
            Thread(target=renew, args=(key, statement, names, cubes, version), daemon=True).start()
        return replace(known, is_behind=True)
    with _one_at_a_time:
        known = _kept.get(key)
        if known is not None and known.version == version:  # somebody counted meanwhile
            return known
        return _kept.put(key, count(statement, names, cubes, version))


def renew(key: Any, statement: Statement, names: dict[Any, str], cubes: Sequence[Cube], version: str) -> None:
    """Counts beside the requests; when one is being counted already, that is enough."""
    if not _one_at_a_time.acquire(blocking=False):
        return
    try:
        _kept.put(key, count(statement, names, cubes, version))
    except DatabaseError:
        logger.exception("Statistics: a count to renew what is kept failed.")
    finally:
        _one_at_a_time.release()
        connection.close()


def narrowed(
    wanted: Pass, records: Records, cubes: Sequence[Cube], user: User, today: date
) -> tuple[Statement, dict[Any, str]]:
    """The rows as the list gives them, with a column for each dimension and each sum."""
    rows = record_list.chosen(records, user, dict(wanted.filters)).order_by()
    region: str = records.model.REGION_PATH  # type: ignore[attr-defined]  # every list's manager is scoped; checked by layers.checks
    names: dict[Any, str] = {}
    columns: dict[str, Any] = {"m_region": F(region)}
    for dimension in dict.fromkeys(d for cube in cubes for d in cube.dimensions):
        names[dimension] = f"m_{len(names)}"
        columns[names[dimension]] = dimension.raw(records.model, today)
    for path in dict.fromkeys(cube.add for cube in cubes if cube.add):
        names[path] = f"m_{len(names)}"
        columns[names[path]] = F(path)
    statement = compiled(rows.annotate(**columns).values_list(*columns))
    assert len(names) <= MOST_DIMENSIONS
    return statement, names


def count(statement: Statement, names: Mapping[Any, str], cubes: Sequence[Cube], version: str) -> Counted:
    as_of, began = timezone.now(), time.monotonic()
    found: dict[Cube, list[Group]] = {cube: [] for cube in cubes}
    if not statement.is_empty:
        for line in fetched(statement, names, cubes):
            spread(line, names, found)
    return Counted(found, as_of, version, time.monotonic() - began)


def dimensions_in(names: Mapping[Any, str]) -> list[Dimension]:
    return [key for key in names if isinstance(key, Dimension)]


def sql_of(statement: Statement, names: Mapping[Any, str], cubes: Sequence[Cube]) -> str:
    dimensions = dimensions_in(names)
    sets = dict.fromkeys(frozenset(cube.dimensions) for cube in cubes)
    grouping = ", ".join(f"({', '.join(['m_region', *sorted(names[d] for d in one)])})" for one in sets)
    which = f"GROUPING({', '.join(names[d] for d in dimensions)})" if dimensions else "0"
    shown = ["m_region", which, *(names[d] for d in dimensions), "count(*)"]
    shown += [f"sum({name})" for key, name in names.items() if isinstance(key, str)]
    return f"SELECT {', '.join(shown)} FROM ({statement.sql}) AS counted GROUP BY GROUPING SETS ({grouping})"


def fetched(statement: Statement, names: Mapping[Any, str], cubes: Sequence[Cube]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        cursor.execute(sql_of(statement, names, cubes), list(statement.params))
        return list(cursor.fetchall())


def spread(line: tuple[Any, ...], names: Mapping[Any, str], found: dict[Cube, list[Group]]) -> None:
    """A line to the cubes it belongs to: GROUPING has a bit set for each column that the line is not grouped by."""
    dimensions = dimensions_in(names)
    width = len(dimensions)
    absent = int(line[1])
    present = frozenset(d for i, d in enumerate(dimensions) if not absent >> (width - 1 - i) & 1)
    raws = dict(zip(dimensions, line[2 : 2 + width], strict=True))
    sums = dict(zip((key for key in names if isinstance(key, str)), line[3 + width :], strict=True))
    for cube, groups in found.items():
        if frozenset(cube.dimensions) == present:
            values = tuple(plain(raws[d]) for d in cube.dimensions)
            groups.append((line[0], values, int(line[2 + width]), float(sums.get(cube.add) or 0)))


def plain(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw
