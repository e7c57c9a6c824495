"""Reads of the truth of a file: for the enterprise's home, the strip, the tab, the queue of requests."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.urls import reverse
from django.utils import timezone

from core import files
from core.models import User
from core.workflow import steps_of
from geo.models import Site
from supervision.enterprises import change_requests, contradictions, corrections, handover, provenance, truth
from supervision.enterprises import selectors as files_of
from supervision.enterprises.facts import CONTACTS, ROWS, VISITED
from supervision.enterprises.models import ChangeRequest, Confirmation, Contradiction, Enterprise
from supervision.enterprises.models.enterprise import IN_REGISTER

RECENT = dt.timedelta(days=30)
# The order in which an enterprise looks its facts through: people first, papers last.
GROUPS = (
    ("联系人", CONTACTS),
    ("经营", ("status", "employees", "safety_officers", "certified_staff", "business")),
    ("地点", ("address", "place", "registered_region", "boundary")),
    ("登记", ("name", "credit_code", "categories", "industry_code", "tags", "founded_on", "scale", "legal_form",
             "capital_wan")),
    ("证照", ("licences",)),
)  # fmt: skip


def seen_facts() -> tuple[str, ...]:
    return VISITED


def own_enterprise(user: User) -> Enterprise | None:
    """The file of the enterprise whose account this is."""
    if user.site_id is None:
        return None
    return files_of.visible(user).filter(site=user.site_id).select_related("verified_by").first()


def confirm_page(enterprise: Enterprise, user: User) -> dict[str, Any]:
    asked = {key: row for row in enterprise.change_requests.filter(state="submitted") for key in row.changes}
    origins = {origin.key: origin for origin in truth.provenance_of(enterprise)}
    groups = [
        (name, [_line(enterprise, user, origins[key], asked.get(key)) for key in keys if _shown(origins[key])])
        for name, keys in GROUPS
    ]
    return {
        "enterprise": enterprise, "groups": groups, "due_on": truth.due_on(enterprise),
        "days_left": truth.days_left(enterprise), "asked": len({row.pk for row in asked.values()}),
        "licences": enterprise.licences.filter(is_current=True),
        "is_own": user.site_id is not None,
    }  # fmt: skip


def _shown(origin: provenance.Origin) -> bool:
    """Facts kept elsewhere and empty are not asked about."""
    return origin.is_there or origin.fact.kept_by != ROWS or origin.key in CONTACTS


def _line(enterprise: Enterprise, user: User, origin: provenance.Origin, asked: ChangeRequest | None) -> dict[str, Any]:
    url = "" if asked else _strip_url(enterprise, user, origin.key) or _rows_url(enterprise, user, origin.key)
    return {"origin": origin, "asked": asked, "url": url}


def _rows_url(enterprise: Enterprise, user: User, key: str) -> str:
    """Papers and the outline are kept in rows of their own, under the enterprise's page."""
    rights = {"licences": "enterprises.add_licence", "boundary": "enterprises.add_boundary"}
    if key not in rights or not user.has_perm(rights[key]):
        return ""
    page = reverse("records:detail", args=["enterprises", "enterprises", enterprise.pk])
    return f"{page}?tab={'licences' if key == 'licences' else 'enterprise'}"


def correct_url(enterprise: Enterprise, key: str) -> str:
    return reverse("enterprises:correct", args=[enterprise.pk, key])


def confirmed_page(enterprise: Enterprise, user: User) -> dict[str, Any]:
    last = enterprise.confirmations.select_related("actor").order_by("-pk").first()
    return {
        "enterprise": enterprise, "last": last, "due_on": truth.due_on(enterprise),
        "asked": enterprise.change_requests.filter(state="submitted"), "is_own": user.site_id is not None,
    }  # fmt: skip


def card(user: User) -> dict[str, Any] | None:
    """On the enterprise's own home: how long its facts still count, what is asked, what was decided."""
    enterprise = own_enterprise(user)
    if enterprise is None or enterprise.state not in IN_REGISTER:
        return None
    left = truth.days_left(enterprise)
    requests = change_requests.visible(user).filter(enterprise=enterprise)
    decided = requests.filter(state__in=("approved", "rejected"), state_since__gte=timezone.now() - RECENT)
    return {
        "enterprise": enterprise, "due_on": truth.due_on(enterprise), "days_left": left,
        "days_over": -left if left is not None and left < 0 else 0,
        "is_asked": truth.is_asked(enterprise) and enterprise.status != Enterprise.Status.CLOSED,
        "open": [_named(row) for row in requests.filter(state="submitted")],
        "decided": [_named(row) for row in decided.order_by("-state_since")[:3]],
        "doubts": [o for o in truth.provenance_of(enterprise) if o.doubt],
        "contradictions": [line for line in contradictions.open_of(enterprise) if not line["row"].accepted_at],
    }  # fmt: skip


def _named(row: ChangeRequest) -> dict[str, Any]:
    return {"row": row, "titles": change_requests.titles(row.changes)}


def queue(user: User) -> dict[str, Any] | None:
    """On the home of whoever decides: what waits for them, the oldest first."""
    if not user.has_perm("enterprises.decide_changerequest"):
        return None
    rows = change_requests.visible(user).filter(state="submitted").order_by("created_at", "pk")
    lies = Contradiction.objects.visible_to(user).filter(resolved_at__isnull=True, accepted_at__isnull=True).count()
    count = rows.count()
    return {"count": count, "rows": [_named(row) for row in rows[:3]], "lies": lies} if count or lies else None


def strip(site: Site, user: User) -> dict[str, Any] | None:
    """What whoever is there can see for themselves, to confirm or correct; to the enterprise, that it is asked."""
    enterprise = files_of.of_site(site, user)
    if enterprise is None or enterprise.state not in IN_REGISTER or enterprise.status == Enterprise.Status.CLOSED:
        return None
    found: dict[str, Any] = {"enterprise": enterprise, "days_left": truth.days_left(enterprise)}
    if user.site_id is not None:
        return found | {"is_own": True} if truth.is_asked(enterprise) else None
    lines = [
        {"origin": o, "url": _strip_url(enterprise, user, o.key)} for o in truth.visited(enterprise)
    ]  # fmt: skip
    return found | {
        "lines": lines, "channel": truth.usual_channel(user),
        "channels": [pair for pair in Confirmation.Channel.choices if pair[0] != "enterprise"],
    }  # fmt: skip


def _strip_url(enterprise: Enterprise, user: User, key: str) -> str:
    can = corrections.may_change(user, key) or corrections.may_ask(user, key)
    return correct_url(enterprise, key) if can else ""


def tab(site: Site, user: User) -> dict[str, Any]:
    """The score with its reasons, what contradicts, what is asked, who confirmed what."""
    enterprise = files_of.of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    return {
        "enterprise": enterprise,
        "due_on": truth.due_on(enterprise),
        "reasons": [
            {"origin": o, "points": points, "url": _strip_url(enterprise, user, o.key)}
            for o, points in provenance.reasons(enterprise)
        ],
        "contradictions": [
            line | {"url": _cure_url(enterprise, user, line["rule"])} for line in contradictions.open_of(enterprise)
        ],
        "requests": change_requests.visible(user).filter(enterprise=enterprise)[:10]
        if user.has_perm("enterprises.view_changerequest") else (),
        "confirmations": [
            {"row": row, "what": truth.in_words(row)}
            for row in enterprise.confirmations.select_related("actor")[:20]
        ],
        "hand_overs": [{"row": row, "items": handover.item_labels(row)} for row in handover.of(enterprise)]
        if user.has_perm("enterprises.view_contact") else (),
        "can_verify": user.has_perm("enterprises.verify_enterprise") and enterprise.state in IN_REGISTER,
        "can_accept": user.has_perm("enterprises.accept_contradiction"),
    }  # fmt: skip


def _cure_url(enterprise: Enterprise, user: User, rule: contradictions.Rule | None) -> str:
    """Where the fact that mends a contradiction is corrected, if this person may."""
    if rule is None or not rule.fact or not user.has_perm("enterprises.verify_enterprise"):
        return ""
    return _strip_url(enterprise, user, rule.fact) or _rows_url(enterprise, user, rule.fact)


def contradiction_tab(row: Contradiction, user: User) -> dict[str, Any]:
    """The contradiction itself: what it says, how to mend it, who accepted it."""
    rule = contradictions.RULES.get(row.rule)
    return {
        "row": row, "rule": rule, "title": contradictions.title_of(row.rule),
        "url": "" if row.resolved_at or row.accepted_at else _cure_url(row.enterprise, user, rule),
    }  # fmt: skip


def tab_badge(site: Site, user: User) -> int | str:
    n = Contradiction.objects.visible_to(user).filter(
        enterprise=site.pk, resolved_at__isnull=True, accepted_at__isnull=True
    )
    return n.count() or ""


def request_page(found: ChangeRequest, user: User) -> dict[str, Any]:
    lines = change_requests.lines(found)
    is_open = found.state == change_requests.OPEN
    return {
        "row": found, "lines": lines, "steps": steps_of(found), "files": files.of(found),
        "conflict": any(line["is_moved_on"] for line in lines),
        "seen_json": json.dumps(change_requests.values_now(found), ensure_ascii=False) if is_open else "",
        "can_decide": is_open and user.has_perm("enterprises.decide_changerequest"),
        "can_withdraw": is_open and (user.site_id == found.enterprise_id or user.pk == found.submitted_by_id)
        and user.has_perm("enterprises.add_changerequest"),
    }  # fmt: skip


def origins(enterprise: Enterprise) -> dict[str, provenance.Origin]:
    """By fact, for templates that show one beside each value."""
    return {origin.key: origin for origin in truth.provenance_of(enterprise)}
