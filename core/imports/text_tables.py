"""CSV in the encodings and with the separators met here, and the HTML tables that older systems save as .xls."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from core.imports.table import HEADING_WITHIN, MOST_CELLS, Grid, Line, speak
from core.imports.titles import tidy

SEPARATORS = ",;\t|，；"
AS_TEXT = re.compile(r'="([^"]*)"')  # how a CSV keeps a spreadsheet from reading a code as a number
CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
NOT_TEXT = "文件不是可读的文字：编码应是 UTF-8、GBK/GB18030 或 UTF-16。请在 Excel 或 WPS 中另存为 xlsx 后上传。"


def decoded(content: bytes) -> str:
    """Strictly, in the order in which an encoding rules the others out; "" when none fits.

    A guesser is not used: GB18030 and UTF-8 tell themselves apart, and a wrong guess would change names silently.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content[:4000]:  # no other text has it; Latin letters and commas have it on one side
        encodings = ["utf-16-le" if content[1:4000:2].count(0) > content[:4000:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def read_csv(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    text = decoded(path.read_bytes())
    if not text.strip() or "\0" in text:
        yield {"refused": NOT_TEXT}
        return
    csv.field_size_limit(1_000_000)
    declared = re.match(r"sep=(.)\r?\n", text)
    try:
        if declared:
            rows = list(csv.reader(io.StringIO(text[declared.end() :], newline=""), delimiter=declared[1]))
        else:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text, set(options["titles"]))))
    except csv.Error as error:
        yield {"refused": f"CSV 的引号或分隔不完整，无法逐行读取（{error}）。请在 Excel 或 WPS 中另存为 xlsx 后上传。"}
        return
    if sum(map(len, rows)) > MOST_CELLS:
        yield {"refused": "表格超过 500 万格，请拆成几个文件。"}
        return
    first = 2 if declared else 1
    yield from speak(Grid("", {n: [_plain(c) for c in row] for n, row in enumerate(rows, first)}), options)


def _separator(text: str, titles: set[str]) -> str:
    """The one that makes the most known titles of a row, and then the most cells."""
    head = "\n".join(text.split("\n", HEADING_WITHIN)[:HEADING_WITHIN])

    def fits(separator: str) -> tuple[int, int]:
        rows = list(csv.reader(io.StringIO(head, newline=""), delimiter=separator))
        known = max((len({tidy(c) for c in row} & titles) for row in rows), default=0)
        return known, max(map(len, rows), default=0)

    return max(SEPARATORS, key=fits)


def _plain(cell: str) -> str:
    found = AS_TEXT.fullmatch(cell)
    return found[1] if found else cell


def is_html(head: bytes) -> bool:
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:2000].lower()
    return start.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")) or b"<table" in start


def read_html(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    content = path.read_bytes()
    named = CHARSET.search(content[:4000])
    text = decoded(content)
    if named and named[1].lower() in (b"gb2312", b"gbk", b"gb18030") and not content.startswith(b"\xef\xbb\xbf"):
        text = content.decode("gb18030", "strict") if _fits(content, "gb18030") else text
    if not text:
        yield {"refused": NOT_TEXT}
        return
    parser = _Tables()
    parser.feed(text)
    parser.close()
    grids = [Grid("", dict(enumerate(rows, 1))) for rows in parser.tables if rows]
    if not grids:
        yield {"refused": "这是网页文件，里面没有表格。请另存为 xlsx 后上传。"}
        return
    best = max(grids, key=lambda g: g.heading(set(options["titles"]))[1])
    best.notes.append("文件实为网页表格（HTML），已按表格读取；请核对长数字有没有变样。")
    yield from speak(best, options)


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


class _Tables(HTMLParser):
    """The outermost tables as rows of cells; a cell over several rows gives its value to each of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[Any]]] = []
        self.depth = 0
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.pending: dict[int, tuple[int, Any]] = {}  # column -> (rows still covered, value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
                self.pending = {}
        if self.depth != 1:
            return
        if tag == "tr":
            self.close_cell()
            self.tables[-1].append([])
            self.cover()
        elif tag in ("td", "th") and self.tables[-1]:
            self.close_cell()
            given = dict(attrs)
            self.span = (_count(given.get("rowspan")), _count(given.get("colspan")))
            self.cell = []
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table") and self.depth == 1:
            self.close_cell()
        if tag == "table":
            self.depth = max(0, self.depth - 1)

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def close_cell(self) -> None:
        if self.cell is None:
            return
        value = re.sub(r"[ \t\r\n\u00a0]+", " ", "".join(self.cell)).strip()
        self.cell, (down, across) = None, self.span
        row = self.tables[-1][-1]
        for step in range(across):
            if down > 1:
                self.pending[len(row)] = (down - 1, {"merged": value} if not step else {"fault": "merged"})
            row.append(value if not step else {"fault": "merged"} if value else "")
        self.cover()

    def cover(self) -> None:
        row = self.tables[-1][-1]
        while len(row) in self.pending:
            left, value = self.pending.pop(len(row))
            if left > 1:
                self.pending[len(row)] = (left - 1, value)
            row.append(value)


def _count(text: str | None) -> int:
    return min(200, int(text)) if text and text.isdecimal() and int(text) else 1
