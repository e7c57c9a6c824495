"""What the pages about duplicates, merges and applications show."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.models import User
from geo import measure
from supervision.enterprises import duplicates, lifecycle
from supervision.enterprises.facts import BY_KEY, title
from supervision.enterprises.merge_facts import Choice, choices
from supervision.enterprises.merging import planned
from supervision.enterprises.models import Duplicate, Enterprise, Merge
from supervision.enterprises.references import absorbed_by, authoritative
from supervision.enterprises.splitting import added_since, refusal


def pair(row: Duplicate, user: User) -> dict[str, Any]:
    """Both files side by side, with what differs marked, and where they lie."""
    facts = choices(row.first, row.second)
    people = [contacts(enterprise, user) for enterprise in (row.first, row.second)]
    return {
        "pair": row, "facts": facts, "people": people, "map_url": map_of(row.first, row.second),
        "metres": apart(row.first, row.second),
        "pages": [page_of(row.first), page_of(row.second)],
        "status": [row.first.get_status_display(), row.second.get_status_display()],
    }  # fmt: skip


def contacts(enterprise: Enterprise, user: User) -> list[str]:
    if not user.has_perm("enterprises.view_contact"):
        return []
    rows = enterprise.contacts.filter(left_on__isnull=True).order_by("role")
    return [f"{row.get_role_display()} {row.name} {row.phone}".strip() for row in rows]


def apart(one: Enterprise, other: Enterprise) -> float:
    return measure.metres_between(one.geom.x, one.geom.y, other.geom.x, other.geom.y)


def map_of(one: Enterprise, other: Enterprise) -> str:
    """The map with both points in view: the nearer they are, the closer it looks."""
    lon, lat = (one.geom.x + other.geom.x) / 2, (one.geom.y + other.geom.y) / 2
    metres = apart(one, other)
    zoom = next((z for z, reach in ((17, 150), (16, 400), (15, 900), (14, 2000), (13, 5000)) if metres < reach), 11)
    return f"{reverse('map')}#map={zoom}/{lat:.5f}/{lon:.5f}&sel=enterprises:{one.pk}"


def page_of(enterprise: Enterprise) -> str:
    if enterprise.state in lifecycle.APPLYING:
        return reverse("records:detail", args=["enterprises", "applications", enterprise.pk])
    return reverse("enterprises:file", args=[enterprise.pk])


def moved_count(merge: Merge) -> int:
    return sum(len(entry["pks"]) for entry in merge.moved)


def merged(row: Merge, user: User) -> dict[str, Any]:
    """What one merge moved and changed."""
    kinds: dict[str, int] = {}
    for entry in row.moved:
        kinds[entry["title"]] = kinds.get(entry["title"], 0) + len(entry["pks"])
    stayed = {entry["title"]: len(entry["stayed"]) for entry in row.moved if entry["stayed"]}
    facts = list(dict.fromkeys(one["fact"] for one in row.before["facts"] if one["fact"] in BY_KEY))
    return {
        "merge": row, "kinds": {name: n for name, n in kinds.items() if n}, "stayed": stayed,
        "facts": [title(key) for key in facts], "left": row.before.get("left", []),
        "survivor_url": page_of(row.survivor),
        "absorbed_url": reverse("records:detail", args=["enterprises", "cancelled", row.absorbed_id])
        if row.undone_at is None else page_of(row.absorbed),
        "refusal": "" if row.undone_at else refusal(row),
    }  # fmt: skip


def preview(keep: Enterprise, gone: Enterprise, given: dict[str, str], user: User) -> dict[str, Any]:
    """All that the officer must see before two files are merged."""
    moves = planned(keep.pk, gone.pk, given)
    kinds: dict[str, int] = {}
    for move in moves:
        kinds[move.title] = kinds.get(move.title, 0) + len(move.pks)
    clashes = [clash for move in moves for clash in move.clashes if clash.can_choose]
    facts: list[Choice] = choices(keep, gone)
    return {
        "keep": keep, "gone": gone, "kinds": {name: n for name, n in kinds.items() if n}, "clashes": clashes,
        "renamed": [name for move in moves for name in move.renamed],
        "stayed": {move.title: len(move.stayed) for move in moves if move.stayed},
        "differing": [(c, given.get(c.fact.key) or c.proposed) for c in facts if not c.is_same],
        "same": [c for c in facts if c.is_same], "metres": apart(keep, gone),
        "map_url": map_of(keep, gone), "swap_url": reverse("enterprises:merge", args=[gone.pk, keep.pk]),
    }  # fmt: skip


def taking_apart(row: Merge, user: User) -> dict[str, Any]:
    return {**merged(row, user), "added": added_since(row)}


def strip(enterprise: Enterprise, user: User) -> dict[str, Any] | None:
    """Above the tabs: where a merged file went, what went into this one, whether it may be registered twice."""
    if enterprise.merged_into_id is not None:
        into = authoritative(enterprise)
        return {"into": into, "into_url": page_of(into)}
    found: dict[str, Any] = {}
    may_merge = user.has_perm("enterprises.view_duplicate")
    if may_merge and (rows := list(duplicates.of(enterprise, user)[:5])):
        found["duplicates"] = rows
    if absorbed := absorbed_by(enterprise):
        found["absorbed"] = absorbed
        found["merges"] = list(enterprise.merges.filter(undone_at__isnull=True)) if may_merge else []
    if enterprise.state == "draft":
        found["returned"] = returned(enterprise)
        found["is_draft"] = True
    return found or None


def returned(enterprise: Enterprise) -> str:
    """Why an application came back, if it did."""
    from core.workflow import steps_of

    last = steps_of(enterprise).last()
    return last.note if last and last.name == "return" else ""


def card(user: User) -> dict[str, Any] | None:
    """On the home page: applications that wait for this person, or their own way to apply."""
    own = lifecycle.applications(user)
    drafts = own.filter(state="draft").count()
    found: dict[str, Any] = {"drafts": drafts, "pending": own.filter(state="pending").count()}
    if user.has_perm("enterprises.approve_enterprise"):
        found["oldest"] = own.filter(state="pending").order_by("state_since").first()
        found["duplicates"] = duplicates.visible(user).filter(verdict=Duplicate.Verdict.OPEN).count()
        found["approves"] = True
        return found if found["pending"] or found["duplicates"] else None
    if user.site_id is not None:
        has_file = Enterprise.objects.filter(site=user.site_id).exclude(state__in=lifecycle.APPLYING).exists()
        return None if has_file else found
    return found
