"""A contact who leaves hands over 离任交接: nobody answering for safety just disappears from a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed
from supervision.enterprises import contacts, services
from supervision.enterprises.models import Contact, Enterprise, HandOver

ITEMS = {
    "account": "平台账号",
    "self_check": "隐患自查自报",
    "ledger": "安全管理台账",
    "plans": "应急预案和演练安排",
    "on_call": "应急值守和值班电话",
    "monitoring": "重大危险源监测和报警处置",
    "keys": "钥匙、门禁和印章",
    "training": "培训和证书档案",
}


@transaction.atomic
def hand_over(
    leaving: Contact,
    *,
    actor: User,
    name: str = "",
    phone: str = "",
    on: dt.date | None = None,
    items: Sequence[str] = (),
    note: str = "",
) -> HandOver:
    """The contact leaves and this person answers from that day; both lines stay on the file."""
    services.demand(actor, "enterprises.add_handover", "办理离任交接")
    enterprise = services.locked(leaving.enterprise, actor)
    services.demand_kept(enterprise)
    contact = Contact.objects.visible_to(actor).get(pk=leaving.pk)
    if contact.left_on is not None:
        raise NotAllowed(f"{contact.name}已于 {contact.left_on} 离任，不用再办理交接。")
    on = on or timezone.localdate()
    name, phone = name.strip(), phone.strip()
    _check(contact, name=name, phone=phone, on=on, items=items)
    successor = contacts.write_contact(enterprise, actor=actor, role=contact.role, name=name, phone=phone, since=on)
    contact.refresh_from_db()
    row = HandOver.objects.create(
        enterprise=enterprise, leaving=contact, successor=successor, on=on, note=note.strip()[:200], actor=actor,
        items=[key for key in ITEMS if key in items],
    )  # fmt: skip
    services.tell("enterprises.hand_over", enterprise, actor)
    return row


def _check(contact: Contact, *, name: str, phone: str, on: dt.date, items: Sequence[str]) -> None:
    role = contact.get_role_display()
    wrong = {}
    if not name:
        wrong["name"] = f"离任要有接任人：{role}不能空缺，请填写接任人姓名；暂时没有的，由主要负责人代行并填其姓名。"
    elif name == contact.name:
        wrong["name"] = "接任人与离任人相同。只是换了电话的，请用“变更联系人”。"
    if not phone:
        wrong["phone"] = "请填写接任人电话。"
    elif name:
        contacts.checked(contact.role, name, phone)
    if not items:
        wrong["items"] = "请勾选已交接的事项；没有交接的，先交接再登记。"
    if [key for key in items if key not in ITEMS]:
        wrong["items"] = f"交接事项只能是：{'、'.join(ITEMS.values())}。"
    if on > timezone.localdate():
        wrong["on"] = "交接日期不能晚于今天。"
    elif on < contact.since:
        wrong["on"] = f"交接日期不能早于{contact.name}任职的 {contact.since}。"
    if wrong:
        raise ValidationError(wrong)


def accounts_of(contact: Contact) -> QuerySet[User]:
    """Accounts of the enterprise that are this person's: whoever leaves must not keep the key."""
    same = Q(name=contact.name)
    if contact.phone:
        same |= Q(phone=contact.phone)
    return User.objects.filter(same, site=contact.enterprise_id, is_active=True)


def account_warning(contact: Contact) -> str:
    names = "、".join(accounts_of(contact).values_list("username", flat=True))
    if not names:
        return ""
    return f"{contact.name}正在使用平台账号 {names}：交接后请立即修改密码，或请应急管理部门为接任人另开账号。"


def other_roles(contact: Contact) -> list[str]:
    """What else this person answers for here: each is handed over by itself."""
    rows = Contact.objects.filter(enterprise=contact.enterprise_id, name=contact.name, left_on__isnull=True)
    return [str(row.get_role_display()) for row in rows.exclude(pk=contact.pk)]


def of(enterprise: Enterprise) -> QuerySet[HandOver]:
    rows: QuerySet[HandOver] = HandOver.objects.filter(enterprise=enterprise)
    return rows.select_related("leaving", "successor", "actor")


def item_labels(row: HandOver) -> str:
    return "、".join(ITEMS.get(key, key) for key in row.items)
