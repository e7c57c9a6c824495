"""How a file stays true: somebody looks at its facts and says that they hold, what they should be, or that they doubt.

Asked of the enterprise every 90 days, and of whoever visits it or decides about it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed
from supervision.enterprises import change_requests, contacts, corrections, provenance, services
from supervision.enterprises.facts import BY_KEY, CONTACTS, FACTS, VISITED, shown, title, titles, value_of
from supervision.enterprises.models import Confirmation, Enterprise
from supervision.enterprises.provenance import provenance_of
from supervision.enterprises.provenance import score_of as score

__all__ = ["confirm", "correct", "due_on", "provenance_of", "score"]

Channel, Outcome = Confirmation.Channel, Confirmation.Outcome
# A second tap, a reload, a message sent twice: the same words again within this time are the same confirmation.
AGAIN = dt.timedelta(minutes=10)
ASK_AHEAD_DAYS = 14
WHOLE = ["*"]  # the facts of a confirmation of the file as a whole
USUAL = {"grid": Channel.GRID, "inspector": Channel.INSPECTION, "approver": Channel.PERMIT}


@transaction.atomic
def confirm(
    enterprise: Enterprise,
    *,
    actor: User,
    channel: str = "",
    facts: Sequence[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    is_doubted: bool = False,
    note: str = "",
) -> Confirmation:
    """Say of these facts, or of the whole file, that they hold; with `changes`, what they should be; or doubt them."""
    services.demand(actor, "enterprises.verify_enterprise", "确认企业信息")
    row = services.locked(enterprise, actor)
    demand_askable(row)
    channel, keys, note = _channel(actor, channel), _keys(facts), note.strip()[:200]
    if is_doubted and (changes or not note or facts is None):
        raise ValidationError({"note": "存疑请选明事项，并写明疑点，例如“电话打不通”。"})
    if changes:
        return correct(row, actor=actor, channel=channel, changes=changes, reason=note)
    outcome = Outcome.DOUBTED if is_doubted else Outcome.CONFIRMED
    said = {"actor": actor, "channel": channel, "outcome": outcome, "facts": keys, "note": note}
    if again := _just_said(row, said):
        return again
    how = str(Channel(channel).label)
    if is_doubted:
        provenance.doubt(row, keys, actor=actor, why=note)
    elif keys == WHOLE:
        services.verify_enterprise(row, actor=actor, how=how)
    else:
        provenance.confirm_some(row, keys, actor=actor, how=how)
    return _write(row, **said)


@transaction.atomic
def correct(
    enterprise: Enterprise,
    *,
    actor: User,
    changes: Mapping[str, Any],
    channel: str = "",
    reason: str = "",
    uploads: Sequence[Any] = (),
) -> Confirmation:
    """What the actor may change is changed at once; the rest becomes a request to the office."""
    services.demand(actor, "enterprises.verify_enterprise", "更正企业信息")
    row = services.locked(enterprise, actor)
    demand_askable(row)
    channel = _channel(actor, channel)
    parsed = {key: corrections.parse(key, value) for key, value in changes.items()}
    straight = {key: value for key, value in parsed.items() if corrections.may_change(actor, key)}
    asked = {key: changes[key] for key in parsed if key not in straight}
    if refused := [key for key in asked if not corrections.may_ask(actor, key)]:
        raise ValidationError(dict.fromkeys(refused, f"您不能更正“{titles(refused)}”，请标为“存疑”并写明实际情况。"))
    said = {"actor": actor, "channel": channel, "outcome": Outcome.CORRECTED, "facts": list(changes)}
    before = {key: value_of(row, key) for key in straight}
    # The document of the change of a person is their line in the file, not a copy of their telephone here.
    kept = {
        key: {"before": before[key], "after": corrections.stored(row, key, value)}
        for key, value in straight.items()
        if key not in CONTACTS
    }
    if not asked and all(_holds(row, key, value) for key, value in straight.items()):
        again = row.confirmations.filter(**said, at__gte=timezone.now() - AGAIN).first()
        if again:
            return again
        raise ValidationError("内容与现有档案相同，没有要更正的；属实请按“属实”。")
    if straight:
        corrections.apply(row, actor=actor, changes=straight, reason=reason.strip() or str(Channel(channel).label))
    if asked:
        request = change_requests.ask(row, actor=actor, changes=asked, reason=reason, uploads=uploads)
        kept |= {key: {**change, "request": request.pk} for key, change in request.changes.items()}
    return _write(row, **said, changes=kept, note=reason.strip()[:200])


def demand_askable(enterprise: Enterprise) -> None:
    services.demand_kept(enterprise)
    if enterprise.state in ("draft", "pending"):
        raise NotAllowed(f"档案还在“{enterprise.get_state_display()}”，入库之后才需要确认。")
    if enterprise.status == Enterprise.Status.CLOSED:
        raise NotAllowed("企业已关闭，不需要核实；若已恢复经营，请先变更经营状态。")


def _holds(enterprise: Enterprise, key: str, value: Any) -> bool:
    if key in CONTACTS:
        current = contacts.holder(enterprise, key.removeprefix("contact_"))
        return current is not None and (current.name, current.phone) == (value["name"], value["phone"])
    return bool(corrections.stored(enterprise, key, value) == value_of(enterprise, key))


def _just_said(enterprise: Enterprise, said: dict[str, Any]) -> Confirmation | None:
    last: Confirmation | None = enterprise.confirmations.order_by("-pk").first()
    if last is None or last.at < timezone.now() - AGAIN:
        return None
    return last if all(getattr(last, key) == value for key, value in said.items()) else None


def _write(enterprise: Enterprise, **said: Any) -> Confirmation:
    row: Confirmation = enterprise.confirmations.create(**said)
    services.tell("enterprises.confirm", enterprise, said["actor"])
    return row


def _channel(actor: User, channel: str) -> str:
    if actor.site_id is not None:
        return str(Channel.ENTERPRISE)
    channel = channel or usual_channel(actor)
    if channel not in Channel.values or channel == Channel.ENTERPRISE:
        names = "、".join(str(label) for key, label in Channel.choices if key != Channel.ENTERPRISE)
        raise ValidationError({"channel": f"途径应是：{names}。"})
    return channel


def usual_channel(actor: User) -> str:
    if actor.site_id is not None:
        return str(Channel.ENTERPRISE)
    roles = set(actor.groups.values_list("name", flat=True))
    return str(next((channel for role, channel in USUAL.items() if role in roles), Channel.OFFICE))


def _keys(facts: Sequence[str] | None) -> list[str]:
    if facts is None:
        return WHOLE
    if not facts or not all(isinstance(key, str) for key in facts):
        raise ValidationError({"facts": "请选明是哪些事项。"})
    if unknown := [key for key in facts if key not in BY_KEY]:
        raise ValidationError({"facts": f"没有这样的事项：{'、'.join(unknown)[:60]}。"})
    return WHOLE if set(facts) >= set(BY_KEY) else [f.key for f in FACTS if f.key in facts]


def due_on(enterprise: Enterprise) -> dt.date | None:
    """The last day on which the facts of the file count as confirmed; none when they never were."""
    if enterprise.verified_at is None:
        return None
    return timezone.localdate(enterprise.verified_at) + dt.timedelta(days=enterprise.interval_days)


def days_left(enterprise: Enterprise) -> int | None:
    due = due_on(enterprise)
    return None if due is None else (due - timezone.localdate()).days


def is_asked(enterprise: Enterprise) -> bool:
    """Soon due, or overdue."""
    left = days_left(enterprise)
    return left is None or left <= ASK_AHEAD_DAYS


def visited(enterprise: Enterprise) -> list[provenance.Origin]:
    """The facts that whoever is there can see for themselves."""
    return [origin for origin in provenance_of(enterprise) if origin.key in VISITED]


def in_words(row: Confirmation) -> str:
    """What a confirmation said, for the history."""
    if row.changes:
        return "；".join(_change_in_words(key, change) for key, change in row.changes.items())[:200]
    return "全部事项" if row.facts == WHOLE else titles(row.facts)


def _change_in_words(key: str, change: Mapping[str, Any]) -> str:
    if "request" in change:
        return f"{title(key)}（变更申请第 {change['request']} 号）"
    return f"{title(key)}：{shown(key, change['before'])} → {shown(key, change['after'])}"
