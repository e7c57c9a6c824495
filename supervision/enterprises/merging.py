"""Two files of one enterprise become one: the survivor gets every row, the absorbed file says where it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model, Q
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed, Stale
from geo.models import Site
from supervision.enterprises import provenance, services
from supervision.enterprises.lifecycle import APPLYING
from supervision.enterprises.merge_facts import ABSORBED, SURVIVOR, decided, take_over
from supervision.enterprises.models import Duplicate, Enterprise, Merge
from supervision.enterprises.models.enterprise import IN_REGISTER
from supervision.enterprises.references import (
    CLOSE,
    RENAME,
    STAY,
    Reference,
    Single,
    authoritative,
    concrete,
    ended,
    group,
    in_force,
    movable,
    plain,
)
from supervision.enterprises.workflow import ENTERPRISE

WHY_CLOSED = "合并档案：另一份档案已有同一项"


@dataclass
class Clash:
    """Two rows of which only one can be the current one, and whose it will be."""

    key: str
    title: str
    survivor: Model
    absorbed: Model
    single: Single
    side: str

    @property
    def loser(self) -> Model:
        return self.absorbed if self.side == SURVIVOR else self.survivor

    @property
    def can_choose(self) -> bool:
        return self.single.rule.verb == CLOSE and hasattr(self.survivor, "verified_at")


@dataclass
class Move:
    """What a merge does with the rows of one reference."""

    reference: Reference
    pks: list[int] = field(default_factory=list)
    stayed: list[int] = field(default_factory=list)
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)  # key of a row -> columns it gets
    clashes: list[Clash] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.reference.title

    @property
    def renamed(self) -> list[str]:
        columns = {c.single.rule.column for c in self.clashes if c.single.rule.verb == RENAME}
        return [str(v) for values in self.changes.values() for k, v in values.items() if k in columns]


def planned(survivor: int, absorbed: int, given: Mapping[str, str]) -> list[Move]:
    """Row by row what would move, without writing anything."""
    return [_plan(reference, survivor, absorbed, given) for reference in movable()]


def _plan(reference: Reference, survivor: int, absorbed: int, given: Mapping[str, str]) -> Move:
    move = Move(reference, pks=list(reference.rows(absorbed).values_list("pk", flat=True)))
    if reference.is_identity:
        move.pks, move.stayed = [], move.pks
    if not move.pks:
        return move
    for single in reference.singles:
        there = {key: row for row in in_force(reference, survivor, single) if (key := group(row, single)) is not None}
        for row in in_force(reference, absorbed, single):
            key = group(row, single)
            if key is not None and key in there:
                move.clashes.append(_clash(reference, single, key, there[key], row, given))
    for clash in move.clashes:
        _settle(move, clash, survivor, absorbed)
    move.pks = [pk for pk in move.pks if pk not in move.stayed]
    move.changes = {pk: values for pk, values in move.changes.items() if pk not in move.stayed}
    return move


def _clash(
    reference: Reference, single: Single, key: tuple[Any, ...], mine: Model, other: Model, given: Mapping[str, str]
) -> Clash:
    name = f"{reference.model._meta.model_name}:{','.join(str(part) for part in key)}"
    clash = Clash(name, reference.title, mine, other, single, SURVIVOR)
    if not clash.can_choose:
        return clash
    ours, theirs = getattr(mine, "verified_at", None), getattr(other, "verified_at", None)
    clash.side = given.get(name) or (ABSORBED if theirs and (ours is None or theirs > ours) else SURVIVOR)
    if clash.side not in (SURVIVOR, ABSORBED):
        raise ValidationError({name: "只能选保留档案的或并入档案的。"})
    return clash


def _settle(move: Move, clash: Clash, survivor: int, absorbed: int) -> None:
    verb, column = clash.single.rule.verb, clash.single.rule.column
    if verb == STAY:
        move.stayed.append(clash.absorbed.pk)
    elif verb == CLOSE:
        values = {column: ended(clash.loser, column)}
        reason = f"{column.removesuffix('_at')}_reason"
        if any(f.name == reason for f in clash.loser._meta.concrete_fields):
            values[reason] = WHY_CLOSED
        move.changes.setdefault(clash.loser.pk, {}).update(values)
    else:
        taken = {getattr(row, column) for pk in (survivor, absorbed) for row in move.reference.rows(pk)}
        taken |= {values[column] for values in move.changes.values() if column in values}
        new = free_name(getattr(clash.absorbed, column), taken, concrete(move.reference.model, column).max_length)
        move.changes.setdefault(clash.absorbed.pk, {})[column] = new


def free_name(name: str, taken: set[str], longest: int) -> str:
    for number in range(1, len(taken) + 2):
        suffix = f"（并入{number if number > 1 else ''}）"
        if (candidate := name[: longest - len(suffix)] + suffix) not in taken:
            return candidate
    raise AssertionError("among more suffixes than names one is free")


@transaction.atomic
def merge(
    survivor: Enterprise,
    absorbed: Enterprise,
    *,
    actor: User,
    reason: str,
    choices: Mapping[str, str] | None = None,
    seen: tuple[int, int] | None = None,
) -> Merge:
    """`choices`: {fact or clash: survivor|absorbed|both}; `seen`: the versions of both files that the actor saw."""
    services.demand(actor, "enterprises.merge_enterprise", "合并企业档案")
    given = dict(choices or {})
    keep, gone = both_locked(survivor, absorbed, actor)
    for row, version in zip((keep, gone), seen or (), strict=False):
        if row.version != version:
            raise Stale(row, version)
    demand_mergeable(keep, gone)
    if not reason.strip():
        raise ValidationError({"reason": "请写明合并的理由。"})
    sides = decided(given, keep, gone)
    moved = [_done(move, keep.pk) for move in planned(keep.pk, gone.pk, given)]
    state = gone.state
    facts = _facts(keep, gone, sides, actor)
    ENTERPRISE.advance(gone, "cancel", actor=actor, note=reason.strip()[:200], merged_into=keep)
    record = Merge.objects.create(
        survivor=keep, absorbed=gone, moved=moved, before={"facts": facts, "state": state},
        reason=reason.strip()[:200], actor=actor,
    )  # fmt: skip
    _pair_decided(keep, gone, actor)
    provenance.settle(keep.pk, gone.pk)
    keep.refresh_from_db()
    services.tell("enterprises.merge", keep, actor)
    return record


def both_locked(one: Enterprise, other: Enterprise, actor: User) -> tuple[Enterprise, Enterprise]:
    """Both files and their sites, in the order of their keys so that two officers cannot block each other."""
    rows = {row.pk: services.locked(row, actor) for row in sorted((one, other), key=lambda row: row.pk)}
    list(Site.objects.select_for_update().filter(pk__in=rows).order_by("pk"))
    return rows[one.pk], rows[other.pk]


def demand_mergeable(keep: Enterprise, gone: Enterprise) -> None:
    if keep.pk == gone.pk:
        raise NotAllowed("这是同一份档案，不用合并。")
    if gone.merged_into_id is not None:
        raise NotAllowed(f"“{gone.name}”刚才已并入“{authoritative(gone).name}”，不能再合并一次。")
    for row, states in ((keep, IN_REGISTER), (gone, (*IN_REGISTER, *APPLYING))):
        if row.state not in states:
            what = "保留的档案应已入库" if row is keep else "并入的档案不能是已注销的"
            raise NotAllowed(f"“{row.name}”现为“{row.get_state_display()}”：{what}。")


def _done(move: Move, survivor: int) -> dict[str, Any]:
    """Write one planned move; the record of it, from which a split puts everything back."""
    reference, model = move.reference, move.reference.model
    manager = model._base_manager
    changed: dict[str, dict[str, list[Any]]] = {}
    # Whoever loses first, so that there is never a moment with two current ones.
    for pk in sorted(move.changes, key=lambda pk: pk in move.pks):
        values = move.changes[pk]
        before = manager.filter(pk=pk).values(*values).get()
        changed[str(pk)] = {name: [plain(before[name]), plain(after)] for name, after in values.items()}
        own = {reference.column: survivor} if pk in move.pks else {}
        manager.filter(pk=pk).update(**values, **own)
    rest = [pk for pk in move.pks if pk not in move.changes]
    if rest:
        manager.filter(pk__in=rest).update(**{reference.column: survivor})
    last = manager.aggregate(last=Max("pk"))["last"]
    return {"key": reference.key, "title": move.title, "pks": move.pks, "stayed": move.stayed, "set": changed,
            "last": last if isinstance(last, int) else 0}  # fmt: skip


def _facts(keep: Enterprise, gone: Enterprise, sides: Mapping[str, str], actor: User) -> list[dict[str, Any]]:
    """The chosen facts into the survivor, and under which names and codes it is found from now on."""
    lines = [*gone.former.splitlines(), gone.name, gone.credit_code, keep.name, keep.credit_code]
    changed = take_over(keep, gone, sides, actor)
    if sides["credit_code"] == ABSORBED:
        changed.append({"fact": "credit_code", "on": "enterprise", "column": "credit_code",
                        "before": keep.credit_code, "after": gone.credit_code})  # fmt: skip
        swap_codes(keep, gone)
    current = {keep.site.name, keep.credit_code, *keep.former.splitlines()}
    former = "\n".join([*keep.former.splitlines(), *dict.fromkeys(x for x in lines if x not in current)])
    changed.append({"fact": "former", "on": "enterprise", "column": "former", "before": keep.former, "after": former})
    keep.former = former
    keep.version += 1
    keep.site.save()
    keep.save()
    return changed


def swap_codes(one: Enterprise, other: Enterprise) -> None:
    """Codes are unique at every moment: one steps aside first."""
    mine, theirs = one.credit_code, other.credit_code
    Enterprise.objects.filter(pk=other.pk).update(credit_code=f"ZZ{other.pk:016d}")
    Enterprise.objects.filter(pk=one.pk).update(credit_code=theirs)
    Enterprise.objects.filter(pk=other.pk).update(credit_code=mine)
    one.credit_code, other.credit_code = theirs, mine


def _pair_decided(keep: Enterprise, gone: Enterprise, actor: User) -> None:
    """The pair is settled; what else was suspected of the absorbed file is looked for again with the survivor."""
    first, second = sorted((keep.pk, gone.pk))
    Duplicate.objects.filter(first=first, second=second).update(
        verdict=Duplicate.Verdict.MERGED, decided_by=actor, decided_at=timezone.now()
    )
    open_pairs = Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN)
    open_pairs.filter(Q(first=gone.pk) | Q(second=gone.pk)).delete()
