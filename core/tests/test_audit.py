"""Every write is recorded with who, before and after, whichever way it was made."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction

from core import audit
from core.models import AuditEntry, Organisation, User
from core.models.jobs import Job


@pytest.fixture
def office(cast: SimpleNamespace) -> Organisation:
    return cast.district.organisation


def last() -> AuditEntry:
    entry = AuditEntry.objects.first()
    assert entry is not None
    return entry


def test_a_new_row_is_recorded_whole(cast: SimpleNamespace) -> None:
    with audit.acting_as(cast.admin):
        made = Organisation.objects.create(name="测试站", kind="rescue", region=cast.city.region)
    entry = last()
    assert (entry.table, entry.row, entry.action, entry.actor) == (
        "core_organisation", str(made.pk), "insert", cast.admin,
    )  # fmt: skip
    assert entry.before is None
    assert entry.after["name"] == "测试站"


def test_a_change_is_recorded_with_what_changed_only(cast: SimpleNamespace, office: Organisation) -> None:
    was = office.phone
    with audit.acting_as(cast.admin):
        office.phone = "0546-12345"
        office.save()
    assert (last().action, last().before, last().after) == ("update", {"phone": was}, {"phone": "0546-12345"})


def test_a_save_that_changes_nothing_is_no_entry(cast: SimpleNamespace, office: Organisation) -> None:
    count = AuditEntry.objects.count()
    office.save()
    assert AuditEntry.objects.count() == count


def test_a_deleted_row_is_kept_in_the_trail(cast: SimpleNamespace) -> None:
    made = Organisation.objects.create(name="测试站", kind="rescue", region=cast.city.region)
    pk = str(made.pk)
    made.delete()
    assert (last().row, last().action, last().before["name"], last().after) == (pk, "delete", "测试站", None)


@pytest.mark.parametrize("way", ["update", "bulk_update", "sql"])
def test_no_way_of_writing_goes_around_it(cast: SimpleNamespace, office: Organisation, way: str) -> None:
    with audit.acting_as(cast.district):
        if way == "update":
            Organisation.objects.filter(pk=office.pk).update(phone="1")
        elif way == "bulk_update":
            office.phone = "1"
            Organisation.objects.bulk_update([office], ["phone"])
        else:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE core_organisation SET phone = '1' WHERE id = %s", [office.pk])
    assert (last().after, last().actor) == ({"phone": "1"}, cast.district)


def test_roles_given_and_taken_are_recorded(cast: SimpleNamespace) -> None:
    with audit.acting_as(cast.admin):
        cast.town.groups.clear()
    assert (last().table, last().action, last().actor) == ("core_user_groups", "delete", cast.admin)


def test_no_password_is_ever_recorded(cast: SimpleNamespace, make_user: Callable[..., User]) -> None:
    person = make_user("fresh", cast.city.region)
    person.set_password("another-secret-2026")
    person.save()
    person.delete()
    for entry in AuditEntry.objects.filter(table="core_user"):
        assert "password" not in {**(entry.before or {}), **(entry.after or {})}


def test_the_actor_of_a_request_is_named_and_the_next_request_is_not_his(
    cast: SimpleNamespace, browse: Callable[..., Any], office: Organisation
) -> None:
    with audit.acting_as(cast.admin):
        pass
    Organisation.objects.filter(pk=office.pk).update(phone="2")
    assert last().actor is None


def test_acting_inside_acting_comes_back_to_the_first(cast: SimpleNamespace, office: Organisation) -> None:
    with audit.acting_as(cast.admin):
        with audit.acting_as(cast.city):
            Organisation.objects.filter(pk=office.pk).update(phone="1")
        assert last().actor == cast.city
        Organisation.objects.filter(pk=office.pk).update(phone="2")
    assert last().actor == cast.admin


def test_a_bulk_load_leaves_one_entry(cast: SimpleNamespace) -> None:
    count = AuditEntry.objects.count()
    with audit.bulk("core_organisation", actor=cast.admin, rows=50, source="样例"):
        Organisation.objects.bulk_create(
            Organisation(name=f"站{n}", kind="rescue", region=cast.city.region) for n in range(50)
        )
    assert AuditEntry.objects.count() == count + 1
    assert (last().action, last().row, last().after) == ("bulk", "*", {"rows": 50, "source": "样例"})
    Organisation.objects.filter(name="站1").update(phone="1")
    assert AuditEntry.objects.count() == count + 2


def test_a_rolled_back_write_leaves_no_entry(cast: SimpleNamespace, office: Organisation) -> None:
    count = AuditEntry.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Organisation.objects.filter(pk=office.pk).update(phone="1")
        raise ZeroDivisionError
    assert AuditEntry.objects.count() == count


def test_the_history_of_a_row_is_newest_first(cast: SimpleNamespace, office: Organisation) -> None:
    for phone in ("1", "2"):
        Organisation.objects.filter(pk=office.pk).update(phone=phone)
    assert [e.after["phone"] for e in audit.history(office)[:2]] == ["2", "1"]


def test_every_table_of_the_project_has_its_trigger(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit' AND NOT tgisinternal")
        found = {row[0] for row in cursor.fetchall()}
    assert {m._meta.db_table for m in audit.audited_models()} <= found
    assert Job._meta.db_table not in found
