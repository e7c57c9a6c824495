"""Industry codes of GB/T 4754-2017: which exist, and what they are called."""

import csv
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "gbt4754"


def check_industry_code(code: str) -> str:
    """ "" when the code may be used, otherwise the reason."""
    if len(code) not in (2, 3, 4) or not (code.isascii() and code.isdigit()):
        return "国民经济行业代码应为 2 至 4 位数字（GB/T 4754-2017）。"
    return "" if code[:2] in _divisions() else f"国民经济行业分类里没有大类 {code[:2]}。"


def industry_name(code: str) -> str:
    """The class, or the division it belongs to."""
    return _classes().get(code) or _divisions().get(code[:2], "")


def industry_text(code: str) -> str:
    return f"{code} {industry_name(code)}".strip()


@cache
def _classes() -> dict[str, str]:
    return _read("classes.csv")


@cache
def _divisions() -> dict[str, str]:
    return _read("divisions.csv")


def _read(name: str) -> dict[str, str]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
