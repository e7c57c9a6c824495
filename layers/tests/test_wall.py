"""The wall follows one operator; a county's screens do not take the city's over."""

from __future__ import annotations

import pytest

VIEW = {"lon": 118.6, "lat": 37.4, "zoom": 10, "layers": ["incidents"]}


@pytest.fixture
def show(browse):
    def post(user):
        body = {"view": VIEW, "mode": "follow"}
        return browse(user).post("/api/v1/wall/main/", body, content_type="application/json")

    return post


def test_the_city_takes_the_wall_from_a_county(cast, show):
    assert show(cast.district).status_code == 200
    assert show(cast.duty).json()["driver"]["username"] == "duty"


def test_a_county_does_not_take_the_wall_from_the_city(cast, show):
    assert show(cast.duty).status_code == 200
    answer = show(cast.district)
    assert answer.status_code == 403 and "东营市的值班员控制" in answer.json()["detail"]


def test_the_wall_is_told_themes_filters_and_heat(cast, browse):
    looks = {"enterprises": {"theme": "licence", "filters": {"tags": "dust"}, "heat": False}}
    client = browse(cast.duty)
    body = {"view": VIEW | {"looks": looks}, "mode": "follow"}
    assert client.post("/api/v1/wall/main/", body, content_type="application/json").status_code == 200
    assert client.get("/api/v1/wall/main/").json()["view"]["looks"] == looks


@pytest.mark.parametrize("looks", ["x", {"enterprises": 1}, {"enterprises": {"filters": {"tags": {"a": 1}}}}])
def test_a_wall_is_not_told_nonsense(cast, browse, looks):
    body = {"view": VIEW | {"looks": looks}, "mode": "follow"}
    refused = browse(cast.duty).post("/api/v1/wall/main/", body, content_type="application/json")
    assert refused.status_code == 400 and "looks" in refused.json()["detail"]
