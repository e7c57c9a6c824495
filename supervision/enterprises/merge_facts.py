"""Which of two files' facts a merged file shows: both values side by side, and how one is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from core.models import User
from geo.models import Site
from supervision.enterprises.facts import FACTS, Fact, shown, value_of
from supervision.enterprises.models import Enterprise
from supervision.enterprises.provenance import entry
from supervision.enterprises.references import plain, value

SURVIVOR, ABSORBED, BOTH = "survivor", "absorbed", "both"
# The operating status has a procedure and a history of its own: the survivor's stays, and may be changed afterwards.
CHOSEN = tuple(f for f in FACTS if f.key != "status" and (f.path or f.key == "place"))
LISTS = ("categories", "tags")
# By what the file is known: changed by a merge only when somebody chooses so.
IDENTITY = ("name", "credit_code")
SITE_COLUMNS = {
    "name": ("name", "pinyin"),
    "address": ("address",),
    "place": ("geom", "datum", "region_id"),
}
OWN_COLUMNS = {"registered_region": "registered_region_id"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One fact of both files in words, and which is proposed."""

    fact: Fact
    survivor: str
    absorbed: str
    proposed: str
    is_list: bool = False

    @property
    def is_same(self) -> bool:
        return self.survivor == self.absorbed


def choices(survivor: Enterprise, absorbed: Enterprise) -> list[Choice]:
    return [
        Choice(
            fact=fact, survivor=shown(fact.key, value_of(survivor, fact.key)),
            absorbed=shown(fact.key, value_of(absorbed, fact.key)), proposed=proposed(fact.key, survivor, absorbed),
            is_list=fact.key in LISTS,
        )
        for fact in CHOSEN
    ]  # fmt: skip


def proposed(key: str, survivor: Enterprise, absorbed: Enterprise) -> str:
    """The one verified later; an empty value never wins over a known one."""
    mine, other = value_of(survivor, key), value_of(absorbed, key)
    if mine == other or other in (None, "", []):
        return SURVIVOR
    if mine in (None, "", []):
        return ABSORBED
    if key in LISTS:
        return BOTH
    if key in IDENTITY:
        return SURVIVOR
    ours, theirs = verified_at(survivor, key), verified_at(absorbed, key)
    return ABSORBED if theirs and (ours is None or theirs > ours) else SURVIVOR


def verified_at(enterprise: Enterprise, key: str) -> datetime | None:
    own = enterprise.provenance.get(key)
    return parse_datetime(own["at"]) if own and own.get("at") else enterprise.verified_at


def decided(given: Mapping[str, str], survivor: Enterprise, absorbed: Enterprise) -> dict[str, str]:
    """For every fact which value wins: what was chosen, else what is proposed."""
    known = {fact.key for fact in CHOSEN}
    if unknown := {key for key in given if ":" not in key} - known:
        raise ValidationError(dict.fromkeys(sorted(unknown), "没有这一项。"))
    found = {}
    for key in known:
        side = given.get(key) or proposed(key, survivor, absorbed)
        if side not in (SURVIVOR, ABSORBED) and not (side == BOTH and key in LISTS):
            raise ValidationError({key: "只能选保留档案的值或并入档案的值。"})
        found[key] = side
    return found


def take_over(
    survivor: Enterprise, absorbed: Enterprise, sides: Mapping[str, str], actor: User
) -> list[dict[str, Any]]:
    """Write the chosen values into the survivor (not saved); what changed, column by column, so it can be undone."""
    changed: list[dict[str, Any]] = []
    for fact in CHOSEN:
        if sides[fact.key] == SURVIVOR or value_of(survivor, fact.key) == value_of(absorbed, fact.key):
            continue
        if fact.key == "credit_code":
            continue  # unique: swapped by the caller
        for on, column in columns(fact.key):
            holder = holder_of(survivor, on)
            before, after = getattr(holder, column), getattr(holder_of(absorbed, on), column)
            if sides[fact.key] == BOTH:
                after = [*before, *(one for one in after if one not in before)]
            if before != after:
                changed.append({"fact": fact.key, "on": on, "column": column, "before": plain(before),
                                "after": plain(after)})  # fmt: skip
            setattr(holder, column, after)
        changed.append(origin(survivor, absorbed, fact.key, actor))
    return changed


def origin(survivor: Enterprise, absorbed: Enterprise, key: str, actor: User) -> dict[str, Any]:
    """A fact that was taken over brings its own source and age with it."""
    before = survivor.provenance.get(key)
    after = absorbed.provenance.get(key) or {
        **entry(source=absorbed.source or "并入档案", actor=absorbed.verified_by or actor, at=absorbed.verified_at),
        "at": absorbed.verified_at.isoformat() if absorbed.verified_at else None,
    }
    survivor.provenance[key] = after
    return {"fact": key, "on": "provenance", "column": key, "before": before, "after": after}


def give_back(survivor: Enterprise, changed: list[dict[str, Any]]) -> list[str]:
    """Undo `take_over` where nobody changed the fact since (not saved); keys of facts that were changed since."""
    altered = {
        one["fact"]
        for one in changed
        if one["on"] != "provenance" and plain(getattr(holder_of(survivor, one["on"]), one["column"])) != one["after"]
    }
    for one in changed:
        if one["fact"] in altered:
            continue
        if one["on"] == "provenance":
            if survivor.provenance.get(one["fact"]) == one["after"]:
                _put(survivor.provenance, one["fact"], one["before"])
            continue
        holder = holder_of(survivor, one["on"])
        setattr(holder, one["column"], value(type(holder), one["column"], one["before"]))
    return sorted(altered)


def _put(provenance: dict[str, Any], key: str, before: Any) -> None:
    if before is None:
        provenance.pop(key, None)
    else:
        provenance[key] = before


def columns(key: str) -> list[tuple[str, str]]:
    if key in SITE_COLUMNS:
        return [("site", column) for column in SITE_COLUMNS[key]]
    return [("enterprise", OWN_COLUMNS.get(key, key))]


def holder_of(enterprise: Enterprise, on: str) -> Enterprise | Site:
    return enterprise.site if on == "site" else enterprise
