"""A workflow is a frozen table; `advance` is the only code that changes a case's state.

Statutory procedures change by law, hence by release: the table is code, its time limits are data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import deadlines, events
from core.models.accounts import User
from core.models.workflow import Step


class NotAllowed(Exception):
    """The case is not where this step starts, or its guard refuses. The message says which and what to do."""


class Incomplete(Exception):
    """Fields that the step needs are missing or wrong: {field: message}."""

    def __init__(self, message: str, fields: dict[str, str]) -> None:
        super().__init__(message)
        self.fields = fields


class Stale(Exception):
    """Somebody changed the case since it was read."""

    def __init__(self, case: Any, expected: int) -> None:
        super().__init__(f"此件已被他人更新（您看到的是第 {expected} 版，现为第 {case.version} 版），请刷新后再操作。")
        self.case = case
        self.expected = expected


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One step of the procedure: from where, to where, who may, what it needs, starts and produces."""

    name: str
    label: str
    source: tuple[str, ...]
    target: str
    permission: str
    required: tuple[str, ...] = ()  # fields of the case that must be given with the step
    optional: tuple[str, ...] = ()  # fields that may be given with it
    needs_note: bool = False  # a reason must be written
    guard: Callable[[Any, User], str] | None = None  # (case, actor) -> "" or why not
    starts: tuple[str, ...] = ()  # keys of deadline rules whose clocks start
    meets: tuple[str, ...] = ()  # keys of deadline rules whose clocks stop
    effect: Callable[[Any, Step, User], None] | None = None  # documents, follow-up rows; same transaction
    is_grave: bool = False  # asks for confirmation
    is_automatic: bool = False  # the platform itself (actor None) may take it when its time has come


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """States in order with their Chinese labels, the first state, and the steps between them."""

    key: str
    states: dict[str, str]
    start: str
    transitions: tuple[Transition, ...]
    final: tuple[str, ...] = ()  # states in which no clock runs any more
    by_name: dict[str, Transition] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {t.name: t for t in self.transitions})

    @property
    def choices(self) -> list[tuple[str, str]]:
        return list(self.states.items())

    def problems(self) -> list[str]:
        """What is wrong with the table; reported by `manage.py check`."""
        found = []
        if len(self.by_name) != len(self.transitions):
            found.append(f"{self.key}: two transitions share a name")
        for t in self.transitions:
            found += [
                f"{self.key}.{t.name}: unknown state {state!r}"
                for state in (*t.source, t.target)
                if state not in self.states
            ]
        found += [
            f"{self.key}.{t.name}: an automatic step has nobody to ask a guard or an effect about"
            for t in self.transitions
            if t.is_automatic and (t.guard or t.effect)
        ]
        reached = {self.start} | {t.target for t in self.transitions}
        found += [f"{self.key}: nothing leads to {s!r}" for s in self.states if s not in reached]
        return found

    def open_to(self, case: Any, user: User) -> list[Transition]:
        """The steps this user could take now, guards left out: those explain themselves when refused."""
        return [t for t in self.transitions if case.state in t.source and user.has_perm(t.permission)]

    def advance(
        self,
        case: Any,
        name: str,
        *,
        actor: User | None,
        note: str = "",
        expected_version: int | None = None,
        **values: Any,
    ) -> Step:
        """Take one step in one transaction: right, scope, state, fields, guard; case, step, clocks, effect, event.

        `actor` None is the platform itself 系统: it has every region and only the steps marked automatic.

        Raises KeyError (no such step), PermissionDenied, the model's DoesNotExist (out of scope), Stale, NotAllowed,
        Incomplete. `case` is refreshed.
        """
        t = self.by_name[name]
        if not (t.is_automatic if actor is None else actor.has_perm(t.permission)):
            raise PermissionDenied(f"您没有“{t.label}”的权限。")
        with transaction.atomic():
            row = locked(case, actor)
            if expected_version is not None and row.version != expected_version:
                raise Stale(row, expected_version)
            self._check(t, row, actor, note, values)
            source = row.state
            row.state, row.version = t.target, row.version + 1
            if t.target != source:
                row.state_since = timezone.now()
            for key, value in values.items():
                setattr(row, key, value)
            row.save()
            step = self._record(t, row, source, actor, note, values)
            if t.effect and actor is not None:
                t.effect(row, step, actor)
            self._tell(t, row, actor)
        case.refresh_from_db()
        return step

    def facts(self, row: Any) -> dict[str, Any]:
        """What every event of a case carries; models add to it by `event_facts()`."""
        more = row.event_facts() if hasattr(row, "event_facts") else {}
        return {"state": row.state, "state_label": self.states[row.state], "version": row.version, **more}

    def _check(self, t: Transition, row: Any, actor: User | None, note: str, values: dict[str, Any]) -> None:
        if row.state not in t.source:
            wanted = "、".join(self.states[s] for s in t.source)
            raise NotAllowed(f"“{t.label}”只能在“{wanted}”时进行，现为“{self.states[row.state]}”。")
        if unknown := set(values) - {*t.required, *t.optional}:
            raise Incomplete(
                f"“{t.label}”不接受这些字段：{'、'.join(sorted(unknown))}。", dict.fromkeys(unknown, "不接受此字段。")
            )
        name = row._meta.get_field
        missing = {f: f"请填写{name(f).verbose_name}。" for f in t.required if values.get(f) in (None, "", [])}
        if t.needs_note and not note.strip():
            missing["note"] = "请写明理由。"
        if missing:
            raise Incomplete(
                f"“{t.label}”还缺：{'、'.join(m.removeprefix('请').rstrip('。') for m in missing.values())}。", missing
            )
        if t.guard and actor is not None and (reason := t.guard(row, actor)):
            raise NotAllowed(reason)

    def _record(
        self, t: Transition, row: Any, source: str, actor: User | None, note: str, values: dict[str, Any]
    ) -> Step:
        step = Step.objects.create(
            case_type=ContentType.objects.get_for_model(row),
            case_id=row.pk,
            name=t.name,
            label=t.label,
            source=source,
            target=t.target,
            actor=actor,
            note=note,
            values={k: plain(v) for k, v in values.items()},
            version=row.version,
        )
        for key in t.meets:
            deadlines.meet(key, case=row, at=step.at)
        if t.target in self.final:
            deadlines.end_all(row, at=step.at)
        for key in t.starts:
            deadlines.start(key, case=row, at=step.at)
        return step

    def _tell(self, t: Transition, row: Any, actor: User | None) -> None:
        events.append(
            f"{self.key}.{t.name}",
            subject=row,
            region=row.region,
            actor=actor,
            site_id=getattr(row, "site_id", None),
            shared_with=getattr(row, "shared_with", ()),
            **self.facts(row),
        )


def locked(case: Any, actor: User | None) -> Any:
    """The row as it stands now, nobody else's until commit; DoesNotExist when it is out of the actor's scope."""
    rows = type(case).objects
    visible: QuerySet[Any] = rows.all() if actor is None else rows.visible_to(actor)
    # Two queries: a row lock does not go with the joins and DISTINCT of a scope.
    return type(case).objects.select_for_update(no_key=True).get(pk=visible.values("pk").get(pk=case.pk)["pk"])


def plain(value: Any) -> Any:
    """A value as the step's record keeps it."""
    if isinstance(value, (str, int, float, bool, type(None), list, dict)):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)


def steps_of(case: Any) -> QuerySet[Step]:
    return Step.objects.filter(case_type=ContentType.objects.get_for_model(case), case_id=case.pk).select_related(
        "actor"
    )
