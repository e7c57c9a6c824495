"""Confirming, correcting and doubting: works; refused by role, region, state; twice. And what the score makes of it."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from core.models import AuditEntry, Event
from core.workflow import NotAllowed
from supervision.enterprises import contacts, facts, jobs, provenance, score, services, truth
from supervision.enterprises.models import ChangeRequest, Confirmation, Enterprise, Licence
from supervision.enterprises.testing import make_enterprise


@pytest.fixture
def enterprise(sites, cast):
    made = make_enterprise(sites.own.region, site=sites.own)
    contacts.set_contact(made, actor=cast.district, role="safety", name="王一", phone="13800001111")
    contacts.set_contact(made, actor=cast.district, role="emergency", name="丁值守", phone="13800002222")
    made.refresh_from_db()
    return made


def origin(enterprise, key):
    enterprise.refresh_from_db()
    return next(o for o in provenance.provenance_of(enterprise) if o.key == key)


class TestConfirm:
    def test_the_whole_file_is_fresh_and_the_confirmation_is_a_row_and_an_event(self, cast, enterprise):
        row = truth.confirm(enterprise, actor=cast.enterprise)
        enterprise.refresh_from_db()
        assert (row.channel, row.outcome, row.facts) == ("enterprise", "confirmed", ["*"])
        assert (enterprise.freshness_score, enterprise.is_stale) == (100, False)
        assert truth.due_on(enterprise) == timezone.localdate() + dt.timedelta(days=90)
        event = Event.objects.get(kind="enterprises.confirm")
        assert event.data["id"] == enterprise.pk and "王一" not in str(event.data)

    def test_a_lapsed_file_is_valid_again(self, cast, enterprise):
        jobs.lapse()
        enterprise.refresh_from_db()
        assert enterprise.state == "due"
        truth.confirm(enterprise, actor=cast.enterprise)
        enterprise.refresh_from_db()
        assert enterprise.state == "valid"

    def test_some_facts_leave_the_others_as_old_as_they_were(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.town, facts=["status"])
        assert origin(enterprise, "status").fresh["days"] == 0
        assert origin(enterprise, "name").at is None and enterprise.is_stale

    def test_twice_is_once(self, cast, enterprise):
        first, second = (truth.confirm(enterprise, actor=cast.enterprise) for _ in range(2))
        assert first == second and Confirmation.objects.count() == 1

    def test_the_channel_is_what_the_role_does_or_says(self, cast, enterprise):
        assert truth.confirm(enterprise, actor=cast.town, facts=["status"]).channel == "grid"
        assert truth.confirm(enterprise, actor=cast.district, channel="phone").channel == "phone"
        with pytest.raises(ValidationError, match="途径应是"):
            truth.confirm(enterprise, actor=cast.district, channel="enterprise")

    @pytest.mark.parametrize("role", ["duty", "auditor", "nobody"])
    def test_roles_without_the_right_are_refused(self, cast, enterprise, role):
        with pytest.raises(PermissionDenied):
            truth.confirm(enterprise, actor=getattr(cast, role))

    def test_the_neighbour_does_not_find_it(self, cast, enterprise):
        with pytest.raises(Enterprise.DoesNotExist):
            truth.confirm(enterprise, actor=cast.neighbour)

    def test_a_closed_a_draft_and_a_cancelled_file_are_not_asked(self, cast, enterprise):
        services.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
        with pytest.raises(NotAllowed, match="已关闭"):
            truth.confirm(enterprise, actor=cast.district)
        for state, why in (("draft", "入库之后"), ("cancelled", "已注销")):
            Enterprise.objects.filter(pk=enterprise.pk).update(state=state)
            with pytest.raises(NotAllowed, match=why):
                truth.confirm(enterprise, actor=cast.district)

    @pytest.mark.parametrize("wrong", [[], ["colour"], [1]])
    def test_facts_that_do_not_exist_are_refused(self, cast, enterprise, wrong):
        with pytest.raises(ValidationError):
            truth.confirm(enterprise, actor=cast.district, facts=wrong)

    def test_rows_are_only_added(self, cast, enterprise):
        row = truth.confirm(enterprise, actor=cast.enterprise)
        with pytest.raises(DatabaseError), transaction.atomic():
            Confirmation.objects.filter(pk=row.pk).update(note="别的")


class TestDoubt:
    def test_an_enterprise_does_not_end_an_office_s_doubt_by_saying_the_same_again(self, cast, enterprise):
        for key in ("contact_safety", "status"):
            truth.confirm(enterprise, actor=cast.town, facts=[key], is_doubted=True, note="与现场不符")
        truth.confirm(enterprise, actor=cast.enterprise)
        truth.confirm(enterprise, actor=cast.enterprise, facts=["status"])
        enterprise.refresh_from_db()
        assert origin(enterprise, "contact_safety").doubt == origin(enterprise, "status").doubt == "与现场不符"
        assert enterprise.freshness_score < 100
        truth.confirm(enterprise, actor=cast.district)
        enterprise.refresh_from_db()
        assert origin(enterprise, "status").doubt == "" and enterprise.freshness_score == 100

    def test_a_doubted_fact_counts_nothing_until_it_is_confirmed(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.enterprise)
        row = truth.confirm(enterprise, actor=cast.town, facts=["contact_safety"], is_doubted=True, note="电话打不通")
        doubted = origin(enterprise, "contact_safety")
        assert (row.outcome, doubted.doubt) == ("doubted", "电话打不通")
        assert enterprise.freshness_score < 100
        truth.confirm(enterprise, actor=cast.district, facts=["contact_safety"])
        assert origin(enterprise, "contact_safety").doubt == "" and enterprise.freshness_score == 100

    def test_it_says_what_is_wrong(self, cast, enterprise):
        with pytest.raises(ValidationError, match="写明疑点"):
            truth.confirm(enterprise, actor=cast.town, facts=["status"], is_doubted=True)


class TestCorrect:
    def test_what_the_enterprise_keeps_is_changed_at_once(self, cast, enterprise):
        row = truth.confirm(enterprise, actor=cast.enterprise, changes={"employees": "55"})
        assert origin(enterprise, "employees").source == "企业自报"
        assert enterprise.employees == 55
        assert row.changes == {"employees": {"before": 40, "after": 55}} and row.outcome == "corrected"

    def test_what_the_office_keeps_becomes_a_request(self, cast, enterprise):
        name = enterprise.name
        row = truth.confirm(enterprise, actor=cast.enterprise, changes={"name": "大王新名化工有限公司"}, note="更名")
        request = ChangeRequest.objects.get()
        enterprise.refresh_from_db()
        assert enterprise.site.name == name and request.changes["name"]["after"] == "大王新名化工有限公司"
        assert row.changes["name"]["request"] == request.pk

    def test_the_office_changes_it_at_once(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.district, changes={"status": "suspended"}, note="现场停产")
        enterprise.refresh_from_db()
        assert enterprise.status == "suspended" and enterprise.status_changes.first().reason == "现场停产"
        assert origin(enterprise, "status").by == str(cast.district)

    def test_a_telephone_is_not_copied_into_the_confirmation(self, cast, enterprise):
        person = {"name": "王一", "phone": "13800009999"}
        row = truth.confirm(enterprise, actor=cast.district, changes={"contact_safety": person})
        assert contacts.holder(enterprise, "safety").phone == "13800009999"
        assert "13800009999" not in str(row.changes) and "王一" not in str(row.changes)

    def test_twice_is_once(self, cast, enterprise):
        first, second = (truth.confirm(enterprise, actor=cast.enterprise, changes={"employees": 55}) for _ in range(2))
        assert first == second and Confirmation.objects.count() == 1

    def test_the_same_value_is_no_correction(self, cast, enterprise):
        with pytest.raises(ValidationError, match="与现有档案相同"):
            truth.confirm(enterprise, actor=cast.enterprise, changes={"employees": 40})

    def test_grid_workers_ask_or_doubt(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.town, changes={"status": "suspended"}, note="已停产")
        assert ChangeRequest.objects.get().submitted_by == cast.town
        with pytest.raises(ValidationError, match="存疑"):
            truth.confirm(
                enterprise, actor=cast.town, changes={"contact_safety": {"name": "李", "phone": "13800001111"}}
            )

    @pytest.mark.parametrize(("key", "value"), [
        ("employees", -1), ("employees", "many"), ("place", {"lon": 1}), ("place", {"lon": 120.0, "lat": 37.0}),
        ("categories", "chemical"), ("categories", ["nuclear"]), ("founded_on", "yesterday"), ("licences", "x"),
        ("colour", "red"), ("status", "asleep"), ("registered_region", "999999"), ("capital_wan", "a lot"),
        ("credit_code", "91370523MA3RQPW86X"), ("contact_safety", "王"), ("founded_on", "2020-13-45"), ("name", 7),
    ])  # fmt: skip
    def test_wrong_values_are_refused_at_their_fact(self, cast, enterprise, key, value):
        with pytest.raises(ValidationError) as caught:
            truth.confirm(enterprise, actor=cast.district, changes={key: value}, note="核对")
        assert hasattr(caught.value, "error_dict")


class TestProvenance:
    def test_every_fact_says_where_it_comes_from(self, cast, enterprise):
        services.update_enterprise(enterprise, actor=cast.district, employees=77)
        changed, other = origin(enterprise, "employees"), origin(enterprise, "business")
        assert (changed.source, changed.by, changed.age) == ("机关登记", str(cast.district), "今天")
        assert other.age == "从未"

    def test_contacts_and_licences_speak_for_themselves(self, cast, enterprise):
        assert origin(enterprise, "contact_safety").by == str(cast.district)
        Licence.objects.create(enterprise=enterprise, kind="business", number="1", source="市场监管")
        assert origin(enterprise, "licences").source == "市场监管"

    def test_what_was_asked_to_change_is_not_confirmed_with_the_rest(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.enterprise, changes={"name": "大王新名化工有限公司"}, note="更名")
        truth.confirm(enterprise, actor=cast.enterprise)
        assert origin(enterprise, "name").at is None and origin(enterprise, "status").age == "今天"

    def test_origins_and_scores_are_not_in_the_audit_trail(self, cast, enterprise):
        before = AuditEntry.objects.filter(table="enterprises_enterprise").count()
        provenance.noted(enterprise, ["name"], source="测试", actor=cast.district)
        assert AuditEntry.objects.filter(table="enterprises_enterprise").count() == before
        services.update_enterprise(enterprise, actor=cast.district, employees=78)
        assert AuditEntry.objects.filter(table="enterprises_enterprise").count() == before + 1


class TestScore:
    def test_a_share_falls_evenly_to_nothing_at_three_intervals(self):
        now = timezone.now()
        ages = {0: 1000, 90: 1000, 135: 750, 180: 500, 270: 0, 900: 0}
        assert {age: score.share(90, now - dt.timedelta(days=age), now) for age in ages} == ages
        assert score.share(90, None, now) == 0 and score.share(90, now, now, is_doubted=True) == 0

    def test_missing_contacts_cost_and_empty_optional_facts_do_not(self, cast, sites):
        bare = make_enterprise(sites.other.region, 3, site=sites.other)
        truth.confirm(bare, actor=cast.neighbour)
        weight = sum(f.weight for f in facts.FACTS if not f.is_optional)
        assert bare.freshness_score == 0
        bare.refresh_from_db()
        assert bare.freshness_score == (weight - 24) * 100 // weight

    def test_sql_and_python_agree_on_files_of_all_kinds(self, cast, regions):
        rng, now = Random(1), timezone.now()
        for number in range(40):
            made = make_enterprise(
                regions.town, number, business=rng.choice(("", "化工")), tags=rng.choice(([], ["gas"])),
                founded_on=rng.choice((None, "2010-01-01")), scale=rng.choice(("", "small")),
                verified_at=rng.choice((None, now - dt.timedelta(days=rng.randint(0, 900)))),
                registered_region=rng.choice((None, regions.district)),
            )  # fmt: skip
            for role in rng.sample(["legal", "principal", "safety", "emergency"], rng.randint(0, 4)):
                at = rng.choice((None, now - dt.timedelta(days=rng.randint(0, 500))))
                made.contacts.create(role=role, name="人", since="2020-01-01", verified_at=at)
            for n in range(rng.randint(0, 2)):
                at = rng.choice((None, now - dt.timedelta(days=rng.randint(0, 700))))
                made.licences.create(kind="business", number=str(n), verified_at=at)
            for key in rng.sample([f.key for f in facts.FACTS], 5):
                at = rng.choice((None, (now - dt.timedelta(days=rng.randint(0, 900))).isoformat()))
                made.provenance[key] = {"source": "x", "by": cast.city.pk, "at": at}
                if rng.random() < 0.3:
                    made.provenance[key]["doubt"] = "不像"
            provenance.keep(made)
        score.renew(now=now)
        rows = Enterprise.objects.select_related("site__region", "verified_by", "registered_region")
        assert {e.pk: provenance.score_of(e, now) for e in rows} == {e.pk: e.freshness_score for e in rows}
        assert len({e.freshness_score for e in rows}) > 15

    def test_the_worker_takes_points_although_nobody_writes(self, cast, enterprise):
        truth.confirm(enterprise, actor=cast.enterprise)
        later = timezone.now() + dt.timedelta(days=120)
        assert score.renew(now=later) >= 1
        enterprise.refresh_from_db()
        assert 60 < enterprise.freshness_score < 100
        costs = {o.key: points for o, points in provenance.reasons(enterprise, later)}
        assert costs["status"] == max(costs.values())
