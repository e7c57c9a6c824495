"""Tiles show what the user may see, no more and no less, and know when they have changed."""

from __future__ import annotations

import mapbox_vector_tile
import pytest

from core import jobs
from core.models import Job
from geo.models import Site
from layers import grid, tiles, versions
from layers.models import Rollup
from layers.tests.conftest import tile_at


def features(response):
    assert response.status_code == 200, response.content
    return [f["properties"] for layer in decoded(response).values() for f in layer["features"]]


def decoded(response):
    return mapbox_vector_tile.decode(response.content) if response.content else {}


def address(site, z=14, layer="test_places"):
    return f"/tiles/{layer}/{tile_at(site.geom.x, site.geom.y, z)}.mvt"


def test_a_raw_tile_carries_id_state_name_and_the_declared_fields(places, cast, sites, browse):
    (found,) = features(browse(cast.duty).get(address(sites.own)))
    assert found == {
        "id": sites.own.pk,
        "state": "enterprise",
        "name": "大王甲化工有限公司",
        "stale": False,
        "address": "大王镇潍高路 1 号",
    }


def test_the_tile_is_named_after_its_layer(places, cast, sites, browse):
    assert list(decoded(browse(cast.duty).get(address(sites.own)))) == ["test_places"]


def test_the_neighbour_sees_an_empty_tile(places, cast, sites, browse):
    assert features(browse(cast.neighbour).get(address(sites.own))) == []
    assert len(features(browse(cast.neighbour).get(address(sites.other)))) == 1


def test_an_enterprise_sees_its_own_place_only(places, cast, sites, browse):
    client = browse(cast.enterprise)
    assert len(features(client.get(address(sites.own)))) == 1
    assert features(client.get(address(sites.other))) == []


def test_nobody_without_a_region_sees_anything(places, cast, sites, browse, make_user):
    lost = make_user("lost", None, "duty")
    response = browse(lost).get(address(sites.own))
    assert response.status_code == 200 and response.content == b""


def test_without_log_in_or_right_there_is_no_tile(places, cast, sites, browse, client):
    assert client.get(address(sites.own)).status_code == 403
    response = browse(cast.auditor).get(address(sites.own))
    assert response.status_code == 404 and response.json()["code"] == "not_found"


def test_an_unchanged_tile_answers_304_without_reading_a_row(
    places, cast, sites, browse, django_assert_max_num_queries
):
    client = browse(cast.duty)
    etag = client.get(address(sites.own))["ETag"]
    with django_assert_max_num_queries(6) as asked:  # session, user, region, two for rights, version
        response = client.get(address(sites.own), headers={"If-None-Match": etag})
    assert response.status_code == 304 and response.content == b"" and response["ETag"] == etag
    assert not any("geo_site" in query["sql"].split("ANY")[0] for query in asked.captured_queries)


@pytest.mark.parametrize("change", ["insert", "update", "delete"])
def test_any_change_of_the_table_makes_a_new_tile(places, cast, sites, browse, many, regions, change):
    client = browse(cast.duty)
    etag = client.get(address(sites.own))["ETag"]
    if change == "insert":
        many(regions.town, 1)
    elif change == "update":
        Site.objects.filter(pk=sites.own.pk).update(name="改名化工")
    else:
        Site.objects.filter(pk=sites.other.pk).delete()
    response = client.get(address(sites.own), headers={"If-None-Match": etag})
    assert response.status_code == 200 and response["ETag"] != etag


def test_two_scopes_never_share_an_etag(places, cast, sites, browse):
    tags = {browse(user).get(address(sites.own))["ETag"] for user in (cast.duty, cast.district, cast.neighbour)}
    assert len(tags) == 3


def test_region_and_state_narrow_the_tile(places, cast, sites, browse, regions):
    client = browse(cast.duty)
    assert features(client.get(address(sites.own), {"region": "370522"})) == []
    assert len(features(client.get(address(sites.own), {"region": "370523"}))) == 1
    assert features(client.get(address(sites.own), {"state": "school,hospital"})) == []
    assert len(features(client.get(address(sites.own), {"state": "school,enterprise"}))) == 1


@pytest.mark.parametrize("query", [{"state": "burning"}, {"region": "东营"}, {"region": "999999"}])
def test_an_unknown_state_or_region_is_said_to_be_one(places, cast, sites, browse, query):
    response = browse(cast.duty).get(address(sites.own), query)
    assert response.status_code == 400 and response.json()["detail"]


@pytest.mark.parametrize(
    "place",
    [
        "19/0/0",
        "14/16384/0",
        "14/0/16384",
        "-1/0/0",
        "a/0/0",
        "1/1.5/0",
        "0/0/1",
        "٣/0/0",
        "3/99999999999999999999/0",
        "1/+1/0",
    ],
)
def test_an_address_that_is_no_tile_is_404_in_json(places, cast, browse, place):
    response = browse(cast.duty).get(f"/tiles/test_places/{place}.mvt")
    assert response.status_code == 404 and response.json()["code"] == "not_found"


def test_an_unknown_layer_is_404(places, cast, browse):
    assert browse(cast.duty).get("/tiles/no_such/1/0/0.mvt").status_code == 404


class TestCells:
    """Few features are always drawn; the tests make "few" smaller than what they make."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch):
        monkeypatch.setattr(tiles, "FEW", 5)

    def test_low_zooms_show_counts_and_the_worst_state(self, places, cast, sites, browse, many, regions):
        many(regions.town, 29)
        many(regions.town, 1, start=100, kind="school")
        cells = features(browse(cast.duty).get(address(sites.own, 8)))
        assert sum(c["count"] for c in cells) == 32
        assert all(c["grid"] == 1 for c in cells)
        assert {c["state"] for c in cells} == {"school", "enterprise"}

    def test_cells_count_only_what_the_user_may_see(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        many(regions.neighbour_town, 7)
        assert sum(c["count"] for c in features(browse(cast.neighbour).get(address(sites.own, 8)))) == 8

    def test_each_feature_is_in_exactly_one_tile(self, places, cast, browse, many, regions):
        many(regions.town, 30)
        client = browse(cast.duty)
        z, x, y = map(int, tile_at(*regions.town.label_point.coords, 11).split("/"))
        around = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        counts = [c["count"] for a, b in around for c in features(client.get(f"/tiles/test_places/{z}/{a}/{b}.mvt"))]
        assert sum(counts) == 31

    def test_a_raw_tile_with_too_many_features_comes_as_cells(
        self, places, cast, sites, browse, many, regions, monkeypatch
    ):
        many(regions.town, 30)
        monkeypatch.setattr(tiles, "MAX_FEATURES", 10)
        cells = features(browse(cast.duty).get(address(sites.own, 12)))
        assert sum(c["count"] for c in cells) == 31 and all("grid" in c for c in cells)


class TestRollup:
    """Large layers are counted once; the tests make "large" small."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch):
        monkeypatch.setattr(tiles, "FEW", 5)
        monkeypatch.setattr(grid, "DIRECT", 5)
        monkeypatch.setattr(grid, "PAUSE", 0)

    @pytest.mark.parametrize("z", [0, 5, 8, 9, 10, 11])
    def test_the_stored_counts_give_the_same_cells_as_counting(
        self, places, cast, sites, browse, many, regions, monkeypatch, z
    ):
        many(regions.town, 30)
        many(regions.neighbour_town, 5, kind="school")
        client = browse(cast.duty)
        stored = decoded(client.get(address(sites.own, z)))
        assert Rollup.objects.get().total == 37
        monkeypatch.setattr(grid, "DIRECT", 1000)
        tiles._tiles.clear()
        counted = decoded(client.get(address(sites.own, z)))

        def key(feature):
            return feature["geometry"]["coordinates"], feature["properties"]

        both = [sorted(map(key, found["test_places"]["features"]), key=str) for found in (stored, counted)]
        assert both[0] == both[1]

    def test_filters_apply_to_the_stored_counts(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        many(regions.neighbour_town, 5, kind="school")
        client = browse(cast.duty)
        narrowed = {"region": "370522", "state": "school"}
        assert sum(c["count"] for c in features(client.get(address(sites.own, 8), narrowed))) == 5

    def test_scopes_have_counts_of_their_own(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        many(regions.neighbour_town, 9)
        assert sum(c["count"] for c in features(browse(cast.duty).get(address(sites.own, 8)))) == 41
        assert sum(c["count"] for c in features(browse(cast.neighbour).get(address(sites.own, 8)))) == 10

    def test_a_change_shows_after_the_job_ran_and_changes_the_etag(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        client = browse(cast.duty)
        etag = client.get(address(sites.own, 8))["ETag"]
        many(regions.town, 1, start=50)
        assert client.get(address(sites.own, 8), headers={"If-None-Match": etag}).status_code == 304
        (task,) = Job.objects.filter(name="layers.refresh_rollup")
        assert jobs.run(task)
        after = client.get(address(sites.own, 8), headers={"If-None-Match": etag})
        assert sum(c["count"] for c in features(after)) == 33

    def test_a_count_that_took_long_is_not_repeated_at_once(
        self, places, cast, sites, browse, many, regions, monkeypatch
    ):
        monkeypatch.setattr(grid, "PAUSE", 1_000_000)
        many(regions.town, 30)
        client = browse(cast.duty)
        client.get(address(sites.own, 8))
        many(regions.town, 1, start=50)
        client.get(address(sites.own, 8))
        assert not Job.objects.filter(name="layers.refresh_rollup").exists()

    def test_large_layers_are_counted_before_anybody_looks(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        grid.make_ready()
        ready = Rollup.objects.get(layer="test_places")
        browse(cast.duty).get(address(sites.own, 8))
        assert Rollup.objects.get(layer="test_places") == ready

    def test_the_job_is_asked_for_once(self, places, cast, sites, browse, many, regions):
        many(regions.town, 30)
        client = browse(cast.duty)
        client.get(address(sites.own, 8))
        many(regions.town, 1, start=50)
        for z in (7, 8, 9):
            client.get(address(sites.own, z))
        assert Job.objects.filter(name="layers.refresh_rollup").count() == 1


def test_compaction_changes_no_version(places, cast, sites, many, regions):
    many(regions.town, 5)
    before = versions.version(["geo_site"])
    assert versions.compact() > 0
    assert versions.version(["geo_site"]) == before
    assert versions.compact() == 0
