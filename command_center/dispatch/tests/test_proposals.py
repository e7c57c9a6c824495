"""Whom to send: distance, capability, freshness, and what is lacking."""

import datetime as dt

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from command_center.dispatch import services
from command_center.dispatch.proposals import proposals
from command_center.incidents import intake
from command_center.incidents.testing import make_incident
from command_center.resources.testing import make_shelter, make_supply, make_team


def east(point, metres):
    return Point(point.x + metres / 88_500, point.y, srid=4490)


@pytest.fixture
def incident(cast, regions):
    return make_incident(regions.town, cast.district)


def test_the_nearest_that_suits_comes_first_with_its_reasons(incident, cast, regions):
    here = incident.geom
    near_unfit = make_team(regions.town, "近而不对口", geom=east(here, 500), capabilities=["power"])
    fit = make_team(regions.town, "对口", geom=east(here, 1500))
    stale = make_team(
        regions.town, "对口但没核实", geom=east(here, 1300), verified_at=timezone.now() - dt.timedelta(days=200)
    )
    found = proposals(incident, cast.district)["results"]["teams"]
    assert [p["id"] for p in found] == [fit.pk, stale.pk, near_unfit.pk]
    assert found[0]["reasons"] == ["CAPABILITY_MATCH"] and 1450 < found[0]["metres"] < 1550
    assert "STALE" in found[1]["reasons"] and found[1]["fresh"]["is_stale"]
    assert found[2]["reasons"] == ["CLOSEST", "NO_CAPABILITY"]


def test_a_busy_unit_is_shown_last_and_says_where_it_is(incident, cast, regions):
    busy, free = make_team(regions.town, "甲"), make_team(regions.town, "乙", geom=east(incident.geom, 9000))
    held = services.assign(make_incident(regions.town, cast.district, title="别处"), busy, actor=cast.district)
    found = proposals(incident, cast.district)["results"]["teams"]
    assert [p["id"] for p in found] == [free.pk, busy.pk]
    assert not found[1]["is_available"] and "BUSY" in found[1]["reasons"]
    assert held.incident.number in found[1]["held_by"]


def test_gaps_say_what_is_lacking(incident, cast, regions):
    codes = {(g["layer"], g["code"]) for g in proposals(incident, cast.district)["gaps"]}
    assert {("teams", "NO_CANDIDATES"), ("supplies", "NO_USABLE_STOCK"), ("shelters", "NO_CANDIDATES")} <= codes
    make_team(regions.town, capabilities=["power"])
    make_supply(regions.town, kind="leak", expires_on=timezone.localdate() - dt.timedelta(days=1))
    make_shelter(regions.town)
    codes = {(g["layer"], g["code"]) for g in proposals(incident, cast.district)["gaps"]}
    assert ("teams", "NO_CAPABLE_UNIT") in codes and ("supplies", "NO_USABLE_STOCK") in codes
    assert not [c for c in codes if c[0] == "shelters"]


def test_an_unknown_place_is_admitted(cast, regions):
    bare = intake.raise_incident(actor=cast.district, kind="fire")
    assert "LOCATION_UNKNOWN" in [g["code"] for g in proposals(bare, cast.district)["gaps"]]


def test_others_resources_are_not_proposed(incident, cast, regions):
    make_team(regions.neighbour)
    assert proposals(incident, cast.district)["results"]["teams"] == []
    assert len(proposals(incident, cast.duty)["results"]["teams"]) == 1


def test_the_api_proposes_and_assigns(incident, cast, browse, regions):
    team = make_team(regions.town)
    client = browse(cast.district)
    url = f"/api/v1/incidents/{incident.pk}"
    assert client.get(f"{url}/proposals/").json()["results"]["teams"][0]["id"] == team.pk
    made = client.post(f"{url}/assignments/", {"unit": team.pk, "mission": "堵漏"}, content_type="application/json")
    assert made.status_code == 201 and made.json()["state"] == "notified" and made.headers["ETag"] == '"2"'
    step = f"/api/v1/assignments/{made.json()['id']}/transitions"
    assert client.post(f"{step}/accept/", {}, content_type="application/json").status_code == 428
    match = {"If-Match": '"2"'}
    assert (
        client.post(f"{step}/accept/", {}, content_type="application/json", headers=match).json()["state"] == "accepted"
    )
    assert client.post(f"{step}/enroute/", {}, content_type="application/json", headers=match).status_code == 412
    again = client.post(f"{url}/assignments/", {"unit": team.pk}, content_type="application/json")
    assert again.status_code == 409 and incident.number in again.json()["detail"]
    for wrong in ({}, {"unit": "x"}, {"unit": 10**30}, {"unit": team.pk + 999}):
        assert client.post(f"{url}/assignments/", wrong, content_type="application/json").status_code == 400
    assert browse(cast.neighbour).get(f"{url}/proposals/").status_code == 404
    assert browse(cast.neighbour).get(f"/api/v1/assignments/{made.json()['id']}/").status_code == 404
