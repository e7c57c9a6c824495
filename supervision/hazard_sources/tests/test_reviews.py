"""Every assessment kept and compared, the three years and the other reasons, and the clocks with their warnings."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from core import deadlines, reference
from core.models import Deadline, Event
from core.workflow import NotAllowed, steps_of
from supervision.hazard_sources import assessing, clocks, inventory, jobs, reviews
from supervision.hazard_sources.models import Assessment, HazardSource, InventoryChange


def days_ago(days):
    return timezone.localdate() - dt.timedelta(days=days)


@pytest.fixture
def rules(db):
    reference.load_deadline_rules()


def test_what_changed_since_the_last_assessment(cast, filed):
    items = [{"substance": "氯", "quantity_t": "62.5"}, {"substance": "氨", "quantity_t": "8"}]
    inventory.change(filed, items, actor=cast.enterprise, reason="新增氨储罐")
    filed.refresh_from_db()
    ahead = assessing.since_last(filed, filed.assessments.first())
    assert ahead.added == ["氨 8 t"] and ahead.amounts == [("氯", "25", "62.5")]
    assert ("级别", "三级", "一级") in ahead.figures
    assessing.assess_source(
        filed, actor=cast.enterprise, assessor_kind="agency", assessor="甲评价公司", report_number="A1"
    )
    new, old = filed.assessments.all()
    assert (new.n, old.n, new.trigger, old.trigger) == (2, 1, "substances", "first")
    lines = assessing.difference(old, new).lines()
    assert lines[:2] == ["新增 氨 8 t", "氯 由 25 t 变为 62.5 t"] and "S 由 5 变为 13.3" in lines
    assert old.inventory == [{"substance": "氯", "class": "", "quantity_t": "25"}]


def test_the_same_again_has_no_difference(cast, assessed):
    assessing.assess_source(assessed, actor=cast.enterprise)
    new, old = assessed.assessments.all()
    assert assessing.difference(old, new).lines() == ["与上次评估相同"]


def test_every_change_of_inventory_is_kept_with_its_reason(cast, filed):
    with pytest.raises(ValidationError, match="变更原因"):
        inventory.change(filed, [{"substance": "氯", "quantity_t": "20"}], actor=cast.enterprise, reason=" ")
    inventory.change(filed, [{"substance": "氯", "quantity_t": "20"}], actor=cast.enterprise, reason="停用一瓶组")
    change = filed.inventory_changes.first()
    assert (change.reason, change.by, change.before[0]["quantity_t"], change.after[0]["quantity_t"]) == (
        "停用一瓶组", cast.enterprise, "25", "20")  # fmt: skip
    assert (filed.state, filed.review_reason) == ("due", "substances")
    assert not inventory.change(filed, [{"substance": "氯", "quantity_t": "20"}], actor=cast.enterprise, reason="x")


@pytest.mark.parametrize("model", [Assessment, InventoryChange])
def test_histories_are_only_added_to(filed, model):
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()


@pytest.mark.parametrize(("facts", "field"), [
    ({"on": timezone.localdate() + dt.timedelta(days=2)}, "on"), ({"on": days_ago(900)}, "on"),
    ({"trigger": "x"}, "trigger"), ({"trigger": "first"}, "trigger"), ({"assessor_kind": "x"}, "assessor_kind"),
    ({"assessor_kind": "agency"}, "assessor"),
])  # fmt: skip
def test_an_assessment_is_refused_at_its_field(cast, assessed, facts, field):
    with pytest.raises(ValidationError) as caught:
        assessing.assess_source(assessed, actor=cast.enterprise, **facts)
    assert field in caught.value.message_dict and assessed.assessments.count() == 1


class TestClocks:
    def test_an_assessment_starts_the_review_its_warnings_and_the_filing(self, cast, rules, source):
        assessing.identify_source(source, actor=cast.enterprise)
        assessing.assess_source(source, actor=cast.enterprise)
        due = {d.rule.key: timezone.localdate(d.due_at) for d in deadlines.running(source)}
        today = timezone.localdate()
        assert due[clocks.REVIEW] == source.review_due_on == today.replace(year=today.year + 3)
        assert due[clocks.NOTICES[0]] == source.review_due_on - dt.timedelta(days=90)
        assert due[clocks.NOTICES[1]] == source.review_due_on - dt.timedelta(days=30)
        assert due[clocks.FILING] == today + dt.timedelta(days=15) == source.filings.get().due_on
        assert all(d.rule.basis.startswith("《危险化学品重大危险源监督管理暂行规定") for d in deadlines.of(source))

    def test_assessing_again_on_the_same_day_runs_one_review(self, cast, rules, assessed):
        assessing.assess_source(assessed, actor=cast.enterprise)
        assert deadlines.running(assessed).filter(rule__key=clocks.REVIEW).count() == 1

    def test_a_warning_is_told_once(self, cast, rules, source):
        assessing.identify_source(source, actor=cast.enterprise)
        assessing.assess_source(source, actor=cast.enterprise, on=days_ago(3 * 365 - 80))
        assert deadlines.fire_due() and not deadlines.fire_due()
        told = Event.objects.filter(kind="hazard_sources.overdue").values_list("data__rule", flat=True)
        assert clocks.NOTICES[0] in told and clocks.REVIEW not in told

    def test_after_three_years_the_platform_itself_calls_for_the_review(self, cast, rules, source):
        assessing.identify_source(source, actor=cast.enterprise)
        assessing.assess_source(source, actor=cast.enterprise, on=days_ago(3 * 365 + 20))
        jobs.lapse_due()
        source.refresh_from_db()
        step = steps_of(source).last()
        assert (source.state, source.review_reason, step.name, step.actor) == ("due", "three_years", "lapse", None)
        jobs.refresh_flags()
        assert HazardSource.objects.get().is_overdue
        jobs.lapse_due()
        assert steps_of(source).filter(name="lapse").count() == 1
        assessing.assess_source(source, actor=cast.enterprise)
        assert source.assessments.first().trigger == "three_years" and not source.is_overdue
        late = deadlines.lateness(Deadline.objects.get(rule__key=clocks.REVIEW, met_at__isnull=False))
        assert late is not None and 17 <= late.days <= 20

    def test_the_day_itself_is_in_time(self, cast, rules, source):
        assessing.identify_source(source, actor=cast.enterprise)
        today = timezone.localdate()
        assessing.assess_source(source, actor=cast.enterprise, on=today.replace(year=today.year - 3))
        assert source.review_due_on == today and reviews.lapse_due() == 0

    def test_a_change_starts_the_time_to_assess_again(self, cast, rules, filed):
        inventory.change(filed, [{"substance": "氯", "quantity_t": "20"}], actor=cast.enterprise, reason="减少")
        running = set(deadlines.running(filed).values_list("rule__key", flat=True))
        assert clocks.AGAIN in running and clocks.FILING not in running
        assessing.assess_source(filed, actor=cast.enterprise)
        assert clocks.AGAIN not in set(deadlines.running(filed).values_list("rule__key", flat=True))


def test_the_office_names_the_reason_of_the_law(cast, filed):
    reviews.recall_source(filed, actor=cast.district, note="一人死亡", trigger="accident")
    assert (filed.state, filed.review_reason) == ("due", "accident")
    assert "死亡" in filed.get_review_reason_display()


def test_nobody_lapses_a_source_by_hand(cast, filed):
    from django.core.exceptions import PermissionDenied

    from supervision.hazard_sources.workflow import HAZARD_SOURCE

    with pytest.raises(PermissionDenied):
        HAZARD_SOURCE.advance(filed, "lapse", actor=cast.district)
    with pytest.raises(NotAllowed):
        reviews.recall_source(
            reviews.recall_source(filed, actor=cast.district, note="x"), actor=cast.district, note="x"
        )
