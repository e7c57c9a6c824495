"""The city's published numbers beside those counted here, in the demo city only, with what is known not to agree.

Source of the published numbers: 《全市数字化安全监管平台建设应用推广情况通报》（2017 年 2 月 23 日）.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.models import Heartbeat
from layers.statistics.answering import Answer

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "dongying"
# The city's names of its districts in the report, and their codes.
DISTRICTS = {
    "东营区": "370502",
    "河口区": "370503",
    "垦利区": "370505",
    "广饶县": "370523",
    "利津县": "370522",
    "东营经济开发区": "370571",
    "东营港开发区": "370572",
}
COUNTED = {"企业数": "by_category", "2016-07以来新增企业": "added"}
KNOWN = (
    "各监管分类相加为 2,366，比企业总数 2,359 多 7：七家企业有两项监管分类，在两项中各计一次。",
    "纳入量化考核的各区划相加为 1,375，公布合计为 1,382，少 7：与不列入分区划表的农高区相符，通报未作说明。",
    "已录量化分值的各区划相加为 1,319，公布合计为 1,320，差 1。按表推算未录的，河口 3、广饶 19、利津 15、东营 13、"
    "开发区 6；"
    "通报正文所述河口 2、广饶 9、利津多 5，是与业务科室名单相比，口径不同。",
    "执法检查记录的东营区、河口区未公布；已公布各项（含市支队 158）相加为 1,877，公布合计为 2,409，"
    "其余 532 应属这两个区。",
    "责令整改文书 1,453 份，复查文书 821 份，有 632 份没有复查记录。",
)


@dataclass(frozen=True)
class Compared:
    """One published number of a row, the number counted here, and their difference."""

    published: int | None
    counted: int | None

    @property
    def difference(self) -> int | None:
        return None if self.published is None or self.counted is None else self.counted - self.published


def is_demo_city() -> bool:
    """At the published size: of a city a hundred times as large there is nothing to compare."""
    mark = Heartbeat.objects.filter(name="demo").first()
    return mark is not None and bool(mark.detail.get("done")) and mark.detail.get("scale") == 1


@cache
def published() -> tuple[dict[str, str], ...]:
    return tuple(rows("seed_counts.csv"))


@cache
def published_categories() -> dict[str, int]:
    return {row["item"]: int(row["value"]) for row in rows("published_totals.csv")}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reconciled(found: dict[str, Answer]) -> dict[str, Any]:
    """Context of the block: by district, by category, and the known disagreements of the report itself."""
    by_district = [against(row, found.get(COUNTED.get(row["metric"], ""))) for row in published()]
    categories = found["by_category"]
    total = dict(zip((key for key, _ in categories.heads), categories.total.cells, strict=True))
    kinds = [
        {"label": label, "value": Compared(published_categories().get(key), int(total[key].value or 0))}
        for key, label in categories.heads
        if key in published_categories()
    ]
    return {"districts": list(DISTRICTS), "lines": by_district, "kinds": kinds, "known": KNOWN}


def against(row: dict[str, str], answer: Answer | None) -> dict[str, Any]:
    counted = {line.key: int(line.cells[-1].value or 0) for line in answer.lines} if answer else {}
    cells = [Compared(number(row[name]), counted.get(code)) for name, code in DISTRICTS.items()]
    total = int(answer.total.cells[-1].value or 0) if answer else None
    return {
        "metric": row["metric"],
        "as_of": row["as_of"],
        "cells": cells,
        "parts": Compared(number(row["sum_of_parts"]), sum(counted.values()) if answer else None),
        "total": Compared(number(row["stated_total"]), total),
        "is_counted": answer is not None,
    }


def number(text: str) -> int | None:
    return int(text) if text else None
