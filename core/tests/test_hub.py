"""The live feed through a real server: scope, resuming, what happens when something dies, and refusals."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from core import events, signals
from core import hub as hub_module
from core.hub import Hub
from core.models import Feed
from core.tests.conftest import Screen, Server, session_of, start_process, until

pytestmark = pytest.mark.django_db(transaction=True)


def open_page(server: Server, user: Any) -> Screen:
    """A page whose data is as new as the feed."""
    cursor = events.cursor()
    screen = server.open(session_of(user))
    assert screen.hello(feed=cursor["feed"], since=cursor["seq"])["type"] == "welcome"
    return screen


def test_an_event_reaches_the_open_page(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    page = open_page(server, cast.city)
    tell(cast.district.region, state="verified", lon=118.5)
    message = page.hear()
    assert (message["type"], message["after"], message["upto"]) == ("events", 0, 1)
    (event,) = message["events"]
    assert event["kind"] == "papers.told"
    assert event["region"] == "370523"
    assert event["data"] == {"id": 1, "state": "verified", "lon": 118.5}
    assert set(event) == {"seq", "kind", "at", "region", "data"}


def test_only_who_may_see_it_hears_it(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    pages = {name: open_page(server, getattr(cast, name)) for name in ("city", "district", "neighbour", "town")}
    tell(cast.district.region)
    assert pages["city"].numbers(1) == pages["district"].numbers(1) == [1]
    assert pages["neighbour"].is_quiet()
    assert pages["town"].is_quiet()
    tell(cast.town.region)
    assert pages["town"].numbers(2) == [2]
    assert pages["district"].numbers(2) == [2]


def test_a_shared_event_reaches_the_neighbour(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    page = open_page(server, cast.neighbour)
    tell(cast.district.region, shared_with=[cast.neighbour.region_id])
    assert page.numbers(1) == [1]


def test_the_enterprise_hears_only_of_its_site(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any], sites: SimpleNamespace
) -> None:
    page = open_page(server, cast.enterprise)
    tell(cast.town.region)
    tell(cast.town.region, site_id=sites.other.pk)
    tell(cast.town.region, site_id=sites.own.pk)
    assert page.numbers(3) == [3]


def test_without_the_right_to_the_subject_nothing_is_heard(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    cast.district.user_permissions.clear()
    page = open_page(server, cast.district)
    tell(cast.district.region)
    assert page.is_quiet()


def test_a_page_that_was_away_is_told_what_it_missed(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    cursor = events.cursor()
    for n in range(5):
        tell(cast.district.region if n % 2 else cast.neighbour.region)
    page = server.open(session_of(cast.district))
    assert page.hello(feed=cursor["feed"], since=1)["seq"] == 5
    assert page.numbers(5) == [2, 4]


def test_a_catch_up_comes_in_chunks_without_gaps(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    cursor = events.cursor()
    with transaction.atomic():
        for _ in range(1200):
            tell(cast.district.region)
    page = server.open(session_of(cast.city))
    page.hello(feed=cursor["feed"], since=0)
    at = 0
    while at < 1200:
        message = page.hear()
        assert message["after"] == at
        assert [e["seq"] for e in message["events"]] == list(range(at + 1, message["upto"] + 1))
        at = message["upto"]


def test_too_far_behind_from_the_future_or_of_another_epoch_is_reset(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    with transaction.atomic():
        for _ in range(2100):
            tell(cast.district.region)
    cursor = events.cursor()
    page = server.open(session_of(cast.city))
    for feed, since in ((cursor["feed"], 50), (cursor["feed"], 9999), ("00000000-0000-0000-0000-000000000000", 2100)):
        assert page.hello(feed=feed, since=since) == {"type": "reset", "feed": cursor["feed"], "seq": 2100}
    assert page.hello(feed=cursor["feed"], since=150)["type"] == "welcome"


def test_a_page_without_data_of_its_own_starts_from_now(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    tell(cast.district.region)
    page = server.open(session_of(cast.city))
    assert page.hello(feed="", since=0)["seq"] == 1
    tell(cast.district.region)
    assert page.numbers(2) == [2]


def test_a_number_read_a_moment_before_the_hub_is_no_reset(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    page = open_page(server, cast.city)
    for _ in range(20):
        tell(cast.district.region)
        cursor = events.cursor()
        other = server.open(session_of(cast.district))
        assert other.hello(feed=cursor["feed"], since=cursor["seq"])["type"] == "welcome"
    assert page.numbers(20) == list(range(1, 21))


def test_a_new_epoch_resets_every_page(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    page = open_page(server, cast.city)
    Feed.objects.update(epoch="11111111-1111-1111-1111-111111111111")
    message = page.hear()
    assert (message["type"], message["feed"]) == ("reset", "11111111-1111-1111-1111-111111111111")
    assert page.hello(feed=message["feed"], since=message["seq"])["type"] == "welcome"
    tell(cast.district.region)
    assert page.numbers(1) == [1]


def hub_of(server: Server) -> Hub:
    (found,) = (one for one in hub_module._hubs.values() if one.sockets)
    return found


def backends(query: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query ILIKE %s", [query],
        )  # fmt: skip
        return [row[0] for row in cursor.fetchall()]


def kill(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_killed_listening_connection_loses_nothing(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    page = open_page(server, cast.city)
    listening = until(lambda: backends("LISTEN%"))
    kill(listening)
    tell(cast.district.region)
    assert page.numbers(1) == [1]
    assert set(until(lambda: backends("LISTEN%"))).isdisjoint(listening)
    tell(cast.district.region)
    assert page.numbers(2) == [2]


def test_every_connection_of_the_hub_killed_loses_nothing(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    page = open_page(server, cast.city)
    until(lambda: backends("LISTEN%"))
    for n in range(1, 6):
        kill(backends("%"))
        tell(cast.district.region)
        assert page.numbers(n) == [n]


def test_a_cut_socket_misses_nothing(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    page = open_page(server, cast.city)
    feed = events.cursor()["feed"]
    tell(cast.district.region)
    assert page.numbers(1) == [1]
    page.cut()
    tell(cast.district.region)
    tell(cast.district.region)
    again = server.open(session_of(cast.city))
    again.hello(feed=feed, since=1)
    assert again.numbers(3) == [2, 3]


def when_up(port: int, headers: dict[str, str]) -> Screen:
    def attempt() -> Screen | None:
        try:
            return Screen(port, headers=headers)
        except OSError:
            return None

    screen: Screen = until(attempt, 30)
    return screen


def test_a_killed_web_process_misses_nothing(cast: SimpleNamespace, tell: Callable[..., Any], free_port: int) -> None:
    cursor = events.cursor()
    headers = {"Cookie": f"antu={session_of(cast.city)}", "Origin": f"http://127.0.0.1:{free_port}"}
    process = start_process(free_port)
    try:
        page = when_up(free_port, headers)
        page.hello(feed=cursor["feed"], since=0)
        tell(cast.district.region)
        assert page.numbers(1) == [1]
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        tell(cast.district.region)
        process = start_process(free_port)
        page = when_up(free_port, headers)
        tell(cast.district.region)
        page.hello(feed=cursor["feed"], since=1)
        assert page.numbers(3) == [2, 3]
    finally:
        process.kill()
        process.wait(10)


def peer_that_reads_nothing(server: Server, user: Any) -> socket.socket:
    """A bare connection after its handshake and hello; its small buffer fills at once."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", server.port))
    peer.sendall(
        f"GET /ws/feed/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.origin}\r\n"
        f"Cookie: antu={session_of(user)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    peer.settimeout(10)
    assert peer.recv(12) == b"HTTP/1.1 101"
    hello = b'{"type":"hello","feed":"","since":0}'
    peer.sendall(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)  # a masked text frame, the mask being zero
    return peer


def test_a_peer_that_reads_nothing_is_let_go_and_the_others_do_not_notice(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    page, feed = open_page(server, cast.city), hub_of(server)
    with peer_that_reads_nothing(server, cast.city):
        until(lambda: len([s for s in feed.sockets if s.sent is not None]) == 2)
        told = 0
        while told < 400:
            with transaction.atomic():
                for _ in range(20):
                    tell(cast.district.region, padding="x" * 20_000)
            told += 20
            assert len(page.numbers(told, 20)) == 20
        until(lambda: len(feed.sockets) == 1, 15)
    tell(cast.district.region)
    assert page.numbers(told + 1) == [told + 1]


def test_logging_out_closes_the_socket_at_once(server: Server, cast: SimpleNamespace) -> None:
    session_key = session_of(cast.city)
    page = server.open(session_key)
    page.hello()
    Session.objects.get(pk=session_key).delete()
    assert page.closed_with() == 4401


def test_a_locked_account_is_cut_off_at_once(server: Server, cast: SimpleNamespace) -> None:
    page = open_page(server, cast.district)
    other = open_page(server, cast.city)
    cast.district.is_active = False
    cast.district.save()
    assert page.closed_with() == 4401
    assert other.is_quiet()


def test_a_moved_officer_must_load_afresh_and_sees_the_new_region_only(
    server: Server, cast: SimpleNamespace, tell: Callable[..., Any]
) -> None:
    page = open_page(server, cast.district)
    cast.district.region = cast.neighbour.region
    cast.district.save()
    message = page.hear()
    assert message["type"] == "reset"
    page.hello(feed=message["feed"], since=message["seq"])
    tell(cast.town.region)
    assert page.is_quiet()
    tell(cast.neighbour.region)
    assert page.numbers(2) == [2]


def test_an_expired_session_is_closed(server: Server, cast: SimpleNamespace) -> None:
    session_key = session_of(cast.city)
    Session.objects.filter(pk=session_key).update(expire_date=timezone.now() + timedelta(seconds=1))
    assert server.open(session_key).closed_with() == 4401


def test_a_signal_reaches_who_asked_for_it(server: Server, cast: SimpleNamespace) -> None:
    page, other = server.open(session_of(cast.city)), server.open(session_of(cast.city))
    page.hello(feed="", since=0, signals=["wall:main"])
    other.hello()
    signals.publish("wall:main", {"view": {"zoom": 12}})
    message = page.hear()
    assert (message["type"], message["key"], message["value"]) == ("signal", "wall:main", {"view": {"zoom": 12}})
    assert other.is_quiet()


def test_a_signal_is_told_on_arrival_and_by_region(server: Server, cast: SimpleNamespace) -> None:
    signals.publish("wall:main", {"n": 1}, region=cast.district.region)
    city, neighbour = server.open(session_of(cast.city)), server.open(session_of(cast.neighbour))
    for page in (city, neighbour):
        assert page.hello(feed="", since=0, signals=["wall:main"])["type"] == "welcome"
    assert city.hear()["value"] == {"n": 1}
    assert neighbour.is_quiet()


def test_a_signal_committed_late_is_not_overlooked(server: Server, cast: SimpleNamespace) -> None:
    page = server.open(session_of(cast.city))
    page.hello(feed="", since=0, signals=["wall:a", "wall:b"])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO core_signal (key, value, version, at) VALUES ('wall:a', '{}', 0, now())")
            signals.publish("wall:b", {})
            assert page.hear()["key"] == "wall:b"
            cursor.execute("COMMIT")
        assert page.hear()["key"] == "wall:a"
    finally:
        other.close()
    assert page.is_quiet(1.5)


def test_signals_are_no_business_of_enterprises(server: Server, cast: SimpleNamespace) -> None:
    page = server.open(session_of(cast.enterprise))
    page.hello(feed="", since=0, signals=["wall:main"])
    signals.publish("wall:main", {})
    assert page.is_quiet()


def test_the_right_taken_away_is_a_reset(server: Server, cast: SimpleNamespace, tell: Callable[..., Any]) -> None:
    page = open_page(server, cast.district)
    cast.district.user_permissions.remove(Permission.objects.get(codename="view_paper"))
    with transaction.atomic():
        events.append("core.revoke", subject=cast.district, region=cast.city.region, actor=None, user=cast.district.pk)
    assert page.hear()["type"] == "reset"
