"""Themes colour a layer otherwise, filters combine; both mean the same in tiles, features, numbers and lists."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db.models import Case, Value, When

from layers import gathered, grid, tiles
from layers.models import Rollup
from layers.registry import Module, State, Theme, registry
from layers.tests.conftest import tile_at
from layers.tests.test_tiles import features
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise

FEATURES = "/api/v1/features/enterprises/"
SUMMARY = "/api/v1/layers/enterprises/summary/"


@pytest.fixture
def plants(regions):
    """Four in the town, one in the neighbour's: closed or open, with dust or not, fresh or never verified."""
    return [
        make_enterprise(regions.town, 1, tags=["dust"], freshness_score=90, verified_at="2026-11-01T00:00Z"),
        make_enterprise(regions.town, 2, tags=["dust", "gas"], status="closed", state="closed"),
        make_enterprise(regions.town, 3, categories=["mine", "chemical"], tags=["gas"]),
        make_enterprise(regions.town, 4, categories=["trade"], tags=["dust"], licence_expires_on="2020-01-01"),
        make_enterprise(regions.neighbour_town, 5, tags=["dust"], freshness_score=60, verified_at="2026-11-01T00:00Z"),
    ]


def tile(client, plant, query=None, z=14, **headers):
    geom = plant.site.geom
    return client.get(f"/tiles/enterprises/{tile_at(geom.x, geom.y, z)}.mvt", query or {}, headers=headers)


def states(found):
    return sorted(f["state"] for f in found)


def named(answer):
    return {f["id"]: f["properties"]["state"] for f in answer.json()["features"]}


def test_a_theme_takes_the_place_of_the_state_in_tiles_and_features(plants, cast, browse):
    client = browse(cast.duty)
    assert states(features(tile(client, plants[0]))) == ["chemical", "chemical", "mine", "trade"]
    themed = {"theme": "freshness"}
    assert states(features(tile(client, plants[0], themed))) == ["fresh", "never", "never", "never"]
    found = client.get(FEATURES, themed)
    assert named(found)[plants[4].pk] == "ageing"
    labels = {f["properties"]["state_label"] for f in found.json()["features"]}
    assert labels == {"鲜活（80 分以上）", "一般（50–79 分）", "从未核实"}


def test_the_states_of_a_theme_narrow_it(plants, cast, browse):
    client = browse(cast.duty)
    assert states(features(tile(client, plants[0], {"theme": "licence", "state": "expired"}))) == ["expired"]
    assert client.get(FEATURES, {"theme": "licence", "state": "chemical"}).status_code == 400


def test_an_unknown_theme_or_filter_is_refused_with_the_known_ones(plants, cast, browse):
    client = browse(cast.duty)
    for ask in (
        lambda q: tile(client, plants[0], q),
        lambda q: client.get(FEATURES, q),
        lambda q: client.get(SUMMARY, q),
    ):
        refused = ask({"theme": "colour"})
        assert refused.status_code == 400 and "freshness" in refused.json()["detail"]
        refused = ask({"stauts": "closed"})
        assert refused.status_code == 400 and "status" in refused.json()["detail"]
        assert ask({"status": "asleep"}).status_code == 400
        assert ask({"freshness_score__from": "many"}).status_code == 400


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tags": "dust"}, {0, 1, 3, 4}),
        ({"tags": "dust", "status": "operating"}, {0, 3, 4}),
        ({"tags": "dust", "status": "operating", "region": "370523"}, {0, 3}),
        ({"categories": "chemical", "tags": "gas", "theme": "state"}, {1, 2}),
        ({"state": "closed"}, {1}),
        ({"state": "mine"}, {2}),
        ({"licence": "expired", "tags": "dust"}, {3}),
        ({"freshness": "never", "stale": "true", "region": "370523"}, {1, 2, 3}),
        ({"freshness_score__from": "60", "freshness_score__to": "90"}, {0, 4}),
        ({"platform_joined_on__from": "2016-01-01"}, set()),
    ],
)
def test_filters_combine_and_mean_the_same_everywhere(plants, cast, browse, query, expected):
    client = browse(cast.duty)
    keys = {plants[n].pk for n in expected}
    assert set(named(client.get(FEATURES, query))) == keys
    assert client.get(SUMMARY, query).json()["total"] == len(keys)
    drawn = {f["id"] for plant in (plants[0], plants[4]) for f in features(tile(client, plant, query))}
    assert drawn == keys
    listed = {k: v for k, v in query.items() if k != "theme"}
    if query.get("state") != "mine":
        assert client.get("/api/v1/enterprises/", listed).json()["count"] == len(keys)


def test_a_filter_lets_nobody_see_further_than_their_scope(plants, cast, browse):
    query = {"tags": "dust", "theme": "freshness"}
    assert set(named(browse(cast.neighbour).get(FEATURES, query))) == {plants[4].pk}
    assert features(tile(browse(cast.neighbour), plants[0], query)) == []
    assert browse(cast.neighbour).get(SUMMARY, query).json()["total"] == 1
    assert browse(cast.enterprise).get(SUMMARY, query).json()["total"] == 0


def test_every_theme_and_filter_has_an_etag_of_its_own(plants, cast, browse):
    client = browse(cast.duty)
    asked = [{}, {"theme": "freshness"}, {"theme": "licence"}, {"tags": "dust"}, {"tags": "gas"}, {"state": "mine"}]
    tags = [tile(client, plants[0], query)["ETag"] for query in asked]
    assert len(set(tags)) == len(asked)
    assert tile(client, plants[0], {"tags": "gas"}, **{"If-None-Match": tags[4]}).status_code == 304
    Enterprise.objects.filter(pk=plants[0].pk).update(tags=["gas"])
    assert len(features(tile(client, plants[0], {"tags": "gas"}, **{"If-None-Match": tags[4]}))) == 3


def test_the_numbers_of_a_region_say_states_stale_ones_and_ground(plants, cast, browse):
    found = browse(cast.duty).get(SUMMARY, {"region": "370523", "theme": "freshness"}).json()
    assert found["total"] == 4 and found["stale"] == 3
    assert {s["key"]: s["count"] for s in found["states"]} == {"fresh": 1, "ageing": 0, "old": 0, "never": 3}
    assert 800 < found["area_km2"] < 1000  # 0.3° × 0.3°


def test_a_sheet_follows_theme_and_filters(plants, cast, browse):
    from io import BytesIO

    from openpyxl import load_workbook

    answer = browse(cast.duty).get(FEATURES + "export.xlsx", {"tags": "dust", "status": "closed", "theme": "state"})
    rows = list(load_workbook(BytesIO(answer.content)).active.values)
    assert any("已关闭" in [str(cell) for cell in row] for row in rows)
    assert sum(1 for row in rows if any("样例化工" in str(cell) for cell in row)) == 1


def test_a_layer_says_its_themes_and_how_to_filter_it(plants, cast, browse):
    layer = next(a for a in browse(cast.duty).get("/api/v1/layers/").json() if a["key"] == "enterprises")
    assert layer["state_title"] == "主要监管分类"
    assert {"freshness", "licence", "state"} <= {t["key"] for t in layer["themes"]}
    fields = {f["name"]: f for f in layer["filter_fields"]}
    assert ["dust", "粉尘涉爆"] in fields["tags"]["choices"]
    assert fields["licence_expires_on__to"]["kind"] == "date"
    assert [key for key, _ in fields["state"]["choices"]] == ["valid", "closed", "due"]
    assert fields["stale"]["label"] == "信息过期"
    assert set(fields) <= set(layer["filters"])


class TestLarge:
    """Above DIRECT rows the cells come from stored counts, a filtered selection from one count that is kept."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(grid, "DIRECT", 2)
        monkeypatch.setattr(tiles, "FEW", 1)

    def test_a_theme_has_stored_counts_of_its_own(self, plants, cast, browse):
        client = browse(cast.duty)
        tile(client, plants[0], {}, 8)
        found = features(tile(client, plants[0], {"theme": "freshness"}, 8))
        assert sum(cell["count"] for cell in found) == 5
        assert {cell["state"] for cell in found} <= {"never", "fresh", "ageing"}
        assert Rollup.objects.filter(layer="enterprises").count() == 2

    @pytest.mark.parametrize("z", [6, 8, 10, 11])
    def test_filtered_cells_are_the_same_counted_either_way(self, plants, cast, browse, monkeypatch, z):
        client = browse(cast.duty)
        query = {"tags": "dust", "theme": "freshness"}
        at_once = features(tile(client, plants[0], query, z))
        monkeypatch.setattr(grid, "DIRECT", 1000)
        tiles._tiles.clear()
        one_by_one = features(tile(client, plants[0], query, z))
        assert sorted(map(str, at_once)) == sorted(map(str, one_by_one))
        assert sum(cell["count"] for cell in at_once) in (3, 4)

    def test_a_view_counts_a_filtered_selection_once(self, plants, cast, browse, monkeypatch):
        asked = []
        count = gathered.count
        monkeypatch.setattr(gathered, "count", lambda *given: asked.append(given) or count(*given))
        client = browse(cast.duty)
        for z in (7, 8, 9):
            tile(client, plants[0], {"tags": "dust"}, z)
        assert len(asked) == 1

    def test_a_handful_is_drawn_one_by_one_at_any_zoom(self, plants, cast, browse, monkeypatch):
        monkeypatch.setattr(tiles, "FEW", 3)
        (found,) = features(tile(browse(cast.duty), plants[0], {"status": "closed"}, 8))
        assert found["id"] == plants[1].pk and "grid" not in found

    def test_all_themes_are_counted_before_anybody_looks(self, plants, cast, browse):
        cache.clear()
        grid.make_ready()
        assert Rollup.objects.filter(layer="enterprises").count() >= 4


class TestContributed:
    """A module colours another's layer by what it alone knows, for those who may know it."""

    @pytest.fixture(autouse=True)
    def module(self, places):
        theme = Theme(
            key="by_name",
            title="按名称",
            state=Case(When(site__name__contains="1", then=Value("one")), default=Value("other")),
            states=(State(key="one", label="一", color="pink"), State(key="other", label="其他", color="slate")),
            permission="geo.view_site",
        )
        registry.add(Module(key="test-colours", title="着色", themes={"enterprises": (theme,)}))
        yield
        registry._modules.pop("test-colours")
        registry._themed.clear()

    def test_it_is_offered_and_drawn(self, plants, cast, browse):
        client = browse(cast.duty)
        found = named(client.get(FEATURES, {"theme": "by_name"}))
        assert found[plants[0].pk] == "one" and found[plants[1].pk] == "other"
        assert client.get(SUMMARY, {"by_name": "one"}).json()["total"] == 1

    def test_who_may_not_know_it_has_no_such_theme(self, plants, cast, browse):
        client = browse(cast.auditor)
        layer = next(a for a in client.get("/api/v1/layers/").json() if a["key"] == "enterprises")
        assert "by_name" not in {t["key"] for t in layer["themes"]} and "by_name" not in layer["filters"]
        assert client.get(FEATURES, {"theme": "by_name"}).status_code == 400
        assert client.get(SUMMARY, {"by_name": "one"}).status_code == 400
