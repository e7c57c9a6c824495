"""The divisions a reader counts by: those below the chosen one, each with everything inside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError

from core.models import User
from geo.models import Region
from layers.statements import region_code

OWN = {Region.Kind.CITY: "市本级（未分到县区）", Region.Kind.COUNTY: "未分到镇街", Region.Kind.ZONE: "未分到镇街"}


@dataclass(frozen=True)
class Area:
    """One row: a division with all below it, or what lies in the chosen one without lying in any below."""

    key: str
    label: str
    short: str  # as the head of a column
    filters: dict[str, str]
    ids: frozenset[int]
    drill: str = ""  # the code to go on with, where there is something below


@dataclass(frozen=True)
class Ground:
    """The chosen division, its rows, and the way that led to it."""

    chosen: Region
    top: Region
    areas: tuple[Area, ...]
    trail: tuple[Region, ...]
    zones: tuple[str, ...]

    @property
    def filters(self) -> dict[str, str]:
        """At the top the reader's own scope says enough."""
        return {} if self.chosen == self.top else {"region": self.chosen.code}

    @property
    def ids(self) -> frozenset[int]:
        return frozenset().union(*(area.ids for area in self.areas))

    def area_of(self) -> dict[int, str]:
        return {pk: area.key for area in self.areas for pk in area.ids}


def top_of(user: User) -> Region | None:
    """The division a reader sees whole."""
    scope = user.scope
    if scope.site_id is not None or (scope.region_ids is not None and not scope.region_ids):
        return None
    if scope.region_ids is None:
        return Region.objects.defer("geom").filter(code=settings.CITY["code"]).first()
    return user.region


def ground(user: User, code: str) -> Ground | None:
    """None when the reader has no division. A division out of scope is as unknown as one that does not exist."""
    top = top_of(user)
    if top is None:
        return None
    rows = Region.objects.defer("geom").filter(path__startswith=top.path).order_by("order", "code")
    below = {r.code: r for r in rows}
    chosen = below.get(region_code(code) or top.code)
    if chosen is None:
        raise ValidationError(f"您的管辖范围内没有代码为“{code[:20]}”的区划。")
    inside = [r for r in below.values() if r.path.startswith(chosen.path)]
    children = [r for r in inside if r.parent_id == chosen.pk]
    trail = tuple(r for r in sorted(below.values(), key=lambda r: len(r.path)) if chosen.path.startswith(r.path))
    zones = tuple(r.short_name for r in children if r.kind == Region.Kind.ZONE)
    return Ground(chosen, top, (*(area(child, inside) for child in children), rest(chosen, children)), trail, zones)


def area(region: Region, inside: list[Region]) -> Area:
    parts = [r for r in inside if r.path.startswith(region.path)]
    drill = region.code if len(parts) > 1 else ""
    ids = frozenset(r.pk for r in parts)
    # A zone's full name is as long as a table is wide; everybody calls it by the short one.
    label = region.short_name if region.kind == Region.Kind.ZONE else region.name
    return Area(region.code, label, region.short_name, {"region": region.code}, ids, drill)


def rest(chosen: Region, children: list[Region]) -> Area:
    if not children:
        return Area("own", chosen.name, chosen.short_name, {"region": chosen.code}, frozenset({chosen.pk}))
    label = OWN.get(Region.Kind(chosen.kind), "未细分")
    short = label.partition("（")[0]
    return Area("own", label, short, {"region_at": chosen.code}, frozenset({chosen.pk}))
