"""What the socket refuses, and with which closing code."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.tests.conftest import Server, session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("session_key", ["", "unknown", "x" * 5000, "'; DROP TABLE"])
def test_without_a_session_the_socket_says_log_in(server: Server, session_key: str) -> None:
    assert server.open(session_key).closed_with() == 4401


@pytest.mark.parametrize("origin", [None, "null", "ftp://127.0.0.1", "http://127.0.0.1:1", "http://evil.example"])
def test_a_foreign_page_is_refused(server: Server, cast: SimpleNamespace, origin: str | None) -> None:
    assert server.open(session_of(cast.city), origin=origin).closed_with() == 4403


def test_another_path_is_refused(server: Server, cast: SimpleNamespace) -> None:
    assert server.open(session_of(cast.city), path="/ws/other/").closed_with() == 4404


@pytest.mark.parametrize(
    "frame",
    [
        "", "hello", "[]", "{}", "null", "1", '{"type":"goodbye"}', '{"type":"hello"}', b"\x00\x01",
        '{"type":"hello","feed":1,"since":0}', '{"type":"hello","feed":"","since":-1}',
        '{"type":"hello","feed":"","since":true}', '{"type":"hello","feed":"","since":1.5}',
        '{"type":"hello","feed":"","since":"0"}', '{"type":"hello","feed":"","since":99999999999999999999}',
        '{"type":"hello","feed":"","since":NaN}', '{"type":"hello","feed":"","since":0,"region":"370523"}',
        '{"type":"hello","feed":"","since":0,"signals":"wall"}',
        '{"type":"hello","feed":"","since":0,"signals":[1]}',
        '{"type":"hello","feed":"","since":0,"signals":["%s"]}' % ("x" * 61),
        '{"type":"hello","feed":"%s","since":0}' % ("x" * 41), "[" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_our_protocol_is_closed_with_1003(
    server: Server, cast: SimpleNamespace, frame: str | bytes
) -> None:
    page = server.open(session_of(cast.city))
    page.say(frame)
    assert page.closed_with() == 1003


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_a_frame_too_large_is_closed_with_1009(server: Server, cast: SimpleNamespace, size: int) -> None:
    page = server.open(session_of(cast.city))
    page.say("x" * size)
    assert page.closed_with() == 1009


def test_a_flood_is_closed_with_1008(server: Server, cast: SimpleNamespace) -> None:
    page = server.open(session_of(cast.city))
    for _ in range(30):
        page.say({"type": "hello", "feed": "", "since": 0})
    assert page.closed_with() == 1008
