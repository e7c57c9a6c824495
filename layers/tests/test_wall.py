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
