"""What is nearest in five layers, against the same question in bare SQL."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable

from django.db import connection

from layers.nearby import nearest
from tests.bench import city, ground
from tests.bench.figures import Figure
from tests.bench.tiles import get

# What each table tells of itself beside name and place: its state, when it was verified and how often it must be, and
# whose it is.
OWNER = "(SELECT name FROM core_organisation o WHERE o.id = t.organisation_id)"
TOLD = {
    "hazard_sources": "grade::text, NULL::timestamptz, NULL::int, (SELECT name FROM geo_site s WHERE s.id = t.site_id)",
    "teams": f"status, verified_at, interval_days, {OWNER}",
    "supplies": f"kind, verified_at, interval_days, {OWNER}",
    "shelters": f"status, verified_at, interval_days, {OWNER}",
    "medical": f"status, verified_at, interval_days, {OWNER}",
}
POINTS, LIMIT = 200, 20


def bare_sql() -> str:
    """The same rows by hand: what an answer tells, ranked by distance and freshness; nothing of rights or scope."""
    from layers.registry import registry

    tables = {layer.key: layer.model._meta for layer in registry.all_layers}
    here = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490)"
    parts = [
        f"(SELECT {tables[key].pk.column} AS id, name, {told}, ST_X(geom), ST_Y(geom),"
        f" ST_Distance(geom::geography, {here}::geography)"
        f' FROM "{tables[key].db_table}" t ORDER BY geom_3857 <-> ST_Transform({here}, 3857) LIMIT {2 * LIMIT + 8})'
        for key, told in TOLD.items()
    ]
    columns = "(id, name, state, at, days, owner, lon, lat, metres)"
    stale = "at < now() - days * interval '1 day'"
    rank = f"metres * CASE WHEN {stale} THEN 1.5 ELSE 1 END"
    return f"SELECT *, {stale} FROM ({' UNION ALL '.join(parts)}) near {columns} ORDER BY {rank} LIMIT {LIMIT}"


def timed(act: Callable[[float, float], object], points: list[tuple[float, float]]) -> float:
    """Milliseconds, the median."""
    took = []
    for lon, lat in points:
        started = time.perf_counter()
        act(lon, lat)
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took)


def straight_line() -> list[Figure]:
    user, sql, dice = city.demo(), bare_sql(), random.Random(1)
    points = [(dice.uniform(118.2, 119.1), dice.uniform(37.0, 38.0)) for _ in range(POINTS)]

    def ours(lon: float, lat: float) -> str:
        return json.dumps(nearest(user, lon, lat, layers=",".join(TOLD), limit=LIMIT), ensure_ascii=False)

    def bare(lon: float, lat: float) -> object:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"lon": lon, "lat": lat})
            return cursor.fetchall()

    for act in (ours, bare):
        timed(act, points[:20])
    rounds = [(timed(ours, points), timed(bare, points)) for _ in range(3)]
    service, plain = (min(values) for values in zip(*rounds, strict=True))
    _, sessions = ground.people()
    paths = [f"/api/v1/nearby/?lon={x}&lat={y}&layers={','.join(TOLD)}&limit={LIMIT}" for x, y in points]
    with ground.web() as port:
        get(port, paths[:20], session=sessions[0], connections=1)
        http = get(port, paths, session=sessions[0], connections=1)
    ratio = service / plain
    return [
        Figure(
            "nearby (straight line, 5 layers, limit 20) ÷ the bare SQL",
            "≤ 2",
            f"{ratio:.2f}",
            ratio <= 2,
            f"{service:.1f} ÷ {plain:.1f} ms; over HTTP p50 {http['p50']:.1f} p95 {http['p95']:.1f} ms",
        )
    ]
