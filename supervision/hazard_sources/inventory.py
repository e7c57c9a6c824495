"""What a unit holds: read, checked, stored, and every change of it kept with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import events
from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources import gb18218, gb18218_tables, reviews
from supervision.hazard_sources.gb18218 import Assessment, BadInventory, Problem
from supervision.hazard_sources.models import HazardSource, InventoryChange, InventoryItem
from supervision.hazard_sources.workflow import HAZARD_SOURCE

# Before the first assessment an inventory is still being entered; afterwards each change says why.
ENTERING = ("draft", "identified")
RIGHT = "hazard_sources.change_hazardsource"


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


def stored_items(items: Sequence[Mapping[str, Any]]) -> list[InventoryItem]:
    """Inventory rows without their source, names as Table 1 has them."""
    return [
        InventoryItem(
            position=position,
            substance=table_name(str(item.get("substance") or "").strip()),
            symbol=symbol_text(item.get("class")),
            quantity_t=Decimal(str(item["quantity_t"]).strip()),
        )
        for position, item in enumerate(items, start=1)
    ]


def store(
    row: HazardSource, items: Sequence[Mapping[str, Any]], *, actor: User | None, reason: str = ""
) -> InventoryChange | None:
    """Put these items in the place of the present ones; None when they are the same. The caller holds the row."""
    before = [item.as_kept() for item in row.items.all()]
    rows = stored_items(items)
    after = [item.as_kept() for item in rows]
    if before == after:
        return None
    reason = reason.strip()[:300]
    if row.state not in ENTERING and not reason:
        raise ValidationError({"reason": "存量有变化，请写明变更原因（如新增储罐、停用装置、更正填报错误）。"})
    row.items.all().delete()
    for item in rows:
        item.source = row
    InventoryItem.objects.bulk_create(rows)
    return InventoryChange.objects.create(
        source=row, before=before, after=after, reason=reason or ("首次填报" if not before else "评估前更正"), by=actor,
        at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def set_line(
    source: HazardSource, *, actor: User, substance: str, symbol: str, quantity_t: Decimal | None, reason: str = ""
) -> InventoryItem | None:
    """One substance of the unit: added, changed, or (no quantity) taken out; all else stays."""
    if not actor.has_perm(RIGHT):
        raise PermissionDenied("您没有“修改危险源”的权限。")
    row: HazardSource = locked(source, actor)
    if row.state in ("cancelling", "cancelled"):
        raise NotAllowed(f"现为“{row.get_state_display()}”，不能再改存量。")
    key = (table_name(substance.strip()), symbol_text(symbol))
    kept = [item for item in row.items.all() if (item.substance, item.symbol) != key]
    items = [item.as_kept() for item in kept]
    if quantity_t is not None:
        place = next((i for i, item in enumerate(row.items.all()) if (item.substance, item.symbol) == key), len(items))
        items.insert(place, {"substance": key[0], "class": key[1], "quantity_t": format(quantity_t, "f")})
    try:
        read_inventory(row.exposed_persons, items)
    except BadInventory as error:
        raise ValidationError({"substance": str(error)}) from error
    change(row, items, actor=actor, reason=reason)
    return row.items.filter(substance=key[0], symbol=key[1]).first()


def change(row: HazardSource, items: Sequence[Mapping[str, Any]], *, actor: User, reason: str) -> bool:
    """Store and, when the unit was assessed, ask for a new assessment (第十一条第三项)."""
    if store(row, items, actor=actor, reason=reason) is None:
        return False
    if row.state in HAZARD_SOURCE.by_name["change"].source:
        reviews.must_review(row, actor=actor, reason="substances")
    else:
        row.version += 1
        row.save(update_fields=["version"])
        events.append(
            "hazard_sources.update", subject=row, region=row.region, actor=actor, site_id=row.site_id,
            **HAZARD_SOURCE.facts(row),
        )  # fmt: skip
    return True


def table_name(text: str) -> str:
    found = gb18218_tables.find(text) if text else ()
    return found[0].name if len(found) == 1 else text


def symbol_text(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "").strip()


def _storable(quantity: Decimal) -> bool:
    return quantity > 0 and quantity == round(quantity, 6)
