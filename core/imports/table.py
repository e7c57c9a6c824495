"""From the cells of a sheet to the lines a reader owes: where the heading is, what the columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.imports.titles import tidy

GUIDE, LISTS = "填写说明", "选项"  # the further sheets of our own template
HEADING_WITHIN = 30
MOST_CELLS = 5_000_000
LONGEST_CELL = 32_767  # what a cell of a spreadsheet holds: more was not written by one, and could not be given back
Cells = Sequence[Any]
Line = dict[str, Any]


@dataclass
class Grid:
    """The cells of one sheet by row number (from 1), and what is to be said about how they were read."""

    name: str
    rows: dict[int, Cells]
    notes: list[str] = field(default_factory=list)

    def heading(self, titles: set[str]) -> tuple[int, int]:
        """(row number, how many known titles it has) of the row that looks most like the heading; (0, 0) if none."""
        best = (0, 0)
        for seen, (number, cells) in enumerate(self.rows.items()):
            if seen >= HEADING_WITHIN:
                break
            score = len({tidy(c) for c in cells if isinstance(c, str)} & titles)
            if score > best[1]:
                best = (number, score)
        return best


def letters(position: int) -> str:
    """0 -> A, 26 -> AA: as the spreadsheet names its columns."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def speak(grid: Grid, options: dict[str, Any]) -> Iterator[Line]:
    """The lines of one sheet, heading first."""
    titles = set(options["titles"])
    heading, score = grid.heading(titles)
    if not score:
        yield {"refused": _no_heading(options)}
        return
    below = {n: cells for n, cells in grid.rows.items() if n > heading and not all(map(is_empty, cells))}
    if len(below) > options["rows"]:
        yield {"refused": f"有 {len(below):,} 行数据，一次最多导入 {options['rows']:,} 行，请拆成几个文件。"}
        return
    names, positions = _columns(grid.rows[heading], below.values())
    if len(names) > options["columns"]:
        yield {"refused": f"有 {len(names)} 列，一次最多 {options['columns']} 列，请删去与导入无关的列。"}
        return
    above = [_trimmed(grid.rows.get(n, ())) for n in range(1, heading)]
    yield {
        "columns": names, "notes": grid.notes, "heading": heading, "positions": positions, "above": above,
        "sheet": grid.name, "is_1904": bool(options.get("is_1904")),
    }  # fmt: skip
    pairs = list(zip(names, positions, strict=True))
    for number, cells in below.items():
        values = {name: cells[at] for name, at in pairs if at < len(cells) and not is_empty(cells[at])}
        yield {"row": number, "values": values, "geometry": None, **_shortened(values)}


def _shortened(values: dict[str, Any]) -> dict[str, str]:
    """Cells too long for any spreadsheet are cut in place; the problem of the row that says so."""
    long = [name for name, value in values.items() if isinstance(value, str) and len(value) > LONGEST_CELL]
    if not long:
        return {}
    for name in long:
        values[name] = values[name][:100] + "…"
    named = "、".join(f"“{name[:40]}”" for name in long[:5])
    return {"problem": f"{named}的内容超过 {LONGEST_CELL:,} 个字，表格的一格放不下。请缩短后再导入。"}


def _no_heading(options: dict[str, Any]) -> str:
    wanted = "、".join(options.get("shown", [])[:8])
    return f"没有找到表头：前 {HEADING_WITHIN} 行里没有认得的列名。应有的列如：{wanted}。请用“下载模板”得到的表格填写。"


def _columns(heading: Cells, rows: Iterable[Cells]) -> tuple[list[str], list[int]]:
    """Unique names. A column without a title counts only if something stands in it."""
    filled: set[int] = set()
    for cells in rows:
        filled.update(at for at, cell in enumerate(cells) if at not in filled and not is_empty(cell))
    names: list[str] = []
    positions: list[int] = []
    for at in range(max([len(heading), *(n + 1 for n in filled)])):
        title = " ".join(str(heading[at]).split()) if at < len(heading) and not is_empty(heading[at]) else ""
        if not title and at not in filled:
            continue
        name = title or f"（{letters(at)} 列，没有列名）"
        names.append(name if name not in names else f"{name}（{letters(at)} 列，重复）")
        positions.append(at)
    return names, positions


def _trimmed(cells: Cells) -> list[Any]:
    found = list(cells)
    while found and is_empty(found[-1]):
        found.pop()
    return found
