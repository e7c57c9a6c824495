"""Contacts as an ordinary list writes them: by the code of the enterprise."""

from __future__ import annotations

import datetime as dt

from core.models import User
from core.workflow import NotAllowed
from supervision.enterprises.contacts import set_contact
from supervision.enterprises.models import Contact
from supervision.enterprises.papers.services import find
from supervision.enterprises.services import demand


def add_contact(
    *, actor: User, role: str, name: str, phone: str = "", credit_code: str = "", since: dt.date | None = None
) -> Contact:
    demand(actor, "enterprises.add_contact", "登记联系人")
    return set_contact(find(actor, credit_code), actor=actor, role=role, name=name, phone=phone, since=since)


def correct_contact(row: Contact, *, actor: User, phone: str = "", **_: object) -> Contact:
    """The telephone only: another person is a hand-over."""
    if row.left_on:
        raise NotAllowed("此人已离任，记录不再修改。")
    return set_contact(row.enterprise, actor=actor, role=row.role, name=row.name, phone=phone)
