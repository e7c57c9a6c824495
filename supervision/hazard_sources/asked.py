"""What major hazard sources ask of a person today: of an enterprise its own, of an office what waits for it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from core.models import User
from layers.links import list_link
from supervision.hazard_sources import upward
from supervision.hazard_sources.models import HazardSource

WAITING = {
    "submitted": ("备案待审", {"state": "submitted"}, "file"),
    "cancelling": ("核销申请待审", {"state": "cancelling"}, "cancel"),
    "assessed": ("已评估，待提交备案", {"state": "assessed"}, "submit"),
    "due": ("待复评", {"state": "due"}, "assess"),
    "lacks_people": ("包保责任人不全", {"lacks_people": "true"}, "change"),
    "lacks_boundary": ("缺厂界", {"lacks_boundary": "true"}, "change"),
    "persons_outdated": ("500 米人口待重算", {"persons_outdated": "true"}, "change"),
}


def card(user: User) -> dict[str, Any] | None:
    """Lines with a number and the list behind it; None when nothing waits."""
    open_to = {key: row for key, row in WAITING.items() if user.has_perm(f"hazard_sources.{row[2]}_hazardsource")}
    lines = _counted(user, open_to) if open_to else []
    if user.has_perm(upward.RIGHT) and (late := sum(p.is_late for p in upward.periods(user) if _own(p, user))):
        lines.append({"title": "上报逾期", "count": late, "url": reverse("hazard_sources:upward")})
    return {"lines": lines} if lines else None


def _own(period: upward.Period, user: User) -> bool:
    return period.region.pk == user.region_id


def _counted(user: User, open_to: dict[str, Any]) -> list[dict[str, Any]]:
    conditions = {
        key: Q(**{name: value == "true" if value in ("true", "false") else value for name, value in row[1].items()})
        for key, row in open_to.items()
    }
    found = HazardSource.objects.visible_to(user).aggregate(
        **{f"n_{key}": Count("pk", filter=condition) for key, condition in conditions.items()}
    )
    return [
        {"title": row[0], "count": found[f"n_{key}"], "url": list_link("hazard_sources", "sources", row[1])}
        for key, row in open_to.items()
        if found[f"n_{key}"]
    ]
