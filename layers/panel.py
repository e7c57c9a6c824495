"""The panel of a feature: what it is, how fresh, what can be done with it, and the tabs every module attaches to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.models import User
from geo.coordinates import Datum, from_cgcs2000, zone_for
from layers import actions, selection
from layers.registry import Layer, Tab, registry

ZOOM = 16


@dataclass(frozen=True)
class TabHead:
    """One entry of the tab bar."""

    key: str
    title: str
    badge: int | str
    url: str
    is_open: bool


def subject(user: User, layer_key: str, pk: str) -> tuple[Layer, Any]:
    """The layer and the feature, as this user may see them; otherwise 404."""
    layer = registry.layer(layer_key, user)
    key = selection.key_of(layer.model, pk) if layer else None
    if layer is None or key is None:
        raise Http404
    related = {path for path in (layer.place_path.rstrip("_"), layer.region.rsplit("__", 1)[0]) if path}
    related = {path for path in related if layer.model._meta.get_field(path.split("__")[0]).is_relation}
    rows = selection.annotated(layer, layer.rows(user)).select_related(*sorted(related))
    found = rows.filter(pk=key).first()
    if found is None:
        raise Http404
    return layer, found


def successor(user: User, layer_key: str, pk: str) -> str:
    """The feature that took the place of one that is gone; otherwise 404."""
    layer = registry.layer(layer_key, user)
    key = selection.key_of(layer.model, pk) if layer and layer.successor else None
    found = layer.successor(key) if layer and layer.successor and key is not None else None
    if found is None:
        raise Http404
    return str(found)


@require_safe
@login_required
def panel(request: HttpRequest, layer: str, pk: str) -> HttpResponse:
    """GET /panel/<layer>/<id>/[?tab=<key>]: header, actions, tab bar, and one tab."""
    assert isinstance(request.user, User)
    try:
        found, feature = subject(request.user, layer, pk)
    except Http404:
        found, feature = subject(request.user, layer, successor(request.user, layer, pk))
    context = header(found, feature, request.user)
    return render(request, "layers/panel.html", context | tabs(request, found, feature, request.GET.get("tab", "")))


@require_safe
@login_required
def tab(request: HttpRequest, layer: str, pk: str, key: str) -> HttpResponse:
    """One tab's page, and beside it the tab bar with this one marked and every badge as it is now."""
    assert isinstance(request.user, User)
    found, feature = subject(request.user, layer, pk)
    context = tabs(request, found, feature, key)
    if context["open_tab"] != key:
        raise Http404
    return render(request, "layers/panel_tab.html", context)


def header(layer: Layer, feature: Any, user: User) -> dict[str, Any]:
    state = next((s for s in layer.states if s.key == feature.m_state), None)
    found = [(action, action.url(target)) for action, target in registry.actions(feature, user)]
    links = {
        "map_url": map_url(layer.key, feature.pk, feature.m_lon, feature.m_lat),
        "page_url": page_url(layer, feature, user),
    }
    return {
        "layer": layer,
        "feature": feature,
        "state": state,
        "state_key": feature.m_state,
        "fresh": getattr(feature, "freshness", None),
        "coordinates": coordinates(feature.m_lon, feature.m_lat),
        "actions": found,
        "buttons": actions.in_panel(found, **links),
        **links,
        "strips": registry.strips(feature, user),
    }


def coordinates(lon: float, lat: float) -> list[tuple[str, str]]:
    """The place in every datum that somebody may ask for it in; ours first."""
    found = []
    for datum in (Datum.CGCS2000, Datum.GCJ02, Datum.BD09, zone_for(lon)):
        x, y = from_cgcs2000(lon, lat, datum)
        digits = 2 if datum.is_projected else 6
        found.append((datum.label, f"{x:.{digits}f}, {y:.{digits}f}"))
    return found


def map_url(layer: str, pk: Any, lon: float, lat: float) -> str:
    return f"{reverse('map')}#map={ZOOM}/{lat:.5f}/{lon:.5f}&sel={layer}:{pk}"


def page_url(layer: Layer, feature: Model, user: User) -> str:
    """The record's own page, when a module has declared one for what this layer shows."""
    for module in registry:
        for records in module.records:
            if (
                records.layer == layer.key
                and records.model is layer.model
                and user.has_perm(records.permission("view"))
            ):
                return reverse("records:detail", args=[module.key, records.key, feature.pk])
    return ""


def tabs(request: HttpRequest, layer: Layer, feature: Any, wish: str) -> dict[str, Any]:
    """The tab bar and the page of one tab: the one wished for, else the first."""
    assert isinstance(request.user, User)
    user = request.user
    pairs = registry.tabs(feature, user)
    opened = next((pair for pair in pairs if pair[0].key == wish), pairs[0] if pairs else None)
    heads = [
        TabHead(
            key=tab.key,
            title=tab.title,
            badge=tab.badge(target, user) if tab.badge else "",
            url=reverse("panel-tab", args=[layer.key, feature.pk, tab.key]),
            is_open=opened is not None and tab is opened[0],
        )
        for tab, target in pairs
    ]
    return {
        "layer": layer,
        "feature": feature,
        "heads": heads,
        "open_tab": opened[0].key if opened else "",
        "tab_html": page(request, layer, feature, *opened) if opened else "",
    }


def page(request: HttpRequest, layer: Layer, feature: Any, tab: Tab, target: Any) -> str:
    assert isinstance(request.user, User)
    context = {"layer": layer, "feature": feature, "target": target, **tab.context(target, request.user)}
    return render_to_string(tab.template, context, request=request)


def of_record(record: Model, user: User) -> tuple[Layer, Any] | None:
    """The feature a record shows on the map as, if its model is a layer this user has."""
    layer = registry.layer_of(type(record))
    if layer is None or not user.has_perm(layer.needs):
        return None
    try:
        return subject(user, layer.key, str(record.pk))
    except Http404:
        return None
