"""The audit entries of a record, or of all of them, in the words of their fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.models import AuditEntry
from layers.columns import masked, words
from layers.registry import registry

# Kept by the machine for itself; a reader of the history learns nothing from them.
UNTOLD = {"pinyin", "geom_3857"}
LONGEST = 400


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Written:
    """One write: who, when, what of it changed."""

    at: datetime
    actor: str
    action: str
    changes: list[FieldChange]


def written(row: Model, entries: list[AuditEntry], hidden: set[str]) -> list[Written]:
    fields = {str(f.column): f for f in row._meta.concrete_fields}
    names = related_names(fields, entries) | state_names(type(row))
    return [
        Written(
            at=entry.at,
            actor=str(entry.actor) if entry.actor else "系统",
            action=str(AuditEntry.Action(entry.action).label),
            changes=list(changes(entry, fields, names, hidden)),
        )
        for entry in entries
    ]


def changes(
    entry: AuditEntry, fields: dict[str, Field[Any, Any]], names: dict[tuple[str, Any], str], hidden: set[str]
) -> Iterable[FieldChange]:
    before, after = entry.before or {}, entry.after or {}
    for column in dict.fromkeys((*fields, *before, *after)):
        if column in UNTOLD or column not in {**before, **after}:
            continue
        field = fields.get(column)
        shown = [shown_value(field, column, side.get(column), names) for side in (before, after)]
        if shown[0] == shown[1]:
            continue
        if field is not None and field.name in hidden:
            shown = [masked(text) for text in shown]
        yield FieldChange(str(field.verbose_name) if field is not None else column, *shown)


def shown_value(field: Field[Any, Any] | None, column: str, value: Any, names: dict[tuple[str, Any], str]) -> str:
    if value is None or value == "":
        return ""
    if (column, value if not isinstance(value, (dict, list)) else None) in names:
        return names[column, value]
    if isinstance(value, dict) and "coordinates" in value:
        point = value["coordinates"] if value.get("type") == "Point" else None
        return f"{point[0]:.6f}, {point[1]:.6f}" if point else "（图形）"
    choices = dict(getattr(field, "flatchoices", ()) or ())
    if not isinstance(value, (dict, list)) and value in choices:
        return str(choices[value])
    if isinstance(value, str) and field is not None and field.get_internal_type() == "DateTimeField":
        moment = parse_datetime(value)
        return words(timezone.localtime(moment)) if moment else value
    return (str(value) if isinstance(value, dict) else words(value))[:LONGEST]


def state_names(model: type[Model]) -> dict[tuple[str, Any], str]:
    """What the workflow of this model calls its states: a case's own field does not know."""
    return {
        ("state", key): label
        for module in registry
        if model in {r.model for r in module.records} | {x.model for x in module.layers}
        for workflow in module.workflows
        for key, label in workflow.states.items()
    }


def related_names(fields: dict[str, Field[Any, Any]], entries: list[AuditEntry]) -> dict[tuple[str, Any], str]:
    """The names behind the keys that were written: one query a relation, not one a key."""
    found: dict[tuple[str, Any], str] = {}
    for column, field in fields.items():
        if not isinstance(field, ForeignKey):
            continue
        keys = {
            side[column] for e in entries for side in (e.before or {}, e.after or {}) if side.get(column) is not None
        }
        if keys:
            related = field.related_model._base_manager.in_bulk(list(keys))
            found |= {(column, key): str(instance) for key, instance in related.items()}
    return found


@cache
def models_by_table() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def table_title(table: str) -> str:
    """What the rows of a table are called; a table that is no more keeps its own name."""
    model = models_by_table().get(table)
    return str(model._meta.verbose_name) if model else table


def said(entry: AuditEntry) -> str:
    """One entry in a line for lists and sheets; rows it refers to stay numbers: a list asks for none of them."""
    model = models_by_table().get(entry.table)
    if model is None or entry.action == AuditEntry.Action.BULK:
        return entry.changes
    fields = {str(f.column): f for f in model._meta.concrete_fields}
    found = changes(entry, fields, state_names(model), set())
    if entry.action == AuditEntry.Action.UPDATE:
        return "；".join(f"{c.label}：{c.before or '（空）'} → {c.after or '（空）'}" for c in found)
    return "；".join(f"{c.label}：{c.after or c.before}" for c in found)
