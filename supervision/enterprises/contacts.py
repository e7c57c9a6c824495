"""Who answers for an enterprise in which capacity: the lines of one capacity follow each other, none is lost."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed
from geo import identifiers
from supervision.enterprises import provenance, services
from supervision.enterprises.models import Contact, Enterprise

# Whoever holds one of these does not just disappear from the file: they hand over (handover.py).
HANDED_OVER = (Contact.Role.SAFETY, Contact.Role.EMERGENCY, Contact.Role.PRINCIPAL)
ROLES = frozenset(Contact.Role.values)


@transaction.atomic
def set_contact(
    enterprise: Enterprise, *, actor: User, role: str, name: str, phone: str = "", since: dt.date | None = None
) -> Contact:
    """Name somebody where nobody is named, or correct the telephone of who is. Another person needs a hand-over."""
    services.demand(actor, "enterprises.change_contact", "修改联系人")
    row = services.locked(enterprise, actor)
    services.demand_kept(row)
    name, phone = checked(role, name, phone)
    current = holder(row, role)
    if current and current.name != name and role in HANDED_OVER:
        raise NotAllowed(
            f"{current.get_role_display()}现为{current.name}。换人须办理离任交接，请用“离任交接”登记接任人。"
        )
    return write_contact(row, actor=actor, role=role, name=name, phone=phone, since=since)


def write_contact(
    row: Enterprise, *, actor: User, role: str, name: str, phone: str, since: dt.date | None = None
) -> Contact:
    """The predecessor's line is closed; rights are the caller's, the file is locked."""
    name, phone = checked(role, name, phone)
    since = since or timezone.localdate()
    current = holder(row, role)
    if current and (current.name, current.phone) == (name, phone):
        return current
    if current:
        current.left_on = max(since, current.since)
        current.save(update_fields=["left_on"])
    source = services.source_of(actor)
    contact = Contact.objects.create(
        enterprise=row, role=role, name=name, phone=phone, since=since, source=source,
        verified_at=timezone.now(), verified_by=actor, verified_note="登记",
    )  # fmt: skip
    provenance.noted(row, [f"contact_{role}"], source=source, actor=actor)
    services.tell("enterprises.set_contact", row, actor)
    return contact


def holder(enterprise: Enterprise, role: str) -> Contact | None:
    found: Contact | None = enterprise.contacts.filter(role=role, left_on__isnull=True).first()
    return found


def checked(role: str, name: str, phone: str) -> tuple[str, str]:
    name, phone = name.strip(), identifiers.tidy(phone)
    if role not in ROLES:
        raise ValidationError({"role": f"身份应是：{'、'.join(str(label) for label in Contact.Role.labels)}。"})
    if not name or len(name) > 40:
        raise ValidationError({"name": "请填姓名（不超过 40 字）。"})
    if phone and not (phone.removeprefix("+").replace("-", "").isdecimal() and 7 <= len(phone) <= 20):
        raise ValidationError({"phone": "电话应是 7 至 20 位数字，可带区号和“-”。"})
    return name, phone
