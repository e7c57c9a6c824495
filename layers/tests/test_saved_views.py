"""A view is kept by its owner, seen by whom it was given to, and gives nobody more than their own scope."""

from __future__ import annotations

import pytest

from layers.models import SavedView
from layers.saved_views import keep_view

URL = "/api/v1/views/"
LINK = "#map=12.00/37.05000/118.45000&layers=enterprises&theme=enterprises:freshness&f=enterprises:tags%3Ddust"


def names(client):
    return [view["name"] for view in client.get(URL).json()["results"]]


def post(client, url=URL, method="post", **given):
    return getattr(client, method)(url, given, content_type="application/json")


@pytest.fixture
def one(cast):
    return keep_view(owner=cast.district, name="粉尘企业", link=LINK, sharing="region")


def test_a_view_is_kept_and_comes_back_as_it_was(cast, browse):
    client = browse(cast.duty)
    assert post(client, name="  粉尘企业 ", link=LINK).status_code == 201
    (found,) = client.get(URL).json()["results"]
    assert (found["name"], found["link"], found["sharing"], found["mine"]) == ("粉尘企业", LINK, "private", True)


def test_a_private_view_is_its_owners_alone(cast, browse):
    keep_view(owner=cast.district, name="我的", link=LINK)
    assert names(browse(cast.district)) == ["我的"]
    assert [names(browse(user)) for user in (cast.city, cast.duty, cast.town, cast.neighbour)] == [[], [], [], []]


def test_a_view_given_to_a_region_is_seen_within_it_and_nowhere_else(cast, browse, one):
    assert names(browse(cast.town)) == ["粉尘企业"]
    assert names(browse(cast.neighbour)) == []
    assert names(browse(cast.city)) == []
    assert names(browse(cast.enterprise)) == []
    keep_view(owner=cast.city, name="全市", link=LINK, sharing="region")
    assert names(browse(cast.neighbour)) == ["全市"]


def test_a_view_given_to_an_office_is_seen_by_colleagues(cast, browse):
    keep_view(owner=cast.city, name="本局", link=LINK, sharing="office")
    assert names(browse(cast.duty)) == ["本局"]
    assert names(browse(cast.district)) == []


def test_only_its_owner_renames_and_deletes_a_view(cast, browse, one):
    address = f"{URL}{one.pk}/"
    colleague, outsider, owner = browse(cast.town), browse(cast.neighbour), browse(cast.district)
    assert post(colleague, address, "patch", name="改").status_code == 403
    assert colleague.delete(address).status_code == 403
    assert outsider.get(address).status_code == outsider.delete(address).status_code == 404
    assert post(owner, address, "patch", name="改名", sharing="private").json()["name"] == "改名"
    assert names(colleague) == []
    assert owner.delete(address).status_code == 204
    assert owner.delete(address).status_code == 404


def test_two_views_of_one_person_have_two_names(cast, browse, one):
    refused = post(browse(cast.district), name="粉尘企业", link=LINK)
    assert refused.status_code == 400 and "已有名为" in str(refused.json())
    assert post(browse(cast.neighbour), name="粉尘企业", link=LINK).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "长" * 41},
        {"name": 3},
        {"link": "https://elsewhere/"},
        {"link": "#evil=1"},
        {"link": "#f=" + "a" * 5000},
        {"sharing": "world"},
        {"sharing": ["region"]},
        {"colour": "red"},
    ],
)
def test_what_is_no_view_is_refused_in_words(cast, browse, wrong):
    refused = post(browse(cast.duty), **({"name": "名", "link": LINK} | wrong))
    assert refused.status_code == 400 and refused.json()["detail"]
    assert not SavedView.objects.exists()


def test_an_enterprise_keeps_views_for_itself(cast, browse):
    client = browse(cast.enterprise)
    assert post(client, name="厂区", link=LINK).status_code == 201
    assert post(client, name="给大家", link=LINK, sharing="region").status_code == 400


def test_nobody_keeps_views_without_end(cast, browse, monkeypatch):
    monkeypatch.setattr("layers.saved_views.MOST", 1)
    client = browse(cast.duty)
    assert post(client, name="一", link=LINK).status_code == 201
    assert post(client, name="二", link=LINK).status_code == 400
