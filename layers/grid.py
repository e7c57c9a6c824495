"""Counts by grid cell, for the zooms at which single features would be a blur and a megabyte.

A cell is a sixteenth of a tile. Up to DIRECT rows it is counted when asked for; above, from `Rollup`, which a job
renews when the layer changed: such a layer shows a change within seconds, not at once.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core import jobs
from core.models import User
from layers.caches import Kept
from layers.gathered import Gathered
from layers.models import Rollup
from layers.registry import Layer, registry
from layers.statements import Narrowing, Statement, for_cells, for_count

PARTS = 16
DIRECT = 20_000
LEVELS = (8, 10, 12)
HALF_WORLD = 20037508.342789244
# Counting again and again would keep the worker from everything else: at most a sixth of its time goes into one layer.
PAUSE = 5

_totals: Kept[tuple[str, int, float]] = Kept(1000)
_asked: Kept[bool] = Kept(1000, seconds=1)


def total(layer: Layer, user: User, version: str = "", narrowing: Narrowing | None = None) -> int:
    """How many rows of the layer this user may see. Of large layers it may be a minute old: only its size matters."""
    statement = for_count(layer, user, narrowing)
    version = version or statement.version()
    known = _totals.get(statement.digest)
    if known and (known[0] == version or (known[1] > 2 * DIRECT and time.monotonic() - known[2] < 60)):
        return known[1]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement.sql}) q", statement.params)
        (count,) = cursor.fetchone()
    _totals.put(statement.digest, (version, count, time.monotonic()))
    return int(count)


def worst(layer: Layer) -> tuple[str, list[list[str]]]:
    """SQL for the state of highest rank in a group of (state, …), and its parameter."""
    ranked = [s.key for s in sorted(layer.states, key=lambda s: s.rank)]
    return "(array_agg(state ORDER BY array_position(%s::text[], state::text) DESC NULLS LAST))[1]", [ranked]


def tile_of(layer: Layer, cells: str) -> tuple[str, list[Any]]:
    """MVT of `cells` (cx, cy, state, n, sx, sy): one point per cell, at the mean of its members.

    The mean follows what is there: harbours and towns keep their shape, where cell centres would draw a lattice.
    """
    state, params = worst(layer)
    sql = f"""
        SELECT ST_AsMVT(t, %s, 4096, 'geom') FROM (
            SELECT 1 AS grid, sum(n)::int AS count, {state} AS state,
                   ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(sum(sx) / sum(n), sum(sy) / sum(n)), 3857),
                                ST_TileEnvelope(%s, %s, %s), 4096, 64) AS geom
            FROM ({cells}) cells GROUP BY cx, cy) t"""
    return sql, params


def direct(layer: Layer, user: User, narrowing: Narrowing, z: int, x: int, y: int) -> bytes:
    """Counted now, from the rows of this tile."""
    statement = for_cells(layer, user, narrowing, in_tile=True)
    if statement.is_empty:
        return b""
    size = 2 * HALF_WORLD / 2**z / PARTS
    cells = f"""
        SELECT floor((m_x + {HALF_WORLD}) / {size})::bigint AS cx, floor(({HALF_WORLD} - m_y) / {size})::bigint AS cy,
               m_state AS state, count(*) AS n, sum(m_x) AS sx, sum(m_y) AS sy
        FROM ({statement.sql}) q (m_region, m_state, m_x, m_y) GROUP BY 1, 2, 3"""
    sql, ranked = tile_of(layer, cells)
    return run(sql, [layer.key, *ranked, z, x, y, *statement.fill(z=z, x=x, y=y)])


def rollup_of(layer: Layer, user: User, version: str) -> Rollup:
    """The stored counts. Older ones than `version` are used, and asked to be renewed; missing ones are made now."""
    statement = for_cells(layer, user, Narrowing(), in_tile=False)
    found = Rollup.objects.filter(digest=statement.digest).first()
    if found is None:
        return build(layer, statement)
    is_due = timezone.now() - found.built_at > timedelta(seconds=PAUSE * found.took_s)
    if found.version != version and is_due and not _asked.get(statement.digest):
        _asked.put(statement.digest, True)
        jobs.enqueue(refresh_job(), key=statement.digest, layer=layer.key, user=user.pk, theme=layer.theme)
    return found


def refresh_job() -> Any:
    from layers.jobs import refresh_rollup  # the job calls this module

    return refresh_rollup


def refresh(layer: Layer, user: User) -> Rollup:
    return build(layer, for_cells(layer, user, Narrowing(), in_tile=False))


def make_ready() -> None:
    """Count the large layers for those who see the whole city before anybody looks: a first count takes seconds."""
    everyone = User(is_superuser=True, is_active=True)
    for plain in registry.all_layers:
        if plain.visible or plain.geometry != "point" or total(plain, everyone) <= DIRECT:
            continue
        for theme in ("", *(t.key for t in registry.themes(plain, everyone))):
            layer = registry.themed(plain, theme, everyone) or plain
            if not Rollup.objects.filter(digest=for_cells(layer, everyone, Narrowing(), in_tile=False).digest).exists():
                refresh(layer, everyone)


def from_rollup(layer: Layer, rollup: Rollup, narrowing: Narrowing, z: int, x: int, y: int) -> bytes:
    level = next(level for level in LEVELS if level >= z)
    shift, side = level - z, PARTS << (level - z)
    wanted, params = "", list[Any]()
    if narrowing.region:
        wanted, params = " AND region_id = ANY(%s)", [narrowing.region_ids()]
    if narrowing.states:
        wanted, params = wanted + " AND state = ANY(%s)", [*params, list(narrowing.states)]
    cells = f"""
        SELECT cx >> {shift} AS cx, cy >> {shift} AS cy, state, sum(n) AS n, sum(sx) AS sx, sum(sy) AS sy
        FROM layers_cell
        WHERE rollup_id = %s AND level = %s AND cx BETWEEN %s AND %s AND cy BETWEEN %s AND %s{wanted}
        GROUP BY 1, 2, 3"""
    sql, ranked = tile_of(layer, cells)
    place = [rollup.pk, level, x * side, (x + 1) * side - 1, y * side, (y + 1) * side - 1]
    return run(sql, [layer.key, *ranked, z, x, y, *place, *params])


def from_gathered(layer: Layer, found: Gathered, z: int, x: int, y: int) -> bytes:
    cells = found.of_tile(z, x, y)
    if not cells:
        return b""
    unnested = """
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::float8[], %s::float8[])
               AS c (cx, cy, state, n, sx, sy)"""
    sql, ranked = tile_of(layer, unnested)
    return run(sql, [layer.key, *ranked, z, x, y, *(list(column) for column in zip(*cells, strict=True))])


def build(layer: Layer, statement: Statement) -> Rollup:
    """Count everything once at the finest level, the coarser from it. One transaction: readers see old or new."""
    started = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [statement.digest])
        cursor.execute("SET LOCAL statement_timeout = '120s'")
        version = statement.version()
        found = Rollup.objects.filter(digest=statement.digest).first()
        if found and found.version == version:
            return found  # somebody else made it while this one waited
        rollup = found or Rollup(digest=statement.digest, layer=layer.key)
        rollup.version = version
        rollup.save()
        cursor.execute("DELETE FROM layers_cell WHERE rollup_id = %s", [rollup.pk])
        count_finest(cursor, rollup, statement)
        for coarse, fine in zip(LEVELS[-2::-1], LEVELS[:0:-1], strict=True):
            cursor.execute(
                f"""INSERT INTO layers_cell (rollup_id, level, cx, cy, region_id, state, n, sx, sy)
                    SELECT rollup_id, {coarse}, cx >> {fine - coarse}, cy >> {fine - coarse}, region_id, state,
                           sum(n), sum(sx), sum(sy)
                    FROM layers_cell WHERE rollup_id = %s AND level = {fine} GROUP BY 1, 3, 4, 5, 6""",
                [rollup.pk],
            )
        cursor.execute(
            "SELECT coalesce(sum(n), 0) FROM layers_cell WHERE rollup_id = %s AND level = %s", [rollup.pk, LEVELS[0]]
        )
        (rollup.total,) = cursor.fetchone()
        rollup.took_s = time.monotonic() - started
        rollup.save()
    return rollup


def count_finest(cursor: Any, rollup: Rollup, statement: Statement) -> None:
    size = 2 * HALF_WORLD / 2 ** LEVELS[-1] / PARTS
    cursor.execute(
        f"""INSERT INTO layers_cell (rollup_id, level, cx, cy, region_id, state, n, sx, sy)
            SELECT %s, {LEVELS[-1]}, floor((m_x + {HALF_WORLD}) / {size}), floor(({HALF_WORLD} - m_y) / {size}),
                   m_region, m_state, count(*), sum(m_x), sum(m_y)
            FROM ({statement.sql}) q (m_region, m_state, m_x, m_y) GROUP BY 3, 4, 5, 6""",
        [rollup.pk, *statement.params],
    )


def run(sql: str, params: list[Any]) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return bytes(row[0]) if row and row[0] else b""


def forget_unused(after: timedelta = timedelta(days=7)) -> None:
    """Counts whose query nobody makes any more: a definition or a scope that changed."""
    Rollup.objects.filter(built_at__lt=timezone.now() - after).delete()
