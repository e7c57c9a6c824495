"""The situation map: one file, nothing left to fetch, and no name that runs."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.contrib.gis.geos import Point

from core.situation_map import Feature, Layer, render

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
EVIL = [
    "</script><script>alert(1)</script>",
    "`${alert(1)}`",
    "{{ 7*7 }}{% raise %}{# x #}",
    "<img src=http://evil.example/x onerror=alert(1)>",
    "SITUATION_DATA SITUATION_CODE",
    "'\"\\\u2028\u2029-->",
    r"\1\g<0>",
]


def layer(*labels):
    features = [
        Feature(geometry=Point(118.45, 37.05, srid=4490), label=label, facts=[(label, label)], radius_m=500)
        for label in labels
    ]
    return Layer(title="事件", features=features, symbol="▲")


def draw(*layers, **options):
    given = {"center": (118.45, 37.05), "title": "氯气泄漏", "at": AT, "operator": "王值班", **options}
    return render(layers, **given)


def data_in(page):
    """What the page hands to its script."""
    return json.loads(re.search(r"situation\(map_\w+, (\{.*\})\);", page)[1])


@pytest.fixture
def page(regions):
    return draw(layer("甲"))


def test_nothing_is_left_to_fetch(page):
    addresses = set(re.findall(r"https?://[^\s\"'`)<>]+", page))
    # A namespace and two comments of Leaflet's style sheet; nothing a browser would ask for.
    assert {a.split("/")[2] for a in addresses} <= {"www.w3.org", "bugs.chromium.org", "bugzilla.mozilla.org"}
    assert not re.search(r"<(?:script|img|iframe)[^>]+src=|<link|@import|url\((?!#)", page)
    assert "L.map(" in page and 'version="1.9.4"' in page


@pytest.mark.parametrize("evil", EVIL)
def test_a_name_is_only_ever_text(regions, evil):
    page = draw(layer(evil), title=evil, operator=evil)
    assert page.count("<script") == draw(layer("甲")).count("<script")
    feature = data_in(page)["layers"][0]["features"][0]
    assert feature["label"] == evil and feature["facts"] == [[evil, evil]]
    assert data_in(page)["title"] == evil
    assert "alert(1)</script>" not in page and "<img src=http" not in page
    assert "`${alert" not in page.split("<body>")[1]  # in the head it is the title


def test_the_title_is_escaped_in_the_head(regions):
    page = draw(layer("甲"), title="<b>氯气</b> & 泄漏")
    assert "<title>&lt;b&gt;氯气&lt;/b&gt; &amp; 泄漏</title>" in page


def test_districts_time_and_operator_are_on_the_map(page, regions):
    data = data_in(page)
    assert {r["name"] for r in data["regions"]} == {"广饶县", "利津县"}
    assert data["note"] == "2026年11月24日 09:30　制图：王值班"
    assert data_in(draw(layer("甲"), boundaries=False))["regions"] == []


def test_points_lines_polygons_and_drills_are_carried(regions):
    shapes = [
        {"type": "LineString", "coordinates": [[118.4, 37.0], [118.5, 37.1]]},
        {"type": "Polygon", "coordinates": [[[118.4, 37.0], [118.5, 37.0], [118.5, 37.1], [118.4, 37.0]]]},
    ]
    drawn = Layer(
        title="警戒区", features=[Feature(geometry=g, label="区") for g in shapes], dashed=True, color="#d97706"
    )
    data = data_in(draw(drawn, layer("甲"), exercise=True))
    assert [f["geometry"]["type"] for one in data["layers"] for f in one["features"]] == [
        "LineString",
        "Polygon",
        "Point",
    ]
    assert data["exercise"] is True and data["layers"][1]["features"][0]["radius"] == 500


def test_a_colour_that_is_none_and_too_many_features_are_refused(db):
    with pytest.raises(ValueError, match="colour"):
        draw(Layer(title="x", features=(), color="red;background:url(//x)"))
    with pytest.raises(ValueError, match="20000"):
        draw(layer(*["甲"] * 20_001))
