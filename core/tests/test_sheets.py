"""Sheets read back: real types, no formula, capped with a note."""

import io
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import openpyxl
import pytest

from core import sheets
from core.sheets import Column
from geo.models import Site


def read(content):
    return openpyxl.load_workbook(io.BytesIO(content)).active


def cells(content, row):
    return [cell.value for cell in read(content)[row]]


COLUMNS = [
    ("名称", "name"),
    ("统一社会信用代码", "code", "text", 22),
    ("人数", "staff", "int"),
    ("投资", "sum", "money"),
    ("登记日期", "on", "date"),
    ("更新时间", "at", "datetime"),
    ("有效", "valid", "bool"),
]
ROW = SimpleNamespace(
    name="大王甲化工",
    code="001234567890123456",
    staff=1200,
    sum=Decimal("12.50"),
    on=date(2026, 11, 24),
    at=datetime(2026, 11, 24, 1, 30, tzinfo=UTC),
    valid=True,
)


def test_values_keep_their_types_and_codes_their_zeros():
    row = read(sheets.export([ROW], COLUMNS, title="企业"))[2]
    assert [c.value for c in row] == [
        "大王甲化工",
        "001234567890123456",
        1200,
        12.5,
        datetime(2026, 11, 24),
        datetime(2026, 11, 24, 9, 30),  # Shanghai time
        "是",
    ]
    assert [c.data_type for c in row] == ["s", "s", "n", "n", "d", "d", "s"]
    assert row[4].number_format == "yyyy-mm-dd" and row[1].number_format == "@"


def test_the_header_is_frozen_filtered_and_wide_enough():
    sheet = read(sheets.export([ROW], COLUMNS, title="企业/一览[1]"))
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:G2"
    assert sheet.title == "企业 一览 1"
    assert sheet.column_dimensions["B"].width > 20 and sheet["A1"].font.bold


def test_the_time_of_the_data_stands_above_the_header():
    content = sheets.export([ROW], COLUMNS, title="企业", as_of=datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert cells(content, 1)[0] == "数据截至 2026-11-24 09:00" and cells(content, 2)[0] == "名称"
    assert read(content).freeze_panes == "A3"


EVIL = (
    *(
        "=1+1",
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u3000=1",
        "\ufeff=1",
        "\x00=1",
    ),
    *("＝1+1", "＋1", "－a", "＠x", '=HYPERLINK("http://x","y")'),
)


@pytest.mark.parametrize("evil", EVIL)
def test_no_value_and_no_heading_is_run_as_a_formula(evil):
    row = {"a": evil}
    content = sheets.export([row], [(evil, lambda r: r["a"])], title=evil)
    for cell in (read(content)["A1"], read(content)["A2"]):
        assert cell.data_type == "s" and cell.value.startswith("'")


@pytest.mark.parametrize("plain", ["-5", "+86", "-1.5%", "1=2", "a@b", "A-1", "-12,000.50"])
def test_plain_numbers_and_ordinary_text_stay_as_they_are(plain):
    assert sheets.neutral(plain) == plain


def test_a_list_is_joined_and_awkward_values_do_no_harm():
    rows = [{"v": value} for value in (["甲", "乙"], None, "", float("nan"), 10**18, date(1850, 1, 1), "x" * 40_000)]
    columns = [("文", lambda r: r["v"]), ("数", lambda r: r["v"], "number"), ("日", lambda r: r["v"], "date")]
    sheet = read(sheets.export(rows, columns, title="杂"))
    assert sheet["A2"].value == "甲、乙" and sheet["A3"].value is None
    assert sheet["B6"].value == "1000000000000000000" and sheet["C7"].value == "1850-01-01"
    assert len(sheet["A8"].value) == 32_767


def test_an_empty_relation_is_an_empty_cell_and_a_misspelt_name_an_error():
    @dataclass
    class Row:
        owner: object = None

    assert cells(sheets.export([Row()], [Column("负责人", "owner.name")], title="x"), 2) in ([None], [])
    with pytest.raises(AttributeError):
        sheets.export([Row()], [Column("负责人", "woner.name")], title="x")


def test_a_queryset_is_read_with_few_queries_and_related_names(sites, django_assert_num_queries):
    with django_assert_num_queries(1):
        content = sheets.export(
            Site.objects.select_related("region").order_by("pk"),
            [("名称", "name"), ("区划", "region__name")],
            title="场所",
        )
    assert cells(content, 2) == ["大王甲化工有限公司", "大王镇"]


def test_more_rows_than_the_cap_are_left_out_and_said():
    rows = ({"n": n} for n in range(1000))
    sheet = read(sheets.export(rows, [("n", "n", "int")], title="多", cap=10))
    assert [c.value for c in sheet["A"]][:11] == ["n", *range(10)]
    assert "只导出了前 10 行" in sheet["A13"].value and sheet.auto_filter.ref == "A1:A11"
    assert next(rows)["n"] == 11  # the rest was not even read


def test_ten_thousand_rows_take_seconds():
    rows = [{f"c{i}": f"第{n}行第{i}列" for i in range(12)} for n in range(10_000)]
    started = time.perf_counter()
    content = sheets.export(rows, [(f"列{i}", f"c{i}") for i in range(12)], title="大")
    assert time.perf_counter() - started < 10
    assert len(content) < 5_000_000


def test_the_download_has_a_chinese_name_and_is_not_kept():
    answer = sheets.response(b"x", "救援队伍")
    assert "filename*=utf-8''%E6%95%91" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == sheets.CONTENT_TYPE
