"""The pages and their parts: they work without scripts, refuse with words, and make the papers at the end."""

import pytest

from command_center.incidents import reports, services
from command_center.incidents.models import Incident
from command_center.incidents.testing import bring_to, make_incident
from core import files
from core.documents import service as documents
from core.models import Organisation, User


@pytest.fixture
def incident(cast, regions):
    return make_incident(regions.town, cast.district)


@pytest.fixture
def client(cast, browse):
    return browse(cast.district)


def test_the_page_has_every_part_and_the_panel_its_tabs(client, incident):
    page = client.get(f"/incidents/{incident.pk}/").content.decode()
    for part in ("head", "timeline", "facts", "forces", "tasks", "documents"):
        assert f'data-part="{part}"' in page
    panel = client.get(f"/panel/incidents/{incident.pk}/").content.decode()
    for title in ("概况", "时间线", "力量", "任务", "文书"):
        assert title in panel


def test_a_step_without_scripts_redirects_and_says_so(client, incident):
    answer = client.post(f"/incidents/{incident.pk}/step/verify/", {"version": 1}, follow=True)
    assert answer.redirect_chain and "核实：完成" in answer.content.decode()


def test_a_step_by_htmx_answers_with_its_part(client, incident):
    headers = {"HX-Request": "true"}
    path = f"/incidents/{incident.pk}/step/verify/"
    done = client.post(path, {"version": 1, "part": "head"}, headers=headers)
    assert done.status_code == 200 and 'data-part="head"' in done.content.decode()
    assert done.headers["HX-Trigger"] == "incident-changed"
    late = client.post(f"/incidents/{incident.pk}/step/grade/", {"version": 1}, headers=headers)
    assert late.status_code == 412 and "已被他人更新" in late.content.decode()
    again = client.post(path, {"version": 2}, headers=headers)
    assert again.status_code == 409
    lacking = client.post(f"/incidents/{incident.pk}/step/dismiss/", {"version": 2}, headers=headers)
    assert lacking.status_code == 400 and "理由" in lacking.content.decode()
    assert client.post(f"/incidents/{incident.pk}/step/nosuch/", {}, headers=headers).status_code == 404


def test_intake_takes_an_empty_form(client, regions):
    answer = client.post("/incidents/new/", {})
    assert answer.status_code == 302
    assert set(Incident.objects.get().flags) >= {"location", "kind", "narrative"}


def test_intake_in_the_panel_answers_with_what_is_missing(client, regions):
    place = regions.town.label_point
    answer = client.post(
        "/incidents/new/", {"lon": place.x, "lat": place.y, "narrative": "着火"}, headers={"HX-Request": "true"}
    )
    assert "待补充" in answer.content.decode() and "data-saved" in answer.content.decode()


@pytest.mark.parametrize(
    "values", [{"lon": "abc", "lat": "37"}, {"lon": "118.4"}, {"deaths": "-1"}, {"kind": "nosuch"}]
)
def test_intake_says_what_is_wrong(client, regions, values):
    answer = client.post("/incidents/new/", values)
    assert answer.status_code == 400 and Incident.objects.count() == 0


def test_intake_is_not_for_everybody(cast, browse, regions):
    assert browse(cast.auditor).get("/incidents/new/").status_code == 403
    assert browse(cast.enterprise).get("/incidents/new/").status_code == 403
    assert browse(cast.duty).get("/incidents/alarm/").status_code == 404
    assert browse(cast.duty).get("/incidents/new/?lon=abc&lat=1").status_code == 400


def test_correcting_leaves_alone_what_the_form_did_not_carry(client, incident):
    client.post(
        f"/incidents/{incident.pk}/amend/", {"version": 1, "title": "新标题", "kind": "fire", "uncertainty_m": 0}
    )
    incident.refresh_from_db()
    assert (incident.title, incident.kind, incident.reporter_phone) == ("新标题", "fire", "13912345678")


class TestFinalReport:
    def test_made_once_with_its_map_when_the_incident_ends(self, client, cast, incident):
        bring_to(incident, "controlled", actor=cast.district)
        answer = client.post(
            f"/api/v1/incidents/{incident.pk}/transitions/end/", {"disposition": "已封堵"},
            content_type="application/json", headers={"If-Match": f'"{incident.version}"'},
        )  # fmt: skip
        assert answer.status_code == 200
        paper = documents.of(incident).get()
        assert paper.number and "终报" in paper.number
        assert files.of(incident, kind=reports.MAP_KIND).count() == 1
        listed = client.get(f"/api/v1/incidents/{incident.pk}/documents/").json()
        assert b"".join(client.get(listed["results"][0]["docx"]).streaming_content)[:2] == b"PK"
        assert client.get(listed["attachments"][0]["url"]).status_code == 200
        again = client.post(f"/api/v1/incidents/{incident.pk}/documents/", {}, content_type="application/json")
        assert again.json()["count"] == 1

    def test_contents_follow_the_law(self, cast, incident):
        services.record_casualties(incident, actor=cast.district, deaths=1, direct_loss_wan=120)
        bring_to(Incident.objects.get(pk=incident.pk), "ended", actor=cast.district)
        found = reports.contents(Incident.objects.get(pk=incident.pk))
        assert {"unit", "when_where", "course", "casualties", "measures", "other"} <= set(found)
        assert "死亡1人" in found["casualties"] and "120" in found["casualties"]
        assert "13912345678" not in str(found)

    def test_not_before_the_end(self, client, incident):
        answer = client.post(f"/api/v1/incidents/{incident.pk}/documents/", {}, content_type="application/json")
        assert answer.status_code == 409

    def test_an_agency_without_a_short_name_does_not_hold_up_the_end(self, cast, incident):
        Organisation.objects.update(short_name="")
        bring_to(incident, "ended", actor=cast.district)
        reports.issue_when_ended(incident, actor=User.objects.get(pk=cast.district.pk))
        assert incident.entries.last().text.startswith("终报未出具")

    def test_a_drills_papers_say_so(self, cast, regions):
        drill = make_incident(regions.town, cast.district, is_drill=True)
        bring_to(drill, "ended", actor=cast.district)
        assert "演练" in reports.issue_final_report(drill, actor=cast.district).number


def test_the_page_says_who_takes_the_step_that_is_not_mine(cast, browse, incident):
    bring_to(incident, "controlled", actor=cast.district)
    path = f"/incidents/{incident.pk}/"
    assert "“终止响应”由指挥长办理" in browse(cast.duty).get(path).content.decode()
    assert "由指挥长办理" not in browse(cast.district).get(path).content.decode()
