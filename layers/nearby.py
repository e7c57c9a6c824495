"""What is nearest to a point, over several layers: by straight line here, by road when a module provides it.

One statement asks every layer's geometry index; it is compiled once for people who see the same. What was not verified
in time is ranked as if it were farther away, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BooleanField, DateTimeField, F, Func, IntegerField, TextField, Value
from django.db.models.functions import Cast

from core.freshness import freshness
from core.models import User
from layers.registry import Layer, registry
from layers.search import has_field
from layers.statements import Plain, Slot, Statement, kept, text

MAX_LIMIT = 100
MAX_LAYERS = 20
# Stale facts cost half as much again in distance: the fresh team next door comes first, the only one is still seen.
STALE_FACTOR = 1.5

# Set by the module that knows roads: (user, lon, lat, layers, limit) -> results as of `by_line`, with "seconds".
Road = Callable[[User, float, float, "Sequence[Layer]", int], list[dict[str, Any]]]
_road: list[Road] = []


def provide_road(function: Road) -> Road:
    """A module that can rank by driving time says so, in its apps.ready() or manifest."""
    _road[:] = [function]
    return function


@dataclass(frozen=True)
class Near:
    layer: Layer
    id: Any
    title: str
    subtitle: str
    state: str
    metres: float
    is_stale: bool
    verified_at: datetime | None
    interval_days: int | None
    lon: float
    lat: float

    def as_json(self) -> dict[str, Any]:
        fresh = freshness(self.verified_at, self.interval_days) if self.interval_days is not None else None
        return {
            "layer": self.layer.key,
            "layer_title": self.layer.title,
            "id": self.id,
            "title": self.title,
            "subtitle": self.subtitle or "",
            "metres": round(self.metres, 1),
            "state": self.state,
            "state_label": next((s.label for s in self.layer.states if s.key == self.state), self.state),
            "lon": self.lon,
            "lat": self.lat,
            "fresh": fresh,
            "reasons": self.reasons(fresh["label"] if fresh else "超过核实周期"),
        }

    def reasons(self, age: str) -> list[dict[str, str]]:
        found = [{"code": "straight_line", "label": f"直线 {distance(self.metres)}"}]
        if self.is_stale:
            found.append({"code": "stale", "label": f"{age}，按距离 ×{STALE_FACTOR} 排序"})
        return found


def distance(metres: float) -> str:
    return f"{metres:.0f} 米" if metres < 1000 else f"{metres / 1000:.1f} 公里"


def chosen_layers(user: User, wish: str) -> list[Layer]:
    """Those asked for; without a wish, those that take part in nearby. One that is not there is an error."""
    mine = registry.layers(user)
    if not wish:
        return [layer for layer in mine if layer.in_nearby]
    by_key = {layer.key: layer for layer in mine}
    names = list(dict.fromkeys(n for n in wish.split(",") if n))
    if unknown := [n for n in names if n not in by_key]:
        raise ValidationError(f"没有这个图层，或没有权限：{'、'.join(unknown)[:60]}。")
    if len(names) > MAX_LAYERS:
        raise ValidationError(f"一次最多查 {MAX_LAYERS} 个图层。")
    return [by_key[n] for n in names]


class ToPoint(Func):
    """Distance operators between a geometry column and the point of the request."""

    def __init__(self, path: str, template: str, output_field: Any) -> None:
        super().__init__(F(path), output_field=output_field)
        self.form = template

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return self.form.replace("{column}", column), (*params, Slot("lon"), Slot("lat"))


POINT = "ST_SetSRID(ST_MakePoint(%s::float8, %s::float8), 4490)"


def statement(layer: Layer, user: User) -> Statement:
    """The nearest rows of one layer. Twice the limit: Web Mercator orders the index, the ellipsoid the answer."""

    def rows() -> Any:
        base = "" if has_field(layer.model, "verified_at") else layer.place_path
        is_verified = has_field(layer.model, f"{base}verified_at") and has_field(layer.model, f"{base}interval_days")
        stale = layer.stale if layer.stale is not None else Value(False, output_field=BooleanField())
        found = layer.rows(user).annotate(
            m_id=Cast("pk", TextField()),
            m_title=F(layer.title_path),
            m_sub=Cast(F(layer.subtitle_path), TextField()) if layer.subtitle_path else Value(""),
            m_state=text(layer.state_expression),
            m_stale=stale,
            m_at=F(f"{base}verified_at") if is_verified else Cast(Value(None), DateTimeField()),
            m_days=F(f"{base}interval_days") if is_verified else Cast(Value(None), IntegerField()),
            m_geom=Plain(F(layer.geom)),
            m_far=ToPoint(layer.geom_3857, f"{{column}} <-> ST_Transform({POINT}, 3857)", TextField()),
        )
        return found.order_by("m_far").values_list(
            "m_id", "m_title", "m_sub", "m_state", "m_stale", "m_at", "m_days", "m_geom"
        )

    return kept("nearby", layer, user, make=rows)


def union(layers: Sequence[Layer], user: User, limit: int) -> tuple[str, list[Any]]:
    parts, params = [], []
    for number, layer in enumerate(layers):
        found = statement(layer, user)
        if found.is_empty:
            continue
        point = "geom" if layer.geometry == "point" else "ST_ClosestPoint(geom, here)"
        parts.append(
            f"SELECT {number}, id, title, sub, state, stale, at, days, ST_Distance(geom::geography, here::geography),"
            f" ST_X({point}), ST_Y({point}) FROM ({found.sql} LIMIT {2 * limit + 8})"
            f" q (id, title, sub, state, stale, at, days, geom), LATERAL (SELECT {POINT} AS here) p"
        )
        params += [*found.params, Slot("lon"), Slot("lat")]
    if not parts:
        return "", []
    # The union is ranked by the database, so that only what is shown leaves it.
    columns = "(layer, id, title, sub, state, stale, at, days, metres, lon, lat)"
    penalty = f"metres * CASE WHEN stale THEN {STALE_FACTOR} ELSE 1 END"
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) near {columns} ORDER BY {penalty}, title LIMIT {limit}", params


def by_line(user: User, lon: float, lat: float, layers: Sequence[Layer], limit: int) -> list[dict[str, Any]]:
    sql, params = union(layers, user, limit)
    if not sql:
        return []
    place = {"lon": lon, "lat": lat}
    with connection.cursor() as cursor:
        cursor.execute(sql, [place[p.name] if isinstance(p, Slot) else p for p in params])
        rows = cursor.fetchall()
    return [near(layers[row[0]], row).as_json() for row in rows]


def near(layer: Layer, row: tuple[Any, ...]) -> Near:
    pk, title, subtitle, state, stale, at, days, metres, lon, lat = row[1:]
    return Near(layer, key_of(layer, pk), title, subtitle, state, metres, bool(stale), at, days, lon, lat)


def key_of(layer: Layer, value: str) -> Any:
    return layer.model._meta.pk.to_python(value)


def nearest(
    user: User, lon: float, lat: float, *, layers: str = "", limit: int = 20, by: str = "line"
) -> dict[str, Any]:
    chosen = chosen_layers(user, layers)
    if by == "line":
        return {"by": "line", "results": by_line(user, lon, lat, chosen, limit)}
    if by != "road":
        raise ValidationError("by 应是 line（直线）或 road（道路）。")
    if not _road:
        raise ValidationError("按道路时间排序将在派遣模块提供，请用 by=line。")
    return {"by": "road", "results": _road[0](user, lon, lat, chosen, limit)}
