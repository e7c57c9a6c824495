"""The roads under everything: vector tiles of the road network, for orientation.

GET /ground/roads/<z>/<x>/<y>.mvt. The same for everyone who is logged in. Roads change by import only, so a browser
keeps a tile for an hour.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from layers.caches import Kept
from layers.tiles import MVT, number

MAX_ZOOM = 14  # the client stretches these beyond
# What is drawn from which zoom on; streets and tracks only where there is room for them.
FROM_ZOOM = {
    "national": 0,
    "bridge": 0,
    "provincial": 8,
    "county": 10,
    "main": 11,
    "rural": 12,
    "street": 13,
    "track": 13,
}
# Collinear points of a merged line say nothing at the tile's resolution, so they are left out before it is cut.
SQL = """
    SELECT ST_AsMVT(t, 'roads') FROM (
        SELECT kind, name, ST_AsMVTGeom(ST_Simplify(ST_LineMerge(ST_Collect(geom_3857)), %(fine)s),
                                        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
        FROM geo_roadedge
        WHERE kind = ANY(%(kinds)s) AND geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.02)
        GROUP BY kind, name) t
    WHERE geom IS NOT NULL
"""
_tiles: Kept[bytes] = Kept(24 * 1024 * 1024, seconds=600, weigh=lambda body: len(body) + 500)


@require_safe
@login_required
def roads(request: HttpRequest, z: str, x: str, y: str) -> HttpResponse:
    zoom = number(z, MAX_ZOOM + 1)
    column, row = (number(v, 2**zoom) if zoom is not None else None for v in (x, y))
    if zoom is None or column is None or row is None:
        return JsonResponse({"code": "not_found", "detail": f"没有这个瓦片：缩放级别应为 0–{MAX_ZOOM}。"}, status=404)
    body = _tiles.get((zoom, column, row))
    if body is None:
        body = _tiles.put((zoom, column, row), cut(zoom, column, row))
    return HttpResponse(body, content_type=MVT, headers={"Cache-Control": "private, max-age=3600"})


def cut(zoom: int, column: int, row: int) -> bytes:
    kinds = [kind for kind, least in FROM_ZOOM.items() if zoom >= least]
    fine = 156543 / 2**zoom / 4
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"z": zoom, "x": column, "y": row, "kinds": kinds, "fine": fine})
        found = cursor.fetchone()
    return bytes(found[0]) if found and found[0] else b""
