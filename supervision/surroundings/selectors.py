"""Reads of the surroundings: what lies near a protected place, and who and what lies near a plant."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Value, When

from core.models import User
from geo.models import Population, Site
from geo.population import persons_within
from layers.columns import masked
from layers.nearby import MAX_LIMIT, by_line
from layers.registry import registry
from supervision.surroundings.models import ProtectedSite

AROUND_M = 1_000
# GB 18218-2018, 4.3.3: α counts the residents within 500 m of the plant's boundary.
EXPOSED_M = 500
DANGERS = ("hazard_sources", "enterprises")
# Persons a square kilometre from which each class begins, thinnest first.
DENSITIES = ((0, "d1"), (200, "d2"), (1_000, "d3"), (5_000, "d4"), (15_000, "d5"))


def visible(user: User) -> QuerySet[ProtectedSite]:
    rows: QuerySet[ProtectedSite] = ProtectedSite.objects.visible_to(user).select_related("site__region", "verified_by")
    return rows


def density_class() -> Case:
    """What the map colours an area of residents by."""
    least = [(limit, key) for limit, key in reversed(DENSITIES) if limit]
    per_km2 = 1_000_000.0
    return Case(
        *(When(persons__gte=F("area_m2") * (limit / per_km2), then=Value(key)) for limit, key in least),
        default=Value(DENSITIES[0][1]),
        output_field=CharField(),
    )


def own_tab(row: ProtectedSite, user: User) -> dict[str, Any]:
    may_call = user.has_perm("surroundings.change_protectedsite")
    contact = (row.contact_name, row.contact_phone)
    return {
        "row": row,
        "fresh": row.freshness,
        "contact": contact if may_call else tuple(masked(text) for text in contact),
    }


def dangers_tab(row: ProtectedSite, user: User) -> dict[str, Any]:
    """Hazard sources and enterprises within a kilometre, nearest first."""
    return {"row": row, "groups": near(user, row.geom.x, row.geom.y, DANGERS), "around_m": AROUND_M}


def dangers_badge(row: ProtectedSite, user: User) -> int | str:
    [sources] = near(user, row.geom.x, row.geom.y, DANGERS[:1]) or [{"rows": []}]
    return len(sources["rows"]) or ""


def surroundings_tab(site: Site, user: User) -> dict[str, Any]:
    """Protected places within a kilometre of a plant, and the residents around its point."""
    return {
        "site": site,
        "groups": near(user, site.geom.x, site.geom.y, ("protected_sites",)),
        "around_m": AROUND_M,
        "exposed_m": EXPOSED_M,
        "exposed": persons_within(site.geom, EXPOSED_M) if user.has_perm("geo.view_population") else None,
    }


def near(user: User, lon: float, lat: float, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """By layer: what lies within AROUND_M; `is_cut` when there may be more than are listed."""
    found = []
    for key in keys:
        layer = registry.layer(key, user)
        if layer is None:
            continue
        rows = [row for row in by_line(user, lon, lat, [layer], MAX_LIMIT) if row["metres"] <= AROUND_M]
        found.append({"layer": layer, "rows": rows, "is_cut": len(rows) == MAX_LIMIT})
    return found


def population_tab(area: Population, user: User) -> dict[str, Any]:
    inside = visible(user).filter(site__geom__within=area.geom).order_by("-persons")[:20]
    return {"area": area, "km2": area.area_m2 / 1_000_000, "inside": inside}
