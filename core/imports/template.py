"""The workbook people fill in: typed columns, lists to choose from, notes, an example, and a page that explains."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from typing import Any

import xlsxwriter

from core import sheets
from core.imports.columns import Column, shown
from core.imports.table import GUIDE, LISTS

FORMATS = {
    "integer": "0", "decimal": "0.######", "date": "yyyy-mm-dd", "lon": "0.0000000", "lat": "0.0000000",
}  # fmt: skip
TYPES = {
    "text": "文字", "code": "代码（文本格式）", "integer": "整数", "decimal": "数字", "date": "日期，如 2026-03-05",
    "choice": "单选，从列表中选", "choices": "多选，用顿号“、”分开", "boolean": "填“是”或“否”", "lon": "经度（度）",
    "lat": "纬度（度）", "region": "区划，从列表中选",
}  # fmt: skip
FONT = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
LONGEST_INLINE = 250  # what a list inside a validation may hold
SPARE_ROWS = 5_000
NUMERIC = ("integer", "decimal", "lon", "lat")


def template(title: str, columns: tuple[Column, ...], rows: Iterable[dict[str, Any]] | None = None) -> bytes:
    """Empty with an example row, or filled with `rows` (values by column key)."""
    stream = io.BytesIO()
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title, "created": dt.datetime(2000, 1, 1)})
        _Template(book, title, columns).write(rows)
    return stream.getvalue()


class _Template:
    def __init__(self, book: Any, title: str, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.sheet = book.add_worksheet(title[:31])
        self.guide = book.add_worksheet(GUIDE)
        self.lists = book.add_worksheet(LISTS)
        self.lists.hide()
        self.formats = {
            kind: book.add_format({**FONT, "num_format": FORMATS.get(kind, "@")}) for kind in ("text", *FORMATS)
        }
        self.quiet = book.add_format({**FONT, "num_format": "@", "italic": True, "font_color": "#808080"})
        head = {**FONT, "bold": True, "text_wrap": True, "align": "center", "border": 1, "border_color": "#B8C4D6"}
        self.optional = book.add_format({**head, "bg_color": "#DCE6F1"})
        self.required = book.add_format({**head, "bg_color": "#FFE8C7"})
        self.wrapped = book.add_format({**FONT, "text_wrap": True, "valign": "top"})
        self.book = book

    def write(self, rows: Iterable[dict[str, Any]] | None) -> None:
        for at, column in enumerate(self.columns):
            self.sheet.set_column(at, at, column.width or _width(column), self._format(column))
            title = column.title + ("（必填）" if column.is_required else "")
            self.sheet.write_string(0, at, title, self.required if column.is_required else self.optional)
            self.sheet.write_comment(0, at, _note(column), {"x_scale": 1.6, "y_scale": 1.2})
        self.sheet.set_row(0, 32)
        self.sheet.freeze_panes(1, 1)
        last = self._example() if rows is None else self._fill(rows)
        for at, column in enumerate(self.columns):
            self._offer(at, column, last + SPARE_ROWS)
        self._explain()

    def _format(self, column: Column) -> Any:
        return self.formats[column.kind if column.kind in FORMATS else "text"]

    def _example(self) -> int:
        for at, column in enumerate(self.columns):
            if column.example:
                self.sheet.write_string(1, at, column.example, self.quiet)
        return 1

    def _fill(self, rows: Iterable[dict[str, Any]]) -> int:
        number = 0
        for number, values in enumerate(rows, 1):
            for at, column in enumerate(self.columns):
                self._cell(number, at, column, values.get(column.key))
        return number

    def _cell(self, row: int, at: int, column: Column, value: Any) -> None:
        if value in (None, "", []):
            return
        if column.kind in NUMERIC and abs(float(value)) < 1e15:
            self.sheet.write_number(row, at, float(value), self._format(column))
        elif column.kind == "date":
            day = dt.date.fromisoformat(str(value))
            self.sheet.write_datetime(row, at, dt.datetime.combine(day, dt.time()), self._format(column))
        else:
            text = sheets.neutral(shown(column, value))[: sheets.CELL_CAP]
            self.sheet.write_string(row, at, text, self._format(column))

    def _offer(self, at: int, column: Column, last: int) -> None:
        """The drop-down: in the cell itself when it is short, else from the hidden sheet."""
        labels = ["是", "否"] if column.kind == "boolean" else [label for _key, label in column.choices]
        if column.kind == "choices" or not labels:
            return
        is_short = len(",".join(labels)) < LONGEST_INLINE and not any("," in label for label in labels)
        source: Any = labels
        if not is_short:
            letter = xlsxwriter.utility.xl_col_to_name(at)
            source = f"='{LISTS}'!${letter}$1:${letter}${len(labels)}"
        self.sheet.data_validation(
            1, at, last, at,
            {"validate": "list", "source": source, "error_type": "warning", "error_title": column.title,
             "error_message": "请从列表中选择。"},
        )  # fmt: skip

    def _explain(self) -> None:
        """Lists are written by rows, because what is written cannot be gone back to."""
        listed = [[label for _key, label in c.choices] for c in self.columns]
        for number in range(max(map(len, listed), default=0)):
            for at, labels in enumerate(listed):
                if number < len(labels):
                    self.lists.write_string(number, at, labels[number])
        guide = self.guide
        for at, (title, width) in enumerate((("列名", 22), ("必填", 6), ("类型", 24), ("说明", 60), ("示例", 30))):
            guide.set_column(at, at, width, self.wrapped)
            guide.write_string(0, at, title, self.optional)
        guide.freeze_panes(1, 0)
        for number, column in enumerate(self.columns, 1):
            cells = (
                column.title,
                "是" if column.is_required else "",
                TYPES[column.kind],
                _help(column),
                column.example,
            )
            for at, text in enumerate(cells):
                guide.write_string(number, at, text, self.wrapped)
        for number, text in enumerate(GENERAL, len(self.columns) + 2):
            guide.write_string(number, 0, text)


GENERAL = (
    "灰色斜体的示例行导入时会自动跳过，不用删除。",
    "代码类的列已设为文本格式：统一社会信用代码等长数字请直接输入，不要粘贴成数值，否则后几位会被电子表格舍入。",
    "已有的记录按标识列找到后更新：单元格清空表示清除原有内容；整列删去表示不改这一列。",
    "导入前会先核对并显示结果，确认后才写入；导入后可以整批撤销。",
)


def _help(column: Column) -> str:
    labels = [label for _key, label in column.choices]
    options = "可选：" + "、".join(labels[:30]) + ("…" if len(labels) > 30 else "") if labels else ""
    return "\n".join(filter(None, (column.help, options)))


def _note(column: Column) -> str:
    lines = (
        "必填。" if column.is_required else "选填。", TYPES[column.kind], column.help,
        f"示例：{column.example}" if column.example else "",
    )  # fmt: skip
    return "\n".join(filter(None, lines))


def _width(column: Column) -> int:
    by_kind = {"date": 12, "integer": 10, "decimal": 12, "lon": 13, "lat": 13, "boolean": 8, "code": 22}
    return max(by_kind.get(column.kind, 16), min(40, 2 * len(column.title) + 6))
