"""What may be done to protected places and areas of residents. Every verb checks the right, the place and the facts."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import events, freshness
from core.models import User
from core.pinyin import initials
from geo.coordinates import Datum
from geo.models import Population, Region, Site
from geo.parsing import given_point
from geo.regions import region_of
from supervision.surroundings.classes import Category, proposed, site_kind
from supervision.surroundings.models import ProtectedSite

OUT_OF_REACH = "位置不在您的管辖范围内，请在地图上重新选点。"
SITE_FIELDS = ("name", "address")
SKIPPED = ("site", "source", "geom_3857", "area_m2")


@transaction.atomic
def add_site(
    *, actor: User, name: str, lon: object, lat: object, datum: str = Datum.CGCS2000, address: str = "", **facts: Any
) -> ProtectedSite:
    """Register a protected place; its region is where it stands. What is typed in now counts as verified now."""
    demand(actor, "add_protectedsite", "登记防护目标")
    point, region = placed(actor, lon, lat, datum)
    site = Site(region=region, geom=point, datum=datum, name=name.strip(), address=address.strip())
    row = ProtectedSite(site=site, verified_at=timezone.now(), verified_by=actor, verified_note="登记")
    write(row, facts)
    tell("add", row, actor)
    return row


@transaction.atomic
def change_site(row: ProtectedSite, *, actor: User, **changes: Any) -> ProtectedSite:
    """Correct facts. A change of place needs `lon`, `lat` and, unless it is CGCS2000, `datum`."""
    demand(actor, "change_protectedsite", "修改防护目标")
    row = locked(row, actor)
    lon, lat, datum = (changes.pop(key, None) for key in ("lon", "lat", "datum"))
    if lon not in (None, ""):
        row.site.datum = datum or Datum.CGCS2000
        row.site.geom, row.site.region = placed(actor, lon, lat, row.site.datum)
    for key in SITE_FIELDS:
        if key in changes:
            setattr(row.site, key, changes.pop(key).strip())
    write(row, changes)
    tell("change", row, actor)
    return row


@transaction.atomic
def verify_site(row: ProtectedSite, *, actor: User, how: str = "现场核实") -> ProtectedSite:
    """One click: the facts as shown are still true."""
    demand(actor, "verify_protectedsite", "核实防护目标")
    row = locked(row, actor)
    freshness.verify(row, actor=actor, how=how[:60])
    tell("verify", row, actor)
    return row


@transaction.atomic
def add_population(*, actor: User, geom: GEOSGeometry, **facts: Any) -> Population:
    """Register an area and its residents; its region is that of its middle."""
    demand(actor, "add_population", "登记人口分布", app="geo")
    row = Population()
    write_population(row, actor, geom, facts)
    return row


@transaction.atomic
def change_population(row: Population, *, actor: User, geom: GEOSGeometry | None = None, **changes: Any) -> Population:
    demand(actor, "change_population", "修改人口分布", app="geo")
    found: Population = Population.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=row.pk)
    write_population(found, actor, geom, changes)
    return found


def write_population(row: Population, actor: User, geom: GEOSGeometry | None, facts: dict[str, Any]) -> None:
    for key, value in facts.items():
        setattr(row, key, value)
    if geom is not None:
        row.geom = outline(geom)
        row.region = reached(actor, region_of(row.geom.point_on_surface))
    row.pinyin = initials(row.name)
    row.full_clean(exclude=SKIPPED)
    row.save()


def outline(geometry: GEOSGeometry) -> MultiPolygon:
    if isinstance(geometry, MultiPolygon):
        return geometry
    if isinstance(geometry, Polygon):
        return MultiPolygon(geometry, srid=geometry.srid)
    raise ValidationError({"geom": "人口分布的范围应是面（多边形），不能是点或线。"})


def write(row: ProtectedSite, facts: dict[str, Any]) -> None:
    """The site first: the record has its key. Without a class the one that follows from the facts is taken."""
    for key, value in facts.items():
        setattr(row, key, value)
    is_known = row.category in Category.values
    if not row.target_class and is_known:
        row.target_class = proposed(row.category, persons=row.persons, households=row.households)
    row.site.kind = site_kind(row.category) if is_known else Site.Kind.OTHER
    row.site.pinyin = initials(row.site.name)
    row.site.full_clean(exclude=SKIPPED)
    row.full_clean(exclude=SKIPPED)
    row.site.save()
    row.site = row.site  # the key, now that there is one
    row.save()


def placed(actor: User, lon: object, lat: object, datum: str) -> tuple[Any, Region]:
    point = given_point(lon, lat, datum=datum)
    return point, reached(actor, region_of(point))


def reached(actor: User, region: Region | None) -> Region:
    if region is None or not actor.scope.covers_region(region.pk):
        raise ValidationError({"lon": OUT_OF_REACH})
    return region


def demand(actor: User, permission: str, what: str, *, app: str = "surroundings") -> None:
    if actor.scope.site_id is not None or not actor.has_perm(f"{app}.{permission}"):
        raise PermissionDenied(f"您没有“{what}”的权限。")


def locked(row: ProtectedSite, actor: User) -> ProtectedSite:
    rows = ProtectedSite.objects.visible_to(actor).select_related("site__region")
    found: ProtectedSite = rows.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    return found


def tell(verb: str, row: ProtectedSite, actor: User) -> None:
    """The event of a change: id, layer and place, never the contact."""
    events.append(
        f"surroundings.{verb}",
        subject=row,
        region=row.region,
        actor=actor,
        name=row.name,
        lon=row.geom.x,
        lat=row.geom.y,
        state=row.target_class,
    )
