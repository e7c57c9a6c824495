"""What is asked about plans: which hang on a place, how each stands, which are due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils import timezone

from command_center.plans.models import Plan
from core import files
from core.models import User
from geo.models import Site

STANDINGS = {
    "in_force": "在用",
    "review_due": "应评估未评估",
    "unfiled": "逾期未备案",
    "filing": "待备案",
    "abolished": "已废止",
}


@dataclass(frozen=True)
class Verb:
    """Something to do with a plan: its button, and the one thing that must be said with it."""

    key: str
    label: str
    permission: str
    field: str = ""
    hint: str = ""
    longest: int = 60
    is_grave: bool = False


VERBS = (
    Verb("verify", "核实联系信息", "plans.verify_plan"),
    Verb("file", "登记备案", "plans.file_plan", "filing_number", "备案编号"),
    Verb("review", "登记评估", "plans.review_plan", "conclusion", "评估结论", 300),
    Verb("abolish", "废止", "plans.change_plan", "reason", "废止原因", 300, is_grave=True),
)


def standing(plan: Plan, today: dt.date | None = None) -> str:
    """How a plan stands today: a key of STANDINGS. What is overdue longest known comes first."""
    today = today or timezone.localdate()
    if plan.abolished_on is not None:
        return "abolished"
    if plan.filed_on is None and plan.filing_due_on < today:
        return "unfiled"
    if plan.review_due_on < today:
        return "review_due"
    return "filing" if plan.filed_on is None else "in_force"


def standing_label(plan: Plan) -> str:
    return STANDINGS[standing(plan)]


def with_standing(plans: QuerySet[Plan], today: dt.date | None = None) -> QuerySet[Plan]:
    """The same as an annotation `standing`, to filter and count by."""
    today = today or timezone.localdate()
    return plans.annotate(
        standing=Case(
            When(abolished_on__isnull=False, then=Value("abolished")),
            When(filed_on__isnull=True, filing_due_on__lt=today, then=Value("unfiled")),
            When(review_due_on__lt=today, then=Value("review_due")),
            When(filed_on__isnull=True, then=Value("filing")),
            default=Value("in_force"),
            output_field=CharField(),
        )
    )


def visible(user: User) -> QuerySet[Plan]:
    rows: QuerySet[Plan] = Plan.objects.visible_to(user).select_related("site__region", "verified_by", "region")
    return rows


def in_force(user: User) -> QuerySet[Plan]:
    plans: QuerySet[Plan] = Plan.objects.visible_to(user).filter(abolished_on__isnull=True)
    return plans


def due(user: User, *, within_days: int = 0) -> QuerySet[Plan]:
    """Plans whose review is due by then, the longest overdue first."""
    day = timezone.localdate() + dt.timedelta(days=within_days)
    return in_force(user).filter(review_due_on__lte=day).order_by("review_due_on", "pk")


def for_site(site: Site, user: User) -> QuerySet[Plan]:
    """A place's own plans, the broad ones first."""
    order = Case(*(When(kind=kind, then=Value(i)) for i, kind in enumerate(Plan.Kind.values)), default=Value(9))
    return (
        Plan.objects.visible_to(user)
        .filter(site=site)
        .select_related("verified_by")
        .order_by(F("abolished_on").asc(nulls_first=True), order, "title", "pk")
    )


def covering(site: Site, user: User) -> QuerySet[Plan]:
    """Government plans in force for the ground the place stands on: its town's, its county's or zone's, the city's."""
    here = Q(region__path=site.region.path)
    path = site.region.path
    while "/" in path.rstrip("/"):
        path = path.rstrip("/").rsplit("/", 1)[0] + "/"
        here |= Q(region__path=path)
    plans: QuerySet[Plan] = in_force(user).filter(here, site__isnull=True)
    return plans.select_related("region").order_by("-region__path", "kind", "title")


def tab(site: Site, user: User) -> dict[str, Any]:
    """The panel's page on a place's plans."""
    own = [
        {"plan": p, "name": p.title.removeprefix(site.name) or p.title, **_standing(p)}
        for p in for_site(site, user)[:50]
    ]
    return {"site": site, "plans": own, "government": covering(site, user)[:12]}


def plan_tab(plan: Plan, user: User) -> dict[str, Any]:
    """The page of one plan."""
    open_verbs = () if plan.abolished_on else VERBS
    verbs = [
        verb
        for verb in open_verbs
        if user.has_perm(verb.permission) and not (verb.key == "file" and plan.filed_on) and reaches(plan, user)
    ]
    return {"plan": plan, **_standing(plan), "texts": [files.described(text) for text in texts(plan)], "verbs": verbs}


def reaches(plan: Plan, user: User) -> bool:
    """Whether it is this user's to change; the city's plans are only read in the counties."""
    scope = user.scope
    return plan.site_id == scope.site_id if scope.site_id is not None else scope.covers_region(plan.region_id)


def _standing(plan: Plan) -> dict[str, Any]:
    key = standing(plan)
    return {"standing": key, "label": STANDINGS[key], "is_late": key in ("unfiled", "review_due")}


def badge(site: Site, user: User) -> int:
    return in_force(user).filter(site=site).count()


def texts(plan: Plan) -> Any:
    return files.of(plan, kind="plan_text")
