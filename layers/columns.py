"""What a declared column shows of a row: on a page, in a sheet, in JSON; and who sees personal values in full."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.utils import timezone

from core import sheets
from core.models import User
from layers.registry import Column, Records

SHEET_KINDS = {"number": "number", "date": "date", "datetime": "datetime"}


@dataclass(frozen=True)
class Cell:
    """One value as a page shows it."""

    column: Column
    text: str
    value: Any
    url: str = ""

    @property
    def kind(self) -> str:
        return self.column.kind

    @property
    def is_short(self) -> bool:
        """Breaking it over two lines would save nothing."""
        return len(self.text) <= 12 or self.kind in ("date", "datetime", "code", "number", "age", "chip")

    @property
    def is_number(self) -> bool:
        return self.kind == "number"


def value(column: Column, row: Any) -> Any:
    """The value itself. A path through an empty relation is None; a misspelt name is an error."""
    if callable(column.path):
        return column.path(row)
    found = row
    for name in column.path.replace("__", ".").split("."):
        if found is None:
            return None
        try:
            found = getattr(found, name)
        except ObjectDoesNotExist:
            return None
        if callable(found) and not isinstance(found, Model):
            found = found()
    return found


def masked(text: str) -> str:
    """138****1234, 王*: enough to recognise, not enough to call; a short number hides all but its first digit."""
    if len(text) >= 11:
        return f"{text[:3]}****{text[-4:]}"
    return text[:1] + "*" * (len(text) - 1)


def words(found: Any) -> str:
    """A value as text for people."""
    if found is None or found == "":
        return ""
    if isinstance(found, bool):
        return "是" if found else "否"
    if isinstance(found, datetime):
        return f"{timezone.localtime(found) if timezone.is_aware(found) else found:%Y-%m-%d %H:%M}"
    if isinstance(found, date):
        return f"{found:%Y-%m-%d}"
    if isinstance(found, Decimal):
        return f"{found.normalize():f}"
    if isinstance(found, float):
        return f"{found:.6f}".rstrip("0").rstrip(".")
    if isinstance(found, (list, tuple, set, frozenset)):
        return "、".join(words(v) for v in found)
    if isinstance(found, dict):
        return str(found.get("label", ""))
    return str(found)


def may_see_personal(records: Records, user: User) -> bool:
    """Personal values in full are for those who keep the record."""
    return user.has_perm(records.permission("change"))


def cell(column: Column, row: Any, *, in_full: bool, url: str = "") -> Cell:
    found = value(column, row)
    text = words(found)
    if column.is_personal and not in_full:
        return Cell(column, masked(text), None, url)
    return Cell(column, text, found, url)


def cells(columns: tuple[Column, ...], row: Any, *, in_full: bool, url: str = "") -> list[Cell]:
    """A row of a list: the column of kind "link", else the first, leads to the record."""
    linked = next((c for c in columns if c.kind == "link"), columns[0] if columns else None)
    return [cell(c, row, in_full=in_full, url=url if c is linked else "") for c in columns]


def plain(found: Any) -> Any:
    """A value as JSON carries it."""
    if isinstance(found, GEOSGeometry):
        return json.loads(found.geojson)
    if isinstance(found, Model):
        return {"id": found.pk, "name": str(found)}
    if isinstance(found, (set, frozenset)):
        return sorted(found)
    if isinstance(found, Decimal):
        return words(found)
    if isinstance(found, (str, int, float, bool, list, tuple, dict, date, datetime, type(None))):
        return found
    return str(found)


def as_json(columns: tuple[Column, ...], row: Any, *, in_full: bool) -> dict[str, Any]:
    """Personal columns are left out unless this user may see them."""
    shown = (c for c in columns if in_full or not c.is_personal)
    return {"id": row.pk, **{c.name: plain(value(c, row)) for c in shown}}


def for_sheet(columns: tuple[Column, ...], *, in_full: bool) -> list[sheets.Column]:
    def reader(column: Column) -> Callable[[Any], Any]:
        def read(row: Any) -> Any:
            found = value(column, row)
            keep = column.kind in SHEET_KINDS and not isinstance(found, (dict, str))
            return found if keep else words(found)

        return read

    return [
        sheets.Column(c.title, reader(c), SHEET_KINDS.get(c.kind, "text"), c.width)
        for c in columns
        if in_full or not c.is_personal
    ]
