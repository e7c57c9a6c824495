"""Keeping resources true: creating, changing, verifying, and the link by which an owner without an account verifies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Now
from django.utils import timezone

from command_center.resources.models import ConfirmLink, Resource, Team
from core import events, freshness
from core.models import User
from core.pinyin import initials
from core.workflow import NotAllowed
from geo.regions import region_of

R = TypeVar("R", bound=Resource)
SALT = "resources.confirm"
LINK_LASTS = timedelta(days=14)
VISITS_PER_HOUR = 30
CONTACT = ("contact_name", "contact_phone")


class LinkRefused(Exception):
    """A confirm link that is wrong, old, used, or opened too often: the message says which and what to do."""

    def __init__(self, message: str, status: int = 410) -> None:
        super().__init__(message)
        self.status = status


def add(model: type[R], *, actor: User, **fields: Any) -> R:
    """Register a resource; its region is where it stands. What is typed in now counts as verified now."""
    need(actor, model, "add")
    record = model(**fields)
    region = region_of(record.geom)
    if region is None or not actor.scope.covers_region(region.pk):
        raise ValidationError({"geom": "位置不在您的管辖范围内，请在地图上重新选点。"})
    record.region = region
    record.pinyin = initials(record.name)
    record.verified_at, record.verified_by, record.verified_note = timezone.now(), actor, "登记"
    with transaction.atomic():
        record.full_clean(exclude=["geom_3857", "source"])
        record.save()
        tell("add", record, actor)
    return record


def change(record: R, *, actor: User, **fields: Any) -> R:
    """Correct a resource. Moving it into a region out of reach is refused."""
    need(actor, type(record), "change")
    with transaction.atomic():
        row = locked(record, actor)
        for key, value in fields.items():
            setattr(row, key, value)
        if "geom" in fields:
            region = region_of(row.geom)
            if region is None or not actor.scope.covers_region(region.pk):
                raise ValidationError({"geom": "位置不在您的管辖范围内，请在地图上重新选点。"})
            row.region = region
        row.pinyin = initials(row.name)
        row.full_clean(exclude=["geom_3857", "source"])
        row.save()
        tell("change", row, actor)
    return row


def verify(record: R, *, actor: User, how: str = "电话核实") -> R:
    """One click: the facts as shown are still true."""
    if not actor.has_perm("resources.verify_resource"):
        raise PermissionDenied("您没有“核实应急资源”的权限。")
    with transaction.atomic():
        row = locked(record, actor)
        freshness.verify(row, actor=actor, how=how[:60])
        tell("verify", row, actor)
    return row


def set_team_status(team: Team, *, status: str, actor: User) -> Team:
    """By hand, and only while no assignment holds the team: a busy unit's status follows its assignment."""
    if not actor.has_perm("resources.set_team_status"):
        raise PermissionDenied("您没有“变更队伍状态”的权限。")
    if status not in Team.Status.values:
        raise ValidationError({"status": f"没有“{status[:20]}”这种队伍状态。"})
    with transaction.atomic():
        row = locked(team, actor)
        if row.status in BUSY:
            raise NotAllowed(f"“{row}”正在执行任务（{row.get_status_display()}），状态随调派变化；请先解除调派。")
        if status in BUSY:
            raise NotAllowed(f"“{Team.Status(status).label}”由调派产生，请在事件中调派此队伍。")
        follow(row, status, actor=actor)
    return row


BUSY = ("committed", "responding", "staging", "on_scene")


def follow(team: Team, status: str, *, actor: User) -> None:
    """The status as its assignment has it now; the caller's transaction."""
    team.status, team.status_since = status, timezone.now()
    team.save(update_fields=["status", "status_since"])
    tell("status", team, actor, status=status)


def make_link(record: Resource, *, actor: User) -> str:
    """The token of a no-login page on which this record's owner confirms or corrects it, once, within 14 days."""
    if not actor.has_perm("resources.verify_resource"):
        raise PermissionDenied("您没有“核实应急资源”的权限。")
    visible(record, actor)
    link = ConfirmLink.objects.create(
        target_type=ContentType.objects.get_for_model(record),
        target_id=record.pk,
        created_by=actor,
        expires_at=timezone.now() + LINK_LASTS,
    )
    return signing.Signer(salt=SALT).sign(str(link.pk))


def open_link(token: str) -> ConfirmLink:
    """The link behind a token, counted as a visit. Raises LinkRefused."""
    try:
        pk = int(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise LinkRefused("这个链接不完整或有误，请向发送人重新索取。", 404) from error
    now = timezone.now()
    hour = timedelta(hours=1)
    # One statement, so that two processes count together.
    fresh = ConfirmLink.objects.filter(pk=pk, hour__gt=now - hour).update(visits=F("visits") + 1)
    if not fresh and not ConfirmLink.objects.filter(pk=pk).update(hour=Now(), visits=Value(1)):
        raise LinkRefused("这个链接已失效，请向发送人重新索取。", 404)
    link = ConfirmLink.objects.select_related("created_by").get(pk=pk)
    if link.visits > VISITS_PER_HOUR:
        raise LinkRefused("打开次数过多，请一小时后再试。", 429)
    if link.used_at:
        raise LinkRefused(f"已于 {timezone.localtime(link.used_at):%Y-%m-%d %H:%M} 确认过，谢谢。")
    if link.expires_at <= now or link.target is None:
        raise LinkRefused("这个链接已过期，请向发送人重新索取。")
    return link


def confirm(link: ConfirmLink, **corrections: Any) -> Resource:
    """The owner's answer: still true, or these values instead. It counts once; the link says who asked."""
    with transaction.atomic():
        if not ConfirmLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=Now()).update(used_at=Now()):
            raise LinkRefused("这个链接已经用过或已过期，请向发送人重新索取。")
        model: type[Resource] = link.target_type.model_class()  # type: ignore[assignment]  # made from a resource
        row: Resource = model._default_manager.select_for_update(no_key=True).get(pk=link.target_id)
        allowed = {*row.CORRECTABLE, *CONTACT}
        if unknown := set(corrections) - allowed:
            raise ValidationError(f"这些字段不能在此页更正：{'、'.join(sorted(unknown))}。")
        if isinstance(row, Team) and row.status in BUSY:
            corrections.pop("status", None)
        for key, value in corrections.items():
            setattr(row, key, value)
        row.full_clean(exclude=["geom_3857", "source"])
        row.save()
        freshness.verify(row, actor=None, how="免登录链接更正" if corrections else "免登录链接")
        tell("verify", row, None, by_link=True)
    return row


def need(actor: User, model: type[Resource], verb: str) -> None:
    if not actor.has_perm(f"resources.{verb}_{model._meta.model_name}"):
        what = {"add": "登记", "change": "修改"}[verb]
        raise PermissionDenied(f"您没有{what}“{model._meta.verbose_name}”的权限。")


def visible(record: R, actor: User) -> None:
    """Raises the model's DoesNotExist when the record is out of the actor's scope."""
    type(record).objects.visible_to(actor).only("pk").get(pk=record.pk)


def locked(record: R, actor: User) -> R:
    """The record as it is now, held to commit. Enterprises may look at public places but not touch them."""
    visible(record, actor)
    if actor.scope.site_id is not None:
        raise PermissionDenied("企业账号不能修改应急资源。")
    row: R = type(record).objects.select_for_update(no_key=True).get(pk=record.pk)
    return row


def tell(verb: str, record: Resource, actor: User | None, **more: Any) -> None:
    """The event of a change: id, layer and place, never the contact."""
    events.append(
        f"resources.{verb}",
        subject=record,
        region=record.region,
        actor=actor,
        model=record._meta.model_name,
        name=record.name,
        lon=record.geom.x,
        lat=record.geom.y,
        state=getattr(record, "status", ""),
        **more,
    )
