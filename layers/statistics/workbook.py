"""Statistics as a workbook: one sheet a table, real numbers, what was counted and when; on request the rows behind."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter
from django.utils import timezone

from core import sheets
from layers import columns, record_list
from layers.statistics.answering import Answer, Cell, Line, parts_of
from layers.statistics.asking import Asked

FONT = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
HEADING = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "align": "center"}


def of(title: str, asked: Asked, answers: list[Answer]) -> bytes:
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title, "created": datetime(2000, 1, 1)})  # equal rows give equal files
        names: set[str] = set()
        for number, answer in enumerate(answers, start=1):
            _Page(book, sheet_name(f"{number} {answer.table.title}", names), asked).write(answer)
        if not answers:
            book.add_worksheet("无数据").write_string(0, 0, "您的账号没有管辖区划，没有可统计的数据。")
        if asked.with_rows:
            add_rows(book, asked, answers, names)
    return stream.getvalue()


def sheet_name(title: str, taken: set[str]) -> str:
    """Excel takes 31 characters, some signs not at all, and no name twice."""
    name = "".join(" " if c in "[]:*?/\\'" else c for c in title).rstrip(" ？?")[:31].strip()
    taken.add(name)
    return name


def add_rows(book: Any, asked: Asked, answers: list[Answer], names: set[str]) -> None:
    """The rows of each list that was counted, once for each way it was narrowed."""
    done = set()
    for answer in answers:
        for part in parts_of(answer.table, asked):
            chosen = {**part.filters, **(asked.ground.filters if asked.ground else {})}
            key = (part.name, tuple(sorted(chosen.items())))
            if key in done or (part.measure is not None and part.measure.records):
                continue
            done.add(key)
            rows = record_list.ordered(part.records, record_list.chosen(part.records, asked.user, chosen), "")
            in_full = columns.may_see_personal(part.records, asked.user)
            shown = columns.for_sheet(part.records.columns, in_full=in_full)
            name = sheet_name(f"明细{len(done)} {part.records.title}", names)
            sheets.add_sheet(book, rows, shown, title=name, as_of=timezone.now())


class _Page:
    """One table on one sheet, written from the top."""

    def __init__(self, book: Any, name: str, asked: Asked) -> None:
        self.sheet, self.asked = book.add_worksheet(name), asked
        self.title = book.add_format({**FONT, "bold": True, "font_size": 14})
        self.quiet = book.add_format({**FONT, "font_color": "#666666", "italic": True})
        self.note = book.add_format({**FONT, "font_color": "#333333", "text_wrap": True, "valign": "top"})
        self.heading = book.add_format({**FONT, **HEADING})
        self.text = book.add_format({**FONT, "num_format": "@"})
        self.number = book.add_format({**FONT, "num_format": "#,##0"})
        self.mean = book.add_format({**FONT, "num_format": "#,##0.0"})
        self.bold_text = book.add_format({**FONT, "num_format": "@", "bold": True, "top": 1})
        self.bold_number = book.add_format({**FONT, "num_format": "#,##0", "bold": True, "top": 1})

    def write(self, answer: Answer) -> None:
        ground = self.asked.ground
        scope = [f"数据截至 {timezone.localtime(answer.as_of):%Y-%m-%d %H:%M}"]
        scope += [f"范围：{ground.chosen.name}"] if ground else []
        scope += [f"期间：{answer.period}"] if answer.period else []
        scope += [f"单位：{answer.table.unit}"]
        self.sheet.write_string(0, 0, answer.table.title, self.title)
        self.sheet.write_string(1, 0, "　".join(scope), self.quiet)
        self.sheet.set_column(0, 0, 24)
        self.sheet.set_column(1, len(answer.heads), 14)
        self.sheet.write_string(3, 0, answer.table.rows.title or "项目", self.heading)
        for index, (_key, label) in enumerate(answer.heads, start=1):
            self.sheet.write_string(3, index, label, self.heading)
        for row, line in enumerate(answer.lines, start=4):
            self.line(row, line, self.text, self.number)
        end = 4 + len(answer.lines)
        self.line(end, answer.total, self.bold_text, self.bold_number)
        notes = [*answer.notes, *([f"依据：{answer.table.basis}"] if answer.table.basis else [])]
        for row, note in enumerate(notes, start=end + 2):
            self.sheet.merge_range(row, 0, row, max(1, len(answer.heads)), sheets.neutral(note), self.note)
            self.sheet.set_row(row, 15 * (1 + len(note) // 45))
        self.sheet.freeze_panes(4, 1)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def line(self, row: int, line: Line, text: Any, number: Any) -> None:
        self.sheet.write_string(row, 0, sheets.neutral(line.label), text)
        for index, cell in enumerate(line.cells, start=1):
            if cell.value is not None:
                self.sheet.write_number(row, index, cell.value, self.style(cell, number))

    def style(self, cell: Cell, number: Any) -> Any:
        return number if float(cell.value or 0).is_integer() else self.mean
