"""Filters by field for features and records, from a list of lookups: choices, relations, dates, numbers, yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet

from core.models import User
from geo.models import Region

ANY = "全部"


def field_at(model: type[models.Model], path: str) -> tuple[models.Field[Any, Any] | None, str]:
    """The field a lookup leads to, and what is left of the lookup after it ("site__kind__in" -> kind, "in")."""
    parts = path.split("__")
    current: type[models.Model] = model
    field: Any = None
    for index, name in enumerate(parts):
        try:
            field = current._meta.get_field(name)
        except FieldDoesNotExist:
            return field, "__".join(parts[index:])
        if field.is_relation and index + 1 < len(parts):
            current = field.related_model
    return field, ""


def label_of(model: type[models.Model], path: str) -> str:
    field, rest = field_at(model, path)
    label = str(getattr(field, "verbose_name", path))
    return {"gte": f"{label}（起）", "lte": f"{label}（止）", "isnull": f"无{label}"}.get(rest, label)


def related_rows(model: Any) -> Any:
    """The rows of a related model that the asking user may choose from."""

    def rows(request: Any) -> Any:
        found = model._default_manager.all()
        if isinstance(found.model, type) and issubclass(found.model, Region):
            return found
        return found.visible_to(request.user) if hasattr(found, "visible_to") else found

    return rows


def one(model: type[models.Model], path: str) -> dict[str, django_filters.Filter]:
    """The filters a lookup stands for: two for a date or a number without a comparison (from and to), else one."""
    field, rest = field_at(model, path)
    label = label_of(model, path)
    if rest == "isnull" or (isinstance(field, models.BooleanField) and not rest):
        return {path: django_filters.BooleanFilter(field_name=path, label=label, widget=YesNo())}
    if isinstance(field, (models.DateField, models.DateTimeField)):
        return dates(path, label, rest, with_time=isinstance(field, models.DateTimeField))
    if isinstance(field, ArrayField):
        choices = field.base_field.choices or field.choices
        return {
            path: django_filters.ChoiceFilter(
                method=HoldsOne(path), label=label, choices=choices or [], empty_label=ANY
            )
        }
    if field is not None and getattr(field, "choices", None) and not rest:
        return {path: django_filters.ChoiceFilter(field_name=path, label=label, choices=field.choices, empty_label=ANY)}
    if field is not None and field.is_relation and not rest:
        return {
            path: django_filters.ModelChoiceFilter(
                field_name=path, label=label, queryset=related_rows(field.related_model), empty_label=ANY
            )
        }
    if isinstance(field, (models.IntegerField, models.FloatField, models.DecimalField)):
        return numbers(path, label, rest)
    return {path: django_filters.CharFilter(field_name=path, label=label, max_length=100)}


def dates(path: str, label: str, rest: str, *, with_time: bool) -> dict[str, django_filters.Filter]:
    if rest:
        return {path: django_filters.DateFilter(field_name=path, label=label, widget=day_input())}
    through = f"{path}__date" if with_time else path
    return {
        f"{path}__from": django_filters.DateFilter(
            field_name=through, lookup_expr="gte", label=f"{label} 从", widget=day_input()
        ),
        f"{path}__to": django_filters.DateFilter(
            field_name=through, lookup_expr="lte", label=f"{label} 到", widget=day_input()
        ),
    }


def numbers(path: str, label: str, rest: str) -> dict[str, django_filters.Filter]:
    if rest:
        return {path: django_filters.NumberFilter(field_name=path, label=label)}
    return {
        path: django_filters.NumberFilter(field_name=path, label=label, widget=forms.HiddenInput()),
        f"{path}__from": django_filters.NumberFilter(field_name=path, lookup_expr="gte", label=f"{label} 至少"),
        f"{path}__to": django_filters.NumberFilter(field_name=path, lookup_expr="lte", label=f"{label} 至多"),
    }


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class YesNo(forms.Select):
    """Yes, no or either; the words of an address are true and false."""

    def __init__(self) -> None:
        super().__init__(choices=[("", ANY), ("true", "是"), ("false", "否")])

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return {"true": True, "1": True, "false": False, "0": False}.get(str(data.get(name, "")).lower())

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, {True: "true", False: "false"}.get(value, ""), attrs)


class HoldsOne:
    """Rows whose array contains the value."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(**{f"{self.path}__contains": [value]})


@cache
def filter_set(model: type[models.Model], lookups: tuple[str, ...]) -> type[django_filters.FilterSet]:
    declared = {name: made for path in lookups for name, made in one(model, path).items()}
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filters", (django_filters.FilterSet,), {**declared, "Meta": meta})


def names(model: type[models.Model], lookups: tuple[str, ...]) -> set[str]:
    return set(filter_set(model, lookups).base_filters)


class Asking:
    """What a filter set wants of a request: who asks."""

    def __init__(self, user: User) -> None:
        self.user = user


def applied(
    model: type[models.Model], lookups: tuple[str, ...], given: Mapping[str, Any], rows: QuerySet[Any], user: User
) -> QuerySet[Any]:
    """The rows the filters leave; a value that a filter does not take is a ValidationError with its field."""
    if not lookups:
        return rows
    chosen = filter_set(model, lookups)(data=given, queryset=rows, request=Asking(user))
    if not chosen.is_valid():
        raise ValidationError({name: [str(e) for e in errors] for name, errors in chosen.errors.items()})
    found: QuerySet[Any] = chosen.qs
    return found
