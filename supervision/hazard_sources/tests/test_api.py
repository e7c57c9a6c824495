"""POST /api/v1/hazard-sources/assess/ and the steps over HTTP."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervision.hazard_sources.tests.making import give_papers

ASSESS = "/api/v1/hazard-sources/assess/"


def post(client, address, body, **headers):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(address, text, content_type="application/json", headers=headers)


def test_the_published_example(cast, browse):
    answer = post(
        browse(cast.town), ASSESS, {"exposed_persons": 120, "items": [{"substance": "氯", "quantity_t": "25"}]}
    )
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("derivation")[0].startswith("氯 25 t ÷ 5 t × β 4")
    assert body == {"s": "5", "r": "40", "alpha": "2.0", "grade": 3, "is_major": True}


def test_a_class_instead_of_a_name_and_numbers_instead_of_text(cast, browse):
    items = [{"class": "W5.3", "quantity_t": 500}, {"substance": "7782-50-5", "quantity_t": 2.5}]
    body = post(browse(cast.enterprise), ASSESS, {"exposed_persons": 0, "items": items}).json()
    assert (body["s"], body["r"], body["grade"]) == ("1", "1.25", 4)


def test_less_than_one_has_r_but_no_grade(cast, browse):
    body = post(
        browse(cast.duty), ASSESS, {"exposed_persons": 0, "items": [{"substance": "氨", "quantity_t": "8"}]}
    ).json()
    assert (body["s"], body["r"], body["grade"], body["is_major"]) == ("0.8", "0.8", None, False)


def test_every_problem_is_told_with_the_place_of_its_item(cast, browse):
    items = [
        {"substance": "氯", "quantity_t": "1"},
        {"substance": "柴油", "quantity_t": -1},
        {"substance": "硝酸铵", "quantity_t": 1},
    ]
    answer = post(browse(cast.duty), ASSESS, {"exposed_persons": -1, "items": items})
    body = answer.json()
    assert answer.status_code == 400 and body["code"] == "bad_input"
    assert [(p["index"], p["field"]) for p in body["fields"]["items"]] == [
        (1, "quantity_t"),
        (1, "substance"),
        (2, "substance"),
    ]
    assert body["fields"]["items"][1]["needs"] == "class" and len(body["fields"]["items"][2]["choices"]) == 2
    assert body["fields"]["exposed_persons"][0]["message"]


def test_only_people_who_are_logged_in_may_ask(client, db):
    assert post(client, ASSESS, {}).status_code in (401, 403)


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", "1", '"x"', "NaN", '{"exposed_persons":NaN,"items":[]}',
    '{"exposed_persons":1e400,"items":[]}',
    '{"exposed_persons":1,"items":[{"substance":"氯","quantity_t":' + "9" * 5000 + "}]}", b"\xff\xfe", "[" * 5000,
    '{"exposed_persons":1,"items":[{"substance":"\\u0000","quantity_t":1}]}', '{"items":{"a":1},"exposed_persons":1}',
    '{"exposed_persons":1,"items":[{"substance":"\\ud800","quantity_t":1}]}', '{"exposed_persons":1}', '{"items":[[]]}',
    '{"exposed_persons":1,"items":[{"substance":["氯"],"quantity_t":1}]}', '{"a":1,"a":2}'])  # fmt: skip
def test_bad_bodies_are_400_with_a_sentence(cast, browse, body):
    answer = post(browse(cast.duty), ASSESS, body)
    assert answer.status_code == 400 and answer.json()["detail"], answer.content


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["substance", "class", "quantity_t"]), inner),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.fixed_dictionaries({"exposed_persons": VALUES, "items": VALUES}))
def test_it_never_answers_with_a_server_error(cast, browse, body):
    assert post(browse(cast.duty), ASSESS, body).status_code in (200, 400)


def step(client, source, name, body=None, **headers):
    return post(client, f"/api/v1/hazard-sources/{source.pk}/transitions/{name}/", body or {}, **headers)


class TestTransitions:
    def test_the_whole_way_over_http(self, cast, browse, source):
        own, office = browse(cast.enterprise), browse(cast.district)
        assert step(own, source, "identify", **{"If-Match": '"1"'}).json()["state"] == "identified"
        answer = step(own, source, "assess", **{"If-Match": '"2"'})
        assert (answer.json()["grade"], answer.json()["r"], answer["ETag"]) == (3, "40", '"3"')
        assert step(office, source, "file", **{"If-Match": '"3"'}).status_code == 400
        assert step(office, source, "file", {"filing_number": "BA1"}, **{"If-Match": '"3"'}).status_code == 409
        give_papers(source, cast.district)
        filing = step(office, source, "file", {"filing_number": "BA1"}, **{"If-Match": '"3"'})
        assert filing.json()["state"] == "filed"
        assert step(office, source, "cancel", {"note": "拆除"}, **{"If-Match": '"4"'}).json()["state"] == "cancelled"

    def test_refusals_have_their_codes(self, cast, browse, source):
        office = browse(cast.district)
        assert step(office, source, "identify").status_code == 428
        assert step(office, source, "identify", **{"If-Match": '"9"'}).status_code == 412
        assert step(office, source, "assess", **{"If-Match": '"1"'}).status_code == 409
        assert step(office, source, "change", **{"If-Match": '"1"'}).status_code == 404
        assert step(office, source, "explode", **{"If-Match": '"1"'}).status_code == 404
        assert step(browse(cast.neighbour), source, "identify", **{"If-Match": '"1"'}).status_code == 404
        assert step(browse(cast.duty), source, "identify", **{"If-Match": '"1"'}).status_code == 403
        assert step(browse(cast.nobody), source, "identify", **{"If-Match": '"1"'}).status_code == 404

    def test_the_same_key_does_it_once(self, cast, browse, source):
        own = browse(cast.enterprise)
        answers = [step(own, source, "identify", **{"If-Match": '"1"', "Idempotency-Key": "k"}) for _ in range(2)]
        assert [a.status_code for a in answers] == [200, 200] and answers[0].json() == answers[1].json()


def test_records_are_listed_and_counted_by_grade(cast, browse, assessed):
    client = browse(cast.city)
    assert client.get("/api/v1/hazard-sources/").json()["count"] == 1
    assert client.get("/api/v1/hazard-sources/?grade=3").json()["count"] == 1
    assert client.get("/api/v1/hazard-sources/?grade=1").json()["count"] == 0
    assert client.get("/api/v1/features/hazard_sources/?state=3").json()["count"] == 1
    one = client.get(f"/api/v1/hazard-sources/{assessed.pk}/")
    assert one.status_code == 200 and "氯 25 t ÷ 5 t" in one.content.decode()
    assert browse(cast.neighbour).get(f"/api/v1/hazard-sources/{assessed.pk}/").status_code == 404
