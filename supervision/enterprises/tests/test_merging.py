"""Two files become one and are taken apart again: nothing is lost, everything is where it was."""

from __future__ import annotations

import datetime as dt
import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from core.models import Deadline, DeadlineRule, Event, User
from core.tests.conftest import run_together
from core.workflow import NotAllowed, Stale, steps_of
from geo.models import Site
from layers.registry import registry
from supervision.enterprises import lifecycle, services
from supervision.enterprises.merging import merge
from supervision.enterprises.models import (
    Boundary,
    ChangeRequest,
    Contact,
    Contradiction,
    Drill,
    Duplicate,
    Enterprise,
    HandOver,
    HealthFactor,
    LedgerEntry,
    Licence,
    Merge,
    RescueFact,
)
from supervision.enterprises.references import Unhandled, absorbed_by, authoritative, kept, movable, references
from supervision.enterprises.splitting import added_since, split
from supervision.enterprises.testing import make_enterprise
from tests.cast import square

# Columns that count changes, not facts.
COUNTING = {"version", "state_since", "freshness_score"}
WHY = "同一家企业登记了两次"


@pytest.fixture
def pair(regions: Any) -> tuple[Enterprise, Enterprise]:
    return make_enterprise(regions.town, 1), make_enterprise(regions.town, 2)


def rows_of(model: Any) -> dict[Any, dict[str, Any]]:
    """A table as the database holds it, without what only counts."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(t) FROM "{model._meta.db_table}" t')
        rows = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
    key = model._meta.pk.column
    return {row[key]: {k: v for k, v in row.items() if k not in COUNTING} for row in rows}


def everything() -> dict[str, Any]:
    return {r.model._meta.label: rows_of(r.model) for r in movable()} | {
        "enterprise": rows_of(Enterprise), "site": rows_of(Site),
    }  # fmt: skip


class TestReferences:
    def test_every_way_to_point_at_an_enterprise_is_either_moved_or_kept_by_the_database(self, db: None) -> None:
        found = {r.key for r in references()}
        assert found == {r.key for r in movable()} | {r.key for r in kept()}
        assert {"core.user.site.site", "hazard_sources.hazardsource.site.site", "plans.plan.site.site",
                "incidents.incident.site.site", "core.deadline.case_id.enterprise"} <= found  # fmt: skip
        assert {"core.event.site.site", "core.document.site.site", "core.attachment.subject_id.enterprise",
                "core.step.case_id.enterprise", "enterprises.statuschange.enterprise.enterprise",
                "enterprises.confirmation.enterprise.enterprise"} <= {r.key for r in kept()}  # fmt: skip

    def test_every_uniqueness_of_a_model_that_points_at_an_enterprise_has_a_rule(self, db: None) -> None:
        """A new model whose uniqueness a merge does not understand fails here: see references._rule."""
        for reference in movable():
            try:
                assert all(single.rule.verb for single in reference.singles)
            except Unhandled as error:
                pytest.fail(str(error))

    def test_the_related_objects_that_django_knows_are_all_among_the_references(self) -> None:
        ours = {(r.model, r.field) for r in references()}
        own = {(Enterprise, "site"), (Enterprise, "merged_into"), (Merge, "survivor")}
        known = {
            (relation.related_model, relation.field.name)
            for model in (Site, Enterprise)
            for relation in model._meta.get_fields(include_hidden=True)
            if relation.auto_created and not relation.concrete and relation.related_model._meta.managed
            and not relation.many_to_many
        }  # fmt: skip
        own |= {(Merge, "absorbed"), (Duplicate, "first"), (Duplicate, "second"), (Contradiction, "enterprise")}
        assert known - ours - own == set()


class TestMerge:
    def test_every_row_of_every_module_moves_and_a_split_puts_each_back(
        self, cast: Any, regions: Any, pair: Any
    ) -> None:
        keep, gone = pair
        made = filled(gone, cast.city)
        # A new model that points at enterprises is made here (or by its module's samples), so that its move is tried.
        assert {r.key for r in made} >= {r.key for r in movable() if not r.type_field}
        assert "core.deadline.case_id.enterprise" in {r.key for r in made}
        before = everything()
        record = merge(keep, gone, actor=cast.district, reason=WHY)
        for reference in made:
            stayed = {pk for entry in record.moved if entry["key"] == reference.key for pk in entry["stayed"]}
            assert {*reference.rows(gone.pk).values_list("pk", flat=True)} == stayed, reference.key
            assert reference.rows(keep.pk).exists() or stayed, reference.key
        assert split(record, actor=cast.district, reason="两家不同的企业") == []
        after = everything()
        assert after == before

    def test_the_absorbed_file_is_cancelled_and_says_where_it_went(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        merge(keep, gone, actor=cast.district, reason=WHY)
        gone.refresh_from_db()
        assert (gone.state, gone.merged_into) == ("cancelled", keep)
        assert [(s.name, s.note, s.actor) for s in steps_of(gone)] == [("cancel", WHY, cast.district)]
        kinds = list(Event.objects.filter(kind__startswith="enterprises.").values_list("kind", flat=True))
        assert kinds == ["enterprises.cancel", "enterprises.merge"]
        gone_event = Event.objects.get(kind="enterprises.cancel")
        assert gone_event.data["file_state"] == "cancelled"
        assert Enterprise.objects.in_register().count() == 1

    def test_the_survivor_is_found_by_the_absorbed_files_name_and_code(self, cast: Any, pair: Any, browse: Any) -> None:
        keep, gone = pair
        name, code = gone.name, gone.credit_code
        merge(keep, gone, actor=cast.district, reason=WHY)
        for q in (name, code):
            found = browse(cast.district).get("/api/v1/search/", {"q": q}).json()["results"]
            assert [(r["layer"], r["id"]) for r in found] == [("enterprises", keep.pk)], q

    def test_facts_default_to_the_value_verified_later_and_may_be_chosen(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        now = timezone.now()
        set_facts(keep, employees=10, business="", verified_at=now - dt.timedelta(days=300))
        set_facts(gone, employees=20, business="环氧丙烷", verified_at=now - dt.timedelta(days=3), tags=["dust"])
        old_name, new_name = keep.name, gone.name
        record = merge(keep, gone, actor=cast.district, reason=WHY, choices={"name": "absorbed", "tags": "survivor"})
        keep.refresh_from_db()
        assert (keep.employees, keep.business, keep.tags, keep.site.name) == (20, "环氧丙烷", [], new_name)
        assert keep.provenance["employees"]["at"][:10] == (now - dt.timedelta(days=3)).isoformat()[:10]
        assert old_name in keep.former.splitlines()
        assert split(record, actor=cast.district, reason="误合并") == []
        keep.refresh_from_db()
        assert (keep.employees, keep.business, keep.site.name, keep.former) == (10, "", old_name, "")
        assert keep.provenance == {}

    def test_a_code_that_is_taken_over_changes_places(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        mine, theirs = keep.credit_code, gone.credit_code
        record = merge(keep, gone, actor=cast.district, reason=WHY, choices={"credit_code": "absorbed"})
        keep.refresh_from_db(), gone.refresh_from_db()
        assert (keep.credit_code, gone.credit_code) == (theirs, mine)
        assert mine in keep.former
        split(record, actor=cast.district, reason="误合并")
        keep.refresh_from_db(), gone.refresh_from_db()
        assert (keep.credit_code, gone.credit_code) == (mine, theirs)

    def test_of_two_current_contacts_one_becomes_a_former_one(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        mine, other = contact(keep, "甲"), contact(gone, "乙")
        record = merge(keep, gone, actor=cast.district, reason=WHY)
        mine.refresh_from_db(), other.refresh_from_db()
        assert (mine.left_on, other.left_on, other.enterprise) == (None, timezone.localdate(), keep)
        split(record, actor=cast.district, reason="误合并")
        other.refresh_from_db()
        assert (other.left_on, other.enterprise) == (None, gone)

    def test_the_absorbed_files_contact_can_be_the_one_that_stays(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        mine, other = contact(keep, "甲"), contact(gone, "乙")
        record = merge(keep, gone, actor=cast.district, reason=WHY, choices={"contact:emergency": "absorbed"})
        mine.refresh_from_db(), other.refresh_from_db()
        assert (mine.left_on, other.left_on) == (timezone.localdate(), None)
        assert split(record, actor=cast.district, reason="误合并") == []
        mine.refresh_from_db()
        assert mine.left_on is None

    def test_a_licence_with_the_same_number_is_kept_as_a_withdrawn_one(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        for enterprise in pair:
            Licence.objects.create(enterprise=enterprise, kind="business", number="鲁东 1 号")
        merge(keep, gone, actor=cast.district, reason=WHY)
        assert keep.licences.count() == 2
        assert keep.licences.get(withdrawn_at__isnull=False).withdrawn_reason.startswith("合并档案")

    def test_the_accounts_of_the_absorbed_enterprise_see_the_survivor(self, cast: Any, pair: Any, make_user: Any,
                                                                      regions: Any) -> None:  # fmt: skip
        keep, gone = pair
        account = make_user("gone", regions.town, "enterprise", site=gone.site)
        merge(keep, gone, actor=cast.district, reason=WHY)
        assert User.objects.get(pk=account.pk).site_id == keep.pk

    def test_an_application_goes_into_the_file_that_was_there(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        Enterprise.objects.filter(pk=gone.pk).update(state="pending")
        record = merge(keep, gone, actor=cast.district, reason=WHY)
        split(record, actor=cast.district, reason="不是同一家")
        gone.refresh_from_db()
        assert (gone.state, gone.merged_into) == ("pending", None)


class TestRefused:
    def test_without_the_right(self, cast: Any, pair: Any) -> None:
        for who in (cast.duty, cast.town, cast.auditor, cast.enterprise):
            with pytest.raises(PermissionDenied):
                merge(*pair, actor=who, reason=WHY)

    def test_when_one_of_the_files_is_out_of_scope(self, cast: Any, pair: Any, regions: Any) -> None:
        far = make_enterprise(regions.neighbour_town, 9)
        for two in ((pair[0], far), (far, pair[0])):
            with pytest.raises(Enterprise.DoesNotExist):
                merge(*two, actor=cast.district, reason=WHY)

    def test_twice_and_into_itself_and_with_a_cancelled_file(self, cast: Any, pair: Any, regions: Any) -> None:
        keep, gone = pair
        with pytest.raises(NotAllowed, match="同一份"):
            merge(keep, keep, actor=cast.district, reason=WHY)
        merge(keep, gone, actor=cast.district, reason=WHY)
        with pytest.raises(NotAllowed, match="已并入"):
            merge(keep, gone, actor=cast.district, reason=WHY)
        third = make_enterprise(regions.town, 3)
        lifecycle.cancel(third, actor=cast.district, reason="登记错误")
        with pytest.raises(NotAllowed, match="已注销"):
            merge(keep, third, actor=cast.district, reason=WHY)
        with pytest.raises(NotAllowed, match="已入库"):
            merge(third, keep, actor=cast.district, reason=WHY)

    def test_without_a_reason_or_with_an_unknown_fact(self, cast: Any, pair: Any) -> None:
        with pytest.raises(ValidationError, match="理由"):
            merge(*pair, actor=cast.district, reason=" ")
        with pytest.raises(ValidationError, match="没有这一项"):
            merge(*pair, actor=cast.district, reason=WHY, choices={"colour": "absorbed"})
        with pytest.raises(ValidationError, match="只能选"):
            merge(*pair, actor=cast.district, reason=WHY, choices={"name": "both"})
        assert not Merge.objects.exists()

    def test_when_a_file_changed_since_it_was_looked_at(self, cast: Any, pair: Any) -> None:
        services.update_enterprise(pair[1], actor=cast.district, employees=77)
        with pytest.raises(Stale):
            merge(*pair, actor=cast.district, reason=WHY, seen=(1, 1))

    def test_circles_cannot_be_made_and_chains_lead_to_one_file(self, cast: Any, pair: Any, regions: Any) -> None:
        a, b = pair
        c = make_enterprise(regions.town, 3)
        merge(b, a, actor=cast.district, reason=WHY)
        merge(c, b, actor=cast.district, reason=WHY)
        for row in (a, b, c):
            row.refresh_from_db()
            assert authoritative(row) == c
        assert absorbed_by(c) == [b, a]
        for wrong in ((a, c), (b, c), (a, b)):
            with pytest.raises(NotAllowed):
                merge(*wrong, actor=cast.district, reason=WHY)
        with pytest.raises(NotAllowed, match="拆分"):
            lifecycle.reopen(a, actor=cast.district, reason="恢复")


class TestSplit:
    def test_without_the_right_twice_and_out_of_order(self, cast: Any, pair: Any, regions: Any) -> None:
        a, b = pair
        c = make_enterprise(regions.town, 3)
        first = merge(b, a, actor=cast.district, reason=WHY)
        second = merge(c, b, actor=cast.district, reason=WHY)
        with pytest.raises(PermissionDenied):
            split(first, actor=cast.duty, reason="误")
        with pytest.raises(Enterprise.DoesNotExist):
            split(first, actor=cast.neighbour, reason="误")
        with pytest.raises(NotAllowed, match="请先拆分那一次"):
            split(first, actor=cast.district, reason="误")
        split(second, actor=cast.district, reason="误")
        with pytest.raises(ValidationError, match="理由"):
            split(first, actor=cast.district, reason="")
        split(first, actor=cast.district, reason="误")
        with pytest.raises(NotAllowed, match="已于"):
            split(first, actor=cast.district, reason="误")
        assert Enterprise.objects.in_register().count() == 3

    def test_what_came_since_stays_unless_it_is_chosen(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        record = merge(keep, gone, actor=cast.district, reason=WHY)
        one = Licence.objects.create(enterprise=keep, kind="business", number="1")
        two = Licence.objects.create(enterprise=keep, kind="business", number="2")
        assert [(a.title, a.rows) for a in added_since(record)] == [("资质证照", [one, two])]
        with pytest.raises(ValidationError, match="已不在"):
            split(record, actor=cast.district, reason="误", take={"enterprises.licence.enterprise.enterprise": [0]})
        split(record, actor=cast.district, reason="误", take={"enterprises.licence.enterprise.enterprise": [two.pk]})
        one.refresh_from_db(), two.refresh_from_db()
        assert (one.enterprise, two.enterprise) == (keep, gone)

    def test_a_fact_that_was_changed_since_is_left_and_said(self, cast: Any, pair: Any) -> None:
        keep, gone = pair
        set_facts(gone, employees=88)
        record = merge(keep, gone, actor=cast.district, reason=WHY, choices={"employees": "absorbed"})
        services.update_enterprise(keep, actor=cast.district, employees=99)
        assert split(record, actor=cast.district, reason="误") == ["从业人数：合并后又改过，保持现值"]
        keep.refresh_from_db()
        assert keep.employees == 99
        record.refresh_from_db()
        assert record.before["left"] and record.undone_by == cast.district

    def test_a_file_that_was_merged_is_not_changed_any_more(self, cast: Any, pair: Any) -> None:
        merge(*pair, actor=cast.district, reason=WHY)
        with pytest.raises(NotAllowed, match="已并入"):
            services.update_enterprise(pair[1], actor=cast.district, employees=1)


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_who_merge_the_same_pair_one_is_told(cast: Any, regions: Any) -> None:
    a, b = make_enterprise(regions.town, 1), make_enterprise(regions.town, 2)

    def one() -> Any:
        try:
            return merge(
                Enterprise.objects.get(pk=a.pk), Enterprise.objects.get(pk=b.pk), actor=cast.district, reason=WHY
            )
        except NotAllowed as error:
            return error

    def other() -> Any:
        try:
            return merge(Enterprise.objects.get(pk=b.pk), Enterprise.objects.get(pk=a.pk), actor=cast.city, reason=WHY)
        except NotAllowed as error:
            return error

    answers = run_together(one, other)
    assert sorted(type(answer).__name__ for answer in answers) == ["Merge", "NotAllowed"]
    assert Merge.objects.count() == 1


def set_facts(enterprise: Enterprise, **facts: Any) -> None:
    Enterprise.objects.filter(pk=enterprise.pk).update(**facts)
    enterprise.refresh_from_db()


def contact(enterprise: Enterprise, name: str) -> Contact:
    return Contact.objects.create(enterprise=enterprise, role="emergency", name=name, phone="13900001111",
                                  since=dt.date(2020, 1, 1))  # fmt: skip


def filled(enterprise: Enterprise, actor: User) -> list[Any]:
    """One row of every kind that can point at an enterprise; the references that have rows now."""
    for module in registry:
        path = next((p for p in (f"supervision.{module.key}", f"command_center.{module.key}") if is_there(p)), None)
        if path is None or not (module.layers or module.records):
            continue
        for row in import_module(f"{path}.testing").samples(enterprise.region, actor, 7).values():
            for reference in movable():
                if isinstance(row, reference.model) and not reference.type_field:
                    more = {"level": "enterprise"} if reference.model.__name__ == "Plan" else {}
                    reference.model._base_manager.filter(pk=row.pk).update(**{reference.column: enterprise.pk}, **more)
    own_rows(enterprise, actor)
    return [r for r in movable() if r.rows(enterprise.pk).exists()]


def is_there(package: str) -> bool:
    try:
        return find_spec(f"{package}.testing") is not None
    except ModuleNotFoundError:
        return False


def own_rows(enterprise: Enterprise, actor: User) -> None:
    """Of the enterprise's own file and of the kernel, whatever the samples have not made."""
    day = dt.date(2024, 5, 1)
    User.objects.create_user("safety", site=enterprise.site, name="安全员")
    old = Contact.objects.create(enterprise=enterprise, role="principal", name="甲", since=day, left_on=day)
    new = Contact.objects.create(enterprise=enterprise, role="principal", name="乙", since=day)
    HandOver.objects.create(enterprise=enterprise, leaving=old, successor=new, on=day, actor=actor)
    ChangeRequest.objects.create(
        enterprise=enterprise, state="submitted", changes={}, reason="更名", submitted_by=actor
    )
    Licence.objects.create(enterprise=enterprise, kind="business", number="丁")
    LedgerEntry.objects.create(enterprise=enterprise, kind="rules", title="制度", happened_on=day)
    HealthFactor.objects.create(enterprise=enterprise, kind="dust", factor="煤尘", workplace="备煤")
    RescueFact.objects.create(enterprise=enterprise, kind="gate", title="东门", geom=enterprise.site.geom)
    Drill.objects.create(
        enterprise=enterprise, kind="special", plan_name="预案", subject="泄漏", held_on=day, participants=9
    )
    if not enterprise.boundaries.exists():
        outline = square(118.45, 37.05, 0.001)
        Boundary.objects.create(enterprise=enterprise, region=enterprise.region, geom=outline, area_m2=1.0)
    rule = DeadlineRule.objects.create(
        key="enterprises.x", title="试", basis="无", amount=1, unit="hours", effective_from=day
    )
    Deadline.objects.create(
        case_type=ContentType.objects.get_for_model(Enterprise), case_id=enterprise.pk, rule=rule,
        region=enterprise.region, started_at=timezone.now(), due_at=timezone.now(),
    )  # fmt: skip
