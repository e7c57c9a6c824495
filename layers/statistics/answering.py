"""Tables answered: groups folded into rows and columns, each number with the addresses of what it counts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.models import User
from layers import filters, links
from layers.filters import Besides
from layers.registry import Layer, Module, Records, registry
from layers.statistics import counting
from layers.statistics.areas import Ground
from layers.statistics.asking import Asked
from layers.statistics.counting import Counted, Cube, Group, Pass, Plan
from layers.statistics.declaring import Measure, Parameter, Table
from layers.statistics.dimensions import Bucket, Dimension, Regions

TOTAL = "total"


@dataclass(frozen=True)
class Cell:
    """One number, what lists its rows and what maps them. `share`: of the greatest of its kind, for the bar."""

    value: float | None
    text: str
    list_url: str = ""
    map_url: str = ""
    share: int = 0
    # What was counted, for whoever wants the rows themselves.
    records: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    is_count: bool = True


@dataclass(frozen=True)
class Line:
    key: str
    label: str
    cells: tuple[Cell, ...]
    drill: str = ""


@dataclass(frozen=True)
class Answer:
    """A table with its numbers."""

    table: Table
    heads: tuple[tuple[str, str], ...]  # key and label of each column
    lines: tuple[Line, ...]
    total: Line
    notes: tuple[str, ...]
    as_of: datetime
    is_behind: bool  # rows changed since
    is_due: bool  # and it is time to count them anew
    period: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.total.cells or all(not cell.value for cell in self.total.cells)


@dataclass(frozen=True)
class Part:
    """One measure of a table: its rows, and how they are grouped."""

    measure: Measure | None
    name: str  # of the records
    records: Records
    layer: Layer | None
    filters: dict[str, str]
    cube: Cube
    dimensions: tuple[Dimension, ...]  # of the table's axes, those that are no regions, in order

    @property
    def wanted(self) -> Pass:
        return Pass(self.name, tuple(sorted(self.filters.items())))


def parts_of(table: Table, asked: Asked) -> list[Part]:
    """What must be counted for a table; nothing where the reader lacks a right to its list."""
    measures: tuple[Measure | None, ...] = table.columns if isinstance(table.columns, tuple) else (None,)
    axes = (table.rows,) if isinstance(table.columns, tuple) else (table.rows, table.columns)
    dimensions = tuple(axis for axis in axes if not isinstance(axis, Regions))
    found = []
    for measure in measures:
        name = (measure and measure.records) or table.records
        records = counting.records_of(name, asked.user)
        if records is None:
            continue
        given = values({**table.filters, **(measure.filters if measure else {})}, asked.today)
        given |= period_of(table, asked)
        layer = registry.layer(records.layer, asked.user) if records.layer else None
        cube = Cube(dimensions, measure.add if measure else "")
        found.append(Part(measure, name, records, layer, given, cube, dimensions))
    return found


def values(given: Mapping[str, Parameter], today: dt.date) -> dict[str, str]:
    return {name: value(today) if callable(value) else value for name, value in given.items()}


def bounds(table: Table, asked: Asked) -> tuple[dt.date | None, dt.date | None]:
    if not table.period:
        return None, None
    since = table.since(asked.today) if callable(table.since) else table.since
    return (asked.start, asked.end) if asked.start or asked.end else (since, None)


def period_of(table: Table, asked: Asked) -> dict[str, str]:
    ends = dict(zip(("from", "to"), bounds(table, asked), strict=True))
    return {f"{table.period}__{end}": date.isoformat() for end, date in ends.items() if date}


def plans(
    tables: list[tuple[Table, list[Part]]], asked: Asked, needed: Container[Pass] | None = None
) -> dict[Pass, Plan]:
    """Tables over the same rows share a pass of the database."""
    cubes: dict[Pass, dict[Cube, Records]] = defaultdict(dict)
    for _table, parts in tables:
        for part in parts:
            cubes[part.wanted][part.cube] = part.records
    return {
        one: counting.planned(one, next(iter(found.values())), tuple(found), asked.user, asked.today)
        for one, found in cubes.items()
        if needed is None or one in needed
    }


def tables_for(module: Module, user: User) -> tuple[Table, ...]:
    tables = (one for one in module.statistics if isinstance(one, Table))
    return tuple(table for table in tables if counting.records_of(table.records, user) is not None)


def whole(asked: Asked) -> list[tuple[Table, list[Part]]]:
    """The module's tables of which this reader may see anything, with what must be counted for them."""
    module = registry.module(asked.module)
    found = [(table, parts_of(table, asked)) for table in (tables_for(module, asked.user) if module else ())]
    return [(table, parts) for table, parts in found if parts]


def answers(tables: tuple[Table, ...], asked: Asked) -> list[Answer]:
    """Whatever is asked of a module, its passes are those of its whole page: one table finds them counted."""
    if asked.ground is None:
        return []
    every, keys = whole(asked), {table.key for table in tables}
    wanted = [(table, parts) for table, parts in every if table.key in keys]
    needed = {part.wanted for _table, parts in wanted for part in parts}
    passes = plans(every, asked, needed).items()
    results = {one: counting.counted(plan, is_now=asked.is_now) for one, plan in passes}
    return [Folding(table, parts, results, asked, asked.ground).answer() for table, parts in wanted]


class Folding:
    """One table being put together."""

    def __init__(
        self, table: Table, parts: list[Part], results: Mapping[Pass, Counted], asked: Asked, ground: Ground
    ) -> None:
        self.table, self.parts, self.asked, self.ground = table, parts, asked, ground
        self.narrowing: dict[str, set[str]] = {}  # by which names a layer can be narrowed
        self.counted = [results[part.wanted] for part in parts]
        self.area_of = ground.area_of()
        self.groups = [self.inside(c.groups[p.cube]) for p, c in zip(parts, self.counted, strict=True)]
        self.by_measure = isinstance(table.columns, tuple)
        self.rows = self.buckets(table.rows)
        self.columns = [] if isinstance(table.columns, tuple) else self.buckets(table.columns)

    def inside(self, groups: list[Group]) -> list[Group]:
        return [group for group in groups if group[0] in self.area_of]

    def keys(self, axis: Dimension, group: Group, part: Part) -> tuple[str, ...]:
        if isinstance(axis, Regions):
            return (self.area_of[group[0]],)
        return axis.keys(group[1][part.dimensions.index(axis)])

    def buckets(self, axis: Dimension) -> list[Bucket]:
        pairs = zip(self.parts, self.groups, strict=True)
        seen = {key for part, groups in pairs for group in groups if group[2] for key in self.keys(axis, group, part)}
        if isinstance(axis, Regions):
            areas = [a for a in self.ground.areas if a.key != "own" or a.key in seen or len(self.ground.areas) == 1]
            is_row = axis is self.table.rows
            return [Bucket(area.key, area.label if is_row else area.short, area.filters) for area in areas]
        return axis.buckets(self.parts[0].records.model, self.asked.today, seen)

    def sums(self, part: Part, groups: list[Group]) -> dict[tuple[str, str], list[float]]:
        """(row, column) -> rows and sum; TOTAL on either axis counts each row once."""
        found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
        columns = None if isinstance(self.table.columns, tuple) else self.table.columns
        for group in groups:
            across = (*(self.keys(columns, group, part) if columns else ()), TOTAL)
            for row in (*self.keys(self.table.rows, group, part), TOTAL):
                for column in across:
                    pair = found[row, column]
                    pair[0] += group[2]
                    pair[1] += group[3]
        return found

    def answer(self) -> Answer:
        sums = [self.sums(part, groups) for part, groups in zip(self.parts, self.groups, strict=True)]
        total = Bucket(TOTAL, "合计")
        lines = [self.line(row, sums) for row in self.rows]
        drills = {area.key: area.drill for area in self.ground.areas} if isinstance(self.table.rows, Regions) else {}
        shares = Shares(lines, by_column=self.by_measure)
        oldest = min(self.counted, key=lambda counted: counted.as_of)
        return Answer(
            table=self.table,
            heads=tuple(self.heads()),
            lines=tuple(Line(b.key, b.label, shares.of(cells), drills.get(b.key, "")) for b, cells in lines),
            total=Line(TOTAL, "合计", self.line(total, sums)[1]),
            notes=tuple(self.notes(sums)),
            as_of=oldest.as_of,
            is_behind=any(counted.is_behind for counted in self.counted),
            is_due=any(counted.is_due for counted in self.counted),
            period=self.period(),
        )

    def heads(self) -> list[tuple[str, str]]:
        if self.by_measure:
            return [(part.measure.key, part.measure.title) for part in self.parts if part.measure]
        return [(column.key, column.label) for column in self.columns] + [(TOTAL, "合计")]

    def line(self, row: Bucket, sums: list[dict[tuple[str, str], list[float]]]) -> tuple[Bucket, tuple[Cell, ...]]:
        if self.by_measure:
            cells = [
                self.cell(part, found.get((row.key, TOTAL)), row, Bucket(TOTAL, ""))
                for part, found in zip(self.parts, sums, strict=True)
            ]
        else:
            columns = [*self.columns, Bucket(TOTAL, "")]
            cells = [self.cell(self.parts[0], sums[0].get((row.key, c.key)), row, c) for c in columns]
        return row, tuple(cells)

    def cell(self, part: Part, pair: list[float] | None, row: Bucket, column: Bucket) -> Cell:
        rows, added = pair or (0, 0.0)
        measure = part.measure
        value: float | None = rows
        if measure and measure.add:
            value = (added / rows if rows else None) if measure.is_mean else added
        chosen = {**part.filters, **self.ground.filters, **row.filters, **column.filters}
        if "region_at" in chosen:
            chosen.pop("region", None)
        module, _, key = part.name.partition("/")
        is_count = not (measure and measure.add)
        return Cell(
            value=value,
            text="–" if value is None else (f"{value:,.1f}" if measure and measure.is_mean else f"{value:,.0f}"),
            list_url=links.list_link(module, key, chosen) if rows else "",
            map_url=self.map_url(part, chosen) if rows and is_count else "",
            records=part.name,
            filters=chosen,
            is_count=is_count,
        )

    def map_url(self, part: Part, chosen: Mapping[str, str]) -> str:
        """Where the layer can be narrowed to the same rows."""
        layer = part.layer
        if layer is None or layer.only != part.records.only:
            return ""
        narrowing = {name: value for name, value in chosen.items() if name != "region"}
        if layer.key not in self.narrowing:
            besides = Besides.of(layer, layer.model, self.asked.user)
            self.narrowing[layer.key] = filters.names(layer.model, layer.filters, besides)
        if not set(narrowing) <= self.narrowing[layer.key]:
            return ""
        return links.map_link(layer.key, filters=narrowing, region=chosen.get("region", ""))

    def notes(self, sums: list[dict[tuple[str, str], list[float]]]) -> list[str]:
        found = [self.table.note] if self.table.note else []
        axes = [(self.table.rows, self.rows, 0)]
        if not isinstance(self.table.columns, tuple):
            axes.append((self.table.columns, self.columns, 1))
        for axis, buckets, place in axes:
            once = sums[0].get((TOTAL, TOTAL), [0])[0]
            each = sum(sums[0].get((b.key, TOTAL) if place == 0 else (TOTAL, b.key), [0])[0] for b in buckets)
            if axis.overlaps and each > once:
                found.append(
                    f"同一{self.noun}可有多项{axis.title}，各项分别计数，相加为 {each:,.0f}；合计只计一次，"
                    f"为 {once:,.0f}，多出的 {each - once:,.0f} 由此而来。"
                )
        return found

    @property
    def noun(self) -> str:
        return str(self.parts[0].records.title)

    def period(self) -> str:
        if not self.table.period:
            return ""
        start, end = bounds(self.table, self.asked)
        if start and end:
            return f"{start} 至 {end}"
        return f"{start} 以来" if start else f"截至 {end}" if end else "不限"


class Shares:
    """How long the bars are: of the greatest number of the table, or of the column where each counts its own."""

    def __init__(self, lines: list[tuple[Bucket, tuple[Cell, ...]]], *, by_column: bool) -> None:
        columns = zip(*([cell.value or 0 for cell in cells] for _, cells in lines), strict=True)
        most = [max(column, default=0) for column in columns]
        inner = max(most[:-1], default=0)
        self.most = most if by_column else [*([inner] * (len(most) - 1)), *most[-1:]]

    def of(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(
            Cell(**{**vars(cell), "share": round(100 * (cell.value or 0) / most) if most else 0})
            for cell, most in zip(cells, self.most, strict=True)
        )
