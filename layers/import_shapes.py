"""Where the rows of an import would lie, for the map that is looked at before anything is saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import shapely
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from core.imports.sheet import Sheet
from core.models import ImportBatch, ImportRow, User
from geo.coordinates import BadCoordinate, Datum, to_cgcs2000
from layers.import_rows import shown_row
from layers.record_imports import batch_of, of_sheet
from layers.registry import Records

MOST_SHAPES = 5_000
# About ten metres: an outline is looked at, not measured.
TOLERANCE = 0.0001
MANY_CORNERS = 200


@require_safe
@of_sheet
def shapes(request: HttpRequest, records: Records, user: User, sheet: Sheet, batch: int) -> JsonResponse:
    """GET …/import/<batch>/shapes.json -> {"features": […], "total": n}: the first of them, bad rows first."""
    found = batch_of(sheet, user, batch)
    rows = found.rows.filter(has_place())
    first = [*rows.filter(state="error")[:MOST_SHAPES], *rows.exclude(state="error")[:MOST_SHAPES]][:MOST_SHAPES]
    return JsonResponse({"features": list(features(first, found, sheet, user)), "total": rows.count()})


def has_place() -> Q:
    return Q(geometry__isnull=False) | Q(values__lon__isnull=False, values__lat__isnull=False)


def features(rows: list[ImportRow], batch: ImportBatch, sheet: Sheet, user: User) -> Iterator[dict[str, Any]]:
    columns = sheet.columns(user)
    for row in rows:
        geometry = geometry_of(row)
        if geometry is not None:
            subject = shown_row(row, batch, columns, sheet.identity)["subject"]
            properties = {"name": subject, "state": row.state}
            yield {"type": "Feature", "id": row.number, "geometry": geometry, "properties": properties}


def geometry_of(row: ImportRow) -> dict[str, Any] | None:
    """The shape of a feature, or the point that a row's numbers mean; None when they mean none."""
    if row.geometry:
        return thinned(row.geometry)
    values = row.values
    try:
        x, y = float(values["lon"]), float(values["lat"])
        lon, lat = to_cgcs2000(x, y, values.get("datum") or Datum.CGCS2000)
    except (KeyError, TypeError, ValueError, BadCoordinate):
        return None
    return {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}


def thinned(geometry: dict[str, Any]) -> dict[str, Any]:
    shape = shapely.from_geojson(json.dumps(geometry))
    if shapely.get_num_coordinates(shape) <= MANY_CORNERS:
        return geometry
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape.simplify(TOLERANCE)))
    return found
