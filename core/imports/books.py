"""Excel workbooks, old and new, by their content; runs in the child.

python-calamine (MIT, Rust) reads the values: 230 MB of formatted empty rows in 1.4 s and 48 MB of memory, where
openpyxl took 16 s and 471 MB for 32 MB. It reads .xls with the same call. What it does not tell: structure.py.
"""

from __future__ import annotations

import datetime as dt
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from core.imports.structure import BadBook, Structure, is_1904, open_book, sheet_parts, structure_of
from core.imports.table import GUIDE, LISTS, MOST_CELLS, Grid, Line, letters, speak

BROKEN = "文件已损坏或内部结构不合规，无法读取。请用 Excel 或 WPS 打开后另存为新的 xlsx 再上传。"


def read_xlsx(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        with open_book(path) as archive:
            parts = sheet_parts(archive)
            grid = _best(path, options)
            structure = structure_of(archive, parts.get(grid.name, ""))
            options = {**options, "is_1904": is_1904(archive)}
    except BadBook as error:
        yield {"refused": str(error)}
        return
    except (zipfile.BadZipFile, ValueError, KeyError, OSError, calamine.CalamineError):
        yield {"refused": BROKEN}
        return
    _mark(grid, structure)
    yield from speak(grid, options)


def read_xls(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        grid = _best(path, options)
    except calamine.PasswordError:
        yield {"refused": "文件设有打开密码，无法读取。请在 Excel 或 WPS 中取消密码后再上传。"}
        return
    except BadBook as error:
        yield {"refused": str(error)}
        return
    except (calamine.CalamineError, ValueError, OSError):
        yield {"refused": BROKEN}
        return
    yield from speak(grid, options)


def _best(path: Path, options: dict[str, Any]) -> Grid:
    """The visible sheet whose heading has the most known titles; what was left aside is said."""
    titles = set(options["titles"])
    notes: list[str] = []
    with calamine.CalamineWorkbook.from_path(str(path)) as book:
        grids = []
        for meta in book.sheets_metadata:
            if meta.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            if meta.visible != calamine.SheetVisibleEnum.Visible:
                if meta.name != LISTS:
                    notes.append(f"工作表“{meta.name}”是隐藏的，没有读取。")
                continue
            grids.append(_grid(book, meta.name))
    if not grids:
        raise BadBook("文件里没有可见的工作表。")
    best = max(grids, key=lambda g: g.heading(titles)[1])
    others = [g.name for g in grids if g is not best and g.rows and g.name != GUIDE]
    if others:
        notes.append(f"只读取了工作表“{best.name}”，没有读取：{'、'.join(others)[:100]}。")
    best.notes[:0] = notes
    return best


def _grid(book: Any, name: str) -> Grid:
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:
        return Grid(name, {})
    if (sheet.end[0] + 1) * (sheet.end[1] + 1) > MOST_CELLS:
        raise BadBook(
            f"工作表“{name}”用到了第 {sheet.end[0] + 1:,} 行、{letters(sheet.end[1])} 列，范围过大（超过 500 万格）。"
            "请删去远处的零星内容后再上传。"
        )
    rows: dict[int, Any] = {}
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
        if any(c != "" for c in cells):
            rows[number] = [_json(c) for c in cells]
    grid = Grid(name, rows)
    _spread(grid, sheet.merged_cell_ranges or [])
    return grid


def _json(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        midnight = cell.hour == cell.minute == cell.second == 0
        return {"date": f"{cell:%Y-%m-%d}" if midnight else cell.isoformat(timespec="seconds")}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return {"fault": "#NUM!"}
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, (dt.time, dt.timedelta)):
        return str(cell)
    return cell


def _spread(grid: Grid, ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """A value merged over rows holds for each of them; merged over columns nobody can say which column it is for."""
    reached, width = list(grid.rows), max(map(len, grid.rows.values()), default=0)
    for (top, left), (bottom, right) in ranges:
        value = _at(grid, top + 1, left)
        if value in ("", None):
            continue
        # Whole columns and rows are merged, too: only rows that are there, and no farther right than the sheet is used.
        for number in (n for n in reached if top < n <= bottom + 1):
            for column in range(left, min(right, width - 1) + 1):
                if (number, column) != (top + 1, left):
                    _put(grid, number, column, {"merged": value} if column == left else {"fault": "merged"})


def _at(grid: Grid, number: int, column: int) -> Any:
    cells = grid.rows.get(number, ())
    return cells[column] if column < len(cells) else ""


def _put(grid: Grid, number: int, column: int, value: Any) -> None:
    cells = grid.rows.get(number)
    if cells is None:  # an empty row that only the merge reaches into
        return
    if isinstance(cells, list):
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = value


def _mark(grid: Grid, structure: Structure) -> None:
    for (number, column), (formula, has_value) in structure.formulas.items():
        cached = _at(grid, number, column)
        if (number, column) in structure.faults:
            continue
        _put(grid, number, column, {"formula": formula, "cached": cached if has_value else None})
    for (number, column), fault in structure.faults.items():
        _put(grid, number, column, {"fault": fault})
    hidden = [n for n in structure.hidden_rows if n in grid.rows]
    if hidden:
        some = "、".join(map(str, hidden[:10]))
        grid.notes.append(
            f"有 {len(hidden)} 行是隐藏的（第 {some} 行{'等' if len(hidden) > 10 else ''}），已一并读取。"
        )
    if structure.hidden_columns:
        grid.notes.append(f"隐藏的列（{'、'.join(map(letters, structure.hidden_columns[:10]))}）已一并读取。")
