"""Monitoring points: which instruments watch a unit, and at which values they warn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import events
from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources.models import HazardSource, MonitoringPoint

FACTS = (
    "tag", "kind", "device", "place", "medium", "unit", "range_min", "range_max", "low_low", "low", "high",
    "high_high", "installed_on", "removed_on",
)  # fmt: skip
ORDER = {"low_low": "低低限", "low": "低限", "high": "高限", "high_high": "高高限"}
MEASURES_NOTHING = ("video",)


@transaction.atomic
def add_point(source: HazardSource, *, actor: User, **facts: Any) -> MonitoringPoint:
    if not actor.has_perm("hazard_sources.add_monitoringpoint"):
        raise PermissionDenied("您没有“登记监测点”的权限。")
    row: HazardSource = locked(source, actor)
    if row.state == "cancelled":
        raise NotAllowed("危险源已核销，不用再登记监测点。")
    point = MonitoringPoint(source=row, **_checked(row, facts))
    point.save()
    _tell(row, actor)
    return point


@transaction.atomic
def change_point(point: MonitoringPoint, *, actor: User, **facts: Any) -> MonitoringPoint:
    if not actor.has_perm("hazard_sources.change_monitoringpoint"):
        raise PermissionDenied("您没有“修改监测点”的权限。")
    row: HazardSource = locked(point.source, actor)
    found: MonitoringPoint = row.points.select_for_update().get(pk=point.pk)
    for key, value in _checked(row, facts, except_pk=found.pk).items():
        setattr(found, key, value)
    found.save()
    _tell(row, actor)
    return found


def _checked(row: HazardSource, facts: dict[str, Any], except_pk: int | None = None) -> dict[str, Any]:
    if unknown := set(facts) - set(FACTS):
        raise ValidationError(dict.fromkeys(unknown, "不接受此字段。"))
    facts = {key: value.strip() if isinstance(value, str) else value for key, value in facts.items()}
    problems: dict[str, str] = {}
    if not facts.get("tag"):
        problems["tag"] = "请填位号。"
    elif row.points.filter(tag=facts["tag"]).exclude(pk=except_pk).exists():
        problems["tag"] = f"这个危险源已有位号 {facts['tag']}。"
    if facts.get("kind") not in MonitoringPoint.Kind.values:
        problems["kind"] = "请从列表中选择监测类型。"
    given = [(key, facts[key]) for key in ORDER if facts.get(key) is not None]
    for (lower, least), (upper, most) in pairwise(given):
        if least >= most:
            problems[upper] = f"{ORDER[upper]}应大于{ORDER[lower]}（{least}）。"
    if given and facts.get("kind") in MEASURES_NOTHING:
        problems[given[0][0]] = "视频没有报警值。"
    elif given and not facts.get("unit"):
        problems["unit"] = "有报警值的，请填计量单位。"
    least, most = facts.get("range_min"), facts.get("range_max")
    if least is not None and most is not None and least >= most:
        problems["range_max"] = "量程上限应大于下限。"
    if problems:
        raise ValidationError(problems)
    return facts


def _tell(row: HazardSource, actor: User) -> None:
    events.append("hazard_sources.points", subject=row, region=row.region, actor=actor, site_id=row.site_id, id=row.pk)
