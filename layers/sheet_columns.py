"""The columns of a derived sheet: each field of a form as a column, with its list, its note and an example."""

from __future__ import annotations

from typing import Any

from django import forms

from core.imports.columns import Column
from geo.identifiers import make_credit_code
from geo.models import Region

MOST_CHOICES = 500
CODES = ("code", "number", "phone", "no")
EXAMPLES = {"integer": "10", "decimal": "12.5", "date": "2026-03-05", "boolean": "是", "lon": "118.674321",
            "lat": "37.433456"}  # fmt: skip
KINDS: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.FloatField, "decimal"),
    (forms.DecimalField, "decimal"),
    (forms.IntegerField, "integer"),
    (forms.DateField, "date"),
    (forms.MultipleChoiceField, "choices"),
    (forms.ChoiceField, "choice"),
    (forms.NullBooleanField, "boolean"),
    (forms.BooleanField, "boolean"),
    (forms.CharField, "text"),
)


def is_column(field: forms.Field) -> bool:
    return not isinstance(field, forms.FileField) and not field.widget.is_hidden


def is_reference(field: forms.Field) -> bool:
    """Too many to choose from: named by a code or name instead."""
    if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
        return False
    return isinstance(field.widget, forms.NumberInput) or field.queryset.count() > MOST_CHOICES


def known_by(field: Any) -> tuple[str, ...]:
    """The lookups by which people name a record of the model a field points at."""
    model = field.queryset.model
    found = getattr(model, "KNOWN_BY", None)
    return tuple(found) if found else ("name",)


def column_of(key: str, field: forms.Field, *, identity: tuple[str, ...], is_personal: bool) -> Column:
    kind = kind_of(key, field)
    title = str(field.label or key)
    choices = choices_of(field) if kind in ("choice", "choices", "region") else ()
    return Column(
        key=key, title=title, kind=kind, is_required=field.required, help=_help(field), choices=choices,
        example=_example(key, title, kind, field, choices, is_first=key in identity[:1]),
        aliases=_aliases(key, title), max_length=int(getattr(field, "max_length", 0) or 0), is_personal=is_personal,
    )  # fmt: skip


def kind_of(key: str, field: forms.Field) -> str:
    if key in ("lon", "lat"):
        return key
    if isinstance(field, forms.ModelMultipleChoiceField):
        return "choices"
    if isinstance(field, forms.ModelChoiceField):
        if is_reference(field):
            return "code"
        return "region" if field.queryset is not None and field.queryset.model is Region else "choice"
    if isinstance(field, forms.CharField) and key.rpartition("_")[2] in CODES:
        return "code"
    return next((kind for cls, kind in KINDS if isinstance(field, cls)), "text")


def choices_of(field: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(field, forms.ModelChoiceField):
        assert field.queryset is not None
        return tuple((str(row.pk), field.label_from_instance(row)) for row in field.queryset)
    return tuple((str(key), str(label)) for key, label in _flat(field.choices) if key not in ("", None))


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for key, label in choices:
        found.extend(label if isinstance(label, (list, tuple)) else [(key, label)])
    return found


def _help(field: forms.Field) -> str:
    words = [str(field.help_text)] if field.help_text else []
    low, high = getattr(field, "min_value", None), getattr(field, "max_value", None)
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        words.append(f"{low:g} 至 {high:g} 之间。")
    if isinstance(field, forms.ModelChoiceField) and is_reference(field):
        words.insert(0, "填名称或代码，须是平台中已有的。")
    return " ".join(words)


def _aliases(key: str, title: str) -> tuple[str, ...]:
    known = {"name": ("名称",), "credit_code": ("信用代码", "社会信用代码"), "region": ("区划", "所属区划", "县区"),
             "lon": ("经度", "X坐标", "lng", "longitude"), "lat": ("纬度", "Y坐标", "latitude"),
             "contact_phone": ("电话", "联系方式", "手机")}  # fmt: skip
    # “日间容量（人）” is found as “日间容量” too.
    bare = title.partition("（")[0]
    return (*known.get(key, ()), *((bare,) if bare and bare != title else ()))


def _example(
    key: str, title: str, kind: str, field: forms.Field, choices: tuple[tuple[str, str], ...], *, is_first: bool
) -> str:
    if kind in ("choice", "choices", "region"):
        return choices[0][1] if choices else ""
    if kind == "code" and isinstance(field, forms.ModelChoiceField):
        return "示例企业有限公司"
    if kind == "code":
        if key == "credit_code":
            return make_credit_code("370500", 0)
        return "0546-8888888" if key.endswith("phone") else "示例-0001"
    if kind == "text":
        return f"示例{title}" if is_first or field.required else ""
    return EXAMPLES.get(kind, "")
