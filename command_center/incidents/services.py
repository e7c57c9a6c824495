"""What people do with an incident: its steps, corrections, notes, casualties, sharing, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from command_center.incidents import clocks, grading, intake, timeline
from command_center.incidents.models import Incident, IncidentEntry, Task
from command_center.incidents.workflow import INCIDENT, is_ours
from core import deadlines, files
from core.models import Organisation, Step, User
from core.workflow import Incomplete, NotAllowed, Stale, plain
from geo.models import Region
from geo.regions import region_of

Kind = IncidentEntry.Kind
AMENDABLE = (
    "title", "kind", "narrative", "address", "uncertainty_m", "site", "occurred_at", "reporter_name", "reporter_phone",
)  # fmt: skip
PERSONAL = ("reporter_name", "reporter_phone")
CASUALTIES = (*intake.COUNTS, "direct_loss_wan")
OVER = ("archived", "dismissed", "transferred")
ROMAN = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4}


def take_step(
    incident: Incident, name: str, *, actor: User, note: str = "", expected_version: int | None = None, **values: Any
) -> Step:
    """One step of the procedure, its values read as the model's fields read them. Raises as Workflow.advance does."""
    only_known(name, values)
    cleaned = {key: read_field(key, value) for key, value in values.items()}
    if name == "level" and incident.level == cleaned.get("level"):
        raise NotAllowed(f"现在已是{incident.get_level_display()}响应。")
    return INCIDENT.advance(incident, name, actor=actor, note=note, expected_version=expected_version, **cleaned)


def only_known(name: str, values: dict[str, Any]) -> None:
    """Raises Incomplete for a field that the step does not take; to be asked before input becomes keywords."""
    transition = INCIDENT.by_name[name]
    for key in values:
        if key not in (*transition.required, *transition.optional):
            raise Incomplete(f"“{transition.label}”不接受字段“{key[:30]}”。", {key[:30]: "不接受此字段。"})


def read_field(key: str, value: Any) -> Any:
    """A value as the field takes it; a level also in Roman numerals, with or without 级."""
    if key == "level" and isinstance(value, str):
        value = ROMAN.get(value.strip().removesuffix("级").upper(), value)
    field: Any = Incident._meta.get_field(key)
    if value in (None, "") and (field.null or field.blank):
        return None if field.null else ""
    if value is None or isinstance(value, (bool, list, dict)):
        raise Incomplete(f"{field.verbose_name}：应是文字或数。", {key: "应是文字或数。"})
    try:
        return field.clean(str(value), None)
    except ValidationError as error:
        raise Incomplete(
            f"{field.verbose_name}：{'；'.join(error.messages)}", {key: "；".join(error.messages)}
        ) from error


def hold(incident: Incident, actor: User, permission: str, *, expected_version: int | None = None) -> Incident:
    """The row for changing: rights, scope, version. Inside a transaction."""
    if not actor.has_perm(f"incidents.{permission}"):
        raise PermissionDenied("您没有这项操作的权限。")
    visible = Incident.objects.visible_to(actor).values("pk").get(pk=incident.pk)["pk"]
    row: Incident = Incident.objects.select_for_update(no_key=True).get(pk=visible)
    if expected_version is not None and row.version != expected_version:
        raise Stale(row, expected_version)
    return row


def hold_own(incident: Incident, actor: User, permission: str, *, expected_version: int | None = None) -> Incident:
    row = hold(incident, actor, permission, expected_version=expected_version)
    if reason := is_ours(row, actor):
        raise NotAllowed(reason)
    return row


@transaction.atomic
def amend(
    incident: Incident, *, actor: User, expected_version: int | None = None, point: Point | None = None, **facts: Any
) -> Incident:
    """Correct the facts. Before and after stay on the timeline, of the reporter only that something changed."""
    row = hold_own(incident, actor, "change_incident", expected_version=expected_version)
    if row.state in OVER:
        raise NotAllowed(f"事件{row.state_label}，不能再补正。")
    if unknown := set(facts) - set(AMENDABLE):
        names = "、".join(sorted(unknown))
        raise Incomplete(
            f"这些字段不能在此修改：{names}。伤亡与损失请用“伤亡”。", dict.fromkeys(unknown, "不能在此修改。")
        )
    before = {key: getattr(row, key) for key in facts}
    if point is not None:
        before["geom"] = row.geom
        place(row, point)
    for key, value in facts.items():
        setattr(row, key, value)
    after = {key: getattr(row, key) for key in before}
    changed = [key for key in before if before[key] != after[key]]
    if not changed:
        return row
    row.flags = [
        f for f in row.flags if f in ("location", "outside", "disposition") or (f == "kind" and "kind" not in changed)
    ] + intake.missing(row)
    row.version += 1
    row.full_clean(exclude=["geom_3857"])
    row.save()
    timeline.add(
        row, Kind.AMENDED, in_words(row, changed), actor=actor, before=kept(before, changed), after=kept(after, changed)
    )
    timeline.tell(row, "amend", actor=actor, changed=[c for c in changed if c not in PERSONAL])
    return row


def place(row: Incident, point: Point) -> None:
    """The place becomes known or better known; the region follows it, and the old one keeps seeing the incident."""
    region = region_of(point)
    row.geom, row.is_located = point, True
    if region is not None and region.pk != row.region_id:
        row.shared_with = sorted({*row.shared_with, row.region_id})
        row.region = region
    if "location" in row.flags:
        row.uncertainty_m = 0
    row.flags = [f for f in row.flags if f not in ("location", "outside")] + ([] if region else ["outside"])


def in_words(row: Incident, changed: list[str]) -> str:
    names = {key: name_of(key) for key in changed if key != "geom"}
    return f"补正：{'、'.join([*names.values(), *(['位置'] if 'geom' in changed else [])])}"


def name_of(key: str) -> str:
    field: Any = Incident._meta.get_field(key)
    return str(field.verbose_name)


def kept(values: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Values as the timeline keeps them: nothing personal."""
    return {k: list(values[k].coords) if k == "geom" else plain(values[k]) for k in keys if k not in PERSONAL}


@transaction.atomic
def add_note(
    incident: Incident,
    *,
    actor: User,
    text: str = "",
    uploads: Iterable[UploadedFile[Any]] = (),
    point: Point | None = None,
) -> IncidentEntry:
    """Words, photos, or both. Additive: needs no version and changes none."""
    row = hold(incident, actor, "note_incident")
    uploads = list(uploads)
    if not text.strip() and not uploads:
        raise ValidationError({"text": "请写点内容，或附上照片。"})
    attached = files.attach_uploads(row, uploads, actor=actor, kind="photo")
    entry = timeline.add(
        row,
        Kind.NOTE,
        text.strip() or f"照片 {len(attached)} 张",
        actor=actor,
        place=point,
        attachments=[{"id": a.pk, "name": a.name, "content_type": a.file.content_type} for a in attached],
    )
    timeline.tell(row, "note", actor=actor, n=entry.n)
    return entry


@transaction.atomic
def record_casualties(
    incident: Incident, *, actor: User, expected_version: int | None = None, note: str = "", **numbers: Any
) -> Incident:
    """New figures of people and loss; the grade follows (令493 §13: 补报; §20: the inquiry may move up)."""
    row = hold_own(incident, actor, "change_incident", expected_version=expected_version)
    if row.state in OVER:
        raise NotAllowed(f"事件{row.state_label}，不能再报伤亡。")
    if unknown := set(numbers) - set(CASUALTIES):
        raise Incomplete(f"不认识的伤亡字段：{'、'.join(sorted(unknown))}。", dict.fromkeys(unknown, "不接受此字段。"))
    before = {key: getattr(row, key) for key in numbers}
    old = Incident.Grade(row.grade)
    for key, value in numbers.items():
        setattr(row, key, value)
    found = grading.grade(row.deaths, row.serious_injuries, Decimal(row.direct_loss_wan))
    row.grade, row.version = Incident.Grade(found.key), row.version + 1
    row.full_clean(exclude=["geom_3857"])
    row.save()
    after = {key: getattr(row, key) for key in numbers}
    changed = [key for key in numbers if before[key] != after[key]]
    regraded = row.grade != old
    names = (f"{name_of(k)} {plain(before[k])}→{plain(after[k])}" for k in changed)
    words = [
        *names,
        *([f"事故等级 {old.label}→{row.get_grade_display()}"] if regraded else []),
        *([note] if note else []),
    ]
    timeline.add(
        row,
        Kind.CASUALTY,
        f"伤亡：{'，'.join(words) or '无变化'}",
        actor=actor,
        reasons=list(found.reasons),
        grade=row.grade,
        before=kept(before, changed),
        after=kept(after, changed),
    )
    clocks.follow_grade(row, at=timezone.now())
    timeline.tell(row, "regrade" if regraded else "casualties", actor=actor)
    return row


@transaction.atomic
def acknowledge(incident: Incident, *, actor: User) -> Incident:
    """The first duty officer to take it on; whoever comes second sees who was first."""
    row = hold(incident, actor, "verify_incident")
    if row.acknowledged_at is not None:
        return row
    row.acknowledged_at, row.acknowledged_by = timezone.now(), actor
    row.save(update_fields=["acknowledged_at", "acknowledged_by"])
    timeline.add(row, Kind.ACKNOWLEDGED, f"{actor} 签收", actor=actor)
    timeline.tell(row, "acknowledge", actor=actor)
    return row


@transaction.atomic
def report_made(incident: Incident, *, key: str, actor: User, to: str = "", note: str = "") -> Incident:
    """The report that a running clock asks for has been made; the clock stops, late or not."""
    row = hold_own(incident, actor, "verify_incident")
    clock = deadlines.running(row).filter(rule__key=key).first()
    if clock is None:
        raise NotAllowed("这项报告时限没有在计时，可能已经上报过。")
    deadlines.meet(key, case=row)
    clock.refresh_from_db()
    late = deadlines.lateness(clock)
    words = [clock.rule.title, *([f"报 {to}"] if to else []), *([note] if note else [])]
    lateness = f"（迟 {int(late.total_seconds() // 60)} 分钟）" if late else ""
    timeline.add(row, Kind.REPORT, f"已上报：{'；'.join(words)}{lateness}", actor=actor, rule=key)
    timeline.tell(row, "report", actor=actor, rule=key)
    return row


@transaction.atomic
def share(incident: Incident, regions: Iterable[Region], *, actor: User, why: str = "") -> Incident:
    """Ask other regions to help. They keep seeing it; the region it lies in decides."""
    row = hold_own(incident, actor, "respond_incident")
    widen(row, regions, actor=actor, why=why)
    return row


def widen(row: Incident, regions: Iterable[Region], *, actor: User, why: str = "") -> None:
    """Let these regions see the incident from now on; on a held row, in the caller's transaction."""
    new = [r for r in regions if r.pk not in (row.region_id, *row.shared_with)]
    if not new:
        return
    row.shared_with = sorted({*row.shared_with, *(r.pk for r in new)})
    row.save(update_fields=["shared_with"])
    words = f"协同：{'、'.join(r.name for r in new)}{f'（{why}）' if why else ''}"
    timeline.add(row, Kind.NOTE, words, actor=actor, shared_with=[r.code for r in new])
    timeline.tell(row, "share", actor=actor)


@transaction.atomic
def add_task(
    incident: Incident,
    *,
    actor: User,
    title: str,
    detail: str = "",
    organisation: Organisation | None = None,
    owner: User | None = None,
    due_at: datetime | None = None,
) -> Task:
    row = hold(incident, actor, "add_task")
    if row.state in OVER:
        raise NotAllowed(f"事件{row.state_label}，不能再下达任务。")
    task = Task(
        incident=row,
        title=title.strip(),
        detail=detail,
        organisation=organisation,
        owner=owner,
        due_at=due_at,
        created_by=actor,
    )
    task.full_clean()
    task.save()
    whom = owner or organisation or "未指定"
    timeline.add(row, Kind.TASK, f"任务：{task.title}（{whom}）", actor=actor, task=task.pk)
    timeline.tell(row, "task", actor=actor, task=task.pk)
    return task


@transaction.atomic
def finish_task(task: Task, *, actor: User, feedback: str) -> Task:
    """Done by its owner, by somebody of the responsible office, or by whoever hands out tasks."""
    row = hold(task.incident, actor, "change_task")
    task = Task.objects.select_for_update(no_key=True).get(pk=task.pk, incident=row)
    mine = actor.pk == task.owner_id or (actor.organisation_id and actor.organisation_id == task.organisation_id)
    if not mine and not actor.has_perm("incidents.add_task"):
        raise NotAllowed("这项任务由别的单位负责。")
    if task.done_at:
        raise NotAllowed(f"任务已由 {task.done_by} 于 {timezone.localtime(task.done_at):%H:%M} 完成。")
    if not feedback.strip():
        raise ValidationError({"feedback": "请写明完成情况。"})
    task.done_at, task.done_by, task.feedback = timezone.now(), actor, feedback.strip()
    task.save(update_fields=["done_at", "done_by", "feedback"])
    timeline.add(row, Kind.TASK, f"完成：{task.title}。{task.feedback}", actor=actor, task=task.pk)
    timeline.tell(row, "task", actor=actor, task=task.pk)
    return task
