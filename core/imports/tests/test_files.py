"""The corpus of bad files: each is read right, or refused with a reason and a cure, within time and memory."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest

from core.imports import reading
from core.imports.columns import Column, parse
from core.imports.tests import books
from core.imports.titles import tidy
from core.imports.values import Context

OPTIONS = {"titles": [tidy(t) for t in books.HEAD], "shown": list(books.HEAD), "rows": 100_000, "columns": 200}
CHILD_MB = 900


@pytest.fixture
def said(tmp_path: Path) -> Any:
    """`said(content)`: (header, rows by number, end) of a file with this content; the name says nothing."""

    def read(content: bytes) -> tuple[dict[str, Any], dict[int, dict[str, Any]], dict[str, Any]]:
        path = tmp_path / "upload"
        path.write_bytes(content)
        lines = list(reading.lines(path, reading.reader_of(path), OPTIONS))
        rows = {line["row"]: line["values"] for line in lines if "row" in line}
        return lines[0], rows, lines[-1]["end"]

    return read


def refused(said: Any, content: bytes, *words: str) -> None:
    with pytest.raises(reading.Refused) as error:
        said(content)
    for word in words:
        assert word in str(error.value)
    assert "，" in str(error.value) or "。" in str(error.value)


TEXT = "名称,代码,日期,人数\n甲公司,A1,2026-03-05,12\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"])
def test_text_is_read_in_each_encoding_met_here(said, encoding):
    _header, rows, _end = said(TEXT.encode(encoding))
    assert rows == {2: {"名称": "甲公司", "代码": "A1", "日期": "2026-03-05", "人数": "12"}}


def test_a_rare_character_of_gb18030_is_read(said):
    _header, rows, _end = said(TEXT.replace("甲", "𠮷").encode("gb18030"))
    assert rows[2]["名称"] == "𠮷公司"


@pytest.mark.parametrize("separator", [";", "\t", "|", "，"])
def test_the_separator_is_the_one_that_makes_the_titles(said, separator):
    _header, rows, _end = said(TEXT.replace(",", separator).encode())
    assert rows[2]["代码"] == "A1"


def test_a_declared_separator_and_a_quoted_line_break(said):
    _header, rows, _end = said('sep=;\n名称;代码\n"甲;乙\n公司";A1\n'.encode())
    assert rows == {3: {"名称": "甲;乙\n公司", "代码": "A1"}}


def test_text_in_no_known_encoding_is_refused(said):
    refused(said, "名称,代码\n".encode() + b"\xff\xff\xfe\x80,A1\n" * 40_000, "编码")


def test_a_code_kept_as_text_in_csv_is_unwrapped(said):
    _header, rows, _end = said('名称,代码\n甲,="00123"\n'.encode())
    assert rows[2]["代码"] == "00123"


def test_a_workbook_is_read_whatever_its_name(said):
    header, rows, _end = said(books.book([["甲", "A1", dt.date(2026, 3, 5), 12]]))
    assert header["columns"] == list(books.HEAD)
    assert rows[2] == {"名称": "甲", "代码": "A1", "日期": {"date": "2026-03-05"}, "人数": 12}


def test_dates_of_the_1904_system_are_the_same_days(said):
    header, rows, _end = said(books.book([["甲", "A1", dt.date(2026, 3, 5), 1]], date_1904=True))
    assert rows[2]["日期"] == {"date": "2026-03-05"}
    assert header["is_1904"] is True


def test_a_web_page_saved_as_xls_is_read_as_its_table(said):
    page = (
        '<html><head><meta charset="gb2312"></head><body><table><tr><th>名称</th><th>代码</th></tr>'
        '<tr><td rowspan="2">甲</td><td>A1</td></tr><tr><td>A2</td></tr></table></body></html>'
    )
    header, rows, _end = said(page.encode("gb18030"))
    assert [r["代码"] for r in rows.values()] == ["A1", "A2"]
    assert rows[3]["名称"] == {"merged": "甲"}
    assert "网页" in header["notes"][0]


def test_titles_above_the_heading_are_passed_over(said):
    content = "2026 年企业名单,,,\n填报单位：广饶县,,,\n 名 称 （必填）,代码*,日期,人数\n甲,A1,2026-03-05,3\n"
    header, rows, _end = said(content.encode("gbk"))
    assert header["heading"] == 3
    assert len(header["above"]) == 2
    assert list(rows) == [4]


def test_a_file_without_the_heading_is_refused_by_the_names_it_should_have(said):
    refused(said, "甲,乙\n1,2\n".encode(), "没有找到表头", "名称")


def test_formulas_are_taken_by_their_stored_result_only(said):
    _header, rows, _end = said(books.formulas())
    assert rows[2]["人数"] == {"formula": "=1+2", "cached": 3}
    assert rows[3]["人数"] == {"formula": "=1+2", "cached": None}
    assert "[1]" in rows[4]["人数"]["formula"]
    assert rows[5]["人数"] == {"fault": "#DIV/0!"}


def test_a_merge_over_rows_holds_for_each_and_one_over_columns_for_none(said):
    _header, rows, _end = said(books.merged())
    assert [rows[n]["人数"] for n in (2, 3, 4)] == [5, {"merged": 5}, {"merged": 5}]
    assert rows[4]["代码"] == {"fault": "merged"}


def test_a_merge_over_the_whole_sheet_takes_no_time(said):
    started = time.monotonic()
    _header, rows, _end = said(books.merged_to_the_corner())
    assert rows[2]["名称"] == "甲" and rows[3]["名称"] == {"merged": "甲"}
    assert time.monotonic() - started < 20


def test_a_cell_longer_than_a_spreadsheet_holds_is_refused_with_its_row_and_not_kept(tmp_path: Path):
    path = tmp_path / "upload"
    path.write_text(f"{TEXT}乙公司,{'长' * 40_000},2026-03-05,3\n", encoding="utf-8")
    good, long = (line for line in reading.lines(path, reading.reader_of(path), OPTIONS) if "row" in line)
    assert "problem" not in good
    assert "“代码”" in long["problem"] and "32,767" in long["problem"]
    assert len(long["values"]["代码"]) < 200


@pytest.mark.parametrize("escape", ["_x0000_", "_xD800_"])
def test_half_a_character_or_none_refuses_its_row_in_words(tmp_path: Path, escape: str):
    path = tmp_path / "upload"
    rows = b"".join(b'<row r="%d">' % n + books.inline(f"A{n}", text) + b"</row>"
                    for n, text in ((2, f"甲{escape}"), (3, "乙\U0001f3ed")))  # fmt: skip
    path.write_bytes(books.with_sheet(books.sheet_xml(rows)))
    bad, good = (line for line in reading.lines(path, reading.reader_of(path), OPTIONS) if "row" in line)
    assert good["values"]["名称"] == "乙\U0001f3ed" and "problem" not in good
    if "problem" in bad:
        assert "无法保存的字符" in bad["problem"] and bad["values"]["名称"] == "甲\ufffd"
    else:  # the escape was not taken for a character
        assert bad["values"]["名称"] == f"甲{escape}"


def test_a_column_named_with_what_cannot_be_kept_is_refused():
    from core.imports.child import keepable

    assert "列名" in keepable({"columns": ["名称", "甲\0"]})["refused"]
    assert "列名" in keepable({"columns": ["\ud800"]})["refused"]
    assert keepable({"columns": ["\\u0000", "\U0001f3ed"]}) == {"columns": ["\\u0000", "\U0001f3ed"]}


def test_what_is_hidden_is_said(said):
    header, rows, _end = said(books.hidden())
    notes = "".join(header["notes"])
    assert all(word in notes for word in ("备份", "旧数据", "隐藏的（第 2 行）", "隐藏的列（B）"))
    assert list(rows) == [2]


def test_a_million_formatted_blank_rows_count_nothing_and_take_seconds(said):
    started = time.monotonic()
    _header, rows, end = said(books.million_blank_rows())
    assert list(rows) == [2, 1_048_576]
    assert end["peak_mb"] < CHILD_MB
    assert time.monotonic() - started < 30


def test_a_file_that_unfolds_four_hundredfold_is_refused_by_its_rows(said):
    content = books.unfolding(32)
    assert len(content) < 400_000
    refused(said, content, "行数据", "拆成几个文件")


def test_one_that_unfolds_beyond_the_cap_is_not_even_opened(said):
    refused(said, books.unfolding(430), "展开后", "另存为")


def test_endless_shared_strings_end_at_the_memory_limit(said):
    started = time.monotonic()
    refused(said, books.many_strings(410))
    assert time.monotonic() - started < 60


def test_one_cell_at_the_far_corner_does_not_ask_for_seventeen_thousand_million(said):
    refused(said, books.far_cell())


def test_entities_and_macros_and_binaries_are_refused(said):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    refused(said, books.with_sheet(bomb), "实体声明")
    refused(said, books.changed(books.book([]), {"xl/vbaProject.bin": b"x"}), "宏")
    refused(said, books.changed(books.book([]), {f"xl/{n}.bin": b"" for n in range(3_000)}), "内部文件", "另存为")
    refused(said, books.changed(books.book([]), {"xl/workbook.bin": b"x"}), "xlsb")


def test_locked_and_foreign_containers_are_told_apart(said):
    refused(said, books.ole("EncryptedPackage", "EncryptionInfo"), "打开密码", "取消密码")
    refused(said, books.ole("WordDocument"), "不是表格")
    refused(said, books.ole("Workbook"), "损坏")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"PK\x03\x04" + b"\0" * 60, "认不出"),
        (b"\x89PNG\r\n\x1a\n", "认不出"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?>", "XML 表格"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "mht"),
        (
            books.changed(
                books.book([["甲", "1", None, 1]]), {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}
            ),
            "",
        ),
        (books.book([["甲", "1", None, 1]])[:-400], "损坏"),
    ],
    ids=["cut zip", "picture", "xml 2003", "mht", "cut sheet", "cut archive"],
)
def test_what_cannot_be_read_is_refused_in_words(said, content, word):
    refused(said, content, word)


def test_the_child_has_no_network_no_environment_and_no_way_out(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    reader = reading.Reader(kind="x", title="x", takes=lambda *_: True, run="core.imports.tests.prying:pry")
    (line, _end) = list(reading.lines(tmp_path / "x", reader, {}))
    assert line["found"] == {"network": False, "shell": False, "environment": False, "django": False}


def test_a_reader_that_never_ends_is_ended(tmp_path: Path):
    reader = reading.Reader(
        kind="x", title="x", takes=lambda *_: True, run="core.imports.tests.prying:linger", wall_seconds=1
    )
    with pytest.raises(reading.Refused, match="规定时间"):
        list(reading.lines(tmp_path / "x", reader, {}))


def test_a_reader_that_wants_all_memory_is_refused(tmp_path: Path):
    reader = reading.Reader(kind="x", title="x", takes=lambda *_: True, run="core.imports.tests.prying:swell")
    with pytest.raises(reading.Refused, match="内存"):
        list(reading.lines(tmp_path / "x", reader, {}))


CODE = Column(key="code", title="代码", kind="code", check=lambda code: "" if len(code) == 18 else "应为 18 位。")
DAY, COUNT = Column(key="day", title="日期", kind="date"), Column(key="count", title="人数", kind="integer")


@pytest.mark.parametrize("cell", [9.13705e17, 913705000000000000, "9.13705E+17"])
def test_a_code_rounded_by_a_spreadsheet_is_never_guessed(cell):
    found = parse(CODE, cell, Context())
    assert found.value is None
    assert "舍入" in found.problem and "文本" in found.problem


def test_zeros_that_a_number_left_behind_are_refused_in_text_too():
    strict = Column(key="code", title="代码", kind="code", check=lambda code: "校验位不对。")
    assert "末尾全是 0" in parse(strict, "913705000000000000", Context()).problem


@pytest.mark.parametrize(
    "cell",
    ["2026-3-5", "2026/3/5", "2026.3.5", "2026年3月5日", "20260305", 20260305, 46086, "46086", "２０２６－０３－０５",
     " 2026-03-05 00:00:00", {"date": "2026-03-05"}, "2026年03月05号"],
)  # fmt: skip
def test_every_usual_form_of_a_date_is_the_same_day(cell):
    assert parse(DAY, cell, Context()).value == "2026-03-05"


def test_a_serial_number_of_the_1904_system_is_its_own_day():
    assert parse(DAY, 46086 - 1462, Context(is_1904=True)).value == "2026-03-05"


@pytest.mark.parametrize("cell", ["26-3-5", "3/5/2026", "2026年3月", "202603", "2026-02-30", "上个月", True, 12])
def test_a_date_that_could_be_another_is_refused(cell):
    found = parse(DAY, cell, Context())
    assert found.value is None and found.problem


@pytest.mark.parametrize(
    ("cell", "value"), [("1,234", 1234), ("１２", 12), ("　12 ", 12), (12.0, 12), ("1,234,567", 1234567)]
)
def test_numbers_with_separators_and_of_full_width(cell, value):
    assert parse(COUNT, cell, Context()).value == value


@pytest.mark.parametrize("cell", ["12人", "1,2", "1.5", 1.5, True, {"date": "2026-03-05"}, "1e400", {"fault": "#REF!"}])
def test_what_is_no_count_is_refused(cell):
    assert parse(COUNT, cell, Context()).problem


def test_booleans_and_choices_in_the_words_people_use():
    yes = Column(key="x", title="x", kind="boolean")
    assert all(parse(yes, cell, Context()).value is True for cell in ("是", "√", "有", True, "Y", 1))
    assert all(parse(yes, cell, Context()).value is False for cell in ("否", "无", "×", False, "n", 0))
    several = Column(key="x", title="x", kind="choices", choices=(("a", "甲"), ("b", "乙（有储存）")))
    assert parse(several, "甲、 乙(有储存)；甲", Context()).value == ["a", "b"]
    assert "没有“丙”这一项" in parse(several, "甲,丙", Context()).problem


def test_text_that_would_run_as_a_formula_comes_back_as_it_was():
    from core import sheets

    text = Column(key="x", title="x")
    assert parse(text, sheets.neutral("=1+1"), Context()).value == "=1+1"
    assert parse(text, "'=1+1", Context()).value == "=1+1"


def test_degrees_minutes_and_seconds_are_degrees():
    lon = Column(key="lon", title="经度", kind="lon")
    assert parse(lon, "118°30′36″", Context()).value == 118.51
    assert parse(lon, "东边", Context()).problem
