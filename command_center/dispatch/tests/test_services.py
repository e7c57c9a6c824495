"""Sending units: one live assignment a unit, whatever happens at once; each step works and is refused as it should."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from command_center.dispatch import services
from command_center.dispatch.models import Assignment
from command_center.dispatch.testing import make_assignment
from command_center.incidents import services as incidents
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.testing import bring_to, make_incident
from command_center.resources.models import Team
from command_center.resources.testing import PHONE, make_team
from core.models import Event
from core.workflow import Incomplete, NotAllowed, Stale


@pytest.fixture
def team(regions):
    return make_team(regions.town)


@pytest.fixture
def incident(cast, regions):
    return make_incident(regions.town, cast.district)


@pytest.fixture
def assignment(incident, team, cast):
    return services.assign(incident, team, actor=cast.district)


def status(team):
    return Team.objects.get(pk=team.pk).status


def walk(assignment, actor, *names):
    for name in names:
        services.take_step(assignment, name, actor=actor)


def test_assigning_notifies_and_commits_the_unit(assignment, team):
    assert assignment.state == "notified" and assignment.notified_at
    assert status(team) == "committed"
    assert assignment.metres == 0


def test_the_whole_course_and_the_units_status(assignment, team, cast):
    course = [("accept", "committed"), ("enroute", "responding"), ("stage", "staging"), ("arrive", "on_scene"),
              ("release", "available")]  # fmt: skip
    for name, expected in course:
        services.take_step(assignment, name, actor=cast.district)
        assert status(team) == expected, name
    assert assignment.accepted_at and assignment.enroute_at and assignment.staged_at
    assert assignment.on_scene_at and assignment.closed_at
    assert IncidentEntry.objects.filter(kind="assignment").count() == 5


def test_answering_verifies_the_unit(assignment, team, cast):
    Team.objects.update(verified_at=None)
    walk(assignment, cast.district, "accept")
    assert Team.objects.get(pk=team.pk).verified_note == "调派应答"


def test_a_busy_unit_stays_where_it_is_and_says_which_incident_holds_it(assignment, team, cast, regions, incident):
    walk(assignment, cast.district, "accept", "enroute")
    other = make_incident(regions.town, cast.district, title="另一起")
    with pytest.raises(NotAllowed, match=incident.number):
        services.assign(other, team, actor=cast.district)
    assert status(team) == "responding"
    assert Assignment.objects.count() == 1


def test_the_database_itself_refuses_a_second(assignment, team, cast, regions):
    other = make_incident(regions.town, cast.district)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(incident=other, unit=team, state="enroute", assigned_by=cast.district)


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_the_same_moment_one_gets_the_unit(cast, regions):
    team = make_team(regions.town)
    incidents_ = [make_incident(regions.town, cast.district, title=f"第{n}起") for n in range(2)]
    start = threading.Barrier(2)
    outcomes = []

    def send(incident):
        try:
            start.wait(timeout=10)
            outcomes.append(services.assign(incident, team, actor=cast.district))
        except NotAllowed as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(incident,)) for incident in incidents_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    winners = [o for o in outcomes if isinstance(o, Assignment)]
    assert len(outcomes) == 2 and len(winners) == 1
    assert winners[0].incident.number in next(o for o in outcomes if isinstance(o, str))
    assert Assignment.objects.live().count() == 1


def test_declined_frees_the_unit_and_needs_a_reason(assignment, team, cast):
    with pytest.raises(Incomplete):
        services.take_step(assignment, "decline", actor=cast.district)
    services.take_step(assignment, "decline", actor=cast.district, note="车辆检修")
    assert status(team) == "available" and not assignment.is_live


def test_unanswered_may_be_notified_again_unless_it_went_elsewhere(assignment, team, cast, regions):
    services.take_step(assignment, "no_answer", actor=cast.district)
    assert status(team) == "available"
    other = services.assign(make_incident(regions.town, cast.district), team, actor=cast.district)
    for name in ("notify", "accept"):
        with pytest.raises(NotAllowed, match=other.incident.number):
            services.take_step(assignment, name, actor=cast.district)
    services.take_step(other, "cancel", actor=cast.district, note="误派")
    walk(assignment, cast.district, "notify", "accept")
    assert status(team) == "committed"


@pytest.mark.parametrize("names", [(), ("accept",), ("accept", "enroute"), ("accept", "enroute", "arrive")])
def test_cancelled_at_any_time(assignment, team, cast, names):
    walk(assignment, cast.district, *names)
    services.take_step(assignment, "cancel", actor=cast.district, note="不再需要")
    assert assignment.state == "cancelled" and status(team) == "available"
    with pytest.raises(NotAllowed):
        services.take_step(assignment, "cancel", actor=cast.district, note="again")


def test_refused_by_role_region_state_and_version(assignment, incident, cast, regions):
    with pytest.raises(PermissionDenied):
        services.assign(incident, make_team(regions.town, "二队"), actor=cast.auditor)
    with pytest.raises(Team.DoesNotExist):
        services.assign(incident, make_team(regions.neighbour, "邻县队"), actor=cast.district)
    with pytest.raises(Incident.DoesNotExist):
        services.assign(incident, make_team(regions.neighbour, "邻县二队"), actor=cast.neighbour)
    with pytest.raises(NotAllowed):
        services.take_step(assignment, "arrive", actor=cast.district)
    with pytest.raises(Stale):
        services.take_step(assignment, "accept", actor=cast.district, expected_version=1)
    with pytest.raises(Assignment.DoesNotExist):
        services.take_step(assignment, "accept", actor=cast.neighbour)


def test_an_unavailable_unit_is_not_sent(incident, cast, regions):
    with pytest.raises(NotAllowed, match="停用"):
        services.assign(incident, make_team(regions.town, status="out_of_service"), actor=cast.district)


def test_a_closed_incident_takes_no_units(incident, team, cast):
    incidents.take_step(incident, "dismiss", actor=cast.district, note="误报")
    with pytest.raises(NotAllowed):
        services.assign(incident, team, actor=cast.district)


def test_a_neighbours_unit_brings_its_region_in(incident, cast, regions):
    unit = make_team(regions.neighbour, "邻县危化队")
    assignment = services.assign(incident, unit, actor=cast.duty)
    incident.refresh_from_db()
    assert regions.neighbour.pk in incident.shared_with
    assert Incident.objects.visible_to(cast.neighbour).filter(pk=incident.pk).exists()
    # Its own office answers for it.
    services.take_step(assignment, "accept", actor=cast.neighbour)


def test_only_its_own_people_or_dispatchers_answer_for_a_unit(assignment, cast, make_user, regions):
    inspector = make_user("inspector2", regions.district, "inspector")
    with pytest.raises(NotAllowed, match="应急管理局"):
        services.take_step(assignment, "accept", actor=inspector)
    inspector.organisation = assignment.unit.organisation
    inspector.save()
    services.take_step(assignment, "accept", actor=inspector)


def test_an_incident_does_not_end_while_units_are_out(assignment, incident, team, cast):
    incident.refresh_from_db()
    bring_to(incident, "controlled", actor=cast.district)
    with pytest.raises(NotAllowed, match=team.name):
        incidents.take_step(incident, "end", actor=cast.district)
    walk(assignment, cast.district, "accept", "release")
    incidents.take_step(incident, "end", actor=cast.district)


def test_the_units_telephone_stays_out_of_timeline_and_feed(assignment, cast):
    walk(assignment, cast.district, "accept", "enroute", "arrive", "release")
    message = IncidentEntry.objects.get(kind="message")
    assert "138****7654" in message.text
    kept = "".join(f"{e.text}{e.data}" for e in IncidentEntry.objects.all())
    assert PHONE not in kept + "".join(str(e.data) for e in Event.objects.all())


def test_every_change_is_an_event_that_names_the_incident(assignment, cast):
    walk(assignment, cast.district, "accept")
    found = list(Event.objects.filter(kind__startswith="dispatch.").order_by("pk"))
    assert [e.kind for e in found] == ["dispatch.assign", "dispatch.notify", "dispatch.accept"]
    assert {e.data["incident"] for e in found} == {assignment.incident_id}
    assert found[-1].data["unit_status"] == "committed"


def test_samples_stand(cast, regions):
    assert make_assignment(regions.town, cast.district, notify=False).state == "proposed"
