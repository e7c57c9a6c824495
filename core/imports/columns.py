"""A sheet's columns: what kind of value each takes, and how a cell of any file is understood as one.

What can be understood in one way only is; whatever else is refused with the cure. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.imports import values
from core.imports.titles import tidy
from core.imports.values import Context, Unreadable

KINDS = ("text", "code", "integer", "decimal", "date", "choice", "choices", "boolean", "lon", "lat", "region")
Choices = tuple[tuple[str, str], ...]
SEPARATED = "、,，;；|/\n"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a sheet. `key` is the field it fills; titles and aliases are how it is found in a file."""

    key: str
    title: str
    kind: str = "text"
    is_required: bool = False
    help: str = ""
    example: str = ""
    choices: Choices = ()
    aliases: tuple[str, ...] = ()
    max_length: int = 0
    width: int = 0
    check: Callable[[str], str] | None = None  # of a code: "" when it is right
    keeps_when_empty: bool = False  # an empty cell leaves the record's value as it is, instead of clearing it
    is_personal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(tidy(name) for name in (self.title, *self.aliases))


@dataclass(frozen=True)
class Parsed:
    """What a cell says: a value for JSON, or what is wrong; and what the person should know all the same."""

    value: Any = None
    problem: str = ""
    warning: str = ""


def parse(column: Column, cell: Any, context: Context) -> Parsed:
    warning = ""
    try:
        if isinstance(cell, dict):
            cell, warning = values.unwrapped(cell, column.kind)
        if values.is_blank(cell):
            return Parsed(None, "此项必填。" if column.is_required else "", warning)
        value, more = _READ[column.kind](column, cell, context)
    except Unreadable as error:
        return Parsed(None, str(error), warning)
    return Parsed(value, "", "；".join(filter(None, (warning, more))))


def _text(column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    text = values.text_of(cell)
    if column.max_length and len(text) > column.max_length:
        raise Unreadable(f"最多 {column.max_length} 字，现在有 {len(text)} 字。")
    return text, ""


def _code(column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    code = values.code_of(cell, column.check)
    if column.max_length and len(code) > column.max_length:
        raise Unreadable(f"最多 {column.max_length} 位，现在有 {len(code)} 位。")
    problem = column.check(code) if column.check else ""
    if problem:
        raise Unreadable(problem)
    return code, ""


def _integer(_column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    number = values.number_of(cell)
    if number != number.to_integral_value():
        raise Unreadable(f"应是整数，现在是 {values.shown(cell)}。")
    return int(number), ""


def _decimal(_column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    return f"{values.number_of(cell).normalize():f}", ""


def _date(_column: Column, cell: Any, context: Context) -> tuple[Any, str]:
    return values.date_of(cell, context)


def _boolean(_column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    return values.truth_of(cell), ""


def _degrees(column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    return values.degrees_of(cell, "经度" if column.kind == "lon" else "纬度"), ""


def _choice(column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    text = values.text_of(cell)
    key = _key_of(column, text)
    if key is None:
        raise Unreadable(_not_among(column, text))
    return key, ""


def _choices(column: Column, cell: Any, _context: Context) -> tuple[Any, str]:
    text = values.text_of(cell)
    whole = _key_of(column, text)
    if whole is not None:
        return [whole], ""
    for mark in SEPARATED:
        text = text.replace(mark, "\0")
    found: list[str] = []
    for part in filter(None, (p.strip() for p in text.split("\0"))):
        key = _key_of(column, part)
        if key is None:
            raise Unreadable(_not_among(column, part))
        if key not in found:
            found.append(key)
    return found, ""


def _key_of(column: Column, text: str) -> str | None:
    wanted = tidy(text)
    return next((key for key, label in column.choices if wanted in (tidy(label), key.casefold())), None)


def _not_among(column: Column, text: str) -> str:
    labels = [label for _key, label in column.choices]
    if len(labels) <= 16:
        return f"没有“{text[:30]}”这一项，应是：{'、'.join(labels)}。"
    near = [label for label in labels if text and (text[:2] in label or label in text)][:5]
    hint = f"，相近的有：{'、'.join(near)}" if near else "，请从模板的下拉列表中选"
    return f"没有“{text[:30]}”这一项{hint}。"


_READ: dict[str, Callable[[Column, Any, Context], tuple[Any, str]]] = {
    "text": _text,
    "code": _code,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "choice": _choice,
    "region": _choice,
    "choices": _choices,
    "boolean": _boolean,
    "lon": _degrees,
    "lat": _degrees,
}


def shown(column: Column, value: Any) -> str:
    """A value as people read it, and as the template is filled with."""
    if value is None or value == "" or value == []:
        return ""
    if column.kind in ("choice", "region"):
        return next((label for key, label in column.choices if key == value), str(value))
    if column.kind == "choices":
        labels = dict(column.choices)
        return "、".join(labels.get(key, str(key)) for key in value)
    if column.kind == "boolean":
        return "是" if value else "否"
    return str(value)


def same(column: Column, before: Any, after: Any) -> bool:
    """Whether two values mean the same: empty is empty, 1.50 is 1.5, a ten-millionth of a degree is a centimetre."""
    if before in (None, "", []) or after in (None, "", []):
        return before in (None, "", []) and after in (None, "", [])
    if column.kind in ("lon", "lat"):
        return abs(float(before) - float(after)) < 2e-7
    if column.kind == "decimal":
        return values.number_of(str(before)) == values.number_of(str(after))
    if column.kind == "choices":
        return sorted(before) == sorted(after) and list(before)[:1] == list(after)[:1]
    return str(before) == str(after)
