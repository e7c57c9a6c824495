"""The map's API: search, nearby, regions."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from geo import parsing
from layers import nearby, regions, search
from layers.signed_in import SignedIn


def whole(value: str | None, default: int, *, most: int, name: str) -> int:
    """A whole number from the query string, between 1 and `most`."""
    if value is None or value == "":
        return default
    if not (value.isascii() and value.isdecimal() and len(value) <= 9 and 1 <= int(value) <= most):
        raise ValidationError(f"{name} 应是 1–{most} 的整数。")
    return int(value)


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
