"""Each step of a hazard source: works; refused by role, by region, by state; done twice."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.models import Event
from core.workflow import Incomplete, NotAllowed, Stale, steps_of
from geo.coordinates import from_cgcs2000
from geo.models import Site
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources import assessing, cancelling, filing, reviews, services
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.tests.making import CHLORINE, LITTLE, add
from supervision.hazard_sources.workflow import HAZARD_SOURCE


class TestAdd:
    def test_a_draft_stands_at_its_enterprise_with_its_inventory(self, source, site):
        assert (source.state, source.region, source.geom.coords) == ("draft", site.region, site.geom.coords)
        assert (source.s, source.r, source.grade) == (None, None, None)
        (item,) = source.items.all()
        assert (item.substance, item.quantity_text, str(item)) == ("氯", "25", "氯 25 t")
        assert Event.objects.get(kind="hazard_sources.add").site_id == site.pk

    def test_a_point_of_its_own_is_converted_and_must_be_near_the_plant(self, cast, site):
        lon, lat = from_cgcs2000(site.geom.x + 0.002, site.geom.y, "bd09")
        source = add(cast.district, site, lon=lon, lat=lat, datum="bd09")
        assert source.geom.x == pytest.approx(site.geom.x + 0.002, abs=1e-7)
        with pytest.raises(ValidationError, match=r"离企业 .* 公里"):
            add(cast.district, site, name="别处", lon=118.6, lat=37.4)

    @pytest.mark.parametrize("role", ["duty", "town", "auditor", "nobody"])
    def test_roles_without_the_right_are_refused(self, cast, site, role):
        with pytest.raises(PermissionDenied):
            add(getattr(cast, role), site)

    def test_the_neighbour_does_not_find_the_site(self, cast, site):
        with pytest.raises(Site.DoesNotExist):
            add(cast.neighbour, site)

    def test_a_site_without_enterprise_is_not_found(self, cast, sites):
        with pytest.raises(Site.DoesNotExist):
            add(cast.city, sites.other)

    def test_the_same_name_twice_is_refused(self, cast, source, site):
        with pytest.raises(ValidationError, match="同名"):
            add(cast.district, site)

    @pytest.mark.parametrize("items", [
        [], [{"substance": "柴油", "quantity_t": 5}], [{"substance": "氯", "quantity_t": "0"}],
        [{"substance": "氯", "quantity_t": "0.0000001"}], [{"substance": "氯", "quantity_t": "-3"}]])  # fmt: skip
    def test_a_bad_inventory_is_refused(self, cast, site, items):
        with pytest.raises(BadInventory):
            add(cast.district, site, items=items)
        assert not HazardSource.objects.exists()

    @pytest.mark.parametrize(("field", "value"), [("name", " "), ("name", "长" * 81), ("unit", "ship")])
    def test_wrong_facts_are_refused_at_their_field(self, cast, site, field, value):
        with pytest.raises(ValidationError) as caught:
            add(cast.district, site, **{field: value})
        assert field in caught.value.message_dict


class TestIdentifyAndAssess:
    def test_the_engine_decides_and_its_derivation_is_kept(self, cast, assessed):
        assert (assessed.s, assessed.r, assessed.alpha, assessed.grade) == (5, 40, 2, 3)
        assert (assessed.s_text, assessed.r_text) == ("5", "40")
        assert assessed.derivation[0].startswith("氯 25 t ÷ 5 t × β 4 = 20")
        assert assessed.assessed_on == timezone.localdate()
        assert assessed.review_due_on.year == assessed.assessed_on.year + 3
        assert [s.name for s in steps_of(assessed)] == ["identify", "assess"]
        assert Event.objects.filter(kind="hazard_sources.assess").get().data["grade"] == 3

    def test_assessing_twice_is_a_new_assessment(self, cast, assessed):
        version = assessed.version
        assessing.assess_source(assessed, actor=cast.enterprise)
        assert (assessed.version, assessed.grade) == (version + 1, 3)

    def test_a_draft_is_identified_before_it_is_assessed(self, cast, source):
        with pytest.raises(NotAllowed, match="已辨识"):
            assessing.assess_source(source, actor=cast.enterprise)

    def test_what_is_no_major_hazard_is_identified_but_not_graded(self, cast, site):
        little = add(cast.enterprise, site, items=LITTLE)
        assessing.identify_source(little, actor=cast.enterprise)
        assert (little.state, little.s_text, little.grade) == ("identified", "0.2", None)
        with pytest.raises(NotAllowed, match="S < 1"):
            assessing.assess_source(little, actor=cast.enterprise)

    def test_roles_without_the_right_are_refused(self, cast, source):
        for person in (cast.duty, cast.town, cast.auditor):
            with pytest.raises(PermissionDenied):
                assessing.identify_source(source, actor=person)

    def test_the_neighbour_does_not_find_it(self, cast, source):
        with pytest.raises(HazardSource.DoesNotExist):
            assessing.identify_source(source, actor=cast.neighbour)

    def test_who_saw_an_older_version_is_refused(self, cast, source):
        assessing.identify_source(source, actor=cast.enterprise, expected_version=1)
        with pytest.raises(Stale):
            assessing.assess_source(source, actor=cast.enterprise, expected_version=1)


class TestFile:
    def test_the_office_files_it_under_a_number(self, filed):
        assert (filed.state, filed.filing_number, filed.filed_on) == (
            "filed", "BA370523〔2026〕001", timezone.localdate())  # fmt: skip

    def test_a_number_is_needed(self, cast, assessed):
        with pytest.raises(Incomplete, match="备案编号"):
            filing.file_source(assessed, actor=cast.district, filing_number=" ")

    def test_roles_without_the_right_are_refused(self, cast, assessed):
        with pytest.raises(PermissionDenied):
            filing.file_source(assessed, actor=cast.enterprise, filing_number="1")

    def test_the_neighbour_does_not_find_it(self, cast, assessed):
        with pytest.raises(HazardSource.DoesNotExist):
            filing.file_source(assessed, actor=cast.neighbour, filing_number="1")

    def test_twice_or_before_assessment_is_refused(self, cast, filed, site):
        with pytest.raises(NotAllowed):
            filing.file_source(filed, actor=cast.district, filing_number="2")
        with pytest.raises(NotAllowed):
            filing.file_source(add(cast.district, site, name="乙"), actor=cast.district, filing_number="2")


class TestRecallAndCancel:
    @pytest.mark.parametrize(
        ("verb", "state"), [(reviews.recall_source, "due"), (cancelling.cancel_source, "cancelled")]
    )
    def test_the_office_does_it_with_a_reason(self, cast, filed, verb, state):
        verb(filed, actor=cast.district, note="装置已拆除")
        assert filed.state == state and steps_of(filed).last().note == "装置已拆除"

    @pytest.mark.parametrize("take", [reviews.recall_source, cancelling.cancel_source])
    def test_it_is_refused_without_reason_right_scope_or_twice(self, cast, filed, take):
        with pytest.raises(Incomplete, match="理由"):
            take(filed, actor=cast.district, note=" ")
        with pytest.raises(PermissionDenied):
            take(filed, actor=cast.enterprise, note="x")
        with pytest.raises(HazardSource.DoesNotExist):
            take(filed, actor=cast.neighbour, note="x")
        take(filed, actor=cast.district, note="x")
        with pytest.raises(NotAllowed):
            take(filed, actor=cast.district, note="x")

    def test_a_cancelled_one_stays_as_it_is(self, cast, filed):
        cancelling.cancel_source(filed, actor=cast.district, note="x")
        assert HAZARD_SOURCE.open_to(filed, cast.district) == []
        with pytest.raises(NotAllowed, match="已核销"):
            update(cast.district, filed)


def update(actor, source, **changes):
    facts = {"name": source.name, "unit": source.unit, "exposed_persons": source.exposed_persons, "items": CHLORINE}
    return services.update_source(source, actor=actor, **(facts | changes))


class TestUpdate:
    def test_a_new_inventory_of_a_filed_source_must_be_assessed_again(self, cast, filed):
        changed = update(cast.enterprise, filed, items=[{"substance": "氯", "quantity_t": "62.5"}], reason="新增气瓶")
        assert changed.state == "due" and changed.grade == 3  # the old grade stands until then
        assessing.assess_source(changed, actor=cast.enterprise)
        assert (changed.r_text, changed.grade) == ("100", 1)

    def test_more_neighbours_of_a_filed_source_do_so_too(self, cast, filed):
        assert update(cast.enterprise, filed, exposed_persons=0).state == "due"

    def test_a_new_name_alone_does_not(self, cast, filed):
        changed = update(cast.enterprise, filed, name="液氯一库")
        assert (changed.state, changed.name) == ("filed", "液氯一库")

    def test_a_draft_stays_a_draft(self, cast, source):
        items = [{"substance": "原油", "class": "W5.3", "quantity_t": 12.5}, *CHLORINE]
        changed = update(cast.enterprise, source, items=items)
        assert (changed.state, changed.version) == ("draft", 2)
        assert [str(item) for item in changed.items.all()] == ["原油 12.5 t", "氯 25 t"]
        assert changed.items.first().symbol == "W5.3"

    def test_roles_without_the_right_are_refused(self, cast, source):
        with pytest.raises(PermissionDenied):
            update(cast.duty, source)

    def test_the_neighbour_does_not_find_it(self, cast, source):
        with pytest.raises(HazardSource.DoesNotExist):
            update(cast.neighbour, source)

    def test_who_saw_an_older_version_is_refused(self, cast, source):
        update(cast.enterprise, source, name="新名", expected_version=1)
        with pytest.raises(Stale):
            update(cast.enterprise, source, name="又一名", expected_version=1)

    def test_a_bad_inventory_changes_nothing(self, cast, filed):
        with pytest.raises(BadInventory):
            update(cast.enterprise, filed, items=[{"substance": "硝酸铵", "quantity_t": 1}], reason="x")
        filed.refresh_from_db()
        assert filed.state == "filed" and str(filed.items.get()) == "氯 25 t"


class TestDatabase:
    def test_a_grade_without_s_is_refused(self, source):
        with pytest.raises(IntegrityError), transaction.atomic():
            HazardSource.objects.filter(pk=source.pk).update(grade=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            HazardSource.objects.filter(pk=source.pk).update(grade=1, s=Decimal("0.9"), r=1, alpha=1)

    def test_an_unknown_state_is_refused(self, source):
        with pytest.raises(IntegrityError), transaction.atomic():
            HazardSource.objects.filter(pk=source.pk).update(state="asleep")


def test_everyone_sees_their_own_part(cast, assessed, sites):
    other = add(cast.neighbour, make_enterprise(sites.other.region, 2, site=sites.other).site)
    seen = {name: set(HazardSource.objects.visible_to(getattr(cast, name))) for name in vars(cast)}
    assert seen["city"] == {assessed, other} and seen["neighbour"] == {other} and seen["nobody"] == set()
    assert seen["district"] == seen["town"] == seen["enterprise"] == {assessed}


def test_the_workflow_table_is_sound():
    assert HAZARD_SOURCE.problems() == []
