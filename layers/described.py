"""What the map is told about a layer: its states and themes, what it can be filtered by, and its numbers."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db import connection
from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import User
from geo.models import Region
from layers import filters, grid, selection, tiles
from layers.caches import Kept
from layers.registry import Layer, State, registry
from layers.signed_in import SignedIn
from layers.statements import Narrowing, for_summary, for_tiles, themed

WAYS = ("region", "state", "theme")
MOST_CHOICES = 200

_summaries: Kept[dict[str, Any]] = Kept(500)


def list_url(layer: Layer, user: User) -> str:
    found = registry.list_of(layer, user)
    return reverse("records:list", args=[found[0], found[1].key]) if found else ""


def said(states: tuple[State, ...]) -> list[dict[str, Any]]:
    return [{"key": s.key, "label": s.label, "color": s.color, "shape": s.shape, "rank": s.rank} for s in states]


def described(layer: Layer, user: User) -> dict[str, Any]:
    statement = for_tiles(layer, user, Narrowing())
    version = statement.version()
    count = grid.total(layer, user, version)
    besides = filters.Besides.of(layer, layer.model, user)
    return {
        "key": layer.key,
        "title": layer.title,
        "group": layer.group,
        "module": layer.model._meta.app_label,
        "geometry": layer.geometry,
        "default": layer.is_default,
        "live": layer.is_live,
        "nearby": layer.in_nearby,
        "count": count,
        "raw_from_zoom": tiles.raw_from_zoom(count, layer),
        "label_from_zoom": layer.label_from_zoom,
        "states": said(layer.states),
        "state_field": "state",
        "state_title": layer.state_title,
        "themes": [
            {"key": t.key, "title": t.title, "states": said(t.states)} for t in registry.themes(layer, user)
        ],
        "fields": [{"key": path, "title": filters.label_of(layer.model, path)} for path in layer.fields],
        "filters": sorted(filters.names(layer.model, layer.filters, besides)),
        "filter_fields": filter_fields(layer, user, besides),
        "searchable": bool(layer.search),
        "tiles": f"/tiles/{layer.key}/{{z}}/{{x}}/{{y}}.mvt",
        "features": f"/api/v1/features/{layer.key}/",
        "list_url": list_url(layer, user),
        "list_filters": list_filters(layer, user),
        "version": f"{statement.digest}.{version}",
    }  # fmt: skip


def list_filters(layer: Layer, user: User) -> list[str]:
    """Which of the layer's filters its list has too."""
    found = registry.list_of(layer, user)
    if found is None:
        return []
    records = found[1]
    return sorted(filters.names(records.model, records.filters, filters.Besides.of(layer, records.model, user)))


def filter_fields(layer: Layer, user: User, besides: filters.Besides) -> list[dict[str, Any]]:
    """The filters as fields of a form, in the order of their declaration; themes and staleness last."""
    kind = filters.filter_set(layer.model, layer.filters, besides)
    extra = besides.declared()
    form = kind(data={}, queryset=layer.rows(user).none(), request=filters.Asking(user)).form
    names = [*(n for n in form.fields if n not in extra), *(n for n in form.fields if n in extra)]
    # A theme by the name of a field knows which of its values there are on the map.
    shown = {t.key: {"kind": "choice", "choices": [[s.key, s.label] for s in t.states]} for t in besides.themes}
    return [
        {
            "name": name,
            "label": str(form.fields[name].label),
            # Hidden ones come with a link only: they are shown while they hold, but not offered.
            "hidden": isinstance(form.fields[name].widget, forms.HiddenInput),
            **(shown.get(name) or control(kind.base_filters[name], form.fields[name])),
        }
        for name in names
    ]


def control(made: django_filters.Filter, field: forms.Field) -> dict[str, Any]:
    """How a filter is filled in, and from what."""
    if isinstance(made, django_filters.BooleanFilter):
        return {"kind": "choice", "choices": [["true", "是"], ["false", "否"]]}
    if isinstance(field, forms.ModelChoiceField):
        rows = field.queryset[:MOST_CHOICES] if field.queryset is not None else ()
        return {"kind": "choice", "choices": [[str(field.prepare_value(row)), str(row)] for row in rows]}
    if isinstance(made, django_filters.ChoiceFilter):
        return {"kind": "choice", "choices": [[str(k), str(v)] for k, v in field.choices if k != ""]}  # type: ignore[attr-defined]  # a ChoiceFilter's field has choices
    if isinstance(made, django_filters.DateFilter):
        return {"kind": "date"}
    return {"kind": "number" if isinstance(made, django_filters.NumberFilter) else "text"}


class Layers(SignedIn):
    def get(self, request: Request) -> Response:
        return Response([described(layer, self.user) for layer in registry.layers(self.user)])


class Summary(SignedIn):
    """How many of a layer's rows a region and filters leave: all, of each state, stale ones, and on how much ground."""

    def get(self, request: Request, layer: str) -> Response:
        found = registry.layer(layer, self.user)
        if found is None:
            raise Http404
        given = request.query_params
        coloured = themed(found, given.get("theme", ""), self.user)
        selection.check_names(coloured, self.user, given, (*WAYS, "format"))
        narrowing = Narrowing.of(coloured, self.user, given)
        code = given.get("region", "")
        return Response(summary(coloured, self.user, narrowing) | ({"area_km2": area_km2(code)} if code else {}))


def summary(layer: Layer, user: User, narrowing: Narrowing) -> dict[str, Any]:
    statement = for_summary(layer, user, narrowing)
    key = (statement.digest, statement.version())
    known = _summaries.get(key)
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        rows = cursor.fetchall()
    counts = {state: n for state, n, _ in rows}
    known_states = [s.key for s in layer.states] or sorted(counts, key=str)
    found = {
        "total": sum(counts.values()),
        "stale": sum(old or 0 for _, _, old in rows) if layer.stale is not None else None,
        "states": [{"key": key, "count": counts.get(key, 0)} for key in known_states],
    }
    return _summaries.put(key, found)


def area_km2(code: str) -> float:
    """The ground that is counted under a region: without the zones that are counted for themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(ST_Area(geography(coalesce(ST_Difference(r.geom,
                    (SELECT ST_Union(z.geom) FROM {Region._meta.db_table} z
                     WHERE z.admin_parent_id = r.id AND z.path NOT LIKE r.path || '%%')), r.geom))), 0) / 1e6
                FROM {Region._meta.db_table} r WHERE r.code = %s""",
            [code],
        )
        row = cursor.fetchone()
    return round(float(row[0]), 1) if row else 0.0
