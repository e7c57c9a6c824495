"""A hazard source as a unit of its enterprise: registered and corrected. What it holds is in inventory.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import events
from core.models import User
from core.workflow import NotAllowed, Stale, locked
from geo.measure import metres_between
from geo.models import Site
from geo.parsing import given_point
from supervision.hazard_sources import flags, gb18218, inventory, persons, reviews
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.workflow import HAZARD_SOURCE

# A unit stands inside its plant; further away the point is surely wrong.
FARTHEST_M = 5_000
DETAILS = ("commissioned_on", "place", "in_park", "nearest_target", "nearest_target_m")


@transaction.atomic
def add_source(
    *,
    actor: User,
    site: Site,
    name: str,
    unit: str,
    items: Sequence[Mapping[str, Any]],
    exposed_persons: int | None = None,
    lon: object = None,
    lat: object = None,
    datum: str = "cgcs2000",
    reason: str = "",
    **details: Any,
) -> HazardSource:
    """A draft with its inventory; it stands at the enterprise's place unless it has a point of its own.

    Without a number of persons the map's is taken, which needs the plant's boundary.
    """
    _demand(actor, "hazard_sources.add_hazardsource", "登记危险源")
    place = Site.objects.visible_to(actor).filter(enterprise__isnull=False).get(pk=site.pk)
    name = _checked_name(place, name, unit)
    if exposed_persons is None and persons.boundary_of(place) is None:
        raise ValidationError({"exposed_persons": persons.NO_BOUNDARY})
    inventory.read_inventory(exposed_persons or 0, items)
    source = HazardSource.objects.create(
        site=place, region=place.region, geom=_point(place, lon, lat, datum), name=name, unit=unit,
        exposed_persons=exposed_persons or 0, state=HAZARD_SOURCE.start, **_checked_details(details),
    )  # fmt: skip
    inventory.store(source, items, actor=actor, reason=reason)
    if exposed_persons is not None:
        persons.record_manual(source, actor=actor, reason=reason)
    flags.refresh([source.pk])
    source.refresh_from_db()
    _tell("hazard_sources.add", source, actor)
    if exposed_persons is None:
        persons.count_from_map(source, actor=actor)
        source.refresh_from_db()
    return source


@transaction.atomic
def update_source(
    source: HazardSource,
    *,
    actor: User,
    name: str,
    unit: str,
    items: Sequence[Mapping[str, Any]],
    exposed_persons: int | None = None,
    lon: object = None,
    lat: object = None,
    datum: str = "cgcs2000",
    reason: str = "",
    expected_version: int | None = None,
    **details: Any,
) -> HazardSource:
    """Correct the unit and what it holds. What was assessed before must be assessed again (令40 第十一条)."""
    _demand(actor, "hazard_sources.change_hazardsource", "修改危险源")
    row: HazardSource = locked(source, actor)
    if expected_version is not None and row.version != expected_version:
        raise Stale(row, expected_version)
    if row.state in ("cancelled", "cancelling"):
        raise NotAllowed(f"危险源现为“{row.get_state_display()}”，不能再修改；核销后重新启用请另行登记。")
    row.name, row.unit = _checked_name(row.site, name, unit, except_pk=row.pk), unit
    inventory.read_inventory(row.exposed_persons if exposed_persons is None else exposed_persons, items)
    if lon not in (None, ""):
        row.geom = _point(row.site, lon, lat, datum)
    for key, value in _checked_details(details).items():
        setattr(row, key, value)
    counted = _recount(row, exposed_persons, actor, reason)
    row.save(update_fields=["name", "unit", "geom", "exposed_persons", "persons_basis", *DETAILS])
    changed = inventory.change(row, items, actor=actor, reason=reason)
    if not changed and counted and row.state in HAZARD_SOURCE.by_name["change"].source:
        reviews.must_review(row, actor=actor, reason="surroundings")
    elif not changed:
        row.version += 1
        row.save(update_fields=["version"])
        _tell("hazard_sources.update", row, actor)
    flags.refresh([row.pk])
    row.refresh_from_db()
    return row


def _recount(row: HazardSource, given: int | None, actor: User, reason: str) -> bool:
    """Another number typed into the form; what the map counted is only overruled with a reason."""
    if given is None or given == row.exposed_persons:
        return False
    if persons.boundary_of(row.site) is not None:
        raise ValidationError(
            {
                "exposed_persons": f"人数由厂界与人口分布计算（现用 {row.exposed_persons} 人）；要改用 {given} 人，"
                "请在“500 米人口”中推翻计算值并写明理由。"
            }
        )
    row.exposed_persons, row.persons_basis = given, HazardSource.Basis.MANUAL
    persons.record_manual(row, actor=actor, reason=reason)
    return gb18218.alpha_for(given) != str(row.alpha)


def _checked_details(details: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(details) - set(DETAILS):
        raise ValidationError(dict.fromkeys(unknown, "不接受此字段。"))
    found = dict(details)
    for name in ("place", "nearest_target"):
        if name in found:
            found[name] = str(found[name] or "").strip()
    return found


def _checked_name(site: Site, name: str, unit: str, *, except_pk: int | None = None) -> str:
    name = name.strip()
    problems = {}
    if not 1 <= len(name) <= 80:
        problems["name"] = "请填名称（不超过 80 字）。"
    elif HazardSource.objects.filter(site=site, name=name).exclude(pk=except_pk).exists():
        problems["name"] = "这家企业已有同名的危险源单元。"
    if unit not in HazardSource.Unit.values:
        problems["unit"] = "单元类型应是生产单元或储存单元。"
    if problems:
        raise ValidationError(problems)
    return name


def _point(site: Site, lon: object, lat: object, datum: str) -> Any:
    if lon in (None, "") and lat in (None, ""):
        return site.geom
    point = given_point(lon, lat, datum=datum)
    away = metres_between(point.x, point.y, site.geom.x, site.geom.y)
    if away > FARTHEST_M:
        raise ValidationError({"lon": f"单元离企业 {away / 1000:.1f} 公里：应在厂区之内，请核对坐标和坐标系。"})
    return point


def _demand(actor: User, permission: str, what: str) -> None:
    if not actor.has_perm(permission):
        raise PermissionDenied(f"您没有“{what}”的权限。")


def _tell(kind: str, source: HazardSource, actor: User) -> None:
    events.append(
        kind, subject=source, region=source.region, actor=actor, site_id=source.site_id, **HAZARD_SOURCE.facts(source)
    )
