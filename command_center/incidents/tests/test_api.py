"""/api/v1/incidents/: the grammar, incomplete input, versions, idempotency, bad input."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from command_center.incidents.models import Incident
from command_center.incidents.testing import bring_to, make_incident

URL = "/api/v1/incidents/"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0c"
    b"IDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def api(cast, browse):
    client = browse(cast.district)

    def call(method, path="", body=None, **headers):
        return client.generic(
            method,
            path if path.startswith("/") else URL + path,
            json.dumps(body if body is not None else {}),
            content_type="application/json",
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )

    return call


@pytest.fixture
def incident(cast, regions):
    return make_incident(regions.town, cast.district)


def test_post_takes_everything_it_knows(api, regions):
    place = regions.town.label_point
    answer = api(
        "POST",
        body={
            "title": "氯气泄漏", "kind": "leak", "lon": place.x, "lat": place.y, "narrative": "阀门处泄漏",
            "reporter_phone": "13900001234", "source": "phone", "deaths": 0, "trapped": 2, "injuries": 1,
            "loss_wan": 12.5,
            "occurred_at": "2026-11-24T08:00:00+08:00",
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert answer.headers["ETag"] == '"1"' and answer.headers["Location"] == f"{URL}{body['id']}/"
    assert (body["state"], body["kind"], body["region"], body["trapped"]) == ("received", "leak", regions.town.code, 2)
    assert (body["serious_injuries"], body["direct_loss_wan"], body["flags"]) == (1, "12.50", [])


@pytest.mark.parametrize("body", [{}, {"title": "着火了"}, {"kind": "不认识"}, {"lon": None, "lat": None}])
def test_incomplete_is_accepted_and_flagged(api, regions, body):
    answer = api("POST", body=body)
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found["lon"] is None and not found["is_located"]
    assert found["region"] == regions.district.code
    assert {"location", "kind", "narrative"} <= set(found["flags"])
    assert "位置" in found["flag_labels"]


def test_kinds_by_their_chinese_names(api):
    assert api("POST", body={"kind": "火灾"}).json()["kind"] == "fire"


@pytest.mark.parametrize(
    "body",
    [
        {"lon": "abc", "lat": "37"}, {"lon": 999, "lat": 999}, {"lon": [1], "lat": {}},
        {"deaths": -1}, {"title": "x" * 500}, {"title": {"a": 1}}, {"occurred_at": "昨天"}, {"site": 999999}, [],
        {"source": "nowhere"}, {"title": "a\u0000b"},
    ],
)  # fmt: skip
def test_wrong_is_refused_with_words(api, body):
    answer = api("POST", body=body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] and answer.json()["detail"]


def test_half_a_place_is_taken_as_none_and_flagged(api):
    answer = api("POST", body={"title": "只有经度", "lon": 118.5})
    assert answer.status_code == 201 and "location" in answer.json()["flags"]


def test_the_same_key_raises_one_incident(api):
    body = {"title": "一次"}
    first = api("POST", body=body, Idempotency_Key="k-1")
    again = api("POST", body=body, Idempotency_Key="k-1")
    assert first.json()["id"] == again.json()["id"] and again.headers["Idempotent-Replay"] == "1"
    assert Incident.objects.count() == 1
    assert api("POST", body={"title": "另一次"}, Idempotency_Key="k-1").status_code == 409


def test_the_list_filters_and_pages(api, cast, regions, incident):
    done = bring_to(make_incident(regions.town, cast.district, kind="fire"), "archived", actor=cast.district)
    make_incident(regions.town, cast.district, kind="fire", is_drill=True)

    def ids(query):
        return [row["id"] for row in api("GET", f"?{query}").json()["results"]]

    assert len(ids("open=1")) == 2 and ids("open=0") == [done.pk] == ids("state=archived") == ids("level=3")
    assert len(ids("kind=fire")) == 2 and len(ids("drill=1")) == 1
    assert len(ids(f"region={regions.district.code}")) == 3
    assert incident.pk in ids("q=储罐区")
    assert api("GET", "?page=99").status_code == 404
    for wrong in ("state=nosuch", "level=9", "open=maybe", "region=999", "page=abc"):
        assert api("GET", f"?{wrong}").status_code in (400, 404), wrong


def test_detail_carries_its_etag_and_what_comes_next(api, incident):
    answer = api("GET", f"{incident.pk}/")
    assert answer.headers["ETag"] == '"1"'
    assert [t["name"] for t in answer.json()["transitions"]] == ["verify", "dismiss", "transfer"]


def test_a_step_wants_the_version_it_was_decided_on(api, incident):
    path = f"{incident.pk}/transitions/verify/"
    assert api("POST", path).status_code == 428
    assert api("POST", path, If_Match='"x"').status_code == 400
    done = api("POST", path, If_Match='"1"')
    assert done.status_code == 200 and done.json()["state"] == "verified" and done.headers["ETag"] == '"2"'
    late = api("POST", f"{incident.pk}/transitions/grade/", If_Match='"1"')
    assert late.status_code == 412
    assert [e["kind"] for e in late.json()["events"]] == ["incidents.verify"]
    assert api("POST", path, If_Match='"2"').status_code == 409
    assert api("POST", f"{incident.pk}/transitions/explode/", If_Match='"2"').status_code == 404


def test_a_step_says_what_it_lacks(api, cast, incident):
    bring_to(incident, "graded", actor=cast.district)
    answer = api("POST", f"{incident.pk}/transitions/respond/", If_Match='"3"')
    assert answer.status_code == 400
    assert answer.json()["code"] == "incomplete" and "level" in answer.json()["fields"]
    done = api("POST", f"{incident.pk}/transitions/respond/", {"level": 3, "measures": "警戒"}, If_Match='"3"')
    assert (done.json()["level"], done.json()["level_label"]) == (3, "Ⅲ级")


def test_facts_are_corrected_under_if_match(api, incident, regions):
    assert api("PATCH", f"{incident.pk}/", {"title": "改"}).status_code == 428
    place = regions.town.label_point
    done = api("PATCH", f"{incident.pk}/", {"title": "改", "lon": place.x, "lat": place.y}, If_Match='"1"')
    assert (done.status_code, done.json()["title"], done.json()["version"]) == (200, "改", 2)
    assert api("PATCH", f"{incident.pk}/", {"deaths": 1}, If_Match='"2"').status_code == 400
    assert api("PATCH", f"{incident.pk}/", {"state": "archived"}, If_Match='"2"').status_code == 400


def test_notes_need_no_version_and_change_none(api, incident):
    assert api("POST", f"{incident.pk}/timeline/", {"text": "风向东南 3 级"}).status_code == 201
    found = api("GET", f"{incident.pk}/timeline/").json()["results"]
    assert [e["n"] for e in found] == [1, 2] and found[1]["text"] == "风向东南 3 级"
    assert [e["n"] for e in api("GET", f"{incident.pk}/timeline/?after=1").json()["results"]] == [2]
    assert api("GET", f"{incident.pk}/").headers["ETag"] == '"1"'
    assert api("GET", f"{incident.pk}/timeline/?after=x").status_code == 400


def test_a_note_with_a_photo(cast, browse, incident):
    photo = SimpleUploadedFile("现场.png", PNG, content_type="image/png")
    client = browse(cast.district)
    answer = client.post(f"{URL}{incident.pk}/timeline/", {"text": "现场照片", "files": [photo]})
    assert answer.status_code == 201, answer.content
    attached = answer.json()["data"]["attachments"][0]
    assert client.get(f"/files/{attached['id']}/{attached['name']}").status_code == 200
    assert browse(cast.neighbour).get(f"/files/{attached['id']}/{attached['name']}").status_code == 404


def test_casualties_regrade(api, incident):
    assert api("POST", f"{incident.pk}/casualties/", {"deaths": 3}).status_code == 428
    done = api("POST", f"{incident.pk}/casualties/", {"deaths": 3}, If_Match='"1"')
    assert (done.json()["grade"], done.json()["grade_key"], done.json()["version"]) == ("较大", "large", 2)


def test_acknowledging_twice_answers_the_same(api, incident):
    first = api("POST", f"{incident.pk}/acknowledge/").json()
    assert first["acknowledged"] and api("POST", f"{incident.pk}/acknowledge/").json() == first


def test_tasks(api, incident, cast):
    made = api("POST", f"{incident.pk}/tasks/", {"title": "疏散", "organisation": cast.district.organisation_id})
    assert made.status_code == 201
    done = api("POST", f"{incident.pk}/tasks/{made.json()['id']}/done/", {"feedback": "完成"})
    assert done.json()["done_by"] == "district"
    assert api("POST", f"{incident.pk}/tasks/{made.json()['id']}/done/", {"feedback": "x"}).status_code == 409
    assert api("POST", f"{incident.pk}/tasks/", {}).status_code == 400
    assert len(api("GET", f"{incident.pk}/tasks/").json()["results"]) == 1


def test_one_touch_is_for_enterprises(api, browse, cast, sites):
    assert api("POST", "one-touch/", {"kind": "fire"}).status_code == 403
    answer = browse(cast.enterprise).post(f"{URL}one-touch/", {"kind": "fire"}, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["site"]["id"] == sites.own.pk and answer.json()["source"] == "enterprise"


@pytest.mark.parametrize("user", ["auditor", "enterprise"])
def test_watching_is_not_deciding(browse, cast, incident, sites, user):
    Incident.objects.filter(pk=incident.pk).update(site=sites.own)
    answer = browse(getattr(cast, user)).post(
        f"{URL}{incident.pk}/transitions/verify/", {}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 403


def test_without_logging_in_nothing(client):
    assert client.get(URL).status_code in (401, 403)
    assert client.get("/incidents/").status_code == 302
