"""What is asked about plans: which hang on a place, how each stands, which are due."""

from __future__ import annotations

import datetime as dt
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
    """The panel's page on plans."""
    own = [{"plan": p, "standing": standing(p), "label": standing_label(p)} for p in for_site(site, user)[:50]]
    return {
        "site": site,
        "plans": own,
        "government": covering(site, user)[:12],
        "is_official": user.scope.site_id is None,
    }


def badge(site: Site, user: User) -> int:
    return in_force(user).filter(site=site).count()


def texts(plan: Plan) -> Any:
    return files.of(plan, kind="plan_text")
