"""Vector tiles: each feature where there is room for it, counts by cell where there is not.

GET /tiles/<layer>/<z>/<x>/<y>.mvt?theme=<key>&region=<code>&state=<a,b>, and the layer's filters. The ETag is what the
user may see, the version of what it was cut from, and the definition of the layer; a tile that has not changed answers
304 without reading a feature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import DataError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.models import User
from layers import gathered as selections
from layers import grid, selection
from layers.caches import Kept
from layers.registry import Layer, registry
from layers.statements import Narrowing, Statement, for_cells, for_tiles, themed

MAX_ZOOM = 18
MAX_FEATURES = 10_000
FEW = 500
MANY = 200_000
WAYS = ("region", "state", "theme")
MVT = "application/vnd.mapbox-vector-tile"

_tiles: Kept[bytes] = Kept(96 * 1024 * 1024, weigh=lambda body: len(body) + 500)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    etag: str = ""
    content_type: str = MVT

    @property
    def headers(self) -> list[tuple[str, str]]:
        found = [("Cache-Control", "private, no-cache"), ("Vary", "Cookie")]
        if self.status != 304:
            found += [("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]
        return [*found, ("ETag", self.etag)] if self.etag else found


def refusal(status: int, code: str, detail: str) -> Answer:
    body = json.dumps({"code": code, "detail": detail}, ensure_ascii=False).encode()
    return Answer(status, body, content_type="application/json; charset=utf-8")


def raw_from_zoom(total: int, layer: Layer) -> int:
    """From this zoom every feature is drawn; the fewer there are, the earlier (docs/decisions/0003)."""
    if layer.geometry != "point" or total <= FEW:
        return 0
    return 12 if total <= MANY else 13


def number(text: str, below: int) -> int | None:
    """A tile number: plain decimal digits, smaller than `below`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 7):
        return None
    return int(text) if int(text) < below else None


def answer(
    user: User, key: str, z: str, x: str, y: str, *, query: Mapping[str, str], if_none_match: str = ""
) -> Answer:
    """The tile, or why not, for the view and for the fast lane alike."""
    zoom = number(z, MAX_ZOOM + 1)
    column, row = (number(v, 2**zoom) if zoom is not None else None for v in (x, y))
    if zoom is None or column is None or row is None:
        return refusal(404, "not_found", f"没有这个瓦片：缩放级别应为 0–{MAX_ZOOM}，行列号应小于 2 的缩放级别次方。")
    layer = registry.layer(key, user)
    if layer is None:
        return refusal(404, "not_found", "没有这个图层，或您没有查看它的权限。")
    try:
        layer = themed(layer, query.get("theme", ""), user)
        if set(query) - set(WAYS):
            selection.check_names(layer, user, query, WAYS)
        narrowing = Narrowing.of(layer, user, query)
        return cut(layer, user, narrowing, (zoom, column, row), if_none_match)
    except ValidationError as error:
        return refusal(400, "bad_input", "；".join(error.messages))
    except DataError:
        return refusal(400, "bad_input", "请求中有数值超出范围，请检查后重试。")
    except OperationalError as error:
        connection.close_if_unusable_or_obsolete()
        if "statement timeout" not in str(error):
            raise
        return refusal(503, "too_slow", "生成瓦片用时过长已中止，请放大地图或缩小范围后重试。")


def cut(layer: Layer, user: User, narrowing: Narrowing, place: tuple[int, int, int], if_none_match: str) -> Answer:
    statement = for_tiles(layer, user, narrowing)
    version = statement.version()  # before the data
    count = grid.total(layer, user, version)
    is_large = count > grid.DIRECT
    rollup = gathered = None
    if narrowing.filters:
        if is_large and layer.geometry == "point":
            gathered = selections.gathered(layer, user, narrowing, version)
        count = gathered.total if gathered else grid.total(layer, user, version, narrowing)
    is_raw = place[0] >= raw_from_zoom(count, layer)
    if gathered and not is_raw:
        version = gathered.version
    elif is_large and not is_raw and not narrowing.filters:
        rollup = grid.rollup_of(layer, user, for_cells(layer, user, Narrowing(), in_tile=False).version())
        version = f"{rollup.version}.{rollup.pk}"
    mark = f"{statement.digest}.{version}.{'raw' if is_raw else 'grid'}"
    etag = f'"{hashlib.sha1(mark.encode(), usedforsecurity=False).hexdigest()[:20]}"'
    if etag in if_none_match:
        return Answer(304, etag=etag)
    key = (mark, place)
    body = b"" if statement.is_empty else _tiles.get(key)
    if body is None:
        if gathered and not is_raw:
            body = grid.from_gathered(layer, gathered, *place)
        elif rollup:
            body = grid.from_rollup(layer, rollup, narrowing, *place)
        elif is_raw:
            body = raw(layer, user, narrowing, statement, *place)
        else:
            body = grid.direct(layer, user, narrowing, *place)
        _tiles.put(key, body)
    return Answer(200, body, etag)


def raw(layer: Layer, user: User, narrowing: Narrowing, statement: Statement, z: int, x: int, y: int) -> bytes:
    """Every feature of the tile; where even this zoom has too many, its cells: nothing is silently left out."""
    names = ["id", "state", "name", *(["stale"] if layer.stale is not None else []), *layer.fields]
    inner = ", ".join(f'm_{i} AS "{name}"' for i, name in enumerate(names) if name not in names[:i])
    columns = ", ".join(f"m_{i}" for i in range(len(names)))
    sql = f"""
        SELECT ST_AsMVT(t, %s, 4096, 'geom'), count(*) FROM (
            SELECT {inner}, ST_AsMVTGeom(g, ST_TileEnvelope(%s, %s, %s), 4096, 64) AS geom
            FROM ({statement.sql} LIMIT {MAX_FEATURES + 1}) q ({columns}, g)) t"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [layer.key, z, x, y, *statement.fill(z=z, x=x, y=y)])
        body, count = cursor.fetchone()
    if count > MAX_FEATURES:
        return grid.direct(layer, user, narrowing, z, x, y)
    return bytes(body) if body else b""


@require_safe
def tile(request: HttpRequest, layer: str, z: str, x: str, y: str) -> HttpResponse:
    if not isinstance(request.user, User):
        found = refusal(403, "not_authenticated", "请先登录。")
    else:
        found = answer(
            request.user, layer, z, x, y, query=request.GET, if_none_match=request.headers.get("If-None-Match", "")
        )
    response = HttpResponse(found.body, status=found.status)
    del response["Content-Type"]
    for name, value in found.headers:
        response[name] = value
    return response
