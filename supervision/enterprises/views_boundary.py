"""The plant boundary as the map draws it: read, replaced, removed, in JSON."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_http_methods

from core.api import refusal
from geo.coordinates import Datum
from layers.asked import REFUSALS
from supervision.enterprises import boundaries
from supervision.enterprises.models import Boundary
from supervision.enterprises.views import find

LONGEST = 2_000_000


@login_required
@require_http_methods(["GET", "POST"])
def boundary(request: HttpRequest, pk: int) -> JsonResponse:
    """GET {"geometry": GeoJSON or null, …}; POST the same, with "datum" unless it is CGCS2000; null removes."""
    enterprise, user = find(request, pk)
    try:
        if not user.has_perm("enterprises.view_boundary"):
            raise PermissionDenied("您没有查看厂界的权限。")
        if request.method == "GET":
            return JsonResponse(told(boundaries.current(enterprise.pk)))
        given = read(request)
        if given["geometry"] is None:
            boundaries.remove(enterprise, actor=user)
            return JsonResponse(told(None) | {"detail": "厂界已删除。"})
        datum = str(given.get("datum") or Datum.CGCS2000)
        made = boundaries.draw(enterprise, actor=user, geometry=given["geometry"], datum=datum)
    except (PermissionDenied, *REFUSALS) as error:
        answer = refusal(error)
        assert answer is not None
        return JsonResponse(answer[0], status=answer[1])
    return JsonResponse(told(made) | {"detail": f"厂界已保存，面积 {made.area_m2:,.0f} 平方米。"})


def read(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > LONGEST:
        raise ValidationError("提交的内容过大，请先简化厂界。")
    try:
        given = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ValidationError('请求体应是 JSON：{"geometry": GeoJSON 多边形}。') from error
    if not isinstance(given, dict) or "geometry" not in given:
        raise ValidationError('请求体应是 JSON：{"geometry": GeoJSON 多边形}；geometry 为 null 表示删除厂界。')
    return given


def told(found: Boundary | None) -> dict[str, Any]:
    if found is None:
        return {"geometry": None}
    return {
        "geometry": json.loads(found.geom.geojson),
        "area_m2": found.area_m2,
        "datum": found.datum,
        "source": found.source,
        "drawn_at": found.drawn_at.isoformat(),
    }
