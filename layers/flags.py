"""Filters that no single field answers, and the quiet ones that links use: offered once for a model, they serve its
lists and layers alike. A module may offer one for another's model, as it may add a tab to another's panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet

from geo.models import Region

YES_NO = (("true", "是"), ("false", "否"))


@dataclass(frozen=True)
class Flag:
    """Rows for which a condition holds: `where` is asked anew each time, so it may look at the clock."""

    name: str
    label: str
    where: Callable[[], Q]


@dataclass(frozen=True)
class Alias:
    """A field with choices under another name, where its own name means something else to a layer ("state")."""

    name: str
    path: str
    label: str = ""


_offered: dict[type[models.Model], dict[str, Flag | Alias]] = {}


def offer(model: type[models.Model], *filters: Flag | Alias) -> None:
    for one in filters:
        _offered.setdefault(model, {})[one.name] = one


class Holds:
    def __init__(self, flag: Flag) -> None:
        self.flag = flag

    def __call__(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(self.flag.where()) if value == "true" else rows.exclude(self.flag.where())


def of(model: type[models.Model]) -> dict[str, django_filters.Filter]:
    """What was offered for a model. They are hidden in forms: a list shows those in force as chips."""
    found: dict[str, django_filters.Filter] = {}
    if region := getattr(model, "REGION_PATH", ""):
        found["region_at"] = django_filters.ModelChoiceFilter(
            field_name=region,
            to_field_name="code",
            label="只看本级区划",
            queryset=Region.objects.defer("geom"),
            widget=forms.HiddenInput(),
        )
    for name, one in _offered.get(model, {}).items():
        if isinstance(one, Alias):
            field: Any = model._meta.get_field(one.path)
            found[name] = django_filters.ChoiceFilter(
                field_name=one.path,
                label=one.label or field.verbose_name,
                choices=field.choices,
                widget=forms.HiddenInput(),
            )
        else:
            found[name] = django_filters.ChoiceFilter(
                method=Holds(one), label=one.label, choices=YES_NO, widget=forms.HiddenInput()
            )
    return found
