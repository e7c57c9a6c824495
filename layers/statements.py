"""A layer's queryset compiled once to SQL, with places left open for what each request asks for.

The digest of SQL and parameters says whose rows and which definition it is: answers kept by digest and version are
right for everyone who would run the same statement, and for nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.models import BooleanField, CharField, Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from core.models import User
from geo.models import Region
from layers import filters, versions
from layers.caches import Kept
from layers.registry import Layer, registry


class Slot:
    """A parameter that is filled in by each request."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f":{self.name}"


NOTHING = "SELECT NULL WHERE false"


@dataclass(frozen=True)
class Statement:
    sql: str
    params: tuple[Any, ...]
    tables: tuple[str, ...]
    digest: str
    reads_clock: bool

    @property
    def is_empty(self) -> bool:
        """Django saw that nothing can match, so there is no SQL."""
        return self.sql == NOTHING

    def fill(self, **values: Any) -> list[Any]:
        return [values[p.name] if isinstance(p, Slot) else p for p in self.params]

    def version(self) -> str:
        return versions.version(self.tables) + (versions.clock() if self.reads_clock else "")


def compiled(rows: QuerySet[Any]) -> Statement:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        sql, params = NOTHING, ()
    digest = hashlib.sha256(f"{sql}\x00{params!r}".encode()).hexdigest()[:20]
    return Statement(sql, tuple(params), versions.tables_in(sql), digest, "STATEMENT_TIMESTAMP" in sql)


class Plain(Func):
    """A geometry column as itself: Django would hand it out in its own wire format."""

    template = "%(expressions)s"
    output_field = TextField()


class InTile(Func):
    """The index condition of one tile, with the margin that lines and symbols reach over its edge."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, path: str, margin: float) -> None:
        super().__init__(F(path))
        self.margin = margin

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        condition = f"({column} && ST_TileEnvelope(%s, %s, %s, margin => {self.margin}))"
        return condition, (*params, Slot("z"), Slot("x"), Slot("y"))


def text(expression: Any) -> Cast:
    return Cast(expression, output_field=CharField())


_statements: Kept[Statement] = Kept(2000, seconds=10)


def kept(purpose: str, layer: Layer, user: User, *more: Any, make: Callable[[], QuerySet[Any]]) -> Statement:
    """The compiled statement, at most ten seconds old: so long may a right that was taken away still show."""
    # A layer's own `visible` may look at more than the scope.
    whose = f"u{user.pk}" if layer.visible else user.scope.key
    key = (purpose, layer.key, layer.theme, whose, *more)
    return _statements.get(key) or _statements.put(key, compiled(make()))


@dataclass(frozen=True)
class Narrowing:
    """What a request leaves out of a layer: other regions, other states, what its filters do not let through."""

    region: str = ""
    states: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, layer: Layer, user: User, given: Mapping[str, Any]) -> Narrowing:
        """From the query string; a state that the layer does not know is an error, not an empty map."""
        names = filter_names(layer, user) - {"state"} if set(given) - {"region", "state", "theme"} else set()
        chosen = {name: str(value) for name, value in given.items() if name in names and value not in ("", None)}
        state = str(given.get("state", ""))
        states = tuple(sorted({s for s in state.split(",") if s}))
        if unknown := set(states) - {s.key for s in layer.states} if layer.states else ():
            # Where the colour is not the row's own state, that can be asked for by the same name: the list does.
            if "state" not in layer.filters:
                raise ValidationError(f"图层“{layer.title}”没有这种状态：{'、'.join(sorted(unknown))[:60]}。")
            states, chosen = (), chosen | {"state": state}
        return cls(region_code(str(given.get("region", ""))), states, tuple(sorted(chosen.items())))

    def region_ids(self) -> list[int]:
        path = Region.objects.filter(code=self.region).values_list("path", flat=True).first()
        if path is None:
            raise ValidationError(f"没有代码为“{self.region}”的区划。")
        return list(Region.objects.filter(path__startswith=path).values_list("pk", flat=True))

    def of_rows(self, layer: Layer, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` must have `m_state`."""
        if self.region:
            rows = rows.filter(**{f"{layer.region}__in": self.region_ids()})
        if self.states:
            rows = rows.filter(m_state__in=self.states)
        if self.filters:
            besides = filters.Besides.of(layer, layer.model, user)
            rows = filters.applied(layer.model, layer.filters, dict(self.filters), rows, user, besides)
        return rows


def filter_names(layer: Layer, user: User) -> set[str]:
    return filters.names(layer.model, layer.filters, filters.Besides.of(layer, layer.model, user))


def themed(layer: Layer, key: str, user: User) -> Layer:
    """The layer coloured by a theme; one that it does not have is an error, not the usual colours."""
    found = registry.themed(layer, key, user)
    if found is None:
        known = "、".join(theme.key for theme in registry.themes(layer, user)) or "无"
        raise ValidationError(f"图层“{layer.title}”没有名为“{key[:40]}”的专题。可用：{known}。")
    return found


def region_code(value: str) -> str:
    value = value.strip()
    if value and not (value.isascii() and value.isdecimal() and len(value) <= 12):
        raise ValidationError("region 应是区划代码，例如 370523。")
    return value


def for_tiles(layer: Layer, user: User, narrowing: Narrowing) -> Statement:
    """id, state, name, the layer's fields and the geometry of what one tile holds."""

    def rows() -> Any:
        columns: dict[str, Any] = {
            "m_id": F("pk"),
            "m_state": text(layer.state_expression),
            "m_name": F(layer.title_path),
        }
        if layer.stale is not None:
            columns["m_stale"] = layer.stale
        found = narrowing.of_rows(layer, user, layer.rows(user).order_by().annotate(**columns))
        found = found.filter(InTile(layer.geom_3857, 0.015625))
        fields = {f"m_{i}": F(path) for i, path in enumerate(layer.fields)}
        found = found.annotate(**fields, m_geom=Plain(F(layer.geom_3857)))
        return found.values_list(*columns, *fields, "m_geom")

    return kept("tiles", layer, user, narrowing, make=rows)


def for_cells(layer: Layer, user: User, narrowing: Narrowing, *, in_tile: bool) -> Statement:
    """Region, state and place of each row, to be counted by cell: of one tile, or of all."""

    def rows() -> Any:
        found = layer.rows(user).order_by().annotate(m_state=text(layer.state_expression))
        found = narrowing.of_rows(layer, user, found)
        if in_tile:
            found = found.filter(InTile(layer.geom_3857, 0))
        point = "%(expressions)s" if layer.geometry == "point" else "ST_Centroid(%(expressions)s)"
        found = found.annotate(
            m_region=F(layer.region),
            m_x=Plain(F(layer.geom_3857), template=f"ST_X({point})"),
            m_y=Plain(F(layer.geom_3857), template=f"ST_Y({point})"),
        )
        return found.values_list("m_region", "m_state", "m_x", "m_y")

    return kept("cells" if in_tile else "all", layer, user, narrowing, make=rows)


def for_count(layer: Layer, user: User, narrowing: Narrowing | None = None) -> Statement:
    def rows() -> Any:
        found = layer.rows(user).order_by()
        if narrowing is not None:
            found = narrowing.of_rows(layer, user, found.annotate(m_state=text(layer.state_expression)))
        return found.annotate(m_one=Value(1)).values_list("m_one")

    return kept("count", layer, user, narrowing, make=rows)


def for_summary(layer: Layer, user: User, narrowing: Narrowing) -> Statement:
    """State, how many, and how many of them stale."""

    def rows() -> Any:
        found = layer.rows(user).order_by().annotate(m_state=text(layer.state_expression))
        found = narrowing.of_rows(layer, user, found)
        stale = Count("pk", filter=Q(m_stale=True)) if layer.stale is not None else Value(0)
        found = found.annotate(m_stale=layer.stale) if layer.stale is not None else found
        return found.values("m_state").annotate(m_n=Count("pk"), m_old=stale).values_list("m_state", "m_n", "m_old")

    return kept("summary", layer, user, narrowing, make=rows)
