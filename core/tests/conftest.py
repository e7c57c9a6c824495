"""What the kernel's tests share: cases without a module, events, and a real server with real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import socket as socket_module
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from core import events
from core import hub as hub_module
from core.models import DeadlineRule, Event, User
from core.tests.papers import Paper, make_permissions, make_table
from geo.models import Region


@pytest.fixture
def papers(cast: SimpleNamespace) -> Iterator[Callable[..., Paper]]:
    """`papers(region, state="draft")` makes a case; city, district and neighbour may do everything with theirs."""
    make_table()
    granted = make_permissions()
    for user in (cast.city, cast.district, cast.neighbour, cast.enterprise):
        user.user_permissions.set(granted.values())
    cast.town.user_permissions.set([granted["view_paper"]])
    for key, amount, unit in (("papers.decide", 90, "calendar_days"), ("papers.pay", 15, "calendar_days")):
        DeadlineRule.objects.create(
            key=key, title=key, basis="测试", amount=amount, unit=unit, effective_from=date(2020, 1, 1)
        )

    def make(region: Region, **fields: Any) -> Paper:
        return Paper.objects.create(**{"region": region, "state": "draft", **fields})

    yield make
    if not connection.in_atomic_block:  # a transactional test: the table is not among those Django empties
        Paper.objects.all().delete()


@pytest.fixture
def tell(cast: SimpleNamespace) -> Callable[..., Event]:
    """`tell(region, n=1)` commits one event that whoever may view cases of the tests may read."""
    granted = make_permissions()
    for user in vars(cast).values():
        user.user_permissions.add(granted["view_paper"])

    def append(region: Region, **fields: Any) -> Event:
        with transaction.atomic():
            fields = {"actor": None, "subject": Paper(pk=fields.pop("pk", 1)), **fields}
            return events.append(fields.pop("kind", "papers.told"), region=region, **fields)

    return append


def run_together(*functions: Callable[[], Any]) -> list[Any]:
    """Each in its own thread and connection, started at one moment; answers or exceptions in order."""
    gate, answers = threading.Barrier(len(functions)), [None] * len(functions)

    def run(number: int) -> None:
        try:
            gate.wait(10)
            answers[number] = functions[number]()
        except Exception as error:  # handed to the test, which says what it expected
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def until(met: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait for another process or thread; fails instead of hanging."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := met():
            return answer
        threading.Event().wait(0.02)
    raise AssertionError("It did not come about in time.")


def session_of(user: User, **fields: Any) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.update(fields)
    store.create()
    return str(store.session_key)


class Closed(Exception):
    """The server ended the connection."""


class Screen:
    """A page's end of the socket: says hello, keeps what it is told. No thread, so nothing outlives a test."""

    def __init__(self, port: int, *, path: str = "/ws/feed/", headers: dict[str, str]) -> None:
        self.wire = socket_module.create_connection(("127.0.0.1", port), 5)
        self.protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}{path}"), max_size=None)
        request = self.protocol.connect()
        request.headers.update(headers)
        self.protocol.send_request(request)
        self.flush()
        self.heard: deque[str] = deque()
        until(lambda: self.receive(5) or self.protocol.state is not State.CONNECTING)
        if self.protocol.handshake_exc:
            raise self.protocol.handshake_exc

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.wire.sendall(data)

    def receive(self, seconds: float) -> None:
        """Read once from the wire; raises TimeoutError when nothing comes."""
        self.wire.settimeout(max(seconds, 0.001))
        try:
            data = self.wire.recv(1 << 20)
        except ConnectionError:
            data = b""
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        for event in self.protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.heard.append(bytes(event.data).decode())
        with suppress(ConnectionError):
            self.flush()

    def say(self, message: Any) -> None:
        if isinstance(message, bytes):
            self.protocol.send_binary(message)
        else:
            self.protocol.send_text((message if isinstance(message, str) else json.dumps(message)).encode())
        self.flush()

    def hello(self, **fields: Any) -> dict[str, Any]:
        self.say({"type": "hello", **(fields or {"feed": "", "since": 0})})
        return self.hear()

    def hear(self, seconds: float = 5) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while not self.heard:
            if self.protocol.state is State.CLOSED:
                raise Closed(self.protocol.close_code)
            self.receive(end - time.monotonic())
        message: dict[str, Any] = json.loads(self.heard.popleft())
        return message

    def numbers(self, upto: int, seconds: float = 10) -> list[int]:
        """The sequence numbers of the events heard until `upto` was reached."""
        heard: list[int] = []
        while True:
            message = self.hear(seconds)
            if message["type"] != "events":
                continue
            heard += [event["seq"] for event in message["events"]]
            if message["upto"] >= upto:
                return heard

    def is_quiet(self, seconds: float = 0.4) -> bool:
        try:
            self.hear(seconds)
        except TimeoutError:
            return True
        return False

    def closed_with(self, seconds: float = 5) -> int | None:
        """The closing code, whatever messages come before it."""
        try:
            while True:
                self.hear(seconds)
        except (Closed, TimeoutError):
            return self.protocol.close_rcvd.code if self.protocol.close_rcvd else None

    def cut(self) -> None:
        """As a pulled cable: no closing handshake."""
        self.wire.close()


class Server:
    """uvicorn with the project's application, in a thread of the test process and therefore on its database."""

    def __init__(self) -> None:
        from config.asgi import application

        self.server = uvicorn.Server(uvicorn.Config(
            application, port=0, ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off",
            log_level="warning", ws_max_size=65536, timeout_graceful_shutdown=2,
        ))  # fmt: skip
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()))
        self.thread.start()
        until(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.opened: list[Screen] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self, session_key: str = "", *, origin: str | None = "", path: str = "/ws/feed/") -> Screen:
        headers = {"Cookie": f"antu={session_key}"} if session_key else {}
        if origin is not None:
            headers["Origin"] = origin or self.origin
        self.opened.append(Screen(self.port, path=path, headers=headers))
        return self.opened[-1]

    def stop(self) -> None:
        for screen in self.opened:
            screen.cut()
        self.server.should_exit = True
        self.thread.join(15)
        for hub in list(hub_module._hubs.values()):
            with suppress(RuntimeError):  # closed already, when its loop ended
                hub.close()
        hub_module._hubs.clear()
        for thread in threading.enumerate():
            if thread.name.startswith("feed"):
                thread.join(10)


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def free_port() -> int:
    with closing(socket_module.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start_process(port: int) -> subprocess.Popen[bytes]:
    """The web process as it really runs, on the test database."""
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    options = "--ws websockets-sansio --lifespan off --log-level warning --no-access-log"
    command = f"-m uvicorn config.asgi:application --port {port} {options}"
    return subprocess.Popen([sys.executable, *command.split()], env={**os.environ, "DATABASE_URL": url})
