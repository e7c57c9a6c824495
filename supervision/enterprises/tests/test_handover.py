"""Nobody answering for safety just disappears: hand-overs work, are refused, are done once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from core.models import Event
from core.workflow import NotAllowed
from supervision.enterprises import contacts, handover
from supervision.enterprises.models import Contact, Enterprise, HandOver
from supervision.enterprises.testing import make_enterprise

FACTS = {"name": "李二", "phone": "13900002222", "items": ["account", "ledger"], "note": "清单双方签字"}


@pytest.fixture
def leaving(sites, cast):
    enterprise = make_enterprise(sites.own.region, site=sites.own)
    since = timezone.localdate() - dt.timedelta(days=400)
    return contacts.set_contact(
        enterprise, actor=cast.district, role="safety", name="王一", phone="13800001111", since=since
    )


@pytest.mark.parametrize("role", ["enterprise", "district"])
def test_both_lines_stay_and_the_successor_answers(cast, leaving, role):
    row = handover.hand_over(leaving, actor=getattr(cast, role), **FACTS)
    leaving.refresh_from_db()
    assert leaving.left_on == timezone.localdate() and row.items == ["account", "ledger"]
    assert contacts.holder(leaving.enterprise, "safety") == row.successor and row.successor.name == "李二"
    assert "李二" not in str(Event.objects.get(kind="enterprises.hand_over").data)


@pytest.mark.parametrize(("wrong", "field"), [
    ({"name": ""}, "name"), ({"name": "王一"}, "name"), ({"phone": ""}, "phone"), ({"phone": "call me"}, "phone"),
    ({"items": []}, "items"), ({"items": ["soul"]}, "items"),
    ({"on": timezone.localdate() + dt.timedelta(days=2)}, "on"), ({"on": dt.date(2001, 1, 1)}, "on"),
])  # fmt: skip
def test_without_successor_or_things_handed_over_it_is_refused_with_the_cure(cast, leaving, wrong, field):
    with pytest.raises(ValidationError) as caught:
        handover.hand_over(leaving, actor=cast.enterprise, **(FACTS | wrong))
    assert field in caught.value.message_dict
    assert not HandOver.objects.exists() and Contact.objects.get().left_on is None


def test_twice_is_refused(cast, leaving):
    handover.hand_over(leaving, actor=cast.enterprise, **FACTS)
    with pytest.raises(NotAllowed, match="已于"):
        handover.hand_over(leaving, actor=cast.enterprise, **(FACTS | {"name": "赵三"}))
    assert HandOver.objects.count() == 1 and Contact.objects.count() == 2


def test_roles_and_neighbours_are_refused(cast, leaving):
    for role in ("duty", "town", "auditor"):
        with pytest.raises(PermissionDenied):
            handover.hand_over(leaving, actor=getattr(cast, role), **FACTS)
    with pytest.raises(Enterprise.DoesNotExist):
        handover.hand_over(leaving, actor=cast.neighbour, **FACTS)


def test_a_cancelled_file_is_refused(cast, leaving):
    Enterprise.objects.filter(pk=leaving.enterprise_id).update(state="cancelled")
    with pytest.raises(NotAllowed, match="已注销"):
        handover.hand_over(leaving, actor=cast.district, **FACTS)


def test_who_uses_the_account_is_told_to_give_it_up(cast, leaving):
    assert handover.account_warning(leaving) == ""
    cast.enterprise.name = "王一"
    cast.enterprise.save()
    assert "enterprise" in handover.account_warning(leaving) and "密码" in handover.account_warning(leaving)


def test_other_parts_of_the_same_person_are_named(cast, leaving):
    contacts.set_contact(leaving.enterprise, actor=cast.district, role="emergency", name="王一", phone="13800001111")
    assert handover.other_roles(leaving) == ["应急值守联系人"]
