"""The view an operator shows on a wall: not logged, only the last one counts; the wall hears of it as a signal."""

from __future__ import annotations

import json
import math
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import signals
from core.models import User
from core.models.feed import Signal

WALLS = ("main",)
MODES = ("follow", "lock")
LARGEST = 4000  # characters of a view
MOST_LAYERS = 60


def number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e6:
        raise ValidationError(f"{name} 应是数字。")
    return float(value)


def view_of(given: Any) -> dict[str, Any]:
    """What a wall can show, and nothing else: it is passed on to other screens."""
    if not isinstance(given, dict) or len(json.dumps(given)) > LARGEST:
        raise ValidationError("view 应是一个视图：lon、lat、zoom、bbox、layers、region、sel、looks。")
    view: dict[str, Any] = {key: number(given.get(key), key) for key in ("lon", "lat", "zoom")}
    bbox = given.get("bbox")
    if bbox is not None:
        if not isinstance(bbox, list) or len(bbox) != 4:
            raise ValidationError("bbox 应是四个数字：西、南、东、北。")
        view["bbox"] = [number(value, "bbox") for value in bbox]
    layers = given.get("layers") or []
    if not isinstance(layers, list) or len(layers) > MOST_LAYERS or not all(isinstance(key, str) for key in layers):
        raise ValidationError("layers 应是图层名的列表。")
    sel = given.get("sel")
    if sel is not None and not (isinstance(sel, dict) and {str, str} >= {type(value) for value in sel.values()}):
        raise ValidationError("sel 应是 {layer, id}。")
    looks = looks_of(given.get("looks") or {})
    return view | {"layers": layers, "region": str(given.get("region") or ""), "sel": sel, "looks": looks}


def looks_of(given: Any) -> dict[str, Any]:
    """By layer: the theme, the filters, heat. What a layer does not know the wall leaves out, as a link would."""
    if not isinstance(given, dict) or len(given) > MOST_LAYERS:
        raise ValidationError("looks 应是 {图层名: {theme, filters, heat}}。")
    found: dict[str, Any] = {}
    for layer, look in given.items():
        filters = look.get("filters") or {} if isinstance(look, dict) else None
        if not isinstance(filters, dict) or not all(isinstance(value, str) for value in filters.values()):
            raise ValidationError("looks 应是 {图层名: {theme, filters, heat}}，filters 中是参数名和文字。")
        found[str(layer)] = {
            "theme": str(look.get("theme") or ""), "filters": filters, "heat": look.get("heat") is True
        }  # fmt: skip
    return found


class Wall(APIView):
    """GET: the last view and whose it is. POST {"view", "mode"}: mine from now on."""

    def user(self, key: str) -> User:
        user = self.request.user
        assert isinstance(user, User)
        if key not in WALLS:
            raise Http404
        if user.scope.site_id is not None or not user.has_perm("incidents.view_incident"):
            raise PermissionDenied("只有应急值守人员可以控制大屏。")
        return user

    def get(self, request: Request, key: str) -> Response:
        self.user(key)
        signal = Signal.objects.filter(key=f"wall:{key}").first()
        return Response({**signal.value, "at": signal.at} if signal else {})

    def post(self, request: Request, key: str) -> Response:
        user = self.user(key)
        if not isinstance(request.data, dict):
            raise ValidationError('应提交 {"view": {…}, "mode": "follow"}。')
        mode = request.data.get("mode", "follow")
        if mode not in MODES:
            raise ValidationError(f"mode 应是 {'、'.join(MODES)} 之一。")
        value = {
            "view": view_of(request.data.get("view")),
            "mode": mode,
            "driver": {"username": user.username, "name": str(user)},
            "at": timezone.now().isoformat(),
        }
        held = Signal.objects.filter(key=f"wall:{key}").select_related("region").first()
        if held and held.region and not user.scope.covers_region(held.region.pk):
            raise PermissionDenied(f"这块大屏由{held.region.name}的值班员控制。")
        signals.publish(f"wall:{key}", value, region=user.region)
        return Response(value)
