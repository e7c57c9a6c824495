"""The short way for tiles answers as Django does, and hands over what it does not know."""

from __future__ import annotations

import pytest
from django.conf import settings

from layers import tile_lane
from layers.tests.test_tiles import address


@pytest.fixture
def lane():
    """Calls the lane as a WSGI server would; what it hands over is answered by "django"."""

    def django(environ, start_response):
        start_response("299 Handed Over", [])
        return [b"django"]

    application = tile_lane.in_front_of(django)

    def call(path, *, cookie="", method="GET", query="", **headers):
        said = {}

        def start_response(status, sent):
            said["status"], said["headers"] = int(status[:3]), dict(sent)

        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_COOKIE": cookie, **headers}
        said["body"] = b"".join(application(environ, start_response))
        return said

    return call


def cookie_of(client):
    return f"theme=dark; {settings.SESSION_COOKIE_NAME}={client.session.session_key}"


def test_the_lane_gives_the_same_tile_as_the_view(places, cast, sites, browse, lane):
    client = browse(cast.duty)
    view = client.get(address(sites.own))
    found = lane(address(sites.own), cookie=cookie_of(client))
    assert found["status"] == 200 and found["body"] == view.content
    assert found["headers"]["ETag"] == view["ETag"] and found["headers"]["Cache-Control"] == "private, no-cache"


def test_the_lane_answers_304_and_filters(places, cast, sites, browse, lane):
    client = browse(cast.duty)
    first = lane(address(sites.own), cookie=cookie_of(client))
    again = lane(address(sites.own), cookie=cookie_of(client), HTTP_IF_NONE_MATCH=first["headers"]["ETag"])
    assert again["status"] == 304 and again["body"] == b""
    assert lane(address(sites.own), cookie=cookie_of(client), query="state=school")["body"] == b""
    assert lane(address(sites.own), cookie=cookie_of(client), query="state=x")["status"] == 400


def test_the_lane_keeps_to_the_scope(places, cast, sites, browse, lane):
    assert lane(address(sites.own), cookie=cookie_of(browse(cast.neighbour)))["body"] == b""


@pytest.mark.parametrize(
    "call",
    [
        {"cookie": ""},
        {"cookie": f"{settings.SESSION_COOKIE_NAME}=invented"},
        {"cookie": f"{settings.SESSION_COOKIE_NAME}=" + "x" * 5000},
        {"cookie": "\x00;;;==="},
    ],
)
def test_without_a_session_it_hands_over(places, cast, sites, lane, call):
    assert lane(address(sites.own), **call)["status"] == 299


@pytest.mark.parametrize("path", ["/", "/tiles/", "/tiles/a/1/2/3.png", "/tiles/A-B/1/2/3.mvt", "/tiles/a/1/2/3.mvt/x"])
def test_other_addresses_go_to_django(places, cast, browse, lane, path):
    assert lane(path, cookie=cookie_of(browse(cast.duty)))["status"] == 299


def test_other_methods_go_to_django(places, cast, sites, browse, lane):
    assert lane(address(sites.own), method="POST", cookie=cookie_of(browse(cast.duty)))["status"] == 299


def test_a_log_out_and_a_right_taken_away_show_within_ten_seconds(places, cast, sites, browse, lane):
    client = browse(cast.duty)
    cookie = cookie_of(client)
    assert lane(address(sites.own), cookie=cookie)["status"] == 200
    cast.duty.groups.clear()
    tile_lane._people.clear()  # what ten seconds do
    assert lane(address(sites.own), cookie=cookie)["status"] == 404
    client.logout()
    tile_lane._people.clear()
    assert lane(address(sites.own), cookie=cookie)["status"] == 299


def test_nobody_is_remembered_for_longer_than_ten_seconds():
    assert tile_lane._people._entries.ttl == 10


def test_a_deactivated_account_gets_no_tile(places, cast, sites, browse, lane):
    cookie = cookie_of(browse(cast.duty))
    cast.duty.is_active = False
    cast.duty.save()
    assert lane(address(sites.own), cookie=cookie)["status"] == 299
