"""Facts that an enterprise asks to have changed, and the office's decision on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import cos, radians
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import events, files
from core.models import User
from core.workflow import NotAllowed
from core.workflow import locked as locked_case
from geo.measure import metres_between
from supervision.enterprises import corrections, provenance, services
from supervision.enterprises.facts import shown, title, titles, value_of
from supervision.enterprises.models import ChangeRequest, Enterprise
from supervision.enterprises.workflow import CHANGE_REQUEST

OPEN = "submitted"
MOST_FILES = 6


@transaction.atomic
def ask(
    enterprise: Enterprise,
    *,
    actor: User,
    changes: Mapping[str, Any],
    reason: str,
    uploads: Iterable[files.Upload] = (),
) -> ChangeRequest:
    """Ask the office to change facts. `changes`: {fact: new value}, as text or JSON."""
    services.demand(actor, "enterprises.add_changerequest", "申请变更企业信息")
    row = services.locked(enterprise, actor)
    services.demand_kept(row)
    wanted = _wanted(row, actor, changes)
    if not reason.strip():
        raise ValidationError({"reason": "请写明变更理由，例如“已换发营业执照”。"})
    _demand_not_asked(row, wanted)
    request = ChangeRequest.objects.create(
        enterprise=row, state=OPEN, changes=wanted, reason=reason.strip()[:200], submitted_by=actor
    )
    given = list(uploads)
    if len(given) > MOST_FILES:
        raise ValidationError({"files": f"一份申请最多 {MOST_FILES} 个附件。"})
    files.attach_uploads(request, given, actor=actor, kind="change_request")
    events.append(
        "enterprises.change_request.submit", subject=request, region=row.site.region, actor=actor, site_id=row.pk,
        state=OPEN, version=request.version, enterprise=row.pk,
    )  # fmt: skip
    return request


def _wanted(row: Enterprise, actor: User, changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{fact: {before, after}} of what would really change, each value looked at as if it were written."""
    wanted = {}
    for key, value in changes.items():
        parsed = corrections.parse(key, value)
        if not corrections.may_ask(actor, key):
            raise ValidationError({key: f"“{title(key)}”不用申请，请直接修改。"})
        before, after = value_of(row, key), corrections.stored(row, key, parsed)
        if after != before:
            wanted[key] = {"before": before, "after": after}
    if not wanted:
        raise ValidationError("申请的内容与现有档案相同，没有要变更的。")
    return wanted


def _demand_not_asked(row: Enterprise, wanted: Iterable[str]) -> None:
    for other in row.change_requests.filter(state=OPEN):
        if same := [key for key in wanted if key in other.changes]:
            day = timezone.localtime(other.created_at).strftime("%m月%d日")
            raise NotAllowed(
                f"“{titles(same)}”已有一份待审核的变更申请（{day}提交，第 {other.pk} 号），请等待审核，或先撤回那一份。"
            )


@transaction.atomic
def approve(
    request: ChangeRequest,
    *,
    actor: User,
    note: str = "",
    expected_version: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> ChangeRequest:
    """Write the changes. When the file has changed since the request, only with `seen`: {fact: value now}."""
    services.demand(actor, "enterprises.decide_changerequest", "审核变更申请")
    row: ChangeRequest = locked_case(request, actor)
    enterprise = services.locked(row.enterprise, actor)
    if row.state == OPEN:
        for key, change in row.changes.items():
            now = value_of(enterprise, key)
            if now != change["before"] and (seen is None or key not in seen or seen[key] != now):
                raise NotAllowed(
                    f"申请提交后“{title(key)}”已从“{shown(key, change['before'])}”改为“{shown(key, now)}”，"
                    "请核对现值后再批准，或退回。"
                )
    CHANGE_REQUEST.advance(
        row, "approve", actor=actor, note=note, expected_version=expected_version, decided_by=actor,
        decision_note=note.strip()[:200],
    )  # fmt: skip
    changes = {key: corrections.parse(key, change["after"]) for key, change in row.changes.items()}
    why = f"变更申请第 {row.pk} 号：{row.reason}"[:200]
    try:
        corrections.apply(enterprise, actor=actor, changes=changes, reason=why)
    except (ValidationError, PermissionDenied) as error:
        said = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
        raise NotAllowed(f"没有批准，档案未改动：{said}") from error
    provenance.noted(enterprise, changes, source=f"变更申请第 {row.pk} 号", actor=actor)
    return _now(request)


@transaction.atomic
def reject(request: ChangeRequest, *, actor: User, reason: str, expected_version: int | None = None) -> ChangeRequest:
    CHANGE_REQUEST.advance(
        request, "reject", actor=actor, note=reason, expected_version=expected_version, decided_by=actor,
        decision_note=reason.strip()[:200],
    )  # fmt: skip
    return _now(request)


@transaction.atomic
def withdraw(request: ChangeRequest, *, actor: User, expected_version: int | None = None) -> ChangeRequest:
    """By whoever asked, or for the same enterprise."""
    if actor.site_id != request.enterprise_id and actor.pk != request.submitted_by_id:
        raise PermissionDenied("只有申请人才能撤回这份申请。")
    CHANGE_REQUEST.advance(request, "withdraw", actor=actor, expected_version=expected_version)
    return _now(request)


def _now(request: ChangeRequest) -> ChangeRequest:
    request.refresh_from_db()
    return request


def visible(user: User) -> QuerySet[ChangeRequest]:
    rows: QuerySet[ChangeRequest] = ChangeRequest.objects.visible_to(user)
    return rows.select_related("enterprise__site__region", "submitted_by", "decided_by")


def lines(request: ChangeRequest) -> list[dict[str, Any]]:
    """Before, now and after, side by side; of a place also how far it moves."""
    found = []
    for key, change in request.changes.items():
        now = value_of(request.enterprise, key)
        before, after = change["before"], change["after"]
        found.append({
            "key": key, "title": title(key), "before": shown(key, before), "after": shown(key, after),
            "now": shown(key, now), "is_moved_on": request.state == OPEN and now != before,
            "place": _moved(before, after) if key == "place" else None,
        })  # fmt: skip
    return found


def _moved(before: Any, after: Any) -> dict[str, Any]:
    metres = metres_between(before["lon"], before["lat"], after["lon"], after["lat"])
    return {"before": before, "after": after, "metres": round(metres), "sketch": _sketch(before, after)}


def _sketch(before: Any, after: Any) -> dict[str, float] | None:
    """Both places in a drawing of 320 by 180, north up, to scale."""
    east = (after["lon"] - before["lon"]) * cos(radians(before["lat"]))
    north = after["lat"] - before["lat"]
    reach = max(abs(east) / 240, abs(north) / 100)
    if not reach:
        return None
    x, y = east / reach / 2, north / reach / 2
    return {"x1": round(160 - x, 1), "y1": round(85 + y, 1), "x2": round(160 + x, 1), "y2": round(85 - y, 1)}


def values_now(request: ChangeRequest) -> dict[str, Any]:
    return {key: value_of(request.enterprise, key) for key in request.changes}
