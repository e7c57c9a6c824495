"""What screens and programs read of assignments."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from command_center.dispatch.models import Assignment
from command_center.dispatch.proposals import KINDS, proposals
from command_center.dispatch.states import LIVE
from command_center.dispatch.workflow import ASSIGNMENT, may_answer
from command_center.incidents.models import Incident
from command_center.incidents.selectors import moment
from command_center.resources.models import Team
from command_center.resources.selectors import contact
from core.models import User

LIVE_FIRST = Case(When(state__in=LIVE, then=Value(0)), default=Value(1), output_field=IntegerField())


def of(incident: Incident, user: User) -> QuerySet[Any]:
    rows = Assignment.objects.visible_to(user).filter(incident=incident)
    return rows.select_related("unit__organisation", "unit__region", "incident__region", "assigned_by").order_by(
        LIVE_FIRST, "-pk"
    )


def described(assignment: Assignment, user: User) -> dict[str, Any]:
    unit = assignment.unit
    return {
        "id": assignment.pk,
        "incident": assignment.incident_id,
        "incident_number": assignment.incident.number,
        "unit": {
            "id": unit.pk,
            "name": unit.name,
            "status": unit.status,
            "status_label": unit.get_status_display(),
            "organisation": unit.organisation.name,
            "lon": unit.geom.x,
            "lat": unit.geom.y,
        },
        "state": assignment.state,
        "state_label": assignment.state_label,
        "is_live": assignment.is_live,
        "mission": assignment.mission,
        "metres": assignment.metres,
        "reasons": assignment.reasons,
        "assigned_by": str(assignment.assigned_by),
        **{
            key: moment(getattr(assignment, key))
            for key in ("notified_at", "accepted_at", "enroute_at", "staged_at", "on_scene_at", "closed_at")
        },
        "transitions": [
            {"name": t.name, "label": t.label, "needs_note": t.needs_note} for t in steps(assignment, user)
        ],
        "version": assignment.version,
    }


def steps(assignment: Assignment, user: User) -> list[Any]:
    return [] if may_answer(assignment, user) else ASSIGNMENT.open_to(assignment, user)


def tab(incident: Incident, user: User) -> dict[str, Any]:
    """力量: who is out, and whom to send next."""
    may_assign = incident.is_open and user.has_perm("dispatch.add_assignment")
    found = proposals(incident, user) if incident.is_open else None
    return {
        "incident": incident,
        "assignments": [
            {"row": a, "steps": steps(a, user), "contact": contact(a.unit, user)} for a in of(incident, user)
        ],
        "may_assign": may_assign and user.scope.covers_region(incident.region_id),
        "groups": [
            {"layer": k.layer, "title": k.title, "picks": found["results"][k.layer]}
            for k in KINDS
            if found and k.layer in found["results"]
        ],
        "gaps": found["gaps"] if found else [],
    }


def live_count(incident: Incident, user: User) -> int:
    return Assignment.objects.filter(incident=incident, state__in=LIVE).count()


def unit_tab(team: Team, user: User) -> dict[str, Any]:
    """任务: what a team is doing and has done."""
    rows = Assignment.objects.visible_to(user).filter(unit=team).select_related("incident")
    return {"team": team, "assignments": rows.order_by("-pk")[:20]}
