"""The file given back: each row where it stood with all its columns, what is wrong in red, with a note and in words."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import xlsxwriter

from core import sheets
from core.models import ImportBatch, ImportRow

MOST_NOTES = 2_000  # each is a drawing: more make the file slow to open
FONT = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
TITLE = "错误"


def marked(batch: ImportBatch) -> bytes:
    stream = io.BytesIO()
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": batch.title, "created": dt.datetime(2000, 1, 1)})
        _Marked(book, batch).write()
    return stream.getvalue()


class _Marked:
    def __init__(self, book: Any, batch: ImportBatch) -> None:
        self.batch = batch
        header = batch.header
        self.columns: list[str] = header["columns"]
        self.positions: list[int] = header.get("positions") or list(range(len(self.columns)))
        self.heading: int = header.get("heading", 1)
        self.shift = 0 if "heading" in header else 1  # features have no heading row of their own
        kept = [(t, p) for t, p in zip(self.columns, self.positions, strict=True) if t != TITLE]
        self.places = dict(kept)
        self.keys = {key: title for title, key in batch.mapping.items()}
        self.last = max(self.positions, default=-1) + 1
        self.sheet = book.add_worksheet((header.get("sheet") or batch.title)[:31])
        text, day = {**FONT, "num_format": "@"}, {**FONT, "num_format": "yyyy-mm-dd"}
        red = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}
        self.text, self.day, self.number = book.add_format(text), book.add_format(day), book.add_format(FONT)
        self.red_text, self.red_day = book.add_format(text | red), book.add_format(day | red)
        self.red_number = book.add_format(FONT | red)
        self.head = book.add_format({**FONT, "bold": True, "bg_color": "#DCE6F1", "text_wrap": True})
        self.notes = 0

    def write(self) -> None:
        for title, at in self.places.items():
            self.sheet.set_column(at, at, min(40, max(12, 2 * len(title) + 4)))
        self.sheet.set_column(self.last, self.last, 60)
        for number, cells in enumerate(self.batch.header.get("above", [])):
            for at, cell in enumerate(cells):
                self._cell(number, at, cell)
        for title, at in self.places.items():
            shown = "" if title.startswith("（") and "没有列名" in title else title
            self.sheet.write_string(self.heading - 1, at, sheets.neutral(shown), self.head)
        self.sheet.write_string(self.heading - 1, self.last, TITLE, self.head)
        number = self.heading
        for row in self.batch.rows.order_by("number").iterator(chunk_size=2000):
            number = row.number + self.shift
            self._row(row, number - 1)
        self.sheet.autofilter(self.heading - 1, 0, max(number - 1, self.heading), self.last)
        self.sheet.freeze_panes(self.heading, 0)

    def _row(self, row: ImportRow, at: int) -> None:
        wrong = {self.keys.get(key, ""): text for key, text in row.problems.items()}
        for title, place in self.places.items():
            self._cell(at, place, row.cells.get(title), is_wrong=title in wrong)
            if title in wrong and self.notes < MOST_NOTES:
                self.notes += 1
                self.sheet.write_comment(at, place, wrong[title], {"x_scale": 2})
        if wrong:
            words = "；".join(f"{title}：{text}" if title else text for title, text in wrong.items())
            self.sheet.write_string(at, self.last, words[: sheets.CELL_CAP], self.red_text)

    def _cell(self, row: int, at: int, cell: Any, *, is_wrong: bool = False) -> None:
        if isinstance(cell, dict):
            cell = _plain(cell)
        if isinstance(cell, dt.date):
            moment = dt.datetime.combine(cell, dt.time())
            self.sheet.write_datetime(row, at, moment, self.red_day if is_wrong else self.day)
        elif isinstance(cell, bool):
            self.sheet.write_boolean(row, at, cell, self.red_number if is_wrong else self.number)
        elif isinstance(cell, (int, float)):
            self.sheet.write_number(row, at, cell, self.red_number if is_wrong else self.number)
        elif cell:
            text = sheets.neutral(str(cell))[: sheets.CELL_CAP]
            self.sheet.write_string(row, at, text, self.red_text if is_wrong else self.text)
        elif is_wrong:
            self.sheet.write_blank(row, at, None, self.red_text)


def _plain(cell: dict[str, Any]) -> Any:
    """A special cell as a value: the result of a formula, never the formula."""
    if "date" in cell:
        try:
            day = dt.date.fromisoformat(cell["date"])
        except ValueError:
            return cell["date"]
        return day if day.year >= 1900 else cell["date"]
    if "fault" in cell:
        return "" if cell["fault"] == "merged" else cell["fault"]
    inner = cell.get("cached") if "formula" in cell else cell.get("merged")
    return _plain(inner) if isinstance(inner, dict) else inner
