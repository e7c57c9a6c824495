"""α from the map: residents within 500 m of the plant boundary, counted, overruled with a reason, seen to grow old."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone

from core import events
from core.models import User
from core.workflow import NotAllowed, locked
from geo.coordinates import SRID
from geo.measure import box_around
from geo.models import Population, Site
from geo.population import CHORDS, Exposed, persons_within, rounded
from supervision.enterprises.models import Boundary
from supervision.hazard_sources import flags, gb18218, reviews
from supervision.hazard_sources.models import HazardSource, PersonsCount
from supervision.hazard_sources.workflow import HAZARD_SOURCE

# GB 18218-2018 4.3.2: persons within 500 m of the plant boundary.
RING_M = 500
MOST_AREAS = 500
RIGHT = "hazard_sources.change_hazardsource"
CHANGEABLE = tuple(state for state in HAZARD_SOURCE.states if state not in ("cancelling", "cancelled"))
NO_BOUNDARY = (
    "还没有画厂界，无法按厂界外 500 米计算。请在企业面板用“画厂界”在地图上画出厂区外轮廓（或导入边界文件），再来计算；"
    "暂时只能人工统计，并写明统计方法。"
)

# geo.population's count for many plants at once: the same ring, the same shares, rounded once in the same way.
MANY = f"""
WITH place AS (
    SELECT id, ST_Difference(ST_SetSRID(ST_Buffer(geom::geography, %s, '{CHORDS}')::geometry, {SRID}), geom) AS ring
    FROM {Boundary._meta.db_table} WHERE id = ANY(%s)),
part AS (
    SELECT place.id, p.persons, p.as_of, p.is_illustrative, p.area_m2,
           CASE WHEN ST_Covers(place.ring, p.geom) THEN p.area_m2
                ELSE ST_Area(ST_Intersection(p.geom, place.ring)::geography) END AS reached_m2
    FROM place JOIN {Population._meta.db_table} p ON p.geom && place.ring AND ST_Intersects(p.geom, place.ring))
SELECT place.id, coalesce(sum(persons * reached_m2 / area_m2), 0), count(part.id), min(as_of),
       coalesce(bool_or(is_illustrative), false)
FROM place LEFT JOIN part ON part.id = place.id AND reached_m2 > 0 GROUP BY place.id
"""


@dataclass(frozen=True)
class Present:
    """What the map says today, beside what is in use."""

    boundary: Boundary | None
    persons: int | None
    areas: int | None
    as_of: Any
    is_illustrative: bool
    count: PersonsCount | None  # the latest
    problem: str = ""

    @property
    def alpha(self) -> str:
        return gb18218.alpha_for(self.persons) if self.persons is not None else ""


def boundary_of(site: Site) -> Boundary | None:
    return Boundary.objects.filter(enterprise=site.pk, replaced_at__isnull=True).first()


def present(source: HazardSource) -> Present:
    """Counted afresh, with why the number in use no longer holds, if so."""
    boundary = boundary_of(source.site)
    count = source.persons_counts.select_related("by").first()
    if boundary is None:
        return Present(None, None, None, None, False, count)
    found = persons_within(boundary.geom, RING_M)
    return Present(
        boundary, found.persons, found.areas, found.as_of, found.is_illustrative, count,
        _problem(count, boundary, found.persons),
    )  # fmt: skip


def _problem(count: PersonsCount | None, boundary: Boundary, persons: int) -> str:
    if count is None or count.computed is None:
        return f"现用人数不是按厂界计算的；按现在的厂界和人口分布应为 {persons} 人。"
    if count.boundary_id != boundary.pk:
        return f"厂界在统计之后改画过；按现在的厂界应为 {persons} 人（当时 {count.computed} 人）。"
    if count.computed != persons:
        return f"人口分布在统计之后更新过；现在应为 {persons} 人（当时 {count.computed} 人）。"
    return ""


def count_from_map(source: HazardSource, *, actor: User) -> PersonsCount:
    """Take what the population layer and the boundary say."""
    with transaction.atomic():
        row = _open(source, actor)
        now = present(row)
        if now.boundary is None or now.persons is None:
            raise NotAllowed(NO_BOUNDARY)
        return _keep(row, actor, now.persons, HazardSource.Basis.MAP, now, "")


def override(source: HazardSource, *, actor: User, persons: int, reason: str) -> PersonsCount:
    """Another number than the map's, with the reason why; without a boundary, a count made by people."""
    problems = {}
    if not 0 <= persons <= gb18218.MAX_PERSONS:
        problems["persons"] = f"人数应为 0 到 {gb18218.MAX_PERSONS} 的整数。"
    if len(reason.strip()) < 4:
        problems["reason"] = "请写明理由或统计方法（至少 4 个字）。"
    if problems:
        raise ValidationError(problems)
    with transaction.atomic():
        row = _open(source, actor)
        now = present(row)
        basis = HazardSource.Basis.MANUAL if now.boundary is None else HazardSource.Basis.OVERRIDE
        return _keep(row, actor, persons, basis, now, reason.strip()[:300])


def record_manual(source: HazardSource, *, actor: User | None, reason: str = "") -> PersonsCount:
    """The number a form or an import brought, for the history; the source has it already."""
    now = timezone.now()
    return PersonsCount.objects.create(
        source=source, persons=source.exposed_persons, basis=HazardSource.Basis.MANUAL, reason=reason, by=actor, at=now
    )


def surroundings(source: HazardSource) -> dict[str, Any]:
    """GeoJSON: the boundary, the ring of 500 m, and the areas of residents that reach into it."""
    boundary = boundary_of(source.site)
    if boundary is None:
        return {"type": "FeatureCollection", "features": [], "detail": NO_BOUNDARY}
    ring = ring_around(boundary.geom)
    near = Population.objects.filter(geom__bboverlaps=box_around(boundary.geom, RING_M), geom__intersects=ring)
    areas = [
        _feature(
            area.geom, role="population", name=area.name, persons=area.persons, label=f"{area.name} {area.persons} 人"
        )
        for area in near.order_by("-persons")[:MOST_AREAS]
    ]
    found = persons_within(boundary.geom, RING_M)
    return {
        "type": "FeatureCollection",
        "persons": found.persons,
        "areas": found.areas,
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "is_illustrative": found.is_illustrative,
        "features": [
            *areas,
            _feature(ring, role="ring", name="厂界外 500 米", label=f"厂界外 500 米：{found.persons} 人"),
            _feature(boundary.geom, role="boundary", name="厂界", label=""),
        ],
    }


def ring_around(area: GEOSGeometry) -> GEOSGeometry:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsHEXEWKB(ST_Difference("
            f"ST_SetSRID(ST_Buffer(g::geography, %s, '{CHORDS}')::geometry, {SRID}), g))"
            " FROM (SELECT %s::geometry AS g) AS plant",
            [RING_M, area.hexewkb.decode()],
        )
        return GEOSGeometry(cursor.fetchone()[0])


def moved() -> list[int]:
    """Sources whose count, made on the boundary they still have, the population layer would give otherwise today."""
    latest = PersonsCount.objects.order_by("source_id", "-at", "-pk").distinct("source_id")
    rows = [
        (count.source_id, count.boundary_id, count.computed)
        for count in latest.exclude(source__state="cancelled")
        if count.boundary_id is not None
    ]
    today = computed({boundary for _, boundary, _ in rows if boundary is not None})
    return [source for source, boundary, known in rows if boundary in today and today[boundary].persons != known]


def computed(boundaries: Iterable[int]) -> dict[int, Exposed]:
    """`persons_within` for many plants in one statement, by the boundary's key."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, [RING_M, list(boundaries)])
        return {
            key: Exposed(rounded(persons), areas, as_of, is_illustrative)
            for key, persons, areas, as_of, is_illustrative in cursor.fetchall()
        }


def _open(source: HazardSource, actor: User) -> HazardSource:
    if not actor.has_perm(RIGHT):
        raise PermissionDenied("您没有“修改危险源”的权限。")
    row: HazardSource = locked(source, actor)
    if row.state not in CHANGEABLE:
        raise NotAllowed(f"现为“{row.get_state_display()}”，不能再改人数。")
    return row


def _keep(
    row: HazardSource, actor: User, persons: int, basis: HazardSource.Basis, now: Present, reason: str
) -> PersonsCount:
    """A new count; a filed source whose α thereby changes must be assessed again (第十一条第四项)."""
    count = PersonsCount.objects.create(
        source=row, persons=persons, basis=basis, computed=now.persons, areas=now.areas, as_of=now.as_of,
        boundary=now.boundary, reason=reason, by=actor, at=timezone.now(),
    )  # fmt: skip
    was = row.alpha
    row.exposed_persons, row.persons_basis = persons, basis
    fields = ["exposed_persons", "persons_basis"]
    alpha_differs = was is not None and str(was) != gb18218.alpha_for(persons)
    if alpha_differs and row.state in HAZARD_SOURCE.by_name["change"].source:
        row.save(update_fields=fields)
        reviews.must_review(row, actor=actor, reason="surroundings")
    else:
        row.version += 1
        row.save(update_fields=[*fields, "version"])
        events.append(
            "hazard_sources.persons", subject=row, region=row.region, actor=actor, site_id=row.site_id,
            **HAZARD_SOURCE.facts(row),
        )  # fmt: skip
    flags.refresh([row.pk], moved=())
    return count


def _feature(geometry: GEOSGeometry, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": json.loads(geometry.geojson), "properties": properties}
