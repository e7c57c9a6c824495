"""安全设施符合性: which safety facilities a unit must have by its grade and substances, and which it has."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources import gb18218_tables
from supervision.hazard_sources.models import HazardSource, InventoryItem, SafetyCheck
from supervision.hazard_sources.statutory import REQUIREMENT, REQUIREMENTS, Requirement

RIGHT = "hazard_sources.change_hazardsource"
# By the class symbols of GB 18218 Table 2: J1, J3 toxic gases; J2 acutely toxic liquids; W2 flammable gases.
TOXIC_GAS, HIGHLY_TOXIC, FLAMMABLE = ("J1", "J3"), ("J1", "J2"), ("W2", "W5.1", "W5.2", "W5.3", "W5.4")
# Liquefied gases of Table 1 by name, beside what is kept liquid by cold or pressure in every practice.
LIQUEFIED = ("氨", "氯", "二氧化硫", "液化石油气", "1,3-丁二烯", "氯乙烯", "二甲醚", "一甲胺", "环氧乙烷", "乙烯",
             "甲烷/天然气", "硫化氢", "氯化氢", "氟化氢")  # fmt: skip
POISONS = ("氰化氢", "丙酮氰醇", "异氰酸甲酯", "溴", "丙烯醛", "乙撑亚胺", "碳酰氯")


@dataclass(frozen=True)
class Line:
    """One facility as the check list shows it."""

    requirement: Requirement
    applies: bool
    why: str  # why it binds, or why not
    state: str  # yes no unknown
    evidence: str

    @property
    def is_missing(self) -> bool:
        return self.applies and self.state != "yes"

    @property
    def label(self) -> str:
        if not self.applies:
            return "不要求"
        return {"yes": "具备", "no": "不具备", "unknown": "未核查"}[self.state]


def lines(source: HazardSource) -> list[Line]:
    """Every facility, those that bind the unit first."""
    items = list(source.items.all())
    checks = {check.key: check for check in source.safety_checks.all()}
    kinds: dict[str, int] = {}
    for point in source.points.all():
        if point.removed_on is None:
            kinds[point.kind] = kinds.get(point.kind, 0) + 1
    found = [_line(source, requirement, items, checks, kinds) for requirement in REQUIREMENTS]
    return sorted(found, key=lambda line: not line.applies)


def missing(source: HazardSource) -> list[Line]:
    return [line for line in lines(source) if line.is_missing] if source.grade else []


def check(source: HazardSource, key: str, *, actor: User, state: str, evidence: str = "") -> SafetyCheck:
    """Somebody looked: it is there, or not."""
    if not actor.has_perm(RIGHT):
        raise PermissionDenied("您没有“核查安全设施”的权限。")
    if key not in REQUIREMENT or state not in SafetyCheck.State.values:
        raise ValidationError({"state": "没有这项安全设施，或情况不在可选范围内。"})
    evidence = evidence.strip()[:200]
    if state == SafetyCheck.State.YES and not evidence:
        raise ValidationError({"evidence": "请写明依据，如系统名称、位号、检测报告编号。"})
    with transaction.atomic():
        row = locked(source, actor)
        if row.state == "cancelled":
            raise NotAllowed("危险源已核销。")
        made, _created = SafetyCheck.objects.update_or_create(
            source=row, key=key,
            defaults={"state": state, "evidence": evidence, "checked_on": timezone.localdate(), "checked_by": actor},
        )  # fmt: skip
    return made


def _line(
    source: HazardSource, requirement: Requirement, items: list[InventoryItem], checks: dict[str, SafetyCheck],
    kinds: dict[str, int],
) -> Line:  # fmt: skip
    applies, why = _binds(source, requirement, items)
    points = sum(kinds.get(kind, 0) for kind in requirement.points)
    if (done := checks.get(requirement.key)) is not None:
        note = done.evidence or f"{done.checked_on} 核查"
        return Line(requirement, applies, why, done.state, note)
    if points:
        return Line(requirement, applies, why, "yes", f"已登记 {points} 个监测点")
    return Line(requirement, applies, why, "unknown", "")


def _binds(source: HazardSource, requirement: Requirement, items: list[InventoryItem]) -> tuple[bool, str]:
    if source.grade is None:
        return False, "未构成重大危险源"
    if source.grade not in requirement.grades:
        return False, f"{source.get_grade_display()}不要求"
    if not requirement.when:
        return True, ""
    names = [item.substance or item.symbol for item in items if _is(requirement.when, item)]
    return (True, f"涉及{'、'.join(names)}") if names else (False, "存量中没有所指的物质")


def _is(what: str, item: InventoryItem) -> bool:
    symbols = _symbols(item)
    toxic = any(symbol in TOXIC_GAS for symbol in symbols) or _beta_is_toxic(item)
    liquefied = any(item.substance.startswith(name) for name in LIQUEFIED)
    poison = any(symbol in HIGHLY_TOXIC for symbol in symbols) or any(item.substance.startswith(n) for n in POISONS)
    return {
        "toxic_gas": toxic,
        "gas": toxic or liquefied or any(symbol in FLAMMABLE for symbol in symbols),
        "highly_toxic": poison,
        "independent": toxic or liquefied or poison,
    }[what]


def _symbols(item: InventoryItem) -> list[str]:
    """Of the line itself, else the reviewed class of Table 1."""
    if item.symbol:
        return item.symbol.split("、")
    found = gb18218_tables.find(item.substance)
    return [row.beta_source.removeprefix("表4 ") for row in found[:1] if row.beta_source.startswith("表4 ")]


def _beta_is_toxic(item: InventoryItem) -> bool:
    """Table 3 lists toxic gases and nothing else."""
    found = gb18218_tables.find(item.substance) if item.substance else ()
    return any("表3" in row.beta_source for row in found[:1])
