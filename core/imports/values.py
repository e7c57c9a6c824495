"""Cells as values: numbers with separators, dates in their usual forms, codes a spreadsheet may have spoilt."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core import sheets

ROUNDED = (
    "这个长数字被电子表格当作数值舍入过（只保留 15 位），后几位已丢失，不能采用。"
    "请把这一格设为“文本”格式，照原件重新填写。"
)
SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
TIME = re.compile(r"[T\s]*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s*[AP]M)?$", re.IGNORECASE)
DMS = re.compile(r"""(\d{1,3})[°度]\s*(\d{1,2})['′分]\s*(\d{1,2}(?:\.\d+)?)(?:["″秒]|''|′′)?\s*[NESW东北]?""")
YES = {"是", "有", "对", "真", "√", "✓", "y", "yes", "true", "t", "1"}
NO = {"否", "无", "没有", "错", "假", "×", "x", "n", "no", "false", "f", "0"}
EPOCH, EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
FIRST_SERIAL, LAST_SERIAL = 18_264, 73_050  # 1950 to 2099: other numbers are no dates here


class Unreadable(ValueError):
    """The cell cannot be taken for what its column wants; the text says why and what to do."""


@dataclass(frozen=True)
class Context:
    """What holds for the whole file."""

    is_1904: bool = False


def is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not tidy_text(cell))


def tidy_text(text: str) -> str:
    """Without blanks of any width around it, and without the apostrophe that keeps a formula from running."""
    text = sheets.UNPRINTABLE.sub("", text).replace("\r\n", "\n").strip().strip(sheets.INVISIBLE).strip()
    if text.startswith("'") and sheets.neutral(text[1:]) == text:
        return text[1:].strip()
    return text


def unwrapped(cell: dict[str, Any], kind: str) -> tuple[Any, str]:
    """A special cell as a plain one, and what is to be said about it."""
    if "fault" in cell:
        if cell["fault"] == "merged":
            raise Unreadable("这一格与左边的格合并了，无法判断它的值。请取消合并，每格各填各的。")
        raise Unreadable(f"这一格是错误值 {cell['fault']}，请改成正确的内容。")
    if "formula" in cell:
        outside = "，引用了别的文件" if "[" in cell["formula"] else ""
        if cell["cached"] is None:
            raise Unreadable(f"公式{outside}没有保存计算结果，请复制后“选择性粘贴”为值。")
        inner = cell["cached"]
        value = unwrapped(inner, kind)[0] if isinstance(inner, dict) else inner
        return value, f"这一格是公式{outside}，按保存的结果读取"
    if "merged" in cell:
        inner = cell["merged"]
        value = unwrapped(inner, kind)[0] if isinstance(inner, dict) else inner
        return value, "这一格是合并单元格，按合并处的值读取"
    if "date" in cell:
        if kind in ("integer", "decimal", "lon", "lat"):
            raise Unreadable(f"这一格被设成了日期（{cell['date']}），应是数字。请改成“常规”格式后重新填写。")
        return cell["date"], ""
    raise Unreadable("这一格的内容无法识别，请重新填写。")


def text_of(cell: Any) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, (int, float)):
        if abs(cell) >= 1e15:
            raise Unreadable(ROUNDED)
        return f"{Decimal(repr(cell)).normalize():f}"
    return tidy_text(str(cell))


def code_of(cell: Any, check: Callable[[str], str] | None = None) -> str:
    """A code keeps each of its characters; one that went through a number may have lost some."""
    if isinstance(cell, bool):
        raise Unreadable("这一格是“是/否”值，应是代码文字。")
    if isinstance(cell, float) or (isinstance(cell, int) and abs(cell) >= 10**15):
        raise Unreadable(ROUNDED if abs(cell) >= 1e15 else f"应是代码，现在是小数 {cell}。")
    code = "".join(unicodedata.normalize("NFKC", tidy_text(str(cell))).split()).upper()
    if not code.isascii():  # “鲁应急〔2026〕12 号”: the characters of a document's number are its own
        code = tidy_text(str(cell))
    if SCIENTIFIC.fullmatch(code):
        raise Unreadable(f"“{code}”是科学计数法，" + ROUNDED)
    is_cut = code.isdecimal() and len(code) > 15 and not code[15:].strip("0")
    if is_cut and (check is None or check(code)):
        raise Unreadable(f"“{code}”的末尾全是 0，" + ROUNDED)
    return code


def number_of(cell: Any) -> Decimal:
    if isinstance(cell, bool):
        raise Unreadable("这一格是“是/否”值，应是数字。")
    if isinstance(cell, (int, float)):
        number = Decimal(repr(cell))
    else:
        text = "".join(unicodedata.normalize("NFKC", tidy_text(str(cell))).split()).replace("，", ",")
        if GROUPED.fullmatch(text):
            text = text.replace(",", "")
        if not (PLAIN.fullmatch(text) or SCIENTIFIC.fullmatch(text)):
            raise Unreadable(f"应是数字，现在是{shown(cell)}。请去掉单位和说明文字。")
        number = Decimal(text)
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise Unreadable(f"数字过大：{shown(cell)}。")
    return number


def date_of(cell: Any, context: Context) -> tuple[str, str]:
    """ISO date and a remark. Two-digit years and day-first forms are refused: they can be read in two ways."""
    if isinstance(cell, bool):
        raise Unreadable("应是日期，现在是“是/否”值。")
    if isinstance(cell, (int, float)):
        return _date_of_number(cell, context)
    text = unicodedata.normalize("NFKC", tidy_text(str(cell))).replace("。", ".")
    text = TIME.sub("", text).strip()
    found = YMD.fullmatch(text)
    if found:
        year, month, day = map(int, found.groups())
        return _day(year, month, day, text), ""
    if re.fullmatch(r"\d{8}", text):
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]), text), ""
    if re.fullmatch(r"\d{5}(\.0)?", text):
        return _date_of_number(float(text), context)
    raise Unreadable(f"“{text[:20]}”不是完整的日期，请写成 2026-03-05 这样的年-月-日。")


def _date_of_number(number: float, context: Context) -> tuple[str, str]:
    whole = int(number)
    if whole == number and 19_000_101 <= whole <= 20_991_231:
        return _day(whole // 10_000, whole // 100 % 100, whole % 100, str(whole)), ""
    if not FIRST_SERIAL - 1462 <= number <= LAST_SERIAL:
        raise Unreadable(f"“{number:g}”不是日期，请写成 2026-03-05 这样的年-月-日。")
    day = (EPOCH_1904 if context.is_1904 else EPOCH) + dt.timedelta(days=whole)
    return day.isoformat(), f"数字 {whole} 按电子表格的日期序号读作 {day.isoformat()}"


def _day(year: int, month: int, day: int, text: str) -> str:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError as error:
        raise Unreadable(f"没有“{text[:20]}”这一天，请核对。") from error


def truth_of(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = text_of(cell).casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Unreadable(f"应填“是”或“否”，现在是{shown(cell)}。")


def degrees_of(cell: Any, name: str) -> float:
    if isinstance(cell, str) and (found := DMS.fullmatch(unicodedata.normalize("NFKC", tidy_text(cell)))):
        degrees, minutes, seconds = map(float, found.groups())
        if minutes >= 60 or seconds >= 60:
            raise Unreadable(f"{name}的分、秒应小于 60。")
        return round(degrees + minutes / 60 + seconds / 3600, 9)
    try:
        return float(number_of(cell))
    except (Unreadable, InvalidOperation) as error:
        raise Unreadable(f"{name}应是数字（度），如 {'118.674321' if name == '经度' else '37.433456'}。") from error


def shown(cell: Any) -> str:
    return f"“{str(cell)[:30]}”"
