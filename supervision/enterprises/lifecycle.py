"""The life of an enterprise file: applied for, examined, kept in the register, lapsed, renewed, closed, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import freshness
from core.models import Step, User
from core.workflow import NotAllowed, Stale
from geo.coordinates import Datum
from supervision.enterprises import provenance, services
from supervision.enterprises.models import Enterprise
from supervision.enterprises.models.enterprise import IN_REGISTER
from supervision.enterprises.workflow import ENTERPRISE

APPLYING = ("draft", "pending")
# What still ties an enterprise to the register, "" for nothing: modules that keep such things add theirs.
ties: list[Callable[[Enterprise], str]] = []
# So many at a time, so that a first run over a large register does not flood the feed.
LAPSE_AT_ONCE = 500


@transaction.atomic
def draft_enterprise(
    *, actor: User, lon: object, lat: object, datum: str = Datum.CGCS2000, address: str = "", **facts: Any
) -> Enterprise:
    """A file that does not count yet: town offices, grid workers and enterprises fill it in and hand it over."""
    services.demand(actor, "enterprises.apply_enterprise", "申请企业入库")
    if actor.site_id is not None and Enterprise.objects.filter(site=actor.site_id).exists():
        raise NotAllowed("您的企业已有档案，不用再申请；信息有变化请在原档案上修改。")
    source = "企业自报" if actor.site_id else "基层申报"
    enterprise = services.open_file(
        actor=actor, lon=lon, lat=lat, datum=datum, address=address, site=actor.site,
        kept={"source": source, "state": ENTERPRISE.start}, **facts,
    )  # fmt: skip
    services.tell("enterprises.draft", enterprise, actor)
    return enterprise


@transaction.atomic
def revise(enterprise: Enterprise, *, actor: User, expected_version: int | None = None, **changes: Any) -> Enterprise:
    """Correct an application before it is handed in, or after it was returned."""
    services.demand(actor, "enterprises.apply_enterprise", "申请企业入库")
    row = services.locked(enterprise, actor)
    if expected_version is not None and row.version != expected_version:
        raise Stale(row, expected_version)
    if row.state != "draft":
        raise NotAllowed(f"只有草稿可以这样修改，此件现为“{row.get_state_display()}”。")
    return services.write_facts(row, actor, changes)


def submit(enterprise: Enterprise, *, actor: User, expected_version: int | None = None) -> Step:
    return ENTERPRISE.advance(enterprise, "submit", actor=actor, expected_version=expected_version)


def return_for_correction(
    enterprise: Enterprise, *, actor: User, reason: str, expected_version: int | None = None
) -> Step:
    return ENTERPRISE.advance(enterprise, "return", actor=actor, note=reason, expected_version=expected_version)


@transaction.atomic
def approve(enterprise: Enterprise, *, actor: User, note: str = "", expected_version: int | None = None) -> Step:
    """Into the register: from today it counts, and its facts were looked at by the approver."""
    step = ENTERPRISE.advance(enterprise, "approve", actor=actor, note=note, expected_version=expected_version)
    enterprise.platform_joined_on = timezone.localdate()
    enterprise.save(update_fields=["platform_joined_on"])
    freshness.verify(enterprise, actor=actor, how="审核入库")
    provenance.settle(enterprise.pk)
    if enterprise.status == Enterprise.Status.CLOSED:
        ENTERPRISE.advance(enterprise, "close", actor=actor, note="入库时企业已关闭")
    return step


def lapse_overdue(limit: int = LAPSE_AT_ONCE) -> int:
    """Files whose facts nobody confirmed in time become 待更新; the platform does it, file by file."""
    overdue = Enterprise.objects.filter(freshness.stale_before(), state="valid").exclude(
        status=Enterprise.Status.CLOSED
    )
    done = 0
    for enterprise in overdue.order_by("pk")[:limit]:
        try:
            ENTERPRISE.advance(enterprise, "lapse", actor=None, expected_version=enterprise.version)
        except (Stale, NotAllowed):
            continue  # somebody was quicker: the next run looks again
        done += 1
    return done


def renew(enterprise: Enterprise, *, actor: User, how: str = "在线确认") -> Enterprise:
    """Confirming the facts of a lapsed file makes it valid again."""
    return services.verify_enterprise(enterprise, actor=actor, how=how)


def close(enterprise: Enterprise, *, actor: User, reason: str) -> None:
    """The enterprise has gone out of business: operating status and file are closed together."""
    services.set_status(enterprise, actor=actor, status=Enterprise.Status.CLOSED, reason=reason)


@transaction.atomic
def reopen(enterprise: Enterprise, *, actor: User, reason: str) -> None:
    """Back into the register: a closed file with its enterprise, a cancelled one as it was."""
    services.demand(actor, "enterprises.set_status_enterprise", "恢复档案")
    row = services.locked(enterprise, actor)
    if row.state == "closed":
        services.set_status(row, actor=actor, status=Enterprise.Status.OPERATING, reason=reason)
    else:
        was_closed = row.status == Enterprise.Status.CLOSED
        ENTERPRISE.advance(row, "reopen", actor=actor, note=reason)
        if was_closed:  # then the file is closed as well
            ENTERPRISE.advance(row, "close", actor=actor, note=reason)
    provenance.settle(enterprise.pk)
    enterprise.refresh_from_db()


@transaction.atomic
def cancel(enterprise: Enterprise, *, actor: User, reason: str, expected_version: int | None = None) -> Step:
    """Out of the register for good: registered by mistake, moved away, or an application that came to nothing."""
    services.demand(actor, ENTERPRISE.by_name["cancel"].permission, "注销档案")
    row = services.locked(enterprise, actor)
    if found := [why for tie in (_open_requests, *ties) if (why := tie(row))]:
        raise NotAllowed(f"档案现在还不能注销：{'；'.join(found)}。")
    step = ENTERPRISE.advance(enterprise, "cancel", actor=actor, note=reason[:200], expected_version=expected_version)
    provenance.settle(enterprise.pk)
    return step


def _open_requests(enterprise: Enterprise) -> str:
    return "有待审核的变更申请，请先审核" if enterprise.change_requests.filter(state="submitted").exists() else ""


def applications(user: User) -> Any:
    return Enterprise.objects.visible_to(user).filter(state__in=APPLYING).select_related("site__region")


def waiting(user: User) -> dict[str, Any] | None:
    """For the approver's home page: how many applications wait for them, the oldest first."""
    pending = applications(user).filter(state="pending")
    count = pending.count()
    return {"count": count, "oldest": pending.order_by("state_since").first()} if count else None


def take(enterprise: Enterprise, name: str, *, actor: User, note: str = "", version: int | None = None) -> None:
    """One step by its name, as buttons and the API call it."""
    if name == "approve":
        approve(enterprise, actor=actor, note=note, expected_version=version)
    elif name == "renew":
        _demand_version(enterprise, version)
        renew(enterprise, actor=actor)
    elif name in ("close", "reopen"):
        _demand_version(enterprise, version)
        (close if name == "close" else reopen)(enterprise, actor=actor, reason=note)
    elif name == "cancel":
        cancel(enterprise, actor=actor, reason=note, expected_version=version)
    elif name in ("submit", "return"):
        ENTERPRISE.advance(enterprise, name, actor=actor, note=note[:200], expected_version=version)
    else:
        raise ValidationError(f"没有“{name}”这一步。")
    enterprise.refresh_from_db()


def _demand_version(enterprise: Enterprise, version: int | None) -> None:
    current = Enterprise.objects.get(pk=enterprise.pk)
    if version is not None and current.version != version:
        raise Stale(current, version)


def is_in_register(enterprise: Enterprise) -> bool:
    return enterprise.state in IN_REGISTER
