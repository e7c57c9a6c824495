"""What may be done to a hazard source. The engine alone decides S, R and the grade; people give inventories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import events
from core.models import User
from core.workflow import NotAllowed, Stale
from geo.measure import metres_between
from geo.models import Site
from geo.parsing import BadGeometry, parse_lonlat
from supervision.hazard_sources import gb18218, gb18218_tables
from supervision.hazard_sources.gb18218 import Assessment, BadInventory, Problem
from supervision.hazard_sources.models import HazardSource, InventoryItem
from supervision.hazard_sources.workflow import HAZARD_SOURCE

# 安监总局令第 40 号第十一条: assessed again every three years.
REVIEW_YEARS = 3
# A unit stands inside its plant; further away the point is surely wrong.
FARTHEST_M = 5_000


@transaction.atomic
def add_source(
    *,
    actor: User,
    site: Site,
    name: str,
    unit: str,
    exposed_persons: int,
    items: Sequence[Mapping[str, Any]],
    lon: object = None,
    lat: object = None,
    datum: str = "cgcs2000",
) -> HazardSource:
    """A draft with its inventory; it stands at the enterprise's place unless it has a point of its own."""
    _demand(actor, "hazard_sources.add_hazardsource", "登记危险源")
    place = Site.objects.visible_to(actor).filter(enterprise__isnull=False).get(pk=site.pk)
    name = _checked_name(place, name, unit)
    read_inventory(exposed_persons, items)
    source = HazardSource.objects.create(
        site=place, region=place.region, geom=_point(place, lon, lat, datum), name=name, unit=unit,
        exposed_persons=exposed_persons, state=HAZARD_SOURCE.start,
    )  # fmt: skip
    _store(source, items)
    _tell("hazard_sources.add", source, actor)
    return source


@transaction.atomic
def update_source(
    source: HazardSource,
    *,
    actor: User,
    name: str,
    unit: str,
    exposed_persons: int,
    items: Sequence[Mapping[str, Any]],
    lon: object = None,
    lat: object = None,
    datum: str = "cgcs2000",
    expected_version: int | None = None,
) -> HazardSource:
    """Correct the unit and what it holds. What was assessed before must be assessed again (令40 第十一条)."""
    _demand(actor, "hazard_sources.change_hazardsource", "修改危险源")
    row = _locked(source, actor)
    if expected_version is not None and row.version != expected_version:
        raise Stale(row, expected_version)
    if row.state == "cancelled":
        raise NotAllowed("危险源已核销，不能再修改；重新启用请另行登记。")
    name = _checked_name(row.site, name, unit, except_pk=row.pk)
    read_inventory(exposed_persons, items)
    differs = row.exposed_persons != exposed_persons or _differ(row, items)
    row.name, row.unit, row.exposed_persons = name, unit, exposed_persons
    if lon not in (None, ""):
        row.geom = _point(row.site, lon, lat, datum)
    if differs:
        row.items.all().delete()
        _store(row, items)
    fields = ["name", "unit", "exposed_persons", "geom"]
    if differs and row.state in HAZARD_SOURCE.by_name["change"].source:
        row.save(update_fields=fields)
        HAZARD_SOURCE.advance(row, "change", actor=actor)
    else:
        row.version += 1
        row.save(update_fields=[*fields, "version"])
        _tell("hazard_sources.update", row, actor)
    return row


def identify_source(source: HazardSource, *, actor: User, expected_version: int | None = None) -> HazardSource:
    """Compute S: whether the unit is a major hazard source at all."""
    return _computed("identify", source, actor, expected_version)


def assess_source(source: HazardSource, *, actor: User, expected_version: int | None = None) -> HazardSource:
    """Compute S, R and the grade from the inventory and store them with the derivation."""
    return _computed("assess", source, actor, expected_version)


def file_source(
    source: HazardSource, *, actor: User, filing_number: str, expected_version: int | None = None
) -> HazardSource:
    HAZARD_SOURCE.advance(
        source, "file", actor=actor, expected_version=expected_version, filing_number=filing_number.strip()[:40],
        filed_on=timezone.localdate(),
    )  # fmt: skip
    return source


def recall_source(source: HazardSource, *, actor: User, note: str) -> HazardSource:
    HAZARD_SOURCE.advance(source, "recall", actor=actor, note=note)
    return source


def cancel_source(source: HazardSource, *, actor: User, note: str) -> HazardSource:
    HAZARD_SOURCE.advance(source, "cancel", actor=actor, note=note)
    return source


def read_inventory(exposed_persons: object, items: Sequence[Mapping[str, Any]]) -> Assessment:
    """Assess what is about to be stored. Raises BadInventory, also for what only the table refuses."""
    found = gb18218.assess(exposed_persons=exposed_persons, items=items)
    problems = [
        Problem("quantity_t", "数量应大于 0，最多 6 位小数。", index)
        for index, item in enumerate(items)
        if not _storable(Decimal(str(item["quantity_t"]).strip()))
    ]
    if problems:
        raise BadInventory(problems)
    return found


def computed_fields(found: Assessment, on: dt.date) -> dict[str, Any]:
    """An assessment as the columns that keep it."""
    return {
        "s": Decimal(gb18218.decimal_text(found.s)),
        "r": Decimal(gb18218.decimal_text(found.r)),
        "alpha": Decimal(found.alpha),
        "grade": found.grade,
        "derivation": list(found.derivation),
        "assessed_on": on,
        "review_due_on": _years_later(on, REVIEW_YEARS),
    }


def stored_items(items: Sequence[Mapping[str, Any]]) -> list[InventoryItem]:
    """Inventory rows without their source, names as Table 1 has them."""
    return [
        InventoryItem(
            position=position,
            substance=_table_name(str(item.get("substance") or "").strip()),
            symbol=_symbol_text(item.get("class")),
            quantity_t=Decimal(str(item["quantity_t"]).strip()),
        )
        for position, item in enumerate(items, start=1)
    ]


def _computed(step: str, source: HazardSource, actor: User, expected_version: int | None) -> HazardSource:
    with transaction.atomic():
        row = _locked(source, actor)
        items = [item.as_input() for item in row.items.all()]
        fields = computed_fields(gb18218.assess(exposed_persons=row.exposed_persons, items=items), timezone.localdate())
        if step == "assess" and fields["grade"] is None and row.state in HAZARD_SOURCE.by_name[step].source:
            raise NotAllowed("S < 1，不构成重大危险源，不用分级；已备案的请办理核销。")
        HAZARD_SOURCE.advance(source, step, actor=actor, expected_version=expected_version, **fields)
    return source


def _locked(source: HazardSource, actor: User) -> HazardSource:
    visible = HazardSource.objects.visible_to(actor).values("pk")
    row: HazardSource = (
        HazardSource.objects.select_for_update(of=("self",))
        .select_related("region", "site")
        .get(pk=visible.get(pk=source.pk)["pk"])
    )
    return row


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


def _differ(source: HazardSource, items: Sequence[Mapping[str, Any]]) -> bool:
    def facts(rows: Iterable[InventoryItem]) -> list[tuple[str, str, Decimal]]:
        return [(row.substance, row.symbol, row.quantity_t) for row in rows]

    return facts(source.items.all()) != facts(stored_items(items))


def _store(source: HazardSource, items: Sequence[Mapping[str, Any]]) -> None:
    rows = stored_items(items)
    for row in rows:
        row.source = source
    InventoryItem.objects.bulk_create(rows)


def _point(site: Site, lon: object, lat: object, datum: str) -> Any:
    if lon in (None, "") and lat in (None, ""):
        return site.geom
    try:
        point = parse_lonlat(lon, lat, datum=datum)
    except BadGeometry as error:
        raise ValidationError({"lon": str(error)}) from error
    away = metres_between(point.x, point.y, site.geom.x, site.geom.y)
    if away > FARTHEST_M:
        raise ValidationError({"lon": f"单元离企业 {away / 1000:.1f} 公里：应在厂区之内，请核对坐标和坐标系。"})
    return point


def _storable(quantity: Decimal) -> bool:
    return quantity > 0 and quantity == round(quantity, 6)


def _table_name(text: str) -> str:
    found = gb18218_tables.find(text) if text else ()
    return found[0].name if len(found) == 1 else text


def _symbol_text(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "").strip()


def _years_later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _demand(actor: User, permission: str, what: str) -> None:
    if not actor.has_perm(permission):
        raise PermissionDenied(f"您没有“{what}”的权限。")


def _tell(kind: str, source: HazardSource, actor: User) -> None:
    events.append(
        kind, subject=source, region=source.region, actor=actor, site_id=source.site_id, **HAZARD_SOURCE.facts(source)
    )
