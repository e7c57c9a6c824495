"""What people do with an incident: each action works, and is refused by role, by region, by state, and twice."""

import threading

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction

from command_center.incidents import intake, services
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.testing import bring_to, make_incident
from core import deadlines, events
from core.models import DeadlineRule, Step
from core.workflow import Incomplete, NotAllowed, Stale


@pytest.fixture
def incident(cast, regions):
    return make_incident(regions.town, cast.district)


def kinds(incident):
    return list(IncidentEntry.objects.filter(incident=incident).order_by("n").values_list("kind", flat=True))


def event_kinds(incident):
    return [e.kind for e in events.about(incident)]


class TestIntake:
    def test_number_region_and_first_entry(self, incident, regions):
        assert incident.number.split("-")[1] == "000001"
        assert incident.region == regions.town
        assert incident.state == "received"
        assert kinds(incident) == ["raised"]
        assert event_kinds(incident) == ["incidents.raise"]

    def test_numbers_go_on_and_drills_count_apart(self, incident, cast, regions):
        second = make_incident(regions.town, cast.district)
        drill = make_incident(regions.town, cast.district, is_drill=True)
        assert second.number.endswith("-000002")
        assert drill.number.startswith("演") and drill.number.endswith("-000001")

    def test_nothing_but_an_actor_is_needed(self, cast, regions):
        bare = intake.raise_incident(actor=cast.district)
        assert bare.region == regions.district
        assert not bare.is_located
        assert set(bare.flags) == {"location", "kind", "narrative", "reporter_phone", "occurred_at"}
        assert bare.event_facts()["lon"] is None

    def test_a_place_outside_the_city_is_taken_and_flagged(self, cast, regions):
        far = intake.raise_incident(actor=cast.district, point=Point(121.0, 37.5, srid=4490))
        assert far.region == regions.district
        assert "outside" in far.flags

    def test_whoever_raises_for_another_region_keeps_seeing_it(self, cast, regions):
        other = make_incident(regions.neighbour_town, cast.district)
        assert other.region == regions.neighbour_town
        assert Incident.objects.visible_to(cast.district).filter(pk=other.pk).exists()
        assert Incident.objects.visible_to(cast.neighbour).filter(pk=other.pk).exists()

    def test_one_touch_takes_the_place_of_the_site(self, cast, sites):
        alarm = intake.one_touch(actor=cast.enterprise, kind="fire")
        assert (alarm.site, alarm.geom, alarm.source) == (sites.own, sites.own.geom, "enterprise")

    def test_refused_by_role(self, cast):
        with pytest.raises(PermissionDenied):
            intake.raise_incident(actor=cast.auditor)
        with pytest.raises(PermissionDenied):
            intake.one_touch(actor=cast.duty)


class TestSteps:
    def test_the_main_line(self, incident, cast):
        bring_to(incident, "archived", actor=cast.district)
        assert Step.objects.count() == 7
        assert kinds(incident) == ["raised", "step", "step", "level", "step", "step", "step", "step"]
        assert incident.level == 3
        assert incident.version == 8

    def test_refused_by_role(self, incident, cast):
        with pytest.raises(PermissionDenied):
            services.take_step(incident, "verify", actor=cast.auditor)

    def test_refused_by_region(self, incident, cast):
        with pytest.raises(Incident.DoesNotExist):
            services.take_step(incident, "verify", actor=cast.neighbour)

    def test_refused_by_state_and_twice(self, incident, cast):
        with pytest.raises(NotAllowed, match="已定级"):
            services.take_step(incident, "respond", actor=cast.district, level=4)
        services.take_step(incident, "verify", actor=cast.district)
        with pytest.raises(NotAllowed):
            services.take_step(incident, "verify", actor=cast.district)

    def test_refused_when_somebody_was_faster(self, incident, cast):
        services.take_step(incident, "verify", actor=cast.district, expected_version=1)
        with pytest.raises(Stale):
            services.take_step(incident, "grade", actor=cast.duty, expected_version=1)

    def test_a_region_it_is_shared_with_watches_but_does_not_decide(self, incident, cast, regions):
        services.share(incident, [regions.neighbour], actor=cast.district)
        with pytest.raises(NotAllowed, match="主办"):
            services.take_step(incident, "verify", actor=cast.neighbour)
        services.add_note(incident, actor=cast.neighbour, text="我县队伍可支援")

    @pytest.mark.parametrize(("given", "level"), [("Ⅲ", 3), ("IV级", 4), (2, 2), ("1", 1)])
    def test_levels_in_either_numerals(self, incident, cast, given, level):
        bring_to(incident, "graded", actor=cast.district)
        services.take_step(incident, "respond", actor=cast.district, level=given)
        assert incident.level == level

    @pytest.mark.parametrize("level", [0, 5, "高", None])
    def test_no_such_level(self, incident, cast, level):
        bring_to(incident, "graded", actor=cast.district)
        with pytest.raises(Incomplete):
            services.take_step(incident, "respond", actor=cast.district, level=level)
        incident.refresh_from_db()
        assert incident.state == "graded"

    def test_the_level_changes_during_the_response_and_is_logged(self, incident, cast):
        bring_to(incident, "responding", actor=cast.district)
        since = incident.state_since
        services.take_step(incident, "level", actor=cast.district, level=2, note="罐区蔓延")
        assert (incident.level, incident.state, incident.state_since) == (2, "responding", since)
        assert kinds(incident)[-1] == "level"
        with pytest.raises(NotAllowed):
            services.take_step(incident, "level", actor=cast.district, level=2, note="again")
        with pytest.raises(PermissionDenied):
            services.take_step(incident, "level", actor=cast.duty, level=1, note="值班员不能调级")

    def test_false_alarm_needs_a_reason_and_can_be_taken_back(self, incident, cast):
        with pytest.raises(Incomplete):
            services.take_step(incident, "dismiss", actor=cast.district)
        services.take_step(incident, "dismiss", actor=cast.district, note="检修放空")
        services.take_step(incident, "restore", actor=cast.district, note="又有人报")
        assert incident.state == "received"

    def test_transfer_names_where_to(self, incident, cast):
        services.take_step(incident, "transfer", actor=cast.district, note="道路", transferred_to="公安局")
        assert incident.state == "transferred"

    def test_reopened_after_the_end(self, incident, cast):
        bring_to(incident, "ended", actor=cast.district)
        services.take_step(incident, "reopen", actor=cast.district, note="复燃")
        assert (incident.state, incident.level) == ("responding", 3)

    def test_unknown_values_are_refused(self, incident, cast):
        with pytest.raises(Incomplete):
            services.take_step(incident, "verify", actor=cast.district, state="archived")


class TestFacts:
    def test_amending_clears_flags_and_moves_the_region(self, cast, regions):
        bare = intake.raise_incident(actor=cast.district, kind="fire")
        services.amend(bare, actor=cast.district, point=regions.town.label_point, narrative="二楼起火")
        bare.refresh_from_db()
        assert bare.region == regions.town
        assert bare.is_located and bare.flags == ["reporter_phone", "occurred_at"]
        assert regions.district.pk in bare.shared_with

    def test_the_timeline_never_repeats_the_reporter(self, incident, cast):
        services.amend(incident, actor=cast.district, reporter_phone="13700001111", reporter_name="钱某某")
        entry = IncidentEntry.objects.filter(incident=incident).last()
        assert "13700001111" not in f"{entry.text}{entry.data}" and "钱某某" not in f"{entry.text}{entry.data}"

    def test_refused_by_role_region_state_and_version(self, incident, cast):
        with pytest.raises(PermissionDenied):
            services.amend(incident, actor=cast.auditor, title="x")
        with pytest.raises(Incident.DoesNotExist):
            services.amend(incident, actor=cast.neighbour, title="x")
        with pytest.raises(Stale):
            services.amend(incident, actor=cast.district, title="x", expected_version=7)
        bring_to(incident, "archived", actor=cast.district)
        with pytest.raises(NotAllowed):
            services.amend(incident, actor=cast.district, title="x")

    def test_doing_it_twice_changes_nothing(self, incident, cast):
        services.amend(incident, actor=cast.district, title="新标题")
        again = services.amend(incident, actor=cast.district, title="新标题")
        assert again.version == 2


class TestCasualties:
    def test_the_grade_follows(self, incident, cast):
        services.record_casualties(incident, actor=cast.district, deaths=3)
        incident.refresh_from_db()
        assert incident.grade == "large"
        entry = IncidentEntry.objects.filter(incident=incident).last()
        assert entry.kind == "casualty" and "一般→较大" in entry.text
        assert entry.data["before"] == {"deaths": 0} and entry.data["after"] == {"deaths": 3}
        assert event_kinds(incident)[-1] == "incidents.regrade"

    def test_without_a_new_grade_it_is_a_report_of_casualties(self, incident, cast):
        services.record_casualties(incident, actor=cast.district, minor_injuries=1)
        assert event_kinds(incident)[-1] == "incidents.casualties"

    def test_refused(self, incident, cast):
        with pytest.raises(PermissionDenied):
            services.record_casualties(incident, actor=cast.town, deaths=1)
        with pytest.raises(Incident.DoesNotExist):
            services.record_casualties(incident, actor=cast.neighbour, deaths=1)
        with pytest.raises(ValidationError):
            services.record_casualties(incident, actor=cast.district, deaths=-1)
        services.take_step(incident, "dismiss", actor=cast.district, note="误报")
        with pytest.raises(NotAllowed):
            services.record_casualties(incident, actor=cast.district, deaths=1)


class TestNotesAndAcknowledgement:
    def test_a_note_changes_no_version(self, incident, cast):
        services.add_note(incident, actor=cast.district, text="风向东南")
        incident.refresh_from_db()
        assert incident.version == 1
        assert kinds(incident) == ["raised", "note"]

    def test_an_empty_note_is_refused(self, incident, cast):
        with pytest.raises(ValidationError):
            services.add_note(incident, actor=cast.district, text="  ")

    def test_the_first_to_acknowledge_stays(self, incident, cast):
        services.acknowledge(incident, actor=cast.district)
        second = services.acknowledge(incident, actor=cast.duty)
        assert second.acknowledged_by == cast.district
        assert kinds(incident) == ["raised", "acknowledged"]

    def test_entries_are_only_added(self, incident):
        entry = IncidentEntry.objects.get(incident=incident)
        for change in (lambda: IncidentEntry.objects.filter(pk=entry.pk).update(text="x"), entry.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.django_db(transaction=True)
def test_many_writers_number_the_timeline_without_gap_or_twin(cast, regions):
    incident = make_incident(regions.town, cast.district)
    wrong = []

    def write(name):
        try:
            for n in range(5):
                services.add_note(incident, actor=cast.district, text=f"{name}-{n}")
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not wrong
    numbers = list(IncidentEntry.objects.filter(incident=incident).order_by("n").values_list("n", flat=True))
    assert numbers == list(range(1, 22))


class TestTasks:
    def test_given_and_done_once(self, incident, cast):
        task = services.add_task(incident, actor=cast.district, title="疏散", organisation=cast.district.organisation)
        services.finish_task(task, actor=cast.district, feedback="已疏散 80 人")
        with pytest.raises(NotAllowed, match="完成"):
            services.finish_task(task, actor=cast.district, feedback="again")
        assert kinds(incident) == ["raised", "task", "task"]

    def test_refused_by_role_and_by_owner(self, incident, cast):
        with pytest.raises(PermissionDenied):
            services.add_task(incident, actor=cast.town, title="x")
        task = services.add_task(incident, actor=cast.district, title="x", organisation=cast.district.organisation)
        with pytest.raises(NotAllowed, match="别的单位"):
            services.finish_task(task, actor=cast.town, feedback="y")


class TestClocks:
    @pytest.fixture
    def rule(self, db):
        return DeadlineRule.objects.create(
            key="incident.county_report", title="报上级", basis="国务院令第493号第十一条", amount=2, unit="hours",
            effective_from="2007-06-01",
        )  # fmt: skip

    def test_starts_at_receipt_and_stops_when_reported(self, rule, cast, regions):
        incident = make_incident(regions.town, cast.district)
        clock = deadlines.of(incident).get()
        assert clock.started_at == incident.received_at
        services.report_made(incident, key=rule.key, actor=cast.district, to="市局")
        clock.refresh_from_db()
        assert clock.met_at is not None
        with pytest.raises(NotAllowed):
            services.report_made(incident, key=rule.key, actor=cast.district)

    def test_no_rule_no_clock(self, incident):
        assert not deadlines.of(incident).exists()
