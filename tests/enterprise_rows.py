"""A sheet of fictional enterprises, some of them wrong in known ways: for tests, the browser and the bench."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any

import xlsxwriter

from geo.identifiers import make_credit_code

HEAD = (
    "企业名称", "统一社会信用代码", "主要监管分类", "兼有的监管分类", "国民经济行业", "企业规模", "成立日期",
    "从业人数", "专职安全管理人员", "主要产品或业务", "风险标签", "地址", "经度", "纬度",
    "法定代表人姓名", "法定代表人电话",
    "安全管理负责人姓名", "安全管理负责人电话", "应急值守联系人姓名", "应急值守联系人电话",
)  # fmt: skip
CATEGORIES = ("工矿商贸", "危险化学品", "烟花爆竹", "非煤矿山", "其他")
# What is wrong, by column, and a word of the reason that must be given.
WRONG: tuple[tuple[int, Any, str], ...] = (
    (1, 9.13705e17, "舍入"),
    (1, "91370500MA3C000000", "校验"),
    (2, "化工类", "没有“化工类”这一项"),
    (4, "9999", "大类"),
    (6, "2026年3月", "不是完整的日期"),
    (7, "八十人", "应是数字"),
    (12, 37.05, "核对坐标"),
    (0, "", "必填"),
)


def rows(
    count: int, *, bad: int = 0, lon: float = 118.45, lat: float = 37.05, spread: float = 0.04, first: int = 0
) -> Iterator[list[Any]]:
    """`bad` of them wrong, evenly between the others; the same arguments give the same rows."""
    rng = random.Random(20261124)
    every = count // bad if bad else 0
    for n in range(count):
        number = first + n
        row: list[Any] = [
            f"鲁东试验{number:05d}有限公司", make_credit_code("370523", number, series="MA7"),
            CATEGORIES[number % 5], "其他" if number % 5 == 1 else "", "2614", "小型", f"20{number % 25:02d}-03-05",
            number % 400, number % 5, f"产品{number % 30}", "危化品生产、有限空间" if number % 5 == 1 else "",
            f"试验路 {number} 号", round(lon + rng.uniform(-spread, spread), 6),
            round(lat + rng.uniform(-spread, spread), 6), f"赵{number}", f"0546-{8000000 + number}", f"钱{number}",
            f"0546-{8100000 + number}", f"孙{number}", f"0546-{8200000 + number}",
        ]  # fmt: skip
        if every and n % every == every - 1 and n // every < bad:
            column, value, _why = WRONG[n // every % len(WRONG)]
            row[column] = value
        yield row


def workbook(body: Iterator[list[Any]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("企业")
        sheet.write_row(0, 0, HEAD)
        for number, row in enumerate(body, 1):
            for at, value in enumerate(row):
                if value != "":
                    sheet.write(number, at, value)
    return stream.getvalue()
