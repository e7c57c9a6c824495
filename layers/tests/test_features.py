"""What lies in an area is asked of the server; whatever arrives is either read right or refused with a reason."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

FEATURES = "/api/v1/features/test_places/"
AROUND_OWN = {
    "type": "Polygon",
    "coordinates": [[[118.4, 37.0], [118.5, 37.0], [118.5, 37.1], [118.4, 37.1], [118.4, 37.0]]],
}


def ids(response):
    assert response.status_code == 200, response.content
    return [f["id"] for f in response.json()["features"]]


@pytest.fixture
def duty(places, cast, browse):
    return browse(cast.duty)


def test_the_answer_is_a_feature_collection_of_points(duty, sites):
    body = duty.get(FEATURES, {"q": "大王甲"}).json()
    assert body["type"] == "FeatureCollection" and body["count"] == 1 and body["next"] is None
    (found,) = body["features"]
    assert found["geometry"] == {"type": "Point", "coordinates": [118.45, 37.05]}
    assert found["properties"]["name"] == "大王甲化工有限公司"
    assert found["properties"]["region"] == "370523100" and found["properties"]["state_label"] == "企业"


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "118.4,37.0,118.5,37.1"},
        {"within": json.dumps(AROUND_OWN)},
        {"radius": "118.45,37.05,500"},
        {"region": "370523"},
        {"q": "潍高路"},
        {"q": "dwjhg"},
        {"q": "DWJ"},
        {"region": "370523", "state": "enterprise", "kind": "enterprise", "bbox": "118,37,119,38"},
    ],
)
def test_each_way_of_asking_finds_the_one_place(duty, sites, query):
    assert ids(duty.get(FEATURES, query)) == [sites.own.pk]


@pytest.mark.parametrize(
    "query", [{"state": "school"}, {"kind": "school"}, {"bbox": "117,36,117.1,36.1"}, {"q": "没有"}, {"ids": "0"}]
)
def test_what_does_not_match_is_not_there(duty, sites, query):
    assert ids(duty.get(FEATURES, query)) == []


def test_a_large_polygon_is_posted(duty, sites):
    body = {"within": AROUND_OWN, "state": ["enterprise"], "page_size": 10}
    response = duty.post(FEATURES, json.dumps(body), content_type="application/json")
    assert ids(response) == [sites.own.pk]


def test_ids_and_order(duty, sites):
    wanted = {"ids": f"{sites.other.pk},{sites.own.pk}"}
    assert ids(duty.get(FEATURES, wanted | {"ordering": "-id"})) == sorted([sites.own.pk, sites.other.pk], reverse=True)
    assert ids(duty.get(FEATURES, wanted | {"ordering": "id"})) == sorted([sites.own.pk, sites.other.pk])


def test_a_radius_answers_nearest_first_with_metres(duty, many, regions):
    made = many(regions.town, 3)
    found = duty.get(FEATURES, {"radius": "118.45,37.05,5000", "q": "第"}).json()["features"]
    assert [f["id"] for f in found] == [p.pk for p in made]
    assert found[0]["properties"]["metres"] < 1 < 80 < found[1]["properties"]["metres"] < 100


def test_the_neighbour_finds_only_their_own(places, cast, sites, browse):
    client = browse(cast.neighbour)
    assert ids(client.get(FEATURES)) == [sites.other.pk]
    assert client.get(f"{FEATURES}{sites.own.pk}/").status_code == 404
    assert ids(client.get(FEATURES, {"ids": str(sites.own.pk)})) == []


def test_an_enterprise_finds_itself(places, cast, sites, browse):
    assert ids(browse(cast.enterprise).get(FEATURES)) == [sites.own.pk]


def test_without_log_in_403_without_right_404(places, cast, browse, client):
    assert client.get(FEATURES).status_code == 403
    assert browse(cast.auditor).get(FEATURES).status_code == 404


def test_one_feature_alone(duty, sites):
    found = duty.get(f"{FEATURES}{sites.own.pk}/").json()
    assert found["type"] == "Feature" and found["geometry"]["coordinates"] == [118.45, 37.05]


def test_pages_are_bounded_and_the_last_one_ends(duty, many, regions):
    many(regions.town, 12)
    body = duty.get(FEATURES, {"page_size": 5, "region": "370523"}).json()
    assert body["count"] == 13 and len(body["features"]) == 5 and "page=2" in body["next"]
    assert len(duty.get(FEATURES, {"page_size": 5, "page": 3, "region": "370523"}).json()["features"]) == 3
    assert duty.get(FEATURES, {"page": 99}).status_code == 404
    assert len(duty.get(FEATURES, {"page_size": 100000}).json()["features"]) == 14


def test_a_list_asks_the_database_a_fixed_number_of_times(duty, many, regions, django_assert_num_queries):
    def cost(count):
        many(regions.town, count, start=count * 100)
        with django_assert_num_queries(7):
            assert duty.get(FEATURES, {"page_size": 500}).status_code == 200

    cost(3)
    cost(30)


def test_the_sheet_holds_what_the_filter_gives(duty, sites):
    response = duty.get(f"{FEATURES}export.xlsx", {"q": "大王"})
    assert response.status_code == 200 and "attachment" in response["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert sheet.max_row == 3 and "大王甲化工有限公司" in [cell.value for cell in sheet[3]]


def test_a_misspelt_parameter_is_refused_and_not_ignored(duty):
    response = duty.get(FEATURES, {"stat": "school"})
    assert response.status_code == 400
    assert "stat" in response.json()["detail"] and "state" in response.json()["detail"]


def test_layers_say_what_they_are_and_how_many(duty, sites):
    (layer,) = [x for x in duty.get("/api/v1/layers/").json() if x["key"] == "test_places"]
    assert (
        layer["count"] == 2 and layer["raw_from_zoom"] == 0 and layer["tiles"] == "/tiles/test_places/{z}/{x}/{y}.mvt"
    )
    assert [s["key"] for s in layer["states"]] == ["enterprise", "school", "hospital"]


def test_layers_without_the_right_are_not_listed(places, cast, browse):
    assert "test_places" not in [x["key"] for x in browse(cast.auditor).get("/api/v1/layers/").json()]
