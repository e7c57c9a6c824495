"""The counting itself: all tables over the same rows in one pass of the database, kept there until its tables change.

Rows are grouped by region always, so one answer serves every division a reader drills into. What a pass found is kept
as a `Tally` under the digest of its SQL: rows, rights, groupings and day are all in it, so it is right for everyone who
would ask the same, in whatever process, and for nobody else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from core.models import User
from layers import record_list
from layers.models import Tally
from layers.registry import Records, registry
from layers.statements import Statement, compiled
from layers.statistics.dimensions import Dimension

Group = tuple[int, tuple[Any, ...], int, float]  # region, raw values, rows, sum

# What took longer is shown on although rows changed since, and the page says so, until the worker has counted anew: at
# the earliest after so many times as long, so that the counts of a scope take a thirtieth of its time.
DEAR_SECONDS, PATIENCE = 0.15, 30
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


@dataclass(frozen=True)
class Counted:
    """What a pass found, and as of when."""

    groups: dict[Cube, list[Group]]
    as_of: datetime
    is_behind: bool = False  # rows changed since
    is_due: bool = False  # and it is time to count them anew


@dataclass(frozen=True)
class Plan:
    """A pass as the database is asked: its rows as the list gives them, a column for each dimension and each sum."""

    statement: Statement
    names: Mapping[Any, str]
    cubes: tuple[Cube, ...]

    @property
    def sql(self) -> str:
        return sql_of(self.statement, self.names, self.cubes)

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.sql}\x00{self.statement.params!r}".encode()).hexdigest()[:40]


def records_of(name: str, user: User) -> Records | None:
    """The list, if there is one of this name and the user may open it."""
    module, _, key = name.partition("/")
    found = registry.records(module, key)
    return found if found is not None and user.has_perm(found.permission("view")) else None


def planned(wanted: Pass, records: Records, cubes: Sequence[Cube], user: User, today: date) -> Plan:
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
    assert len(names) <= MOST_DIMENSIONS
    return Plan(compiled(rows.annotate(**columns).values_list(*columns)), names, tuple(cubes))


def counted(plan: Plan, *, is_now: bool = False) -> Counted:
    """From what is kept, or counted now. `is_now`: however dear."""
    if plan.statement.is_empty:
        return Counted({cube: [] for cube in plan.cubes}, timezone.now())
    known, version = Tally.objects.filter(pk=plan.digest).first(), plan.statement.version()
    is_behind = known is not None and known.version != version
    if known is None or (is_behind and (is_now or not is_dear(known))):
        known, is_behind = count(plan), False
    return Counted(groups_of(plan, known), known.as_of, is_behind, is_behind and is_due(known))


def renewed(plan: Plan) -> bool:
    """For the worker: counts what was never counted, and what is dear, behind and due. Whether the pass is dear."""
    if plan.statement.is_empty:
        return False
    known = Tally.objects.defer("lines").filter(pk=plan.digest).first()
    if known is None or (is_dear(known) and is_due(known) and known.version != plan.statement.version()):
        known = count(plan)
    return is_dear(known)


def is_dear(known: Tally) -> bool:
    return known.took_s >= DEAR_SECONDS


def is_due(known: Tally) -> bool:
    return timezone.now() - known.as_of >= timedelta(seconds=PATIENCE * known.took_s)


def count(plan: Plan) -> Tally:
    """Of several who ask at once, in whatever process, one counts and the others wait for what it found."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [plan.digest])
        version = plan.statement.version()
        known = Tally.objects.filter(pk=plan.digest).first()
        if known is not None and known.version == version:
            return known
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL statement_timeout = '120s'")
        as_of, began = timezone.now(), time.monotonic()
        cursor.execute(plan.sql, list(plan.statement.params))
        lines = [[plain(value) for value in line] for line in cursor.fetchall()]
        found = Tally(pk=plan.digest, version=version, lines=lines, as_of=as_of, took_s=time.monotonic() - began)
        found.save()
    return found


def groups_of(plan: Plan, known: Tally) -> dict[Cube, list[Group]]:
    found: dict[Cube, list[Group]] = {cube: [] for cube in plan.cubes}
    for line in known.lines:
        spread(line, plan.names, found)
    return found


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


def spread(line: Sequence[Any], names: Mapping[Any, str], found: dict[Cube, list[Group]]) -> None:
    """A line to the cubes it belongs to: GROUPING has a bit set for each column that the line is not grouped by."""
    dimensions = dimensions_in(names)
    width = len(dimensions)
    absent = int(line[1])
    present = frozenset(d for i, d in enumerate(dimensions) if not absent >> (width - 1 - i) & 1)
    raws = dict(zip(dimensions, line[2 : 2 + width], strict=True))
    sums = dict(zip((key for key in names if isinstance(key, str)), line[3 + width :], strict=True))
    for cube, groups in found.items():
        if frozenset(cube.dimensions) == present:
            values = tuple(hashable(raws[d]) for d in cube.dimensions)
            groups.append((line[0], values, int(line[2 + width]), float(sums.get(cube.add) or 0)))


def plain(raw: Any) -> Any:
    """As JSON has it: EXTRACT and sums of integers come as decimals."""
    return float(raw) if isinstance(raw, Decimal) else raw


def hashable(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw
