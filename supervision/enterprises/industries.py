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


def all_industries() -> list[tuple[str, str]]:
    """Codes and names to choose from, the classes after their division."""
    return sorted({**_divisions(), **_classes()}.items())


def search(text: str, *, limit: int = 20) -> list[tuple[str, str]]:
    """Industries whose code begins with the text or whose name contains every word of it."""
    words = text.split()
    if not words:
        return []
    found = [(code, name) for code, name in all_industries() if code.startswith(text) or all(w in name for w in words)]
    return found[:limit]


def code_for(text: str) -> tuple[str, str]:
    """The code that a code, "code name" or words stand for; otherwise what is wrong."""
    text = text.strip()
    head = text.split(maxsplit=1)[0] if text else ""
    if head.isascii() and head.isdigit():
        return head, check_industry_code(head)
    found = search(text)
    if len(found) == 1:
        return found[0][0], ""
    if not found:
        return "", f"没有名称含“{text[:20]}”的行业，请改填 GB/T 4754-2017 的代码。"
    return "", f"“{text[:20]}”对应多个行业，请选一个：{'、'.join(f'{c} {n}' for c, n in found[:6])}。"


@cache
def _classes() -> dict[str, str]:
    return _read("classes.csv")


@cache
def _divisions() -> dict[str, str]:
    return _read("divisions.csv")


def _read(name: str) -> dict[str, str]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
