"""Sending units: assigning, and the steps of an assignment."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from command_center.dispatch.models import Assignment
from command_center.dispatch.states import LIVE, START
from command_center.dispatch.workflow import ASSIGNMENT, busy_words, write
from command_center.incidents import services as incidents
from command_center.incidents.models import Incident
from command_center.resources.models import Team
from core import events
from core.models import Step, User
from core.workflow import NotAllowed
from geo.measure import metres_between

SENDABLE = ("available", "returning", "delayed")


def assign(
    incident: Incident,
    unit: Team,
    *,
    actor: User,
    mission: str = "",
    notify: bool = True,
    reasons: Sequence[str] = (),
) -> Assignment:
    """Take a unit for an incident, and notify it unless asked not to. A unit that is held elsewhere stays untouched."""
    if not actor.has_perm("dispatch.add_assignment"):
        raise PermissionDenied("您没有“调派队伍”的权限。")
    try:
        with transaction.atomic():
            assignment = take(incident, unit, actor=actor, mission=mission, reasons=reasons)
            if not notify:
                write(assignment, f"{unit}：拟派{f'（{mission}）' if mission else ''}", actor)
            if notify:
                ASSIGNMENT.advance(assignment, "notify", actor=actor)
    except IntegrityError as error:
        # Two officers at the same moment: the database let one in.
        if "one_live_assignment_a_unit" not in str(error):
            raise
        held = Assignment.objects.filter(unit=unit, state__in=LIVE).select_related("incident", "unit").first()
        raise NotAllowed(busy_words(held) if held else "这支队伍刚被别人调派，请刷新后再试。") from error
    return assignment


def take(incident: Incident, unit: Team, *, actor: User, mission: str, reasons: Sequence[str]) -> Assignment:
    visible = Team.objects.visible_to(actor).values("pk").get(pk=unit.pk)["pk"]
    row = incidents.hold_own(incident, actor, "view_incident")
    if not row.is_open:
        raise NotAllowed(f"事件{row.state_label}，不能再调派队伍。")
    team = Team.objects.select_for_update(no_key=True).select_related("region").get(pk=visible)
    held = Assignment.objects.filter(unit=team, state__in=LIVE).select_related("incident", "unit").first()
    if held is not None:
        raise NotAllowed(busy_words(held))
    if team.status not in SENDABLE:
        raise NotAllowed(f"“{team}”现为{team.get_status_display()}，不能调派；请先变更其状态，或另选队伍。")
    incidents.widen(row, [team.region], actor=actor, why=f"调派{team.name}")
    assignment = Assignment.objects.create(
        incident=row,
        unit=team,
        state=START,
        assigned_by=actor,
        mission=mission[:200],
        metres=round(metres_between(team.geom.x, team.geom.y, row.geom.x, row.geom.y)),
        reasons=list(reasons),
    )
    events.append(
        "dispatch.assign",
        subject=assignment,
        region=row.region,
        actor=actor,
        shared_with=assignment.shared_with,
        **ASSIGNMENT.facts(assignment),
    )
    return assignment


def take_step(
    assignment: Assignment, name: str, *, actor: User, note: str = "", expected_version: int | None = None
) -> Step:
    """One step of an assignment. Raises as Workflow.advance does."""
    try:
        return ASSIGNMENT.advance(assignment, name, actor=actor, note=note, expected_version=expected_version)
    except IntegrityError as error:
        if "one_live_assignment_a_unit" not in str(error):
            raise
        raise NotAllowed("这支队伍刚被别人调派，请刷新后再试。") from error
