"""HTTP through the real web process: the thread pool keeps its connections, and only whole requests reach Django."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import connection

from core.tests.conftest import run_together, session_of, start_process, until

pytestmark = pytest.mark.django_db(transaction=True)


def reaches(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def port(cast: SimpleNamespace, free_port: int) -> Iterator[int]:
    process = start_process(free_port)
    try:
        until(lambda: reaches(free_port), 30)
        yield free_port
    finally:
        process.kill()
        process.wait(10)


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    asking.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = asking.getresponse()
    found = answer.status, answer.read()
    asking.close()
    return found


def backends() -> dict[int, str]:
    """The web process's database connections and what each is doing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return dict(cursor.fetchall())


def test_the_pool_keeps_its_connections(port: int, cast: SimpleNamespace) -> None:
    cookie = f"antu={session_of(cast.city)}"

    def visit() -> None:
        for _ in range(10):
            assert ask(port, "GET", "/api/v1/layers/", Cookie=cookie)[0] == 200

    run_together(*[visit] * 8)
    first = backends()
    run_together(*[visit] * 8)
    assert 0 < len(first) <= 12
    assert set(backends()) == set(first)
    assert set(backends().values()) == {"idle"}


def test_head_is_get_without_a_body(port: int) -> None:
    assert ask(port, "HEAD", "/healthz") == (200, b"")
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_body_too_large_is_refused(port: int, cast: SimpleNamespace) -> None:
    cookie = f"antu={session_of(cast.city)}; csrftoken={'a' * 32}"
    body = json.dumps({"title": "x" * (6 * 1024 * 1024)}).encode()
    headers = {"Cookie": cookie, "Content_Type": "application/json", "X_CSRFToken": "a" * 32}
    assert ask(port, "POST", "/api/v1/incidents/", body, **headers)[0] in (400, 413)
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_request_cut_short_does_nothing_and_holds_nothing(port: int, cast: SimpleNamespace) -> None:
    head = (
        f"POST /api/v1/incidents/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: antu={session_of(cast.city)}; "
        f"csrftoken={'a' * 32}\r\nX-CSRFToken: {'a' * 32}\r\n"
        "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    )
    for _ in range(12):  # more than the pool has threads
        with socket.create_connection(("127.0.0.1", port), 5) as wire:
            wire.sendall(head.encode() + b'{"title":"x"}')
    assert ask(port, "GET", "/healthz")[0] == 200
    until(lambda: set(backends().values()) <= {"idle"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('incidents_incident')")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT count(*) FROM incidents_incident")
            assert cursor.fetchone()[0] == 0


def test_a_reader_that_leaves_in_the_middle_holds_nothing(port: int) -> None:
    for _ in range(12):
        with socket.create_connection(("127.0.0.1", port), 5) as wire:
            wire.sendall(f"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_socket_address_asked_for_by_http_is_not_found(port: int, cast: SimpleNamespace) -> None:
    assert ask(port, "GET", "/ws/feed/", Cookie=f"antu={session_of(cast.city)}")[0] == 404
