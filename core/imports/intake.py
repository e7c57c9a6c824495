"""From an uploaded file to rows that are ready to be looked at: read in the child, understood, checked, kept."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import IO, Any

from core import files
from core.imports import progress, reading
from core.imports.columns import Column, parse
from core.imports.reading import Refused
from core.imports.sheet import WHOLE, Doing, Row, Sheet
from core.imports.titles import tidy
from core.imports.values import Context, text_of
from core.models import ImportBatch, ImportRow
from geo import bulk
from geo.coordinates import BadCoordinate, Datum, to_cgcs2000

MOST_ROWS, MOST_COLUMNS = 100_000, 200
CHUNK = 500
OUTLINE = "geom"  # the column of a record whose place is an area
ERRORS = tidy("错误")  # the column that we add ourselves to a file we give back
State = ImportBatch.State


def take_in(batch: ImportBatch, sheet: Sheet) -> None:
    """Read and check the whole file; the batch ends ready. Raises Refused."""
    batch.rows.all().delete()
    started = time.monotonic()
    intake = _Intake(batch, sheet)
    with tempfile.TemporaryFile("w+", encoding="ascii") as spool:
        intake.read(spool)
        read_in = time.monotonic() - started
        batch.state = State.CHECKING
        batch.header = intake.header
        batch.save(update_fields=["state", "header"])
        intake.check(spool)
    batch.counts = dict(intake.counts)
    batch.figures = {
        "rows": intake.total, "read_s": round(read_in, 2), "check_s": round(time.monotonic() - started - read_in, 2),
        "child_mb": intake.child_mb,
    }  # fmt: skip
    batch.state, batch.problem = State.READY, ""
    batch.save(update_fields=["counts", "figures", "state", "problem"])


class _Intake:
    """One file being taken in. Rows go through a file on disk: identities must all be known before the first check."""

    def __init__(self, batch: ImportBatch, sheet: Sheet) -> None:
        self.batch, self.sheet = batch, sheet
        self.columns = sheet.columns(batch.uploaded_by)
        self.by_key = {c.key: c for c in self.columns}
        self.header: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.total = 0
        self.child_mb = 0
        self.numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def read(self, spool: IO[str]) -> None:
        path = files.path_of(self.batch.file)
        reader = reading.reader_of(path, wants_geometry=self.sheet.has_geometry)
        options = {
            **self.batch.options, "titles": sorted({n for c in self.columns for n in c.names}),
            "shown": [c.title for c in self.columns if c.is_required] or [c.title for c in self.columns],
            "rows": MOST_ROWS, "columns": MOST_COLUMNS, "wants_geometry": self.sheet.has_geometry,
        }  # fmt: skip
        context = Context()
        taken: dict[str, Column] = {}
        for line in reading.lines(path, reader, options):
            if "columns" in line:
                taken = self._match(line)
                context = Context(is_1904=bool(line.get("is_1904")))
            elif "row" in line:
                spool.write(json.dumps(self._understood(line, taken, context)) + "\n")
                if self.total % CHUNK == 0:
                    progress.tell(self.batch.pk, "reading", self.total, 0)
            elif "end" in line:
                self.child_mb = line["end"].get("peak_mb", 0)
        if not self.total:
            raise Refused("表头下面没有数据行（示例行不算）。")

    def _match(self, line: dict[str, Any]) -> dict[str, Column]:
        """Which column of the file is which of the sheet; missing required ones are refused by name at once."""
        names = {name: c for c in reversed(self.columns) for name in c.names}
        taken: dict[str, Column] = {}
        for title in line["columns"]:
            column = names.get(tidy(title))
            if column is None:
                continue
            if column in taken.values():
                raise Refused(f"“{column.title}”这一列在表头里出现了两次，请只留一列。")
            taken[title] = column
        # The datum is chosen at upload where the file has no column for it.
        place = {"datum", *(("lon", "lat", OUTLINE) if line.get("has_geometry") else ())}
        missing = [
            c.title for c in self.columns
            if (c.is_required or c.key in self.sheet.identity) and c not in taken.values() and c.key not in place
        ]  # fmt: skip
        if missing:
            raise Refused(f"缺少必需的列：{'、'.join(missing)}。请用“下载模板”得到的表格，或在表头补上这些列。")
        self.header = {
            **line, "mapping": {title: c.key for title, c in taken.items()},
            "unknown": [t for t in line["columns"] if t not in taken and tidy(t) != ERRORS],
        }  # fmt: skip
        return taken

    def _understood(self, line: dict[str, Any], taken: dict[str, Column], context: Context) -> dict[str, Any]:
        row = Row(number=line["row"], geometry=line.get("geometry"))
        cells = line["values"]
        if is_example(cells, taken):
            self.counts["example"] += 1
            return {"row": asdict(row) | {"state": "example"}, "cells": cells}
        self.total += 1
        if line.get("problem"):
            row.refuse(line["problem"])
        if line.get("warning"):
            row.warnings[WHOLE] = line["warning"]
        for title, column in taken.items():
            parsed = parse(column, cells.get(title), context)
            if parsed.problem:
                row.problems[column.key] = parsed.problem
            if parsed.warning:
                row.warnings[column.key] = parsed.warning
            row.values[column.key] = parsed.value
        _fill_place(row, self.by_key, self.batch.options.get("datum", ""))
        if key := self._identity(row):
            self.numbers[key].append(row.number)
        return {"row": asdict(row), "cells": cells}

    def _identity(self, row: Row) -> tuple[str, ...] | None:
        parts = [row.values.get(key) for key in self.sheet.identity]
        return tuple(tidy(p) for p in parts) if any(p not in (None, "") for p in parts) else None

    def check(self, spool: IO[str]) -> None:
        spool.seek(0)
        done = 0
        doing = Doing(actor=self.batch.uploaded_by, options=self.batch.options)
        for chunk in _chunks(spool):
            rows = [Row(**item["row"]) for item in chunk]
            for row in rows:
                self._refuse_twice(row)
            self.sheet.check([r for r in rows if r.is_good and r.state != "example"], doing)
            self._keep(rows, [item["cells"] for item in chunk])
            done += len(rows)
            progress.tell(self.batch.pk, "checking", done, self.total)

    def _refuse_twice(self, row: Row) -> None:
        key = self._identity(row) if row.state != "example" else None
        others = [n for n in self.numbers.get(key, ()) if n != row.number] if key else []
        if others:
            named = "、".join(f"第 {n} 行" for n in others[:5])
            titles = "、".join(self.by_key[k].title for k in self.sheet.identity)
            row.refuse(f"与{named}重复（{titles}相同），请只留一行。", self.sheet.identity[0])

    def _keep(self, rows: Sequence[Row], cells: Sequence[dict[str, Any]]) -> None:
        kept = []
        for row, raw in zip(rows, cells, strict=True):
            if row.problems:
                row.state = "error"
            if row.state != "example":
                self.counts[row.state] += 1
                self.counts["warning"] += bool(row.warnings)
            kept.append(
                ImportRow(
                    batch=self.batch,
                    number=row.number,
                    cells=raw,
                    geometry=row.geometry,
                    values=row.values,
                    state=row.state,
                    target=row.target,
                    changes=row.changes,
                    problems=row.problems,
                    warnings=row.warnings,
                )
            )
        bulk.copy(kept)


def is_example(cells: dict[str, Any], taken: dict[str, Column]) -> bool:
    """The example row of the template, as it was given out."""
    shown = {title: c.example for title, c in taken.items() if c.example}
    if len(shown) < 2:
        return False
    try:
        return all(_plain(cells.get(title)) == example for title, example in shown.items())
    except ValueError:
        return False


def _plain(cell: Any) -> str:
    if isinstance(cell, dict):
        return str(cell.get("date", ""))
    return "" if cell is None else text_of(cell)


def _fill_place(row: Row, columns: dict[str, Column], datum: str) -> None:
    """A point from a geodata file is the row's longitude and latitude; numbers are in the datum named at upload."""
    kind = row.geometry.get("type") if row.geometry else ""
    if kind and OUTLINE in columns:
        row.values[OUTLINE] = json.dumps(row.geometry)
        row.problems.pop(OUTLINE, None)
    elif kind and kind != "Point" and {"lon", "lat"} <= set(columns):
        what = "线" if "Line" in kind else "面" if "Polygon" in kind else "多个点"
        row.refuse(f"这一条是{what}，这里登记的位置是一个点：请改用点图层导入。")
    elif row.geometry and {"lon", "lat"} <= set(columns):
        row.values["lon"], row.values["lat"] = (round(number, 8) for number in row.geometry["coordinates"][:2])
        for key in ("lon", "lat"):
            row.problems.pop(key, None)
        if "datum" in columns:
            row.values["datum"] = Datum.CGCS2000.value
    elif "datum" in columns:
        row.values["datum"] = row.values.get("datum") or datum
    elif datum != Datum.CGCS2000 and row.values.get("lon") is not None and row.values.get("lat") is not None:
        try:
            lon, lat = to_cgcs2000(row.values["lon"], row.values["lat"], datum)
            row.values["lon"], row.values["lat"] = round(lon, 8), round(lat, 8)
        except BadCoordinate as error:
            row.problems["lon"] = str(error)


def _chunks(spool: IO[str]) -> Iterator[list[dict[str, Any]]]:
    while lines := list(islice(spool, CHUNK)):
        yield [json.loads(line) for line in lines]
