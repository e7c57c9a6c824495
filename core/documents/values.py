"""What was filled into a paper: checked against its fields, kept as JSON, written out in official Chinese."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from core.documents.declaration import PLACEHOLDER, DocumentType, Field

DIGITS = "零壹贰叁肆伍陆柒捌玖"
# XML 1.0 admits no other control characters; Word refuses a file that holds one.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Picture:
    """An image ready to be placed, and what it shows."""

    content: bytes
    caption: str = ""
    sha256: str = ""


def clean(value: object) -> str:
    return UNPRINTABLE.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n").strip()


def in_capitals(amount: Decimal) -> str:
    """30000 → 叁万元整, as penalties and receipts write sums."""
    cents = int((amount * 100).to_integral_value())
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    words = (_integer(yuan) + "元") if yuan else ""
    if not jiao and not fen:
        return (words or "零元") + "整"
    if jiao:
        words += DIGITS[jiao] + "角"
    elif yuan:
        words += "零"
    return words + (DIGITS[fen] + "分" if fen else "整")


def _integer(number: int) -> str:
    groups: list[str] = []
    gap = False
    for unit in ("", "万", "亿", "万亿"):
        number, part = divmod(number, 10_000)
        if part:
            word = _four(part) + unit
            groups.insert(0, word + ("零" if gap and groups else ""))
            gap = part < 1000
        elif groups:
            gap = True
        if not number:
            break
    return "".join(groups)


def _four(part: int) -> str:
    words, zero = "", False
    for place, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = part // place % 10
        if digit:
            words += ("零" if zero and words else "") + DIGITS[digit] + unit
            zero = False
        else:
            zero = True
    return words


def written_date(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def written(kind: str, value: Any, choices: Sequence[tuple[str, str]] = ()) -> str:
    """One value as the paper prints it."""
    if value in (None, "", (), []):
        return ""
    if kind == "money":
        return f"人民币{in_capitals(value)}（¥{value:,.2f}）"
    if kind == "datetime" and isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{written_date(local)}{local.hour:02d}时{local.minute:02d}分"
    if kind == "date" and isinstance(value, date):
        return written_date(value)
    if kind == "choice":
        return dict(choices).get(value, clean(value))
    if kind == "list":
        return "；".join(clean(v) for v in value)
    return clean(value)


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put words into `{braces}`. Names only, no attributes and no code, so a value can never become a template."""
    return PLACEHOLDER.sub(lambda match: words.get(match[1], ""), text)


def read(document_type: DocumentType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what was given against the declaration; every mistake is told at once, by field."""
    problems: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for name in given:
        if name not in document_type.by_key:
            problems[name] = [f"《{document_type.title}》没有“{name}”这一项。"]
    for item in document_type.fields:
        value = given.get(item.key)
        if value in (None, "", [], ()):
            if item.required:
                problems[item.key] = [f"还缺“{item.label}”。"]
            continue
        try:
            values[item.key] = _value(item, value)
        except (ValueError, TypeError, InvalidOperation, ValidationError) as error:
            said = error.messages[0] if isinstance(error, ValidationError) else ""
            reason = said or f"“{item.label}”填写有误：{value!s:.40}。"
            problems[item.key] = [reason]
    if problems:
        raise ValidationError(problems)
    return values


def _value(item: Field, value: Any) -> Any:
    if item.kind == "rows":
        kinds = {column.key: column.kind for column in item.columns}
        return [{key: _plain(kind, row.get(key)) for key, kind in kinds.items()} for row in value]
    if item.kind == "list":
        if isinstance(value, str):
            value = value.splitlines()
        return [entry for entry in (clean(v) for v in value) if entry]
    if item.kind == "pictures":
        return list(value)
    if item.kind == "choice" and value not in dict(item.choices):
        offered = "、".join(label for _, label in item.choices)
        raise ValidationError(f"“{item.label}”只能选：{offered}。")
    return _plain(item.kind, value)


def _plain(kind: str, value: Any) -> Any:
    if value in (None, ""):
        return ""
    if kind == "money" or (kind == "number" and not isinstance(value, int)):
        amount = Decimal(str(value))
        if not amount.is_finite() or (kind == "money" and not 0 <= amount < Decimal(10) ** 12):
            raise ValueError(value)
        return amount
    if kind == "date" and not isinstance(value, date):
        return _parsed(parse_date(str(value)), value)
    if kind == "datetime" and not isinstance(value, datetime):
        moment = _parsed(parse_datetime(str(value)), value)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    if kind == "signature" and isinstance(value, Picture):
        return value
    return value if kind in ("number", "date", "datetime", "signature") else clean(value)


def _parsed(parsed: Any, value: object) -> Any:
    if parsed is None:
        raise ValueError(value)
    return parsed


def kept(values: Any) -> Any:
    """The same values as JSON; an image is kept by its hash."""
    if isinstance(values, Mapping):
        return {key: kept(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [kept(value) for value in values]
    if isinstance(values, Picture):
        return {"sha256": values.sha256, "caption": values.caption}
    if isinstance(values, date | datetime):
        return values.isoformat()
    return str(values) if isinstance(values, Decimal) else values
