"""Reads of major hazard sources: for the panel, for other modules, and counts."""

from __future__ import annotations

from typing import Any, TypedDict

from django.db.models import Count, QuerySet

from core import workflow
from core.models import User
from geo.models import Site
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.workflow import HAZARD_SOURCE


class Shown(TypedDict):
    """A source as the panel shows it, with the steps this user could take."""

    source: HazardSource
    steps: list[workflow.Transition]


def visible(user: User) -> QuerySet[HazardSource]:
    rows: QuerySet[HazardSource] = HazardSource.objects.visible_to(user).select_related("site", "region")
    return rows


def with_items(user: User) -> QuerySet[HazardSource]:
    return visible(user).prefetch_related("items")


def of_site(site: Site, user: User) -> QuerySet[HazardSource]:
    """Most dangerous first; cancelled ones last."""
    return with_items(user).filter(site=site).order_by("grade", "-r", "pk")


def tab(site: Site, user: User) -> dict[str, Any]:
    sources = sorted(of_site(site, user), key=lambda source: source.state == "cancelled")
    shown: list[Shown] = [{"source": source, "steps": open_steps(source, user)} for source in sources]
    return {"site": site, "sources": shown}


def own_tab(source: HazardSource, user: User) -> dict[str, Any]:
    """The same for one source, in its own panel."""
    sources = with_items(user).filter(pk=source.pk)
    return {
        "site": source.site,
        "only": source.pk,
        "sources": [{"source": s, "steps": open_steps(s, user)} for s in sources],
    }


def badge(site: Site, user: User) -> int:
    return of_site(site, user).exclude(state="cancelled").count()


def open_steps(source: HazardSource, user: User) -> list[workflow.Transition]:
    """`change` is no button: it follows from a new inventory."""
    return [step for step in HAZARD_SOURCE.open_to(source, user) if step.name != "change"]


def counts_by_grade(user: User) -> dict[int, int]:
    rows = HazardSource.objects.visible_to(user).filter(grade__isnull=False).exclude(state="cancelled")
    return dict(rows.values_list("grade").annotate(n=Count("pk")))
