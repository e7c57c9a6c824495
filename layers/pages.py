"""The pages that are not records: the map, the wall, the field home, and what a person sees when something is wrong."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from core import events
from core.models import User
from geo.models import RoadEdge
from layers.context import boot, navigation
from layers.registry import registry

BASEMAP_KINDS = ("xyz", "wmts")


def basemaps() -> list[dict[str, Any]]:
    """What BASEMAPS declares, checked: a wrong one must be found when it is set, not on the wall."""
    if not settings.BASEMAPS:
        return []
    try:
        found = json.loads(settings.BASEMAPS)
    except json.JSONDecodeError as error:
        raise ImproperlyConfigured(f"ANTU_BASEMAPS: expected a JSON list, {error}.") from error
    for entry in found:
        if not isinstance(entry, dict) or not entry.get("url") or entry.get("kind") not in BASEMAP_KINDS:
            raise ImproperlyConfigured(f"ANTU_BASEMAPS: {entry!r} needs a url and a kind of {BASEMAP_KINDS}.")
    return list(found)


def map_boot(request: HttpRequest, user: User) -> dict[str, Any]:
    """The cursor is read first: everything the page loads afterwards is at least as new."""
    cursor = events.cursor()
    return boot(user, request) | {
        "cursor": cursor,
        "city": {"name": settings.CITY["name"], "code": settings.CITY["code"], "extent": settings.CITY["extent"]},
        "region": {"code": user.region.code, "name": user.region.name} if user.region else None,
        # An enterprise's map begins at its own gate.
        "home": {"lon": user.site.geom.x, "lat": user.site.geom.y, "zoom": 14} if user.site else None,
        "approval": settings.CITY["approval_number"],
        "basemaps": basemaps(),
        "ground_note": "道路与虚线边界为示意" if RoadEdge.objects.filter(is_illustrative=True).exists() else "",
        "can": {
            "report": user.has_perm("incidents.add_incident"),
            "alarm": user.has_perm("incidents.raise_alarm"),
            "cast": user.has_perm("incidents.view_incident") and user.scope.site_id is None,
        },
    }


@login_required
def map_page(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return render(request, "layers/map.html", {"boot": map_boot(request, request.user)})


@login_required
def wall_page(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return render(request, "layers/wall.html", {"boot": map_boot(request, request.user)})


@login_required
def app_home(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    context = {
        "entries": navigation(request.user, request),
        "cards": registry.cards(request.user),
        "today": timezone.localdate(),
    }
    return render(request, "layers/app_home.html", context)


ERRORS = {
    400: ("请求不对", "地址或提交的内容有误，请返回上一页检查后再试。"),
    403: ("没有权限", "您的账号不能做这件事。需要时请联系系统管理员开通。"),
    404: ("没有找到", "地址不存在，或这条记录不在您的管辖范围内。"),
    500: ("服务器出错了", "这次操作没有完成。请稍后重试；若仍然出错，请把时间和操作告诉管理员。"),
}

CODES = {400: "bad_input", 403: "forbidden", 404: "not_found", 500: "error"}


def problem(request: HttpRequest, status: int, *, title: str = "", detail: str = "") -> HttpResponse:
    """JSON for programs, a page for people. The page asks nothing of the database: it may be what is missing."""
    heading, advice = ERRORS[status]
    if request.path.startswith(("/api/", "/tiles/")) or "json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": CODES[status], "detail": detail or advice}, status=status)
    page = render_to_string(
        "layers/error.html", {"status": status, "title": title or heading, "detail": detail or advice}
    )
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return problem(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem(request, 403, title="页面已过期", detail="为防止冒用，这次提交没有被接受。请刷新页面后重新提交。")
