"""The outline of a plant 厂界: drawn on the map, or imported; checked, and the one it replaces kept."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed
from geo.coordinates import BadCoordinate, Datum, to_cgcs2000
from geo.measure import area_square_metres, within
from geo.models import Region, Site
from geo.parsing import BadGeometry, parse_geometry
from supervision.enterprises import provenance
from supervision.enterprises.models import Boundary, Enterprise
from supervision.enterprises.services import demand, demand_kept, locked, source_of, tell

SMALLEST, LARGEST = 100.0, 50_000_000.0  # square metres
FARTHEST = 2_000.0  # metres between the outline and the enterprise's point
VERTICES = 2_000
# A plant on the shore may reach over the line the city's outline was simplified to.
OUTSIDE = 0.05


def current(site: Site | int) -> Boundary | None:
    """The outline that holds now, if one was drawn."""
    pk = site.pk if isinstance(site, Site) else site
    found: Boundary | None = Boundary.objects.filter(enterprise_id=pk, replaced_at__isnull=True).first()
    return found


def history(enterprise: Enterprise) -> list[Boundary]:
    """Those that were replaced or removed, the latest first."""
    rows = enterprise.boundaries.filter(replaced_at__isnull=False).select_related("drawn_by")
    return list(rows.order_by("-replaced_at"))


@transaction.atomic
def draw(
    enterprise: Enterprise, *, actor: User, geometry: object, datum: str = Datum.CGCS2000, source: str = ""
) -> Boundary:
    """The outline from now on. `geometry`: GeoJSON or a geometry; what stood before goes into the history."""
    demand(actor, "enterprises.add_boundary", "绘制厂界")
    row = locked(enterprise, actor)
    demand_kept(row)
    shape = checked(row, geometry, datum)
    before = current(row.site)
    if before and before.geom.equals_exact(shape, 1e-9):
        return before
    if before:
        _replace(before)
    boundary = Boundary.objects.create(
        enterprise=row, region=row.site.region, geom=shape, datum=datum, area_m2=round(area_square_metres(shape), 1),
        drawn_by=actor, source=source or source_of(actor), verified_at=timezone.now(), verified_by=actor,
        verified_note="绘制", interval_days=365,
    )  # fmt: skip
    provenance.noted(row, ["boundary"], source=boundary.source, actor=actor)
    tell("enterprises.draw_boundary", row, actor)
    return boundary


@transaction.atomic
def remove(enterprise: Enterprise, *, actor: User) -> Boundary:
    """No outline from now on; the last one stays in the history."""
    demand(actor, "enterprises.add_boundary", "删除厂界")
    row = locked(enterprise, actor)
    demand_kept(row)
    before = current(row.site)
    if before is None:
        raise NotAllowed("这家企业没有绘制厂界，不需要删除。")
    _replace(before)
    provenance.noted(row, ["boundary"], source=source_of(actor), actor=actor)
    tell("enterprises.remove_boundary", row, actor)
    return before


def _replace(boundary: Boundary) -> None:
    boundary.replaced_at = timezone.now()
    boundary.save(update_fields=["replaced_at"])


def checked(enterprise: Enterprise, geometry: object, datum: str = Datum.CGCS2000) -> MultiPolygon:
    """The outline in CGCS2000, or everything that is wrong with it."""
    shape = _read(geometry, datum)
    if (count := shape.num_coords) > VERTICES:
        raise ValidationError({"geometry": f"厂界有 {count} 个顶点，最多 {VERTICES} 个，请先简化。"})
    area = area_square_metres(shape)
    if not SMALLEST <= area <= LARGEST:
        raise ValidationError(
            {"geometry": f"厂界面积为 {_area(area)}，应在 100 平方米到 50 平方公里之间，请核对图形和坐标系。"}
        )
    if not within(Site.objects.filter(pk=enterprise.pk), shape, FARTHEST).exists():
        raise ValidationError(
            {"geometry": "厂界离企业的点位超过 2 公里：请核对是不是画错了企业，或先更正企业位置、选对坐标系。"}
        )
    _demand_inside_city(shape, area)
    return shape


def _read(geometry: object, datum: str) -> MultiPolygon:
    if datum not in Datum.values:
        raise ValidationError({"datum": f"不认识的坐标系：只接受{'、'.join(Datum.labels)}。"})
    try:
        given = json.loads(geometry.geojson) if isinstance(geometry, GEOSGeometry) else geometry
        if isinstance(given, str) and datum != Datum.CGCS2000:
            given = _decoded(given)
        if datum != Datum.CGCS2000 and isinstance(given, dict):
            given = {**given, "coordinates": _converted(given.get("coordinates"), datum)}
        shape = parse_geometry(given, kinds=("Polygon", "MultiPolygon"))
    except (BadGeometry, BadCoordinate) as error:
        raise ValidationError({"geometry": str(error)}) from error
    assert isinstance(shape, (Polygon, MultiPolygon))
    return MultiPolygon(shape, srid=shape.srid) if isinstance(shape, Polygon) else shape


def _decoded(text: str) -> object:
    """Text in another datum must be read to be converted; what is no JSON is left to the parser to refuse."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _converted(coordinates: Any, datum: str, depth: int = 0) -> Any:
    """Every position through the one place that converts; what is no position is left to the parser to refuse."""
    if not isinstance(coordinates, (list, tuple)) or depth > 4:
        return coordinates
    if len(coordinates) == 2 and all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in coordinates):
        return list(to_cgcs2000(float(coordinates[0]), float(coordinates[1]), datum))
    return [_converted(part, datum, depth + 1) for part in coordinates]


def _demand_inside_city(shape: MultiPolygon, area: float) -> None:
    city = Region.objects.filter(kind=Region.Kind.CITY).first()
    if city is None or city.geom is None or city.geom.covers(shape):
        return
    outside = shape.difference(city.geom)
    if not outside.empty and area_square_metres(outside) > OUTSIDE * area:
        raise ValidationError({"geometry": f"厂界有一部分在{city.name}之外，请核对图形和坐标系。"})


def _area(square_metres: float) -> str:
    if square_metres < 1_000_000:
        return f"{square_metres:,.0f} 平方米"
    return f"{square_metres / 1_000_000:,.1f} 平方公里"
