"""Filters by field for features and records, from a list of lookups: choices, relations, dates, numbers, yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import CharField, Expression, Q, QuerySet
from django.db.models.functions import Cast

from core.models import User
from geo.models import Region
from layers import flags

if TYPE_CHECKING:
    from layers.registry import Layer, Theme

ANY = "全部"
EMPTY = "none"  # the value of a choice that was not made
# What else may stand in the address of a list or of features: a theme of such a name is no filter.
RESERVED = frozenset(
    {"state", "stale", "theme", "region", "q", "ids", "bbox", "within", "radius", "zoom", "page", "page_size"}
    | {"ordering", "sort", "format"}
)


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
    return {"gte": f"{label}（起）", "lte": f"{label}（止）", "isnull": f"没有{label}"}.get(rest, label)


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
        choices = [*(field.base_field.choices or field.choices or ()), *([(EMPTY, "未填")] if field.blank else [])]
        return {path: django_filters.ChoiceFilter(method=HoldsOne(path), label=label, choices=choices, empty_label=ANY)}
    if field is not None and getattr(field, "choices", None) and not rest:
        return {path: Choice(path, field, label)}
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


class Choice(django_filters.ChoiceFilter):  # type: ignore[misc]  # django-filter carries no types
    """One of a field's choices; "none" where the choice may be left open."""

    def __init__(self, path: str, field: models.Field[Any, Any], label: str) -> None:
        self.is_text = isinstance(field, (models.CharField, models.TextField))
        choices = [(key, name) for key, name in field.flatchoices if key not in (None, "")]
        more = [(EMPTY, "未填")] if field.null or field.blank else []
        super().__init__(field_name=path, label=label, choices=[*choices, *more], empty_label=ANY)

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value != EMPTY:
            chosen: QuerySet[Any] = super().filter(rows, value)
            return chosen
        nothing = Q(**{f"{self.field_name}__isnull": True})
        return rows.filter(nothing | Q(**{self.field_name: ""}) if self.is_text else nothing)


class HoldsOne:
    """Rows whose array contains the value; with "none" those whose array is empty."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        if value == EMPTY:
            return rows.filter(**{f"{self.path}__len": 0})
        return rows.filter(**{f"{self.path}__contains": [value]})


@dataclass(frozen=True)
class Besides:
    """What a layer is filtered by besides its lookups: the values of its themes, and whether its facts are stale."""

    themes: tuple[Theme, ...] = ()
    stale: Expression | None = None

    @classmethod
    def of(cls, layer: Layer | None, model: type[models.Model], user: User) -> Besides:
        """For the rows of a layer; of a list only when it lists the very rows of the layer."""
        from layers.registry import registry  # which every manifest imports

        if layer is None or layer.model is not model:
            return cls()
        return cls(registry.themes(layer, user), layer.stale)

    def declared(self) -> dict[str, django_filters.Filter]:
        found: dict[str, django_filters.Filter] = {}
        for theme in self.themes:
            if theme.key not in RESERVED:
                choices = [(s.key, s.label) for s in theme.states]
                found[theme.key] = django_filters.ChoiceFilter(
                    method=HasState(theme.state_expression), label=theme.title, choices=choices, empty_label=ANY
                )
        if self.stale is not None:
            found["stale"] = django_filters.BooleanFilter(method=IsStale(self.stale), label="信息过期", widget=YesNo())
        return found


class HasState:
    """Rows of one value of a theme."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __call__(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = rows.alias(**{f"by_{name}": Cast(self.expression, output_field=CharField())})
        return found.filter(**{f"by_{name}": value})


class IsStale:
    """Rows whose facts are stale, or those whose are not."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __call__(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = rows.alias(by_stale=self.expression)
        return found.filter(by_stale=value)


NOTHING_BESIDES = Besides()


@cache
def filter_set(
    model: type[models.Model], lookups: tuple[str, ...], besides: Besides = NOTHING_BESIDES
) -> type[django_filters.FilterSet]:
    declared = {name: made for path in lookups for name, made in one(model, path).items()}
    declared = flags.of(model) | besides.declared() | declared
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filters", (django_filters.FilterSet,), {**declared, "Meta": meta})


def names(model: type[models.Model], lookups: tuple[str, ...], besides: Besides = NOTHING_BESIDES) -> set[str]:
    return set(filter_set(model, lookups, besides).base_filters)


class Asking:
    """What a filter set wants of a request: who asks."""

    def __init__(self, user: User) -> None:
        self.user = user


def applied(
    model: type[models.Model],
    lookups: tuple[str, ...],
    given: Mapping[str, Any],
    rows: QuerySet[Any],
    user: User,
    besides: Besides = NOTHING_BESIDES,
) -> QuerySet[Any]:
    """The rows the filters leave; a value that a filter does not take is a ValidationError with its field."""
    kind = filter_set(model, lookups, besides)
    if not kind.base_filters:
        return rows
    chosen = kind(data=given, queryset=rows, request=Asking(user))
    if not chosen.is_valid():
        raise ValidationError({name: [str(e) for e in errors] for name, errors in chosen.errors.items()})
    found: QuerySet[Any] = chosen.qs
    # Joined to many, a row would count as often as it has matching ones.
    if any(joins_many(model, made.field_name) for name, made in kind.base_filters.items() if given.get(name)):
        return rows.filter(pk__in=found.values("pk"))
    return found


@cache
def joins_many(model: type[models.Model], path: str) -> bool:
    """Whether a lookup leads over a relation to several rows."""
    current: Any = model
    for name in path.split("__"):
        try:
            field = current._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not field.is_relation:
            return False
        if field.one_to_many or field.many_to_many:
            return True
        current = field.related_model
    return False
