"""Attributes of features as values for the import: texts, numbers, dates; what is none of these becomes text."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any

from geo.geodata.limits import LONGEST_TEXT, MOST_COLUMNS, Unreadable


class Columns:
    """The columns met so far, in the order of meeting."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: set[str] = set()
        self.notes: list[str] = []

    def meet(self, values: Any) -> None:
        if not isinstance(values, Mapping):
            return
        for name in values:
            if name not in self._known:
                self._known.add(name)
                self.names.append(str(name))
        if len(self.names) > MOST_COLUMNS:
            raise Unreadable(f"属性超过 {MOST_COLUMNS} 项，请删去与导入无关的属性。")


def value_of(value: Any) -> Any:
    """A value that the import understands; nested ones become their JSON text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)[:LONGEST_TEXT]
    return tidy(str(value))


def tidy(text: str) -> str:
    return "".join(c for c in text[:LONGEST_TEXT] if c.isprintable() or c in "\n\t").strip()


def date_of(text: str) -> Any:
    """An ISO date as the import's date; anything else as text."""
    try:
        return {"date": dt.date.fromisoformat(text[:10]).isoformat()}
    except ValueError:
        return tidy(text)
