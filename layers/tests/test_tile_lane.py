"""The short way for tiles answers as Django does, and hands over what it does not know."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import OperationalError

from layers import tile_lane, tiles
from layers.tests.test_tiles import address

SESSION = settings.SESSION_COOKIE_NAME


def scope(path, *, cookie="", method="GET", query=b"", **headers):
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(b"cookie", cookie.encode("latin-1")), *sent],
    }


def ask(path, **more):
    return tile_lane.answer_to(scope(path, **more))


def cookie_of(client):
    return f"theme=dark; {SESSION}={client.session.session_key}"


def test_the_lane_gives_the_same_tile_as_the_view(places, cast, sites, browse):
    client = browse(cast.duty)
    view = client.get(address(sites.own))
    found = ask(address(sites.own), cookie=cookie_of(client))
    assert found.status == 200 and found.body == view.content
    assert {name: view[name] for name, _ in found.headers} == dict(found.headers)


def test_the_lane_answers_304_and_filters(places, cast, sites, browse):
    cookie = cookie_of(browse(cast.duty))
    first = ask(address(sites.own), cookie=cookie)
    again = ask(address(sites.own), cookie=cookie, if_none_match=first.etag)
    assert again.status == 304 and again.body == b""
    assert ask(address(sites.own), cookie=cookie, query=b"state=school").body == b""
    assert ask(address(sites.own), cookie=cookie, query=b"state=x").status == 400
    assert ask("/tiles/test_places/1/9/9.mvt", cookie=cookie).status == 404


def test_the_lane_keeps_to_the_scope(places, cast, sites, browse):
    assert ask(address(sites.own), cookie=cookie_of(browse(cast.neighbour))).body == b""


@pytest.mark.parametrize("cookie", ["", f"{SESSION}=invented", f"{SESSION}=" + "x" * 5000, "\x00;;;===", f"{SESSION}="])
def test_without_a_session_it_hands_over(places, cast, sites, cookie):
    assert ask(address(sites.own), cookie=cookie) is None


@pytest.mark.parametrize(
    "path",
    ["/", "/tiles/", "/tiles/a/1/2/3.png", "/tiles/A-B/1/2/3.mvt", "/tiles/a/1/2/3.mvt/x", "/tiles/a/1/2/\x00.mvt"],
)
def test_other_addresses_go_to_django(places, cast, browse, path):
    assert ask(path, cookie=cookie_of(browse(cast.duty))) is None


@pytest.mark.parametrize(
    "more", [{"method": "POST"}, {"method": "HEAD"}, {"query": b"state=%00"}, {"query": b"x" * 501}]
)
def test_other_requests_go_to_django(places, cast, sites, browse, more):
    assert ask(address(sites.own), cookie=cookie_of(browse(cast.duty)), **more) is None


def test_a_log_out_and_a_right_taken_away_show_within_ten_seconds(places, cast, sites, browse):
    client = browse(cast.duty)
    cookie = cookie_of(client)
    assert ask(address(sites.own), cookie=cookie).status == 200
    cast.duty.groups.clear()
    tile_lane._people.clear()  # what ten seconds do
    assert ask(address(sites.own), cookie=cookie).status == 404
    client.logout()
    tile_lane._people.clear()
    assert ask(address(sites.own), cookie=cookie) is None


def test_nobody_is_remembered_for_longer_than_ten_seconds():
    assert tile_lane._people._entries.ttl == 10


def test_a_deactivated_account_gets_no_tile(places, cast, sites, browse):
    cookie = cookie_of(browse(cast.duty))
    cast.duty.is_active = False
    cast.duty.save()
    assert ask(address(sites.own), cookie=cookie) is None


def test_when_the_database_fails_django_says_so(places, cast, sites, browse, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    cookie = cookie_of(browse(cast.duty))
    monkeypatch.setattr(tiles, "answer", gone)
    monkeypatch.setattr(tile_lane.connection, "close", lambda: None)
    assert ask(address(sites.own), cookie=cookie) is None


class TestInFrontOfDjango:
    """The wrapper around the application, without a database."""

    async def run(self, monkeypatch, answer, path="/tiles/a/1/0/0.mvt", kind="http"):
        sent = []

        async def django(scope, receive, send):
            await send({"type": "django"})

        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "http.request"}

        monkeypatch.setattr(tile_lane, "answer_to", lambda scope: answer)
        await tile_lane.in_front_of(django)({"type": kind, "path": path}, receive, send)
        return sent

    async def test_what_the_lane_answers_is_sent(self, monkeypatch):
        start, body = await self.run(monkeypatch, tiles.Answer(200, b"tile", '"tag"'))
        assert start["status"] == 200 and body["body"] == b"tile"
        assert (b"etag", b'"tag"') in start["headers"] and (b"x-content-type-options", b"nosniff") in start["headers"]

    async def test_what_it_does_not_know_goes_on(self, monkeypatch):
        assert await self.run(monkeypatch, None) == [{"type": "django"}]
        assert await self.run(monkeypatch, tiles.Answer(200), path="/") == [{"type": "django"}]
        assert await self.run(monkeypatch, tiles.Answer(200), kind="websocket") == [{"type": "django"}]
