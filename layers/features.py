"""Features as GeoJSON: what lies in an area, one of them whole, and the same as a sheet.

GET or POST /api/v1/features/<layer>/ with bbox, region, q, within, radius, state, ids and the layer's own filters.
Lists carry points (with `zoom`, outlines simplified to it); only one feature alone carries its full outline.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Func, QuerySet, TextField
from django.http import Http404, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.pagination import GeoJsonPagination

from core import sheets
from layers import filters, selection
from layers.registry import Layer, registry
from layers.signed_in import SignedIn
from layers.statements import themed

PRECISION = 6


class FeaturePages(GeoJsonPagination):  # type: ignore[misc]  # drf-gis carries no types
    """The envelope of drf-gis; number and size of the page may also stand in the body of a POST."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    invalid_page_message = "没有这一页：{page_number}。"

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def get_page_number(self, request: Request, paginator: Any) -> Any:
        return self.given.get("page", 1)

    def get_page_size(self, request: Request) -> int:
        wish = str(self.given.get("page_size", self.page_size))
        if not (wish.isascii() and wish.isdecimal() and int(wish[:9]) > 0):
            raise ValidationError(f"page_size 应是 1–{self.max_page_size} 的整数。")
        return min(int(wish[:9]), self.max_page_size)


class LayerView(SignedIn):
    """A view of one layer that this user has; of any other it says 404."""

    def layer(self, key: str) -> Layer:
        """Coloured by the theme that the request names."""
        found = registry.layer(key, self.user)
        if found is None:
            raise Http404
        return themed(found, str(self.given().get("theme", "")), self.user)

    def given(self) -> dict[str, Any]:
        body = self.request.data if self.request.method == "POST" else None
        return selection.parameters(self.request.query_params, body)


class Features(LayerView):
    def get(self, request: Request, layer: str) -> Response:
        found, given = self.layer(layer), self.given()
        rows = selection.chosen(found, self.user, given)
        outline = outline_of(found, given)
        if outline is not None:
            rows = rows.annotate(m_outline=outline)
        pages = FeaturePages(given)
        page = pages.paginate_queryset(columns(found, rows), request, view=self)
        answer: Response = pages.get_paginated_response({"features": [feature(found, row) for row in page or []]})
        return answer

    def post(self, request: Request, layer: str) -> Response:
        return self.get(request, layer)


class Feature(LayerView):
    def get(self, request: Request, layer: str, pk: str) -> Response:
        found = self.layer(layer)
        key = selection.key_of(found.model, pk)
        if key is None:
            raise Http404
        rows = selection.annotated(found, found.rows(self.user).filter(pk=key))
        row = columns(found, rows, whole=True).first()
        if row is None:
            raise Http404
        answer = feature(found, row)
        answer["geometry"] = GeometryField(precision=PRECISION).to_representation(row[found.geom])
        return Response(answer)


class Export(LayerView):
    """What the same filters give, as xlsx."""

    def get(self, request: Request, layer: str) -> HttpResponse:
        found, given = self.layer(layer), self.given()
        as_of = timezone.now()
        rows = columns(found, selection.chosen(found, self.user, given))
        labels = {s.key: s.label for s in found.states}
        shown = [
            sheets.Column("编号", "pk"),
            sheets.Column("名称", "m_title", width=34),
            sheets.Column("状态", lambda row: labels.get(row["m_state"], row["m_state"])),
            sheets.Column("区划", "m_region_name"),
            sheets.Column("经度", lambda row: round(row["m_lon"], PRECISION), "number"),
            sheets.Column("纬度", lambda row: round(row["m_lat"], PRECISION), "number"),
            *([sheets.Column("逾期未核实", "m_stale", "bool")] if found.stale is not None else []),
            *(sheets.Column(filters.label_of(found.model, path), said(found, path)) for path in found.fields),
            *([sheets.Column("距离（米）", lambda row: round(row["metres"]), "int")] if given.get("radius") else []),
        ]
        return sheets.response(sheets.export(rows, shown, title=found.title, as_of=as_of), found.title)

    def post(self, request: Request, layer: str) -> HttpResponse:
        return self.get(request, layer)


def outline_of(layer: Layer, given: dict[str, Any]) -> Func | None:
    """For lines and areas, when the zoom is given: the outline as coarse as a screen pixel there."""
    zoom = str(given.get("zoom", ""))
    if not zoom:
        return None
    if not (zoom.isascii() and zoom.isdecimal() and int(zoom[:3]) <= 22):
        raise ValidationError("zoom 应是 0–22 的整数。")
    if layer.geometry == "point":
        return None
    tolerance = 360 / 2 ** int(zoom[:3]) / 256
    template = f"ST_AsGeoJSON(ST_SimplifyPreserveTopology(%(expressions)s, {tolerance:.9f}), {PRECISION})::text"
    return Func(layer.geom, template=template, output_field=TextField())


def columns(layer: Layer, rows: QuerySet[Any], *, whole: bool = False) -> QuerySet[Any, dict[str, Any]]:
    extra = [name for name in ("metres", "m_outline") if name in rows.query.annotations]
    shown = ["m_title", "m_subtitle", "m_state", "m_stale", "m_region", "m_region_name", "m_lon", "m_lat", *extra]
    return rows.values("pk", *shown, *layer.fields, *([layer.geom] if whole else []))


@cache
def choices_of(layer: Layer) -> dict[str, dict[Any, str]]:
    """The fields of a layer whose values have names, with the names."""
    found = {}
    for path in layer.fields:
        field, rest = filters.field_at(layer.model, path)
        choices = getattr(getattr(field, "base_field", field), "flatchoices", None)
        if choices and not rest:
            found[path] = {key: str(label) for key, label in choices}
    return found


def in_words(words: dict[Any, str], value: Any) -> str:
    if isinstance(value, list):
        return "、".join(words.get(v, str(v)) for v in value)
    return words.get(value, "" if value is None else str(value))


def said(layer: Layer, path: str) -> str | Callable[[dict[str, Any]], str]:
    """How a sheet reads a field: a choice by its name."""
    words = choices_of(layer).get(path)
    return path if words is None else lambda row: in_words(words, row[path])


def feature(layer: Layer, row: dict[str, Any]) -> dict[str, Any]:
    labels = {s.key: s.label for s in layer.states}
    properties = {path: row[path] for path in layer.fields}
    properties |= {f"{path}_label": in_words(words, row[path]) for path, words in choices_of(layer).items()}
    properties |= {
        "layer": layer.key,
        "id": row["pk"],
        "name": row["m_title"],
        "subtitle": row["m_subtitle"],
        "state": row["m_state"],
        "state_label": labels.get(row["m_state"], row["m_state"]),
        "stale": row["m_stale"],
        "region": row["m_region"],
        "region_name": row["m_region_name"],
    }
    if "metres" in row:
        properties["metres"] = round(row["metres"], 1)
    return {"type": "Feature", "id": row["pk"], "geometry": geometry(row), "properties": properties}


def geometry(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("m_outline"):
        outline: dict[str, Any] = json.loads(row["m_outline"])
        return outline
    return {"type": "Point", "coordinates": [round(row["m_lon"], PRECISION), round(row["m_lat"], PRECISION)]}
