"""Search, nearby and regions."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from layers import nearby
from layers.tests.conftest import tile_at  # noqa: F401  (documents where the helper lives)
from tests.cast import make_site

SEARCH, NEARBY = "/api/v1/search/", "/api/v1/nearby/"


@pytest.fixture
def duty(places, cast, browse):
    return browse(cast.duty)


def titles(response):
    assert response.status_code == 200, response.content
    return [hit["title"] for hit in response.json()["results"]]


class TestSearch:
    @pytest.mark.parametrize("words", ["大王甲", "dwjhg", "DWJ", "潍高路", "  大王甲  化工"[0:5], "甲化工有限公司"])
    def test_name_address_and_initials_find_the_place(self, duty, sites, words):
        assert "大王甲化工有限公司" in titles(duty.get(SEARCH, {"q": words}))

    def test_the_very_name_comes_first_then_beginnings_then_the_rest(self, duty, regions):
        for name in ("东营利丰化工", "利丰化工有限公司", "利丰化工"):
            make_site(regions.town, name)
        make_site(regions.town, "无关企业", address="利丰化工路")
        assert titles(duty.get(SEARCH, {"q": "利丰化工"})) == [
            "利丰化工",
            "利丰化工有限公司",
            "东营利丰化工",
            "无关企业",
        ]

    def test_a_slip_of_the_pen_still_finds_it(self, duty, regions):
        make_site(regions.town, "山东胜利石油化工集团")
        assert titles(duty.get(SEARCH, {"q": "胜利石由化工集团"})) == ["山东胜利石油化工集团"]

    def test_a_hit_says_where_it_is(self, duty, sites):
        (hit,) = duty.get(SEARCH, {"q": "大王甲"}).json()["results"]
        assert (hit["layer"], hit["layer_title"], hit["id"]) == ("test_places", "场所", sites.own.pk)
        assert (hit["lon"], hit["lat"]) == pytest.approx((118.45, 37.05))

    def test_the_neighbour_does_not_find_it(self, places, cast, sites, browse):
        assert titles(browse(cast.neighbour).get(SEARCH, {"q": "大王甲化工"})) == []

    def test_wildcards_are_letters(self, duty, sites):
        assert titles(duty.get(SEARCH, {"q": "%"})) == [] and titles(duty.get(SEARCH, {"q": "_大"})) == []

    def test_nothing_typed_finds_nothing(self, duty, sites):
        assert titles(duty.get(SEARCH, {"q": "   "})) == [] and titles(duty.get(SEARCH)) == []

    @pytest.mark.parametrize(
        "query", [{"q": "长" * 61}, {"q": "a", "limit": "0"}, {"q": "a", "limit": "x"}, {"q": "a", "limit": "51"}]
    )
    def test_what_cannot_be_meant_is_refused(self, duty, query):
        assert duty.get(SEARCH, query).status_code == 400


class TestNearby:
    def near(self, client, **more):
        response = client.get(NEARBY, {"lon": 118.45, "lat": 37.05, "layers": "test_places", **more})
        assert response.status_code == 200, response.content
        return response.json()["results"]

    def test_nearest_first_in_metres(self, duty, sites, regions):
        make_site(regions.town, "一公里外", geom=Point(118.4613, 37.05, srid=4490), address="某路")
        first, second, third = self.near(duty)
        assert (first["id"], first["metres"]) == (sites.own.pk, 0)
        assert second["metres"] == pytest.approx(1004, abs=3) and third["id"] == sites.other.pk
        assert second["reasons"][0]["code"] == "straight_line"

    def test_the_stale_one_is_ranked_lower_and_says_why(self, duty, sites, regions):
        make_site(regions.town, "近但过期", geom=Point(118.4613, 37.05, srid=4490), address="")
        make_site(regions.town, "稍远而新", geom=Point(118.4650, 37.05, srid=4490), address="某路")
        names = [n["title"] for n in self.near(duty)][1:3]
        assert names == ["稍远而新", "近但过期"]
        stale = self.near(duty)[2]
        assert [r["code"] for r in stale["reasons"]] == ["straight_line", "stale"]

    def test_the_limit_holds_and_the_neighbour_sees_their_own(self, duty, places, cast, browse, sites, many, regions):
        many(regions.town, 30)
        assert len(self.near(duty, limit=5)) == 5
        assert [n["id"] for n in self.near(browse(cast.neighbour))] == [sites.other.pk]

    def test_several_layers_are_one_statement(self, duty, sites, django_assert_num_queries):
        self.near(duty)
        with django_assert_num_queries(6):  # session, user, region, two for rights, one
            self.near(duty)

    @pytest.mark.parametrize(
        "query",
        [
            {"lon": "x", "lat": "1"},
            {"lon": "nan", "lat": "37"},
            {"lon": "37", "lat": "118"},
            {},
            {"lon": "118.5"},
            {"lon": "118.5", "lat": "37.2", "limit": "101"},
            {"lon": "118.5", "lat": "37.2", "layers": "no_such"},
            {"lon": "118.5", "lat": "37.2", "by": "air"},
        ],
    )
    def test_what_cannot_be_answered_is_refused(self, duty, query):
        response = duty.get(NEARBY, query)
        assert response.status_code == 400 and response.json()["detail"]

    def test_by_road_is_the_business_of_the_module_that_provides_it(self, duty, sites, monkeypatch):
        monkeypatch.setattr(nearby, "_road", [])
        assert duty.get(NEARBY, {"lon": 118.5, "lat": 37.2, "by": "road"}).status_code == 400
        nearby.provide_road(lambda user, lon, lat, layers, limit: [{"id": 1, "seconds": 60}])
        assert duty.get(NEARBY, {"lon": 118.5, "lat": 37.2, "by": "road"}).json()["results"] == [
            {"id": 1, "seconds": 60}
        ]


class TestRegions:
    def test_the_tree_starts_at_the_city_and_marks_what_is_in_reach(self, cast, browse, regions):
        found = {r["code"]: r for r in browse(cast.district).get("/api/v1/regions/").json()}
        assert found["370500"]["parent"] is None and not found["370500"]["in_scope"]
        assert found["370523100"]["parent"] == "370523" and found["370523100"]["in_scope"]
        assert found["370523"]["bbox"] == pytest.approx([118.3, 36.95, 118.6, 37.25])

    def test_boundaries_are_drawn_once_and_then_304(self, cast, browse, regions):
        client = browse(cast.duty)
        first = client.get("/api/v1/regions/boundaries.geojson")
        assert first["Content-Type"].startswith("application/geo+json")
        assert len(first.json()["features"]) == 5
        again = client.get("/api/v1/regions/boundaries.geojson", headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        regions.town.name = "大王镇（更名）"
        regions.town.save()
        later = client.get("/api/v1/regions/boundaries.geojson", headers={"If-None-Match": first["ETag"]})
        assert later.status_code == 200 and "更名" in later.content.decode()

    def test_boundaries_need_a_log_in(self, client, regions):
        assert client.get("/api/v1/regions/boundaries.geojson").status_code == 403
