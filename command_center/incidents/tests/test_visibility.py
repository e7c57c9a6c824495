"""Who sees which incident, and that the reporter's number shows nowhere it should not."""

import pytest

from command_center.incidents import services
from command_center.incidents.models import Incident
from command_center.incidents.testing import PHONE, bring_to, make_incident
from core.models import Event


@pytest.fixture
def incident(cast, regions, sites):
    return make_incident(regions.town, cast.district, site=sites.own)


def sees(user, incident):
    return Incident.objects.visible_to(user).filter(pk=incident.pk).exists()


def test_own_region_city_and_the_enterprise_concerned(cast, incident):
    assert sees(cast.district, incident) and sees(cast.town, incident)
    assert sees(cast.city, incident) and sees(cast.auditor, incident)
    assert sees(cast.enterprise, incident)


def test_neighbour_sees_it_only_once_it_is_shared(cast, incident, regions):
    assert not sees(cast.neighbour, incident)
    services.share(incident, [regions.neighbour], actor=cast.district)
    assert sees(cast.neighbour, incident)


def test_an_enterprise_does_not_see_an_incident_elsewhere(cast, regions):
    assert not sees(cast.enterprise, make_incident(regions.town, cast.district))


@pytest.mark.parametrize("path", ["/api/v1/incidents/{}/", "/incidents/{}/", "/api/v1/incidents/{}/timeline/",
                                  "/panel/incidents/{}/", "/incidents/{}/part/timeline/"])  # fmt: skip
def test_out_of_scope_is_not_found(cast, browse, incident, path):
    assert browse(cast.neighbour).get(path.format(incident.pk)).status_code == 404
    assert browse(cast.nobody).get(path.format(incident.pk)).status_code == 404


def test_the_enterprise_reads_steps_but_not_who_was_told(cast, browse, incident):
    services.add_task(incident, actor=cast.district, title="内部任务一件")
    body = browse(cast.enterprise).get(f"/api/v1/incidents/{incident.pk}/timeline/").content.decode()
    assert "接报" in body and "内部任务一件" not in body


def test_the_reporters_number_stays_with_those_who_call_back(cast, browse, incident, regions):
    bring_to(incident, "responding", actor=cast.district)
    services.share(incident, [regions.neighbour], actor=cast.district)
    services.amend(incident, actor=cast.district, reporter_phone=PHONE[:-1] + "9")
    services.amend(incident, actor=cast.district, reporter_phone=PHONE)
    pages = [
        "/incidents/", "/incidents/{}/", "/api/v1/incidents/", "/api/v1/incidents/{}/",
        "/api/v1/incidents/{}/timeline/", "/panel/incidents/{}/", "/panel/incidents/{}/tab/overview/",
        "/api/v1/features/incidents/",
        "/api/v1/features/incidents/{}/", "/api/v1/features/incidents/export.xlsx",
        "/api/v1/search/?q=泄漏",
        "/incidents/incidents/", "/incidents/incidents/{}/", "/incidents/incidents/export.xlsx",
        "/tiles/incidents/12/3397/1589.mvt", f"/api/v1/search/?q={PHONE}",
    ]  # fmt: skip
    for user in (cast.neighbour, cast.auditor, cast.enterprise, cast.town):
        client = browse(user)
        for path in pages:
            answer = client.get(path.format(incident.pk))
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert PHONE.encode() not in content.replace(f"q={PHONE}".encode(), b""), (user.username, path)
    for event in Event.objects.all():
        assert PHONE not in str(event.data) and "孙报警" not in str(event.data)
    assert PHONE in browse(cast.district).get(f"/api/v1/incidents/{incident.pk}/").content.decode()
    assert PHONE not in browse(cast.district).get("/api/v1/incidents/").content.decode()
