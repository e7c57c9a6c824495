"""The course of one assignment 调派流程, as one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from command_center.dispatch.models import Assignment
from command_center.dispatch.states import FINAL, LIVE, START, STATES, UNIT_STATUS
from command_center.incidents import timeline
from command_center.incidents.models import Incident, IncidentEntry
from command_center.resources import services as units
from command_center.resources.models import Team
from core import freshness
from core.models import Step, User
from core.workflow import NotAllowed, Transition, Workflow
from layers.columns import masked

Effect = Callable[[Assignment, Step, User], None]
MOMENTS = {
    "notified": "notified_at",
    "accepted": "accepted_at",
    "enroute": "enroute_at",
    "staged": "staged_at",
    "on_scene": "on_scene_at",
    **dict.fromkeys(FINAL, "closed_at"),
}


def other_live(assignment: Assignment) -> Assignment | None:
    """What holds the unit, if it is not this assignment."""
    found: Assignment | None = (
        Assignment.objects.filter(unit_id=assignment.unit_id, state__in=LIVE)
        .exclude(pk=assignment.pk)
        .select_related("incident", "unit")
        .first()
    )
    return found


def busy_words(held: Assignment) -> str:
    return f"“{held.unit}”正在处置事件 {held.incident.number}（{held.state_label}），请先解除，或另选队伍。"


def may_answer(assignment: Assignment, actor: User) -> str:
    """The unit's own people answer for it; whoever dispatches may do so on its behalf."""
    own = actor.organisation_id is not None and actor.organisation_id == assignment.unit.organisation_id
    if own or actor.has_perm("dispatch.change_assignment"):
        return ""
    return f"只有“{assignment.unit.organisation}”或调度人员可以更新此调派。"


def may_send(assignment: Assignment, actor: User) -> str:
    held = other_live(assignment)
    return busy_words(held) if held else may_answer(assignment, actor)


def followed(assignment: Assignment, step: Step, actor: User) -> None:
    """What every step does: its moment, the unit's status, the timeline."""
    if moment := MOMENTS.get(assignment.state):
        setattr(assignment, moment, step.at)
        assignment.save(update_fields=[moment])
    # Incident before unit, as assigning locks them: two officers neither move a unit at once nor wait in a ring.
    Incident.objects.select_for_update(no_key=True).only("pk").get(pk=assignment.incident_id)
    unit = Team.objects.select_for_update(no_key=True).get(pk=assignment.unit_id)
    held = other_live(assignment)
    if held is not None and assignment.state in LIVE:
        raise NotAllowed(busy_words(held))
    if held is None and (status := UNIT_STATUS.get(assignment.state)) and unit.status != status:
        units.follow(unit, status, actor=actor)
    assignment.unit = unit
    if step.name != "notify":  # the notice itself is that line
        write(assignment, f"{unit}：{step.label}{f'（{step.note}）' if step.note else ''}", actor, step)


def write(assignment: Assignment, text: str, actor: User, step: Step | None = None) -> None:
    timeline.add(
        assignment.incident,
        IncidentEntry.Kind.ASSIGNMENT,
        text,
        actor=actor,
        place=assignment.unit.geom,
        at=step.at if step else timezone.now(),
        assignment=assignment.pk,
        unit=assignment.unit_id,
        unit_name=assignment.unit.name,
        source=step.source if step else "",
        target=assignment.state,
    )


def send_message(assignment: Assignment, step: Step, actor: User) -> None:
    """The notice to the unit, kept on the timeline with its receiver masked; text messages are another module's."""
    unit = assignment.unit
    name, phone = masked(unit.contact_name), masked(unit.contact_phone)
    incident = assignment.incident
    drill = "【演练】" if incident.is_drill else ""
    timeline.add(
        incident,
        IncidentEntry.Kind.MESSAGE,
        f"{drill}通知 {unit}（{name or '未登记联系人'} {phone}）：{incident.title}，"
        f"{incident.address or incident.region.name}。{assignment.mission}",
        actor=actor,
        at=step.at,
        place=unit.geom,
        assignment=assignment.pk,
        unit=unit.pk,
        unit_name=unit.name,
    )


def reached(assignment: Assignment, step: Step, actor: User) -> None:
    """Who answers is reachable: an answer counts as verification of the unit."""
    freshness.verify(assignment.unit, actor=actor, how="调派应答", at=timezone.now())


def step(name: str, label: str, source: tuple[str, ...], target: str, **more: Any) -> Transition:
    effects = (followed, *more.pop("effects", ()))

    def effect(assignment: Assignment, taken: Step, actor: User) -> None:
        for act in effects:
            act(assignment, taken, actor)

    more.setdefault("guard", may_answer)
    more.setdefault("permission", "dispatch.answer_assignment")
    return Transition(name=name, label=label, source=source, target=target, effect=effect, **more)


ASSIGNMENT = Workflow(
    key="dispatch",
    states=STATES,
    start=START,
    transitions=(
        step("notify", "通知", ("proposed", "no_answer"), "notified",
             permission="dispatch.change_assignment", guard=may_send, effects=(send_message,)),
        # A unit that answers late is as good as one that answers at once, if nobody else has taken it meanwhile.
        step("accept", "接受", ("notified", "no_answer"), "accepted", guard=may_send, effects=(reached,)),
        step("decline", "拒绝", ("notified", "no_answer"), "declined", needs_note=True),
        step("no_answer", "无应答", ("notified",), "no_answer", permission="dispatch.change_assignment"),
        step("enroute", "出动", ("accepted",), "enroute"),
        step("stage", "集结待命", ("enroute",), "staged"),
        step("arrive", "到场", ("enroute", "staged"), "on_scene"),
        step("release", "解除", ("accepted", "enroute", "staged", "on_scene"), "released"),
        step("cancel", "取消", (*LIVE, "no_answer"), "cancelled",
             permission="dispatch.change_assignment", needs_note=True, is_grave=True),
    ),
    final=FINAL,
)  # fmt: skip
