"""Finding a feature by what people type: a name, part of an address, a code, the first letters of the pinyin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection
from django.db.models import Case, F, FloatField, Func, IntegerField, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Length, Upper

from core.models import User
from layers.caches import Kept
from layers.registry import Layer, registry

MAX_TERM = 60
MAX_RESULTS = 50
# Matches beyond these are not ranked: whoever types so little will type more.
CANDIDATES = 300
# Below so many rows one pass over the table is quicker than asking several indexes.
LARGE = 20_000

_sizes: Kept[dict[str, float]] = Kept(1, seconds=60)


def trigram_index(field: str) -> GinIndex:
    """For Meta.indexes: lets `contains` on this column use an index. Case is folded as Django's `icontains` does."""
    name = f"%(class)s_{field}_trgm"
    if field == "pinyin":
        return GinIndex(OpClass("pinyin", name="gin_trgm_ops"), name=name)
    return GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=name)


@dataclass(frozen=True)
class Found:
    layer: Layer
    id: Any
    title: str
    subtitle: str
    lon: float
    lat: float
    rank: int

    def as_json(self) -> dict[str, Any]:
        return {
            "layer": self.layer.key,
            "layer_title": self.layer.title,
            "id": self.id,
            "title": self.title,
            "subtitle": self.subtitle or "",
            "lon": self.lon,
            "lat": self.lat,
        }


def term(text: object) -> str:
    """What was typed, fit for a query."""
    if not isinstance(text, str) or "\x00" in text:
        raise ValidationError("搜索词中含有无效字符。")
    text = " ".join(text.split())
    if len(text) > MAX_TERM:
        raise ValidationError(f"搜索词最长 {MAX_TERM} 个字。")
    return text


def has_field(model: type[Model], path: str) -> bool:
    """Whether a lookup path such as "site__pinyin" leads to a column."""
    name, _, rest = path.partition("__")
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    related = field.related_model
    return not rest or (isinstance(related, type) and has_field(related, rest))


def pinyin_path(model: type[Model], place_path: str = "") -> str:
    """Where a model keeps its pinyin initials, or ""."""
    return next((p for p in ("pinyin", f"{place_path}pinyin") if has_field(model, p)), "")


def letters(text: str) -> str:
    """The term as pinyin initials, or "" when it cannot be."""
    folded = text.replace(" ", "").lower()
    return folded if folded.isascii() and folded.isalnum() else ""


def matching(rows: QuerySet[Any], lookups: tuple[str, ...], text: str, *, pinyin: str = "") -> QuerySet[Any]:
    """Rows in which any of the columns contains the text, or whose pinyin initials do."""
    wanted = reduce(Q.__or__, (Q(**{f"{path}__icontains": text}) for path in lookups), Q(pk__in=[]))
    if pinyin and letters(text):
        wanted |= Q(**{f"{pinyin}__contains": letters(text)})
    return rows.filter(wanted)


def candidates(layer: Layer, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keys of rows worth ranking. One branch a column, so that each uses its own index, also across joined tables."""
    paths = tuple(dict.fromkeys((layer.title_path, *layer.search)))
    branches = [rows.filter(**{f"{p}__istartswith": text}).values("pk")[:CANDIDATES] for p in paths]
    branches += [rows.filter(**{f"{p}__icontains": text}).values("pk")[:CANDIDATES] for p in paths]
    if (pinyin := pinyin_path(layer.model, layer.place_path)) and letters(text):
        branches.append(rows.filter(**{f"{pinyin}__startswith": letters(text)}).values("pk")[:CANDIDATES])
        branches.append(rows.filter(**{f"{pinyin}__contains": letters(text)}).values("pk")[:CANDIDATES])
    return branches[0].union(*branches[1:])


def rank(layer: Layer, text: str) -> Case:
    """Smaller is better: the very name, its beginning, a code, inside the name, pinyin, elsewhere."""
    title = layer.title_path
    others = [p for p in layer.search if p != title]
    whens = [When(**{f"{title}__iexact": text}, then=Value(0))]
    whens += [When(**{f"{p}__iexact": text}, then=Value(0)) for p in others]
    whens += [When(**{f"{title}__istartswith": text}, then=Value(1))]
    if text.isascii():  # a code; that an address begins with the town's name says little
        whens += [When(**{f"{p}__istartswith": text}, then=Value(2)) for p in others]
    whens += [When(**{f"{title}__icontains": text}, then=Value(3))]
    pinyin = pinyin_path(layer.model, layer.place_path)
    if pinyin and letters(text):
        whens += [When(**{f"{pinyin}__startswith": letters(text)}, then=Value(2))]
        whens += [When(**{f"{pinyin}__contains": letters(text)}, then=Value(4))]
    return Case(*whens, default=Value(5), output_field=IntegerField())


class At(Func):
    """A coordinate of a feature's point: of the feature itself, or of a point on it."""

    output_field = FloatField()

    def __init__(self, layer: Layer, axis: str) -> None:
        point = "%(expressions)s" if layer.geometry == "point" else "ST_PointOnSurface(%(expressions)s)"
        super().__init__(F(layer.geom), template=f"ST_{axis}({point})")


def is_large(layer: Layer) -> bool:
    """Whether the layer's table needs its indexes; as the planner last counted it."""
    sizes = _sizes.get("sizes")
    if sizes is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [LARGE])
            sizes = _sizes.put("sizes", dict(cursor.fetchall()))
    return layer.model._meta.db_table in sizes


def in_layer(layer: Layer, user: User, text: str, limit: int) -> list[Found]:
    rows = layer.rows(user).order_by()
    if is_large(layer):
        found = rows.filter(pk__in=candidates(layer, rows, text))
    else:
        pinyin = pinyin_path(layer.model, layer.place_path)
        found = matching(rows, (layer.title_path, *layer.search), text, pinyin=pinyin)
    found = found.annotate(m_rank=rank(layer, text))
    return listed(layer, found.order_by("m_rank", Length(layer.title_path), "pk")[:limit])


def similar(layer: Layer, user: User, text: str, limit: int) -> list[Found]:
    """Names that are nearly the text: one wrong character of eight leaves a third of the trigrams alike."""
    likeness = TrigramWordSimilarity(text, Cast(layer.title_path, TextField()))
    rows = layer.rows(user).order_by().annotate(m_like=likeness).filter(m_like__gte=0.3).annotate(m_rank=Value(6))
    return listed(layer, rows.order_by("-m_like", "pk")[:limit])


def listed(layer: Layer, rows: QuerySet[Any]) -> list[Found]:
    subtitle = F(layer.subtitle_path) if layer.subtitle_path else Value("")
    columns = rows.annotate(m_title=F(layer.title_path), m_sub=subtitle, m_x=At(layer, "X"), m_y=At(layer, "Y"))
    return [Found(layer, *row) for row in columns.values_list("pk", "m_title", "m_sub", "m_x", "m_y", "m_rank")]


def everywhere(user: User, text: str, *, limit: int = 20, layers: tuple[str, ...] = ()) -> list[Found]:
    """The best matches over all layers this user has, best first."""
    text = term(text)
    if not text:
        return []
    searched = [x for x in registry.layers(user) if x.search and (not layers or x.key in layers)]
    found = [hit for layer in searched for hit in in_layer(layer, user, text, limit)]
    if not found and len(text) >= 4 and not text.isascii():
        # Likeness is computed row by row: in a large layer that would take longer than typing the name again.
        found = [hit for layer in searched if not is_large(layer) for hit in similar(layer, user, text, limit)]
    return sorted(found, key=lambda hit: (hit.rank, hit.layer.order, len(hit.title)))[:limit]
