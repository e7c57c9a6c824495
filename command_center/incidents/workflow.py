"""The procedure of an incident 突发事件处置流程, as one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from command_center.incidents import clocks, gates, grading, timeline
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.states import START, STATES
from core.models import Step, User
from core.workflow import Incomplete, Transition, Workflow

Effect = Callable[[Incident, Step, User], None]


def recorded(*more: Effect) -> Effect:
    """Every step leaves its line on the timeline, then does what else it does."""

    def effect(incident: Incident, step: Step, actor: User) -> None:
        for act in more:
            act(incident, step, actor)
        kind = IncidentEntry.Kind.LEVEL if "level" in step.values else IncidentEntry.Kind.STEP
        timeline.add(
            incident,
            kind,
            in_words(incident, step),
            actor=actor,
            at=step.at,
            step=step.name,
            source=step.source,
            target=step.target,
            values=step.values,
        )

    return effect


def in_words(incident: Incident, step: Step) -> str:
    parts = [step.label]
    if "level" in step.values:
        parts.append(f"{incident.get_level_display()}响应")
    if step.name == "grade":
        parts.append(f"{incident.get_grade_display()}事故")
    text = " · ".join(parts)
    said = [step.note, *(str(v) for k, v in step.values.items() if k in SPOKEN and v)]
    return f"{text}：{'；'.join(s for s in said if s)}" if any(said) else text


SPOKEN = ("measures", "disposition", "closing_reason", "transferred_to", "lessons")


def start_province_clock(incident: Incident, step: Step, actor: User) -> None:
    clocks.start(clocks.AT_VERIFICATION, incident, at=step.at)


def compute_grade(incident: Incident, step: Step, actor: User) -> None:
    """The grade follows from the casualties known; nobody types it."""
    found = grading.grade(incident.deaths, incident.serious_injuries, incident.direct_loss_wan)
    incident.grade = Incident.Grade(found.key)
    incident.save(update_fields=["grade"])
    clocks.follow_grade(incident, at=step.at)


def keep_disposition(incident: Incident, step: Step, actor: User) -> None:
    """What was said when it ended is the disposition, unless one was given."""
    if not incident.disposition:
        incident.disposition = step.note[:200]
        if not incident.disposition:
            incident.flags = [*incident.flags, "disposition"]
        incident.save(update_fields=["disposition", "flags"])


def need_lessons(incident: Incident, step: Step, actor: User) -> None:
    if not incident.lessons:
        incident.lessons = step.note
        incident.save(update_fields=["lessons"])
    if not incident.lessons.strip():
        raise Incomplete("“评估”还缺：评估结论。", {"lessons": "请填写评估结论。"})


def is_ours(incident: Incident, actor: User) -> str:
    """Regions an incident is shared with help and watch; the region it lies in decides."""
    if actor.scope.covers_region(incident.region_id):
        return ""
    return f"此事件由{incident.region}主办，您可以查看、记录和处理本单位力量，流程由主办方推进。"


def may_close(incident: Incident, actor: User) -> str:
    return is_ours(incident, actor) or gates.why_not_close(incident)


def step(name: str, label: str, source: tuple[str, ...], target: str, permission: str, **more: Any) -> Transition:
    effects = more.pop("effects", ())
    more.setdefault("guard", is_ours)
    return Transition(
        name=name,
        label=label,
        source=source,
        target=target,
        permission=f"incidents.{permission}",
        effect=recorded(*effects),
        **more,
    )


INCIDENT = Workflow(
    key="incidents",
    states=STATES,
    start=START,
    transitions=(
        step("verify", "核实", ("received",), "verified", "verify_incident",
             optional=("kind",), effects=(start_province_clock,)),
        step("grade", "定级", ("verified",), "graded", "verify_incident", effects=(compute_grade,)),
        # 突发事件应对法（2024）§72: a start of response states the matter, the level, how long and which measures.
        step("respond", "启动响应", ("graded",), "responding", "respond_incident",
             required=("level",), optional=("measures", "expected_until")),
        step("level", "调整响应级别", ("responding",), "responding", "level_incident",
             required=("level",), optional=("measures", "expected_until"), needs_note=True),
        step("control", "事态控制", ("responding",), "controlled", "respond_incident"),
        step("end", "终止响应", ("controlled",), "ended", "end_incident",
             optional=("disposition", "closing_reason"), effects=(keep_disposition,), guard=may_close, is_grave=True),
        step("review", "评估", ("ended",), "reviewed", "review_incident",
             optional=("lessons",), effects=(need_lessons,)),
        step("archive", "归档", ("reviewed",), "archived", "review_incident"),
        step("reopen", "重新启动响应", ("ended",), "responding", "end_incident", needs_note=True, is_grave=True),
        step("dismiss", "误报", ("received", "verified"), "dismissed", "verify_incident",
             optional=("closing_reason",), needs_note=True, guard=may_close, is_grave=True),
        step("restore", "撤销误报", ("dismissed",), "received", "verify_incident", needs_note=True),
        step("transfer", "移交", ("received", "verified", "graded"), "transferred", "verify_incident",
             required=("transferred_to",), needs_note=True, guard=may_close, is_grave=True),
    ),
    final=("archived", "dismissed", "transferred"),
)  # fmt: skip
