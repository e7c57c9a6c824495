"""A merge taken apart: what was moved and is still there goes back, facts are restored where nobody changed them since.

Rows added to the survivor since stay with it, unless they are chosen to go with the file that is split off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed, Stale
from supervision.enterprises import provenance, services
from supervision.enterprises.facts import title
from supervision.enterprises.merge_facts import give_back
from supervision.enterprises.merging import both_locked, swap_codes
from supervision.enterprises.models import Duplicate, Enterprise, Merge
from supervision.enterprises.references import Reference, movable, plain, value
from supervision.enterprises.workflow import ENTERPRISE

SHOWN_AT_MOST = 200  # rows added since, of one kind, that a person can look through


@dataclass(frozen=True)
class Added:
    """Rows of one kind that came to the survivor after the merge."""

    key: str
    title: str
    rows: list[Model]


@transaction.atomic
def split(
    merge: Merge,
    *,
    actor: User,
    reason: str,
    take: Mapping[str, Sequence[int]] | None = None,
    seen: tuple[int, int] | None = None,
) -> list[str]:
    """Undo a merge; `take`: rows added since that go along, by key of the reference. What could not be put back."""
    services.demand(actor, "enterprises.merge_enterprise", "拆分企业档案")
    keep, gone = both_locked(merge.survivor, merge.absorbed, actor)
    record = Merge.objects.select_for_update().get(pk=merge.pk)
    for row, version in zip((keep, gone), seen or (), strict=False):
        if row.version != version:
            raise Stale(row, version)
    if why := refusal(record):
        raise NotAllowed(why)
    if not reason.strip():
        raise ValidationError({"reason": "请写明拆分的理由。"})
    reason = reason.strip()[:200]
    left = _rows_back(record, keep.pk, gone.pk)
    _take_along(record, keep.pk, gone.pk, take or {})
    left += _facts_back(record, keep, gone)
    ENTERPRISE.advance(gone, f"split_to_{record.before['state']}", actor=actor, note=reason, merged_into=None)
    record.undone_at, record.undone_by, record.undone_reason = timezone.now(), actor, reason
    record.before = {**record.before, "left": left}
    record.save(update_fields=["undone_at", "undone_by", "undone_reason", "before"])
    first, second = sorted((keep.pk, gone.pk))
    Duplicate.objects.filter(first=first, second=second, verdict=Duplicate.Verdict.MERGED).update(
        verdict=Duplicate.Verdict.OPEN, decided_by=None, decided_at=None
    )
    provenance.settle(keep.pk, gone.pk)
    keep.refresh_from_db()
    services.tell("enterprises.split", keep, actor)
    merge.refresh_from_db()
    return left


def refusal(record: Merge) -> str:
    """Why this merge cannot be taken apart now; "" when it can. Later merges of either file come first."""
    if record.undone_at is not None:
        return f"这次合并已于 {timezone.localtime(record.undone_at):%Y-%m-%d} 拆分，不用再拆。"
    files = (record.survivor_id, record.absorbed_id)
    later = (
        Merge.objects.filter(Q(survivor__in=files) | Q(absorbed__in=files), pk__gt=record.pk, undone_at__isnull=True)
        .order_by("-pk")
        .first()
    )
    return f"此后又有一次合并（{later}），请先拆分那一次。" if later else ""


def added_since(record: Merge) -> list[Added]:
    """What came to the survivor after the merge and could go along with the file that is split off."""
    by_key = {reference.key: reference for reference in movable()}
    found = []
    for entry in record.moved:
        reference = by_key.get(entry["key"])
        rows = _added(reference, entry, record.survivor_id) if reference else None
        if rows is not None and (some := list(rows[:SHOWN_AT_MOST])):
            found.append(Added(entry["key"], reference.title if reference else "", some))
    return found


def _added(reference: Reference, entry: Mapping[str, Any], survivor: int) -> QuerySet[Any] | None:
    pk = reference.model._meta.pk
    if pk is None or pk.is_relation or not isinstance(entry["last"], int):
        return None
    return reference.rows(survivor).filter(pk__gt=entry["last"]).exclude(pk__in=entry["pks"])


def _rows_back(record: Merge, survivor: int, absorbed: int) -> list[str]:
    left: list[str] = []
    by_key = {reference.key: reference for reference in movable()}
    for entry in record.moved:
        reference = by_key.get(entry["key"])
        if reference is None:
            if entry["pks"]:
                left.append(f"{entry['title']} {len(entry['pks'])} 条：已没有这类记录")
            continue
        here = set(reference.rows(survivor).filter(pk__in=entry["pks"]).values_list("pk", flat=True))
        if missing := len(entry["pks"]) - len(here):
            left.append(f"{entry['title']} {missing} 条：合并后已被移走或删除")
        left += _back(reference, entry, here, absorbed)
    return left


def _back(reference: Reference, entry: Mapping[str, Any], here: set[int], absorbed: int) -> list[str]:
    """Rows of one kind to the absorbed file again, then their columns, the survivor's closed ones last."""
    manager, left = reference.model._base_manager, []
    manager.filter(pk__in=here).update(**{reference.column: absorbed})
    for key, changed in sorted(entry["set"].items(), key=lambda item: int(item[0]) not in here):
        row = manager.filter(pk=key).first()
        if row is None:
            continue
        since = [name for name, (_before, after) in changed.items() if plain(getattr(row, name)) != after]
        if since:
            left.append(f"{reference.title}“{row}”：合并后又改过，保持现状")
            continue
        before = {name: value(reference.model, name, old) for name, (old, _after) in changed.items()}
        try:
            with transaction.atomic():
                manager.filter(pk=key).update(**before)
        except IntegrityError:
            left.append(f"{reference.title}“{row}”：合并后另有了现任的一条，保持现状")
    return left


def _take_along(record: Merge, survivor: int, absorbed: int, take: Mapping[str, Sequence[int]]) -> None:
    by_key = {reference.key: reference for reference in movable()}
    entries = {entry["key"]: entry for entry in record.moved}
    for key, pks in take.items():
        rows = _added(by_key[key], entries[key], survivor) if key in by_key and key in entries else None
        if rows is None or rows.filter(pk__in=pks).count() != len(set(pks)):
            raise ValidationError({"take": "选中的记录有的已不在这份档案里，请刷新后重选。"})
        reference = by_key[key]
        try:
            with transaction.atomic():
                reference.model._base_manager.filter(pk__in=pks).update(**{reference.column: absorbed})
        except IntegrityError as error:
            raise NotAllowed(
                f"{reference.title}：拆出的档案已有同一项，选中的不能带走，请取消勾选后再拆分。"
            ) from error


def _facts_back(record: Merge, keep: Enterprise, gone: Enterprise) -> list[str]:
    facts = list(record.before["facts"])
    code = next((one for one in facts if one["fact"] == "credit_code"), None)
    left = []
    if code:
        facts.remove(code)
        if keep.credit_code == code["after"]:
            swap_codes(keep, gone)
        else:  # the survivor has yet another code now; the absorbed one takes its own again
            Enterprise.objects.filter(pk=gone.pk).update(credit_code=code["after"])
            left.append("credit_code")
    left += give_back(keep, facts)
    keep.version += 1
    keep.site.save()
    keep.save()
    return [f"{title(key)}：合并后又改过，保持现值" for key in left if key != "former"]
