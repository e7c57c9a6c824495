"""Reads of major hazard sources: for the panel, for other modules, and counts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core import files
from core.models import User
from core.workflow import steps_of
from geo.models import Site
from supervision.hazard_sources import assessing, clocks, facilities, filing, papers, people, persons, steps
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.statutory import DUTIES, ITEMS


def visible(user: User) -> QuerySet[HazardSource]:
    rows: QuerySet[HazardSource] = HazardSource.objects.visible_to(user).select_related("site__enterprise", "region")
    return rows


def with_items(user: User) -> QuerySet[HazardSource]:
    return visible(user).prefetch_related("items")


def of_site(site: Site, user: User) -> QuerySet[HazardSource]:
    """Most dangerous first; cancelled ones last."""
    return with_items(user).filter(site=site).prefetch_related("people").order_by("grade", "-r", "pk")


def tab(site: Site, user: User) -> dict[str, Any]:
    sources = sorted(of_site(site, user), key=lambda source: source.state == "cancelled")
    return {"site": site, "sources": [shown(source, user) for source in sources]}


def own_tab(source: HazardSource, user: User) -> dict[str, Any]:
    """The same for one source, in its own panel, with its persons and what is asked next."""
    row = with_items(user).get(pk=source.pk)
    return {
        "site": source.site,
        "only": source.pk,
        "sources": [shown(row, user)],
        "clocks": [clock for clock in clocks.shown(row) if clock["is_open"]],
        "persons": persons_part(row, user),
        "since_last": since_last(row),
    }


def shown(source: HazardSource, user: User) -> dict[str, Any]:
    """A source as the panel shows it, with the steps this user could take and what it lacks."""
    return {"source": source, "steps": steps.open_to(source, user), "lacks": lacks(source), "item": item_of(source)}


def item_of(source: HazardSource) -> str:
    """The clause of the law by which it is to be assessed again."""
    return ITEMS.get(source.review_reason, "")


def lacks(source: HazardSource) -> list[str]:
    """In words; the flags are those that lists filter by."""
    if source.state == "cancelled":
        return []
    there = {person.role for person in source.people.all() if person.left_on is None}
    gaps = [duty.short for duty in DUTIES if duty.key not in there]
    found = [f"缺包保责任人：{'、'.join(gaps)}"] if gaps else []
    found += ["缺厂界"] if source.lacks_boundary else []
    found += ["500 米人口待重算"] if source.persons_outdated else []
    return found + (["复评超期"] if source.is_overdue else [])


def since_last(source: HazardSource) -> assessing.Difference | None:
    """What the unit is now against its last assessment, while that is to be renewed."""
    last = source.assessments.first() if source.state == "due" else None
    return assessing.since_last(source, last) if last else None


def persons_part(source: HazardSource, user: User) -> dict[str, Any]:
    return {
        "source": source, "now": persons.present(source), "counts": source.persons_counts.select_related("by")[:20],
        "can_count": user.has_perm(persons.RIGHT) and source.state in persons.CHANGEABLE,
    }  # fmt: skip


def history_tab(source: HazardSource, user: User) -> dict[str, Any]:
    """Every assessment with what it changed, and the changes of inventory between them."""
    rows = list(source.assessments.select_related("by"))
    pairs = [(row, rows[i + 1] if i + 1 < len(rows) else None) for i, row in enumerate(rows)]
    return {
        "source": source,
        "assessments": [
            {"row": row, "change": assessing.difference(before, row) if before else None} for row, before in pairs
        ],
        "changes": [
            {"row": row, "change": assessing.compared(row.before, row.after, {}, {})}
            for row in source.inventory_changes.select_related("by")[:100]
        ],
        "steps": steps_of(source).order_by("-pk")[:100],
    }


def people_tab(source: HazardSource, user: User) -> dict[str, Any]:
    return {
        "source": source, "board": people.board(source), "former": people.former(source),
        "in_full": user.has_perm("hazard_sources.change_responsibleperson"),
        "can_add": user.has_perm("hazard_sources.add_responsibleperson") and source.state != "cancelled",
    }  # fmt: skip


def safety_tab(source: HazardSource, user: User) -> dict[str, Any]:
    lines = facilities.lines(source)
    return {
        "source": source, "lines": lines, "missing": [line for line in lines if line.is_missing],
        "points": source.points.filter(removed_on=None),
        "removed": source.points.filter(removed_on__isnull=False).count(),
        "can_check": user.has_perm(facilities.RIGHT) and source.state != "cancelled",
        "can_add": user.has_perm("hazard_sources.add_monitoringpoint") and source.state != "cancelled",
    }  # fmt: skip


def filing_tab(source: HazardSource, user: User) -> dict[str, Any]:
    now = filing.current(source)
    rows = list(now.papers.order_by("pk")) if now else []
    can_edit = any(map(user.has_perm, filing.PAPER_RIGHTS)) and source.state in filing.PAPERS_IN
    return {
        "source": source, "filing": now, "clocks": clocks.shown(source), "can_edit": can_edit,
        "papers": [{"paper": paper, "files": [files.described(a) for a in files.of(paper)]} for paper in rows],
        "missing": sum(not paper.is_settled for paper in rows),
        "earlier": source.filings.select_related("assessment", "document")[1:20],
        "cancellations": source.cancellations.select_related("document", "applied_by", "decided_by"),
        "documents": papers.issued(source), "steps": steps.open_to(source, user),
        "can_issue": user.has_perm("hazard_sources.file_hazardsource"),
    }  # fmt: skip


def badge(site: Site, user: User) -> int:
    return of_site(site, user).exclude(state="cancelled").count()


def people_badge(source: HazardSource, user: User) -> str:
    there = source.people.filter(left_on=None).count()
    return f"{there}/{len(DUTIES)}" if source.state != "cancelled" else ""


def missing_badge(source: HazardSource, user: User) -> str:
    count = len(facilities.missing(source))
    return f"缺 {count}" if count else ""
