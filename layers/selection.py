"""What a request picks of a layer: by area, region, words, state and fields. Everything that arrives is checked here.

An unknown parameter is refused: a misspelt filter must not come to mean "everything".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Value

from core.models import User
from geo import measure, parsing
from layers import search
from layers.registry import Layer
from layers.search import At
from layers.statements import Narrowing, filter_names, text

PAGING = ("page", "page_size", "ordering", "zoom", "format")
WAYS = ("bbox", "within", "radius", "region", "q", "state", "theme", "ids")
MAX_AREA_KM2 = 100_000
MAX_IDS = 5_000


def parameters(query: Mapping[str, Any], body: object = None) -> dict[str, Any]:
    """Query string and JSON body as one: lists of plain values become the comma-separated form of the query string."""
    if body is not None and not isinstance(body, dict):
        raise ValidationError("请求体应是一个 JSON 对象。")
    found: dict[str, Any] = dict(query.items())
    for key, value in (body or {}).items():
        if value is None:
            continue
        if isinstance(value, list):
            value = ",".join(plain(key, v) for v in value)
        elif key != "within":
            value = plain(key, value)
        found[key] = value
    return found


def plain(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise ValidationError(f"{key[:40]} 应是文字、数或它们的数组。")
    return str(value)


def check_names(layer: Layer, user: User, given: Mapping[str, Any], ways: tuple[str, ...] = (*PAGING, *WAYS)) -> None:
    known = {*ways, *filter_names(layer, user)}
    if unknown := sorted(set(given) - known):
        raise ValidationError(
            f"不认识的参数：{'、'.join(unknown)[:80]}。可用：{'、'.join(sorted(known - {'format'}))}。"
        )


def chosen(layer: Layer, user: User, given: Mapping[str, Any]) -> QuerySet[Any]:
    """The rows, with everything annotated that a feature shows (`m_…`). The layer: as its theme colours it."""
    check_names(layer, user, given)
    rows = annotated(layer, layer.rows(user).order_by())
    rows = Narrowing.of(layer, user, given).of_rows(layer, user, rows)
    rows = in_area(layer, rows, given)
    if ids := given.get("ids"):
        rows = rows.filter(pk__in=keys(layer, str(ids)))
    if words := search.term(given.get("q", "")):
        pinyin = search.pinyin_path(layer.model, layer.place_path)
        rows = search.matching(rows, (layer.title_path, *layer.search), words, pinyin=pinyin)
    return ordered(layer, rows, str(given.get("ordering", "")))


def in_area(layer: Layer, rows: QuerySet[Any], given: Mapping[str, Any]) -> QuerySet[Any]:
    if box := given.get("bbox"):
        rows = rows.filter(**{f"{layer.geom}__intersects": parsing.parse_bbox(box).polygon()})
    if area := given.get("within"):
        shape = parsing.parse_geometry(area, kinds=("Polygon", "MultiPolygon"))
        if measure.area_square_metres(shape) > MAX_AREA_KM2 * 1e6:
            raise ValidationError(f"圈选面积超过 {MAX_AREA_KM2:,} 平方公里，请缩小范围。")
        rows = rows.filter(**{f"{layer.geom}__intersects": shape})
    if radius := given.get("radius"):
        point, metres = parsing.parse_radius(radius)
        rows = measure.within(rows, point, metres, field=layer.geom)
    return rows


def keys(layer: Layer, value: str) -> list[Any]:
    parts = [p for p in value.split(",") if p]
    if len(parts) > MAX_IDS:
        raise ValidationError(f"ids 最多 {MAX_IDS:,} 个。")
    return [key for part in parts if (key := key_of(layer.model, part)) is not None]


def key_of(model: Any, value: str) -> Any:
    """A primary key from an address; None when it cannot be one."""
    try:
        key = model._meta.pk.to_python(value)
    except ValidationError:
        return None
    return None if isinstance(key, int) and not -(2**63) <= key < 2**63 else key


def annotated(layer: Layer, rows: QuerySet[Any]) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.annotate(
        m_title=F(layer.title_path),
        m_subtitle=F(layer.subtitle_path) if layer.subtitle_path else Value(""),
        m_state=text(layer.state_expression),
        m_stale=layer.stale if layer.stale is not None else Value(False),
        m_region=F(f"{layer.region}__code"),
        m_region_name=F(f"{layer.region}__name"),
        m_lon=At(layer, "X"),
        m_lat=At(layer, "Y"),
    )
    return found


def ordered(layer: Layer, rows: QuerySet[Any], wish: str) -> QuerySet[Any]:
    by = {"id": "pk", "name": "m_title", "state": "m_state", "region": "m_region", **{f: f for f in layer.fields}}
    if "metres" in rows.query.annotations:
        by["metres"] = "metres"
    name = wish.removeprefix("-")
    if wish and name not in by:
        raise ValidationError(f"不能按“{name[:40]}”排序，可用：{'、'.join(by)}。")
    if not wish:
        return rows.order_by("metres", "pk") if "metres" in by else rows.order_by("pk")
    return rows.order_by(("-" if wish.startswith("-") else "") + by[name], "pk")
