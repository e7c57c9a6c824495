"""Bad files, made by code: what a corpus of them must hold is how each came to be bad."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import openpyxl
import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = ("名称", "代码", "日期", "人数")


def book(rows: list[list[Any]], head: tuple[str, ...] = HEAD, **options: Any) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, options) as made:
        sheet = made.add_worksheet("表")
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, head)
        for number, row in enumerate(rows, 1):
            for at, value in enumerate(row):
                if hasattr(value, "year"):
                    sheet.write_datetime(number, at, value, day)
                elif value is not None:
                    sheet.write(number, at, value)
    return stream.getvalue()


def changed(content: bytes, parts: dict[str, bytes | None]) -> bytes:
    """The archive with some parts replaced, added or (None) left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            if part is not None:
                new.writestr(name, part)
    return stream.getvalue()


def with_sheet(xml: bytes) -> bytes:
    return changed(book([]), {"xl/worksheets/sheet1.xml": xml})


def sheet_xml(rows: bytes, more: bytes = b"") -> bytes:
    start = f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}">'.encode()
    heading = b"".join(inline(f"{chr(65 + n)}1", text) for n, text in enumerate(HEAD))
    return start + b'<sheetData><row r="1">' + heading + b"</row>" + rows + b"</sheetData>" + more + b"</worksheet>"


def inline(address: str, text: str) -> bytes:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()


def million_blank_rows() -> bytes:
    """Every row of the sheet formatted, two of them filled: what “select all, set a border” leaves behind."""
    filled = b'<row r="2">' + inline("A2", "甲") + b'<c r="D2"><v>3</v></c></row>'
    one = b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/></row>'
    blank = b"".join(one % (n, n) for n in range(3, 1_048_576))
    last = b'<row r="1048576">' + inline("A1048576", "末") + b"</row>"
    return with_sheet(sheet_xml(filled + blank + last))


def unfolding(megabytes: int) -> bytes:
    """A small file of one endlessly repeated row."""
    row = b'<row><c t="inlineStr"><is><t>1</t></is></c><c><v>1</v></c></row>'
    return with_sheet(sheet_xml(row * (megabytes * 1024 * 1024 // len(row))))


def many_strings(megabytes: int) -> bytes:
    text = b"<si><t>" + b"a" * 1000 + b"</t></si>"
    count = megabytes * 1024 * 1024 // len(text)
    xml = f'<?xml version="1.0"?><sst xmlns="{MAIN}" count="{count}">'.encode() + text * count + b"</sst>"
    return changed(book([["甲", "1", None, 1]]), {"xl/sharedStrings.xml": xml})


def far_cell() -> bytes:
    return with_sheet(sheet_xml(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def ole(*names: str) -> bytes:
    """The start of an old Office container with these entries in its directory."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<16sHH", b"\0" * 16, 0x3E, 3) + b"\0" * 480
    return head + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)


def formulas() -> bytes:
    """One with a stored result, one never computed, one of another file, one that failed."""
    cells = (
        b'<row r="2">' + inline("A2", "甲") + b'<c r="D2"><f>1+2</f><v>3</v></c></row>'
        b'<row r="3">' + inline("A3", "乙") + b'<c r="D3"><f>1+2</f></c></row>'
        b'<row r="4">' + inline("A4", "丙") + b'<c r="D4"><f>[1]Sheet1!A1</f><v>7</v></c></row>'
        b'<row r="5">' + inline("A5", "丁") + b'<c r="D5" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    return with_sheet(sheet_xml(cells))


def merged() -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(HEAD)
    for name in ("甲", "乙", "丙"):
        sheet.append([name, "A1", "2026-03-05", 5])
    sheet.merge_cells("D2:D4")
    sheet.merge_cells("A4:B4")
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def merged_to_the_corner() -> bytes:
    """A few bytes of which each says that a thousand million cells are one."""
    ranges = b"".join(b'<mergeCell ref="A%d:XFD%d"/>' % (n, 1_048_576 - n) for n in range(2, 12))
    rows = b'<row r="2">' + inline("A2", "甲") + b'</row><row r="3"><c r="D3"><v>3</v></c></row>'
    return with_sheet(sheet_xml(rows, b"<mergeCells>" + ranges + b"</mergeCells>"))


def hidden() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as made:
        sheet = made.add_worksheet("表")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ["甲", "A1", "2026-03-05", 1])
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})
        made.add_worksheet("旧数据").write_row(0, 0, HEAD)
        secret = made.add_worksheet("备份")
        secret.write_row(0, 0, HEAD)
        secret.hide()
    return stream.getvalue()
