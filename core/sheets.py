"""Rows out as a spreadsheet: real dates and numbers, codes as text, nothing that a spreadsheet would run.

content = sheets.export(Team.objects.visible_to(user), COLUMNS, title="救援队伍", as_of=now)
return sheets.response(content, "救援队伍")
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter
from typing import Any

import xlsxwriter
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

ROW_CAP = 50_000
CELL_CAP = 32_767  # what one cell of the format can hold
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the start of a formula, in both widths: importing may turn a full-width one.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER_LIKE = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?%?")
INVISIBLE = " \u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"  # what stands unseen before a sign
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
FORMATS = {
    "text": {"num_format": "@"},
    "int": {"num_format": "#,##0"},
    "number": {"num_format": "#,##0.######"},
    "money": {"num_format": "#,##0.00"},
    "percent": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd"},
    "datetime": {"num_format": "yyyy-mm-dd hh:mm"},
    "bool": {"num_format": "@"},
}
WIDTHS = {"int": 10, "number": 12, "money": 14, "percent": 9, "date": 12, "datetime": 17, "bool": 6}


@dataclass(frozen=True)
class Column:
    """One column: its heading, a dotted path or a function of the row, what kind of value, how wide (0 = by kind)."""

    title: str
    value: str | Callable[[Any], Any]
    kind: str = "text"
    width: int = 0


ColumnLike = Column | tuple[Any, ...]


def neutral(text: str) -> str:
    """Text that no spreadsheet runs as a formula, also when saved as CSV and opened again. Plain numbers stay."""
    text = UNPRINTABLE.sub("", text)
    if text.startswith(RISKY) or text.lstrip(INVISIBLE).startswith(RISKY):
        return text if NUMBER_LIKE.fullmatch(text) else f"'{text}"
    return text


def export(
    rows: QuerySet[Any] | Iterable[Any],
    columns: Sequence[ColumnLike],
    *,
    title: str,
    as_of: datetime | None = None,
    cap: int = ROW_CAP,
) -> bytes:
    """The workbook. More rows than `cap` are left out, and the sheet says so in its last row."""
    stream, title = io.BytesIO(), UNPRINTABLE.sub("", title)
    known = [c if isinstance(c, Column) else Column(*c) for c in columns]
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title, "created": datetime(2000, 1, 1)})  # equal rows give equal files
        _Sheet(book, known, title, as_of).write(rows, cap)
    return stream.getvalue()


def add_sheet(
    book: Any,
    rows: QuerySet[Any] | Iterable[Any],
    columns: Sequence[ColumnLike],
    *,
    title: str,
    as_of: datetime | None = None,
    cap: int = ROW_CAP,
) -> None:
    """The same as one more sheet of a workbook that holds others."""
    _Sheet(book, [c if isinstance(c, Column) else Column(*c) for c in columns], title, as_of).write(rows, cap)


def response(content: bytes, name: str) -> HttpResponse:
    """As a download with a Chinese name."""
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}{stamp}.xlsx")
    headers = {"Content-Disposition": disposition or "attachment", "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=CONTENT_TYPE, headers=headers)


class _Sheet:
    """One worksheet being written from the top: rows once left cannot be changed, which keeps memory flat."""

    def __init__(self, book: Any, columns: Sequence[Column], title: str, as_of: datetime | None) -> None:
        self.columns = columns
        self.sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "导出")
        font = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
        self.formats = {kind: book.add_format({**font, **f}) for kind, f in FORMATS.items()}
        self.wrapped = book.add_format({**font, **FORMATS["text"], "text_wrap": True})
        self.heading = book.add_format(
            {**font, "bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "align": "center"}
        )
        self.quiet = book.add_format({**font, "font_color": "#666666", "italic": True})
        self.accessors = [_accessor(c.value) for c in columns]
        self.row = 0
        if as_of is not None:
            self.sheet.write_string(0, 0, f"数据截至 {timezone.localtime(as_of):%Y-%m-%d %H:%M}", self.quiet)
            self.row = 1

    def write(self, rows: QuerySet[Any] | Iterable[Any], cap: int) -> None:
        for index, column in enumerate(self.columns):
            width = column.width or WIDTHS.get(column.kind, min(40, max(12, 2 * len(column.title) + 4)))
            self.sheet.set_column(index, index, width)
        header = self.row
        self.sheet.set_row(header, 22)
        for index, column in enumerate(self.columns):
            self.sheet.write_string(header, index, neutral(column.title), self.heading)
        self.sheet.freeze_panes(header + 1, 0)
        self.sheet.repeat_rows(header)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        more = self._rows(rows, cap)
        self.sheet.autofilter(header, 0, max(self.row, header), max(0, len(self.columns) - 1))
        if more:
            note = f"只导出了前 {cap:,} 行，还有更多。请缩小范围（区域、状态、日期）后再导出。"
            self.sheet.write_string(self.row + 2, 0, note, self.quiet)

    def _rows(self, rows: QuerySet[Any] | Iterable[Any], cap: int) -> bool:
        """True when there were more rows than `cap`."""
        for count, row in enumerate(_streamed(rows, cap)):
            if count == cap:
                return True
            self.row += 1
            for index, (column, accessor) in enumerate(zip(self.columns, self.accessors, strict=True)):
                self._cell(index, column.kind, accessor(row))
        return False

    def _cell(self, index: int, kind: str, value: Any) -> None:
        if value is None or value == "":
            return
        if callable(value):
            value = value()
        style = self.formats[kind]
        if kind in ("date", "datetime") and isinstance(value, date | datetime):
            moment = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
            plain = moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time())
            if plain.year >= 1900:  # the format's calendar begins there
                self.sheet.write_datetime(self.row, index, plain, style)
                return
        elif kind in ("int", "number", "money", "percent") and isinstance(value, int | float | Decimal):
            number = float(value)
            if abs(number) < 1e15:  # a spreadsheet keeps 15 digits: longer ones are codes, and shown as such
                self.sheet.write_number(self.row, index, number, style)
                return
        elif kind == "bool":
            value = "是" if value else "否"
        text = neutral(_text(value))[:CELL_CAP]
        self.sheet.write_string(self.row, index, text, self.wrapped if "\n" in text else self.formats["text"])


def _streamed(rows: QuerySet[Any] | Iterable[Any], cap: int) -> Iterator[Any]:
    """A queryset is read through a cursor, with its prefetches, and never past the cap."""
    if isinstance(rows, QuerySet):
        return iter(rows[: cap + 1].iterator(chunk_size=1000))
    return iter(rows)


def _accessor(value: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    if not isinstance(value, str):
        return value
    get = attrgetter(value.replace("__", "."))

    def read(row: Any) -> Any:
        if isinstance(row, dict):
            return row.get(value)
        try:
            return get(row)
        except (AttributeError, ObjectDoesNotExist):
            # A path through an empty relation is an empty cell; a misspelt name is a mistake.
            if not hasattr(type(row), value.split("__")[0].split(".")[0]):
                raise
            return None

    return read


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple | set | frozenset):
        return "、".join(str(v) for v in value)
    return str(value)
