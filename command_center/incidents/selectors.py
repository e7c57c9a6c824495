"""What screens and programs read of incidents. The reporter is shown in full only to those who may call back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from command_center.incidents import grading
from command_center.incidents.intake import COUNTS, FLAGS
from command_center.incidents.models import Incident, IncidentEntry, Task
from command_center.incidents.states import MAIN, OPEN, STATES
from command_center.incidents.workflow import INCIDENT, is_ours
from core import deadlines, files, roles
from core.documents import service as documents
from core.models import Organisation, User
from geo.models import Region, Site

Kind = IncidentEntry.Kind
# What an enterprise sees of the handling of its own incident: not who was told, sent or tasked.
FOR_ENTERPRISES = (Kind.RAISED, Kind.STEP, Kind.NOTE, Kind.AMENDED, Kind.ACKNOWLEDGED, Kind.CASUALTY, Kind.LEVEL)


def visible(user: User) -> QuerySet[Any]:
    return Incident.objects.visible_to(user).select_related("region", "site", "acknowledged_by")


def search(
    user: User,
    *,
    open: bool | None = None,
    states: tuple[str, ...] = (),
    levels: tuple[int, ...] = (),
    kinds: tuple[str, ...] = (),
    region_path: str = "",
    q: str = "",
    is_drill: bool | None = None,
) -> QuerySet[Any]:
    """The list, newest first."""
    rows = visible(user).order_by("-received_at", "-pk")
    if open is not None:
        rows = rows.filter(state__in=OPEN) if open else rows.exclude(state__in=OPEN)
    if states:
        rows = rows.filter(state__in=states)
    if levels:
        rows = rows.filter(level__in=levels)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if region_path:
        rows = rows.filter(region__path__startswith=region_path)
    if is_drill is not None:
        rows = rows.filter(is_drill=is_drill)
    if q:
        rows = rows.filter(Q(title__icontains=q) | Q(number__icontains=q) | Q(address__icontains=q))
    return rows


def open_by_urgency(user: User) -> list[Incident]:
    """Nobody's yet first, then the gravest, then the oldest."""
    rows = list(search(user, open=True)[:200])
    return sorted(rows, key=lambda i: (i.acknowledged_at is not None, i.level or 9, i.received_at))


def described(incident: Incident) -> dict[str, Any]:
    """An incident in lists: nothing personal."""
    return {
        "id": incident.pk,
        "number": incident.number,
        "title": incident.title,
        "kind": incident.kind,
        "kind_label": incident.get_kind_display(),
        "state": incident.state,
        "state_label": incident.state_label,
        "state_since": moment(incident.state_since),
        "is_open": incident.is_open,
        "is_drill": incident.is_drill,
        "level": incident.level,
        "level_label": incident.get_level_display() or "",
        "grade": incident.get_grade_display(),
        "grade_key": incident.grade,
        "lon": incident.lon,
        "lat": incident.lat,
        "is_located": incident.is_located,
        "uncertainty_m": incident.uncertainty_m,
        "address": incident.address,
        "region": incident.region.code,
        "region_name": incident.region.name,
        "site": {"id": incident.site.pk, "name": incident.site.name} if incident.site else None,
        "source": incident.source,
        "source_label": incident.get_source_display(),
        "occurred_at": moment(incident.occurred_at),
        "received_at": moment(incident.received_at),
        "acknowledged": incident.acknowledged_at is not None,
        "acknowledged_at": moment(incident.acknowledged_at),
        "acknowledged_by": str(incident.acknowledged_by or ""),
        **{key: getattr(incident, key) for key in COUNTS},
        "direct_loss_wan": str(incident.direct_loss_wan),
        "flags": incident.flags,
        "flag_labels": flag_labels(incident),
        "version": incident.version,
    }


def detailed(incident: Incident, user: User) -> dict[str, Any]:
    """One incident with what can be done next, its clocks and, for those who may call back, the reporter."""
    return {
        **described(incident),
        "narrative": incident.narrative,
        "measures": incident.measures,
        "expected_until": moment(incident.expected_until),
        "disposition": incident.disposition,
        "closing_reason": incident.closing_reason,
        "transferred_to": incident.transferred_to,
        "lessons": incident.lessons,
        "reporter": reporter(incident, user),
        "transitions": [
            {
                "name": t.name,
                "label": t.label,
                "target": t.target,
                "required": list(t.required),
                "optional": list(t.optional),
                "needs_note": t.needs_note,
            }
            for t in steps_open(incident, user)
        ],
        "clocks": [
            {
                "key": clock.rule.key,
                "title": clock.rule.title,
                "basis": clock.rule.basis,
                "due_at": moment(clock.due_at),
                "met_at": moment(clock.met_at),
                "is_overdue": (clock.met_at or clock.ended_at or timezone.now()) > clock.due_at,
            }
            for clock in clocks(incident, user)
        ],
    }


def moment(value: datetime | None) -> str | None:
    return timezone.localtime(value).isoformat() if value else None


def flag_labels(incident: Incident) -> list[str]:
    return [FLAGS.get(flag, flag) for flag in incident.flags]


def reporter(incident: Incident, user: User) -> dict[str, str]:
    """In full for whoever may call back, in their own region; for others a masked name and number."""
    name, phone = incident.reporter_name, incident.reporter_phone
    if incident.raised_by_id == user.pk or (
        user.has_perm("incidents.view_reporter") and user.scope.covers_region(incident.region_id)
    ):
        return {"name": name, "phone": phone}
    return {"name": f"{name[0]}**" if name else "", "phone": f"{phone[:3]}****" if phone else ""}


def steps_open(incident: Incident, user: User) -> list[Any]:
    return [] if is_ours(incident, user) else INCIDENT.open_to(incident, user)


def steps_of_others(incident: Incident, user: User) -> list[tuple[str, str]]:
    """Steps that somebody else must take from here, and who may: ("终止响应", "指挥长")."""
    if user.scope.site_id is not None:
        return []
    return [
        (t.label, "、".join(title for key, title in roles.ROLES.items() if t.permission in roles.grants[key]))
        for t in INCIDENT.transitions
        if incident.state in t.source and not user.has_perm(t.permission)
    ]


def clocks(incident: Incident, user: User) -> list[Any]:
    """An enterprise does not watch the government's clocks."""
    return [] if user.scope.site_id is not None else list(deadlines.of(incident).order_by("due_at"))


def entries(incident: Incident, user: User, *, after: int = 0) -> QuerySet[IncidentEntry]:
    rows = IncidentEntry.objects.filter(incident=incident, n__gt=after).select_related("actor").order_by("n")
    return rows.filter(kind__in=FOR_ENTERPRISES) if user.scope.site_id is not None else rows


def entry_described(entry: IncidentEntry) -> dict[str, Any]:
    return {
        "n": entry.n,
        "kind": entry.kind,
        "kind_label": entry.get_kind_display(),
        "at": moment(entry.at),
        "actor": str(entry.actor or "系统"),
        "text": entry.text,
        "lon": entry.place.x if entry.place else None,
        "lat": entry.place.y if entry.place else None,
        "data": entry.data,
    }


def tasks(incident: Incident) -> QuerySet[Task]:
    return Task.objects.filter(incident=incident).select_related("organisation", "owner", "created_by", "done_by")


def task_described(task: Task) -> dict[str, Any]:
    return {
        "id": task.pk,
        "title": task.title,
        "detail": task.detail,
        "organisation": str(task.organisation or ""),
        "owner": str(task.owner or ""),
        "due_at": moment(task.due_at),
        "is_overdue": task.is_overdue,
        "created_by": str(task.created_by),
        "created_at": moment(task.created_at),
        "done_at": moment(task.done_at),
        "done_by": str(task.done_by or ""),
        "feedback": task.feedback,
    }


def stepper(incident: Incident) -> list[dict[str, str]]:
    """The main line of states with the place reached: done, now, to come. An exit stands alone at its end."""
    if incident.state not in MAIN:
        return [
            {"key": "received", "label": STATES["received"], "is": "done"},
            {"key": incident.state, "label": STATES[incident.state], "is": "now"},
        ]
    reached = MAIN.index(incident.state)
    return [
        {"key": key, "label": STATES[key], "is": "done" if i < reached else "now" if i == reached else "todo"}
        for i, key in enumerate(MAIN)
    ]


def reasons(incident: Incident) -> tuple[str, ...]:
    return grading.grade(incident.deaths, incident.serious_injuries, incident.direct_loss_wan).reasons


def overview_tab(incident: Incident, user: User) -> dict[str, Any]:
    """概况: where it stands, what comes next, which clocks run, the facts."""
    may_change = user.has_perm("incidents.change_incident") and not is_ours(incident, user)
    return {
        "incident": incident,
        "stepper": stepper(incident),
        "steps": steps_open(incident, user),
        "steps_of_others": steps_of_others(incident, user),
        "clocks": clocks(incident, user),
        "levels": Incident.Level.choices,
        "kinds": Incident.Kind.choices,
        "flags": flag_labels(incident),
        "reporter": reporter(incident, user),
        "reasons": reasons(incident),
        "may_change": may_change and incident.state not in ("archived", "dismissed", "transferred"),
        "may_acknowledge": incident.acknowledged_at is None and user.has_perm("incidents.verify_incident"),
        "may_share": incident.is_open and user.has_perm("incidents.respond_incident") and not is_ours(incident, user),
        "shared_regions": Region.objects.filter(pk__in=incident.shared_with),
        "county_choices": counties_to_ask(incident),
        "counts": [
            (key, Incident._meta.get_field(key).verbose_name, getattr(incident, key))  # type: ignore[union-attr]  # plain fields
            for key in (*COUNTS, "direct_loss_wan")
        ],
    }


def counties_to_ask(incident: Incident) -> list[Region]:
    rows = Region.objects.filter(kind__in=(Region.Kind.COUNTY, Region.Kind.ZONE))
    return [r for r in rows if r.pk not in (incident.region_id, *incident.shared_with)]


def timeline_tab(incident: Incident, user: User) -> dict[str, Any]:
    """时间线: newest first, for reading while it happens."""
    rows = list(entries(incident, user).order_by("-n")[:300])
    return {"incident": incident, "entries": rows, "may_note": user.has_perm("incidents.note_incident")}


def entry_count(incident: Incident, user: User) -> int:
    return entries(incident, user).count()


def tasks_tab(incident: Incident, user: User) -> dict[str, Any]:
    return {
        "incident": incident,
        "tasks": tasks(incident),
        "may_task": user.has_perm("incidents.add_task")
        and incident.state not in ("archived", "dismissed", "transferred"),
        "may_finish": user.has_perm("incidents.change_task"),
        "organisations": Organisation.objects.visible_to(user).exclude(kind="enterprise").order_by("name")[:200],
    }


def open_task_count(incident: Incident, user: User) -> int:
    return Task.objects.filter(incident=incident, done_at=None).count()


def documents_tab(incident: Incident, user: User) -> dict[str, Any]:
    papers = [d for d in documents.of(incident) if documents.readable_by(user, d)]
    return {
        "incident": incident,
        "papers": papers,
        "attachments": [] if user.scope.site_id is not None else [files.described(a) for a in files.of(incident)],
        "may_report": incident.state in ("ended", "reviewed", "archived")
        and not papers
        and (user.has_perm("incidents.end_incident") or user.has_perm("incidents.review_incident")),
    }


def paper_count(incident: Incident, user: User) -> int:
    return documents.of(incident).count()


def site_tab(site: Site, user: User) -> dict[str, Any]:
    """事件: what has happened at a place."""
    return {"site": site, "incidents": visible(user).filter(site=site).order_by("-pk")[:20]}


def site_count(site: Site, user: User) -> int:
    return Incident.objects.visible_to(user).filter(site=site).count()
