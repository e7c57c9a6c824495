"""The panel of a feature: header, actions, tabs."""

from __future__ import annotations

import pytest


@pytest.fixture
def duty(places, cast, browse):
    return browse(cast.duty)


def text(response):
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_the_panel_names_the_feature_its_state_place_and_region(duty, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/"))
    for wanted in (
        "大王甲化工有限公司",
        "大王镇潍高路 1 号",
        'data-state="enterprise"',
        "企业",
        "大王镇",
        "118.450000, 37.050000",
    ):
        assert wanted in html


def test_coordinates_are_given_in_other_datums_too(duty, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/"))
    assert "GCJ-02" in html and "BD-09" in html and "EPSG:4548" in html


def test_it_links_to_its_page_and_to_the_map(duty, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/"))
    assert f"/test-places/places/{sites.own.pk}/" in html
    assert f"#map=16/37.05000/118.45000&amp;sel=test_places:{sites.own.pk}" in html


def test_the_first_tab_is_there_and_the_bar_shows_badges(duty, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/"))
    assert 'data-tab="facts"' in html and '<span class="badge">7</span>' in html and "<dl" in html


def test_tabs_and_actions_need_their_permission(duty, places, cast, browse, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/"))
    assert 'data-tab="secret"' not in html and 'data-action="rename"' in html
    assert duty.get(f"/panel/test_places/{sites.own.pk}/tab/secret/").status_code == 404
    assert 'data-action="rename"' not in text(browse(cast.enterprise).get(f"/panel/test_places/{sites.own.pk}/"))


def test_a_tab_alone_brings_the_bar_beside_it(duty, sites):
    html = text(duty.get(f"/panel/test_places/{sites.own.pk}/tab/facts/"))
    assert 'hx-swap-oob="true"' in html and 'aria-selected="true"' in html and "<header" not in html


@pytest.mark.parametrize(
    "path",
    ["/panel/test_places/0/", "/panel/test_places/x/", "/panel/no_such/1/", "/panel/test_places/99999999999999999999/"],
)
def test_what_does_not_exist_is_404(duty, path):
    assert duty.get(path).status_code == 404


def test_out_of_scope_is_404(places, cast, browse, sites):
    client = browse(cast.neighbour)
    assert client.get(f"/panel/test_places/{sites.own.pk}/").status_code == 404
    assert client.get(f"/panel/test_places/{sites.own.pk}/tab/facts/").status_code == 404
    assert browse(cast.enterprise).get(f"/panel/test_places/{sites.other.pk}/").status_code == 404


def test_without_log_in_it_leads_to_the_log_in(places, sites, client):
    assert client.get(f"/panel/test_places/{sites.own.pk}/").status_code == 302
