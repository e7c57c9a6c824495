"""The map's API: which layers there are, search, nearby, regions."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import User
from geo import parsing
from layers import filters, grid, nearby, regions, search, tiles
from layers.registry import Layer, registry
from layers.signed_in import SignedIn
from layers.statements import Narrowing, for_tiles


def whole(value: str | None, default: int, *, most: int, name: str) -> int:
    """A whole number from the query string, between 1 and `most`."""
    if value is None or value == "":
        return default
    if not (value.isascii() and value.isdecimal() and len(value) <= 9 and 1 <= int(value) <= most):
        raise ValidationError(f"{name} 应是 1–{most} 的整数。")
    return int(value)


def list_url(layer: Layer, user: User) -> str:
    found = registry.list_of(layer, user)
    return reverse("records:list", args=[found[0], found[1].key]) if found else ""


def described(layer: Layer, user: User) -> dict[str, Any]:
    statement = for_tiles(layer, user, Narrowing())
    version = statement.version()
    count = grid.total(layer, user, version)
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
        "states": [
            {"key": s.key, "label": s.label, "color": s.color, "shape": s.shape, "rank": s.rank} for s in layer.states
        ],
        "state_field": "state",
        "fields": [{"key": path, "title": filters.label_of(layer.model, path)} for path in layer.fields],
        "filters": sorted(filters.names(layer.model, layer.filters)),
        "searchable": bool(layer.search),
        "tiles": f"/tiles/{layer.key}/{{z}}/{{x}}/{{y}}.mvt",
        "features": f"/api/v1/features/{layer.key}/",
        "list_url": list_url(layer, user),
        "version": f"{statement.digest}.{version}",
    }


class Layers(SignedIn):
    def get(self, request: Request) -> Response:
        return Response([described(layer, self.user) for layer in registry.layers(self.user)])


class Search(SignedIn):
    def get(self, request: Request) -> Response:
        query = request.query_params
        limit = whole(query.get("limit"), 20, most=search.MAX_RESULTS, name="limit")
        layers = tuple(k for k in query.get("layers", "").split(",") if k)
        found = search.everywhere(self.user, query.get("q", ""), limit=limit, layers=layers)
        return Response({"results": [hit.as_json() for hit in found]})


class Nearby(SignedIn):
    def get(self, request: Request) -> Response:
        query = request.query_params
        point = parsing.parse_lonlat(query.get("lon"), query.get("lat"))
        limit = whole(query.get("limit"), 20, most=nearby.MAX_LIMIT, name="limit")
        layers, by = query.get("layers", ""), query.get("by", "line")
        return Response(nearby.nearest(self.user, point.x, point.y, layers=layers, limit=limit, by=by))


class Regions(SignedIn):
    def get(self, request: Request) -> Response:
        return Response(regions.tree(self.user))


@require_safe
def boundaries(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_authenticated", "detail": "请先登录。"}, status=403)
    version = regions.version()
    etag = regions.etag(version)
    headers = {"ETag": etag, "Cache-Control": "private, max-age=300", "Vary": "Cookie"}
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(regions.boundaries(version), content_type="application/geo+json", headers=headers)
