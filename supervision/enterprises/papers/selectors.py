"""Reads of the rows of a file: what the tabs of an enterprise show, and when it must practise next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from core.models import User
from geo.models import Site
from supervision.enterprises.models import Drill, Enterprise, HealthFactor, LedgerEntry, Licence, RescueFact
from supervision.enterprises.papers import rules
from supervision.enterprises.selectors import of_site

SOON = 90  # 安全许可证 are to be renewed three months before they expire
RECENT = 30

# How near the end of a licence is, as word and shape; the four statutory colours are for levels only.
SIGNS = {
    "valid": ("teal", "circle"),
    "soon": ("violet", "diamond"),
    "expired": ("pink", "triangle"),
    "past": ("slate", "ring"),
}


@dataclass(frozen=True)
class Due:
    """When one kind of drill is to be held next, counted from the last one or from joining the platform."""

    title: str
    every: str
    last: dt.date | None
    on: dt.date

    @property
    def days(self) -> int:
        return (self.on - timezone.localdate()).days

    @property
    def words(self) -> str:
        return f"已超期 {-self.days} 天" if self.days < 0 else "今天到期" if self.days == 0 else f"还有 {self.days} 天"

    @property
    def sign(self) -> str:
        return "expired" if self.days < 0 else "soon" if self.days <= RECENT else "valid"


def sign_of(licence: Licence) -> str:
    if not licence.is_current:
        return "past"
    days = licence.days_left
    return "valid" if days is None or days > SOON else "expired" if days < 0 else "soon"


def current_licences(enterprise: Enterprise) -> QuerySet[Licence]:
    rows: QuerySet[Licence] = enterprise.licences.filter(is_current=True, withdrawn_at__isnull=True)
    return rows.order_by("expires_on", "kind")


def earlier_licences(enterprise: Enterprise) -> QuerySet[Licence]:
    rows: QuerySet[Licence] = enterprise.licences.filter(is_current=False, withdrawn_at__isnull=True)
    return rows.order_by("kind", "-expires_on")


def ledger(enterprise: Enterprise) -> QuerySet[LedgerEntry]:
    rows: QuerySet[LedgerEntry] = enterprise.ledger.filter(withdrawn_at__isnull=True)
    return rows


def health_factors(enterprise: Enterprise) -> QuerySet[HealthFactor]:
    rows: QuerySet[HealthFactor] = enterprise.healthfactors.filter(withdrawn_at__isnull=True)
    return rows


def rescue_facts(enterprise: Enterprise) -> QuerySet[RescueFact]:
    rows: QuerySet[RescueFact] = enterprise.rescuefacts.filter(withdrawn_at__isnull=True)
    return rows


def drills(enterprise: Enterprise) -> QuerySet[Drill]:
    rows: QuerySet[Drill] = enterprise.drills.filter(withdrawn_at__isnull=True)
    return rows


def drills_due(enterprise: Enterprise) -> list[Due]:
    """The drills that the stricter rule asks for; none of an enterprise that stands still."""
    if enterprise.status != Enterprise.Status.OPERATING:
        return []
    last = dict(drills(enterprise).values_list("kind").annotate(day=Max("held_on")).order_by())
    kinds = ("comprehensive", "special")
    plan = max((last[kind] for kind in kinds if kind in last), default=None)
    every = rules.interval(enterprise)
    return [
        _due("综合或专项预案演练", every.plan_months, plan, enterprise),
        _due("现场处置方案演练", every.on_site_months, last.get("on_site"), enterprise),
    ]


def _due(title: str, months: int, last: dt.date | None, enterprise: Enterprise) -> Due:
    every = "每半年一次" if months == 6 else "每年一次"
    start = last or enterprise.platform_joined_on
    return Due(title=title, every=every, last=last, on=rules.months_after(start, months))


def licences_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    rows = [{"row": row, "sign": SIGNS[sign_of(row)]} for row in current_licences(enterprise)]
    return {
        "enterprise": enterprise,
        "licences": rows,
        "earlier": list(earlier_licences(enterprise)),
        "may_add": may(user, "add", Licence, enterprise),
    }


def safety_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    entries = ledger(enterprise)
    return {
        "enterprise": enterprise,
        "entries": entries[:RECENT],
        "entries_count": entries.count(),
        "factors": health_factors(enterprise),
        "may_add_ledger": may(user, "add", LedgerEntry, enterprise),
        "may_add_factor": may(user, "add", HealthFactor, enterprise),
    }


def rescue_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    held = drills(enterprise)
    due = drills_due(enterprise)
    return {
        "enterprise": enterprise,
        "facts": rescue_facts(enterprise),
        "due": [{"due": each, "sign": SIGNS[each.sign]} for each in due],
        "basis": "高危行业、人员密集场所" if rules.is_high_hazard(enterprise) else "一般生产经营单位",
        "drills": held[:12],
        "drills_count": held.count(),
        "may_add_fact": may(user, "add", RescueFact, enterprise),
        "may_add_drill": may(user, "add", Drill, enterprise),
    }


def licences_badge(site: Site, user: User) -> int | str:
    """How many current licences have expired: said only when there are any."""
    expired = Licence.objects.visible_to(user).filter(
        enterprise=site.pk, is_current=True, expires_on__lt=timezone.localdate()
    )
    number = expired.count()
    return f"过期 {number}" if number else ""


def drills_badge(site: Site, user: User) -> int | str:
    overdue = Enterprise.objects.visible_to(user).filter(
        pk=site.pk, status=Enterprise.Status.OPERATING, drill_due_on__lt=timezone.localdate()
    )
    return "演练超期" if overdue.exists() else ""


def may(user: User, verb: str, model: Any, enterprise: Enterprise) -> bool:
    return enterprise.state != "cancelled" and user.has_perm(f"enterprises.{verb}_{model._meta.model_name}")
