"""Whom to send and what to bring: the nearest that suit by straight line, each with why; and what is lacking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from command_center.dispatch import needs
from command_center.dispatch.models import Assignment
from command_center.dispatch.services import SENDABLE
from command_center.dispatch.states import LIVE, STATES
from command_center.incidents.models import Incident
from command_center.resources.models import (
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from command_center.resources.selectors import shown
from core.freshness import Freshness
from core.models import User
from geo.measure import nearest

RADIUS_M = 30_000
LOOKED_AT = 40
REASONS = {
    "CLOSEST": "距离最近",
    "CAPABILITY_MATCH": "能力相符",
    "NO_CAPABILITY": "没有所需能力",
    "STALE": "信息未按期核实",
    "BUSY": "正在处置其他事件",
    "UNAVAILABLE": "当前不可用",
    "RETURNING": "正在返回，可再出动",
    "OUT_OF_RADIUS": f"超出 {RADIUS_M // 1000} 公里",
    "EXPIRED": "已过有效期",
    "EMPTY": "已无库存",
    "ASSIGNED_HERE": "已派往本事件",
}
GAPS = {
    "NO_CANDIDATES": "范围内没有登记",
    "NO_CAPABLE_UNIT": "没有具备所需能力的可用力量",
    "ALL_BUSY": "相符的都在执行任务",
    "ALL_STALE": "相符的信息都已过核实周期，用前请电话核实",
    "ALL_OUT_OF_RADIUS": f"可再派的相符力量都在 {RADIUS_M // 1000} 公里以外",
    "NO_USABLE_STOCK": "没有未过期、有库存的对口物资",
    "LOCATION_UNKNOWN": "事件位置待核实，距离仅供参考",
}
# How much farther a drawback makes a candidate: a stale one at 6 km stands behind a fresh one at 8.
PENALTIES = {"STALE": 1.5, "OUT_OF_RADIUS": 2.0, "EXPIRED": 8.0, "RETURNING": 1.1}
BARRED = ("BUSY", "UNAVAILABLE", "EMPTY", "ASSIGNED_HERE")


class Pick(TypedDict):
    layer: str
    id: int
    title: str
    subtitle: str
    metres: int
    state: str
    state_label: str
    fresh: Freshness
    suits: bool | None
    is_available: bool
    reasons: list[str]
    reason_labels: list[str]
    held_by: str
    lon: float
    lat: float


class Gap(TypedDict):
    layer: str
    code: str
    label: str


class Proposals(TypedDict):
    radius_m: int
    by: str
    results: dict[str, list[Pick]]
    gaps: list[Gap]


@dataclass(frozen=True)
class Kind:
    """One sort of resource as it is proposed."""

    layer: str
    title: str
    model: type[Resource]
    limit: int = 3


KINDS = (
    Kind("teams", "救援队伍", Team, 6),
    Kind("supplies", "物资装备", Supply, 6),
    Kind("medical", "医疗", MedicalPoint),
    Kind("shelters", "避难场所", Shelter),
    Kind("communication", "通信", CommunicationAsset, 2),
    Kind("transport", "运输", TransportAsset, 2),
)


@dataclass
class Situation:
    """What is held where, read once for all candidates."""

    incident: Incident
    held: dict[int, Assignment] = field(default_factory=dict)


def proposals(incident: Incident, user: User) -> Proposals:
    held = Assignment.objects.filter(state__in=LIVE).select_related("incident")
    situation = Situation(incident, {a.unit_id: a for a in held})
    results: dict[str, list[Pick]] = {}
    gaps: list[Gap] = []
    if not incident.is_located:
        gaps.append(gap("", "LOCATION_UNKNOWN"))
    for kind in KINDS:
        if not user.has_perm(f"resources.view_{kind.model._meta.model_name}"):
            continue
        ranked = rank(candidates(kind, situation, user), situation)
        if code := lacking(kind, ranked):
            gaps.append(gap(kind.layer, code))
        results[kind.layer] = ranked[: kind.limit]
    return {"radius_m": RADIUS_M, "by": "line", "results": results, "gaps": gaps}


def candidates(kind: Kind, situation: Situation, user: User) -> list[Resource]:
    rows = kind.model.objects.visible_to(user).select_related("organisation")
    if kind.model is not Supply:
        return list(nearest(rows, situation.incident.geom, limit=LOOKED_AT))
    wanted = needs.SUPPLIES.get(situation.incident.kind, ())
    if wanted:
        rows = rows.filter(kind__in=wanted)
    return list(nearest(rows, situation.incident.geom, limit=LOOKED_AT))


def rank(rows: Iterable[Any], situation: Situation) -> list[Pick]:
    """Those that can be had first, then those that suit, each by its distance stretched by its drawbacks."""
    picks = [describe(row, situation) for row in rows]
    picks.sort(key=lambda p: (not p["is_available"], p["suits"] is False, weight(p)))
    free = [p for p in picks if p["is_available"]]
    if free:
        closest = min(free, key=lambda p: p["metres"])
        closest["reasons"].insert(0, "CLOSEST")
    for pick in picks:
        pick["reason_labels"] = [REASONS[code] for code in pick["reasons"]]
    return picks


def weight(pick: Pick) -> float:
    metres = float(pick["metres"]) + 200
    for code in pick["reasons"]:
        metres *= PENALTIES.get(code, 1.0)
    return metres


def describe(row: Any, situation: Situation) -> Pick:
    metres = round(row.metres)
    codes: list[str] = []
    suits: bool | None = None
    if isinstance(row, Team):
        suits = needs.suits(situation.incident.kind, row.capabilities)
        codes += team_codes(row, suits, situation)
    elif isinstance(row, Supply):
        suits = row.kind in needs.SUPPLIES.get(situation.incident.kind, ()) or None
        codes += [c for c, is_so in (("EMPTY", row.quantity <= 0), ("EXPIRED", row.is_expired)) if is_so]
        codes += ["CAPABILITY_MATCH"] if suits else []
    elif row.status not in ("available", "ready", "open", "busy"):
        codes.append("UNAVAILABLE")
    if row.is_stale:
        codes.append("STALE")
    if metres > RADIUS_M:
        codes.append("OUT_OF_RADIUS")
    held = situation.held.get(row.pk) if isinstance(row, Team) else None
    return {
        "layer": next(k.layer for k in KINDS if k.model is type(row)),
        "id": row.pk,
        "title": row.name,
        "subtitle": subtitle(row),
        "metres": metres,
        "state": getattr(row, "status", ""),
        "state_label": row.get_status_display() if hasattr(row, "status") else "",
        "fresh": row.freshness,
        "suits": suits,
        "is_available": not any(code in BARRED for code in codes),
        "reasons": codes,
        "reason_labels": [],
        "held_by": f"{held.incident.number} {STATES[held.state]}" if held else "",
        "lon": row.geom.x,
        "lat": row.geom.y,
    }


def team_codes(team: Team, suits: bool | None, situation: Situation) -> list[str]:
    codes = {True: ["CAPABILITY_MATCH"], False: ["NO_CAPABILITY"], None: []}[suits]
    held = situation.held.get(team.pk)
    if held is not None:
        return [*codes, "ASSIGNED_HERE" if held.incident_id == situation.incident.pk else "BUSY"]
    if team.status == "returning":
        return [*codes, "RETURNING"]
    return codes if team.status in SENDABLE else [*codes, "UNAVAILABLE"]


def subtitle(row: Any) -> str:
    if isinstance(row, Team):
        return f"{row.people} 人 {row.vehicles} 车 · {'、'.join(row.capability_labels) or row.get_kind_display()}"
    if isinstance(row, Supply):
        return f"{shown(row.quantity)} {row.unit} · {row.store or row.organisation.name}"
    if isinstance(row, Shelter):
        return f"日 {row.capacity_day} 夜 {row.capacity_night} 人，现有 {row.occupants}"
    if isinstance(row, MedicalPoint):
        return f"{row.get_level_display()} · 床位 {row.beds} · 救护车 {row.ambulances}"
    return f"{row.get_kind_display()} × {row.quantity}"


def lacking(kind: Kind, picks: list[Pick]) -> str:
    """The gap of one sort, or "": the reason nearest to what can be done about it."""
    fitting = [p for p in picks if p["suits"] is not False]
    if kind.model is Supply:
        usable = [p for p in picks if not {"EMPTY", "EXPIRED"} & set(p["reasons"])]
        return "" if usable else "NO_USABLE_STOCK"
    if not picks:
        return "NO_CANDIDATES"
    if not fitting:
        return "NO_CAPABLE_UNIT"
    free = [p for p in fitting if p["is_available"]]
    if not free:
        return "ALL_BUSY"
    if all("OUT_OF_RADIUS" in p["reasons"] for p in free):
        return "ALL_OUT_OF_RADIUS"
    return "ALL_STALE" if all("STALE" in p["reasons"] for p in free) else ""


def gap(layer: str, code: str) -> Gap:
    title = next((k.title for k in KINDS if k.layer == layer), "")
    return {"layer": layer, "code": code, "label": f"{title}：{GAPS[code]}" if title else GAPS[code]}
