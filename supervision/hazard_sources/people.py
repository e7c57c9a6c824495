"""The three persons who answer for a source (应急厅〔2021〕12号): appointed, succeeded, never simply gone."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import events
from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources import flags
from supervision.hazard_sources.models import HazardSource, ResponsiblePerson
from supervision.hazard_sources.statutory import DUTIES, DUTY

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")


@transaction.atomic
def appoint(
    source: HazardSource, *, actor: User, role: str, name: str, phone: str, post: str = "", since: dt.date | None = None
) -> ResponsiblePerson:
    """The first in a role, or the successor of who is there: the former leaves on the day the new one begins."""
    if not actor.has_perm("hazard_sources.add_responsibleperson"):
        raise PermissionDenied("您没有“登记包保责任人”的权限。")
    row: HazardSource = locked(source, actor)
    if row.state == "cancelled":
        raise NotAllowed("危险源已核销，不用再登记责任人。")
    since = since or timezone.localdate()
    facts = _checked(role=role, name=name, phone=phone, post=post, since=since)
    former = row.people.select_for_update().filter(role=role, left_on=None).first()
    if former is not None:
        if since < former.since:
            raise ValidationError({"since": f"任职起不能早于前任的任职起（{former.since}）。"})
        former.left_on = since
        former.save(update_fields=["left_on"])
    made = ResponsiblePerson.objects.create(source=row, **facts)
    _tell(row, actor, "hand_over" if former else "appoint", role)
    return made


@transaction.atomic
def correct(
    person: ResponsiblePerson, *, actor: User, name: str, phone: str, post: str = "", since: dt.date | None = None,
    left_on: dt.date | None = None, successor_name: str = "", successor_phone: str = "", successor_post: str = "",
) -> ResponsiblePerson:  # fmt: skip
    """Mend a misspelt name or a new number; who leaves names the one who follows (a role may not stand empty)."""
    if not actor.has_perm("hazard_sources.change_responsibleperson"):
        raise PermissionDenied("您没有“修改包保责任人”的权限。")
    row: HazardSource = locked(person.source, actor)
    found: ResponsiblePerson = row.people.select_for_update().get(pk=person.pk)
    facts = _checked(role=found.role, name=name, phone=phone, post=post, since=since or found.since)
    if found.left_on is None and left_on is not None:
        if left_on < facts["since"]:
            raise ValidationError({"left_on": "离任日期不能早于任职起。"})
        if not successor_name.strip():
            raise ValidationError(
                {"successor_name": f"{DUTY[found.role].label}离任必须同时明确接任者：包保责任不能空缺。"}
            )
        appoint(
            row, actor=actor, role=found.role, name=successor_name, phone=successor_phone, post=successor_post,
            since=left_on,
        )  # fmt: skip
        found.refresh_from_db()
    elif found.left_on is not None:
        facts.pop("since")
    for key, value in facts.items():
        setattr(found, key, value)
    found.save(update_fields=list(facts))
    _tell(row, actor, "correct", found.role)
    return found


def board(source: HazardSource) -> list[dict[str, Any]]:
    """The public board 公示牌: every role, who answers for it, and for what."""
    people = {person.role: person for person in source.people.all() if person.left_on is None}
    return [{"duty": duty, "person": people.get(duty.key)} for duty in DUTIES]


def former(source: HazardSource) -> list[ResponsiblePerson]:
    left = [person for person in source.people.all() if person.left_on is not None]
    return sorted(left, key=lambda person: person.left_on or dt.date.min, reverse=True)


def _checked(*, role: str, name: str, phone: str, post: str, since: dt.date) -> dict[str, Any]:
    name, phone, problems = name.strip(), phone.strip(), {}
    if role not in DUTY:
        problems["role"] = "责任应是主要负责人、技术负责人或操作负责人。"
    if not 2 <= len(name) <= 40:
        problems["name"] = "请填姓名（2 至 40 字）。"
    if not PHONE.fullmatch(phone):
        problems["phone"] = "请填手机号或带区号的座机号，如 13905460000、0546-8300000。"
    if since > timezone.localdate():
        problems["since"] = "任职起不能晚于今天。"
    if problems:
        raise ValidationError(problems)
    return {"role": role, "name": name, "phone": phone, "post": post.strip()[:40], "since": since}


def _tell(row: HazardSource, actor: User, verb: str, role: str) -> None:
    """Who it is stays out of the feed."""
    flags.refresh([row.pk])
    events.append(
        "hazard_sources.people", subject=row, region=row.region, actor=actor, site_id=row.site_id,
        id=row.pk, verb=verb, role=role,
    )  # fmt: skip
