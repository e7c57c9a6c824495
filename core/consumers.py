"""The socket's protocol: one closed set of messages; whatever else arrives ends the connection with a reason.

Client: {"type":"hello","feed":"<epoch>","since":<seq>,"signals":["wall:main"]}. Server: welcome, events, reset, beat,
signal. Closing codes: 4401 not logged in, 4403 foreign page, 4408 too slow, 1003 not our protocol, 1008 flood,
1009 too large, 1013 database away.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from core.hub import hub
from core.origins import Receive, Scope, Send, refuse
from core.sockets import LOGGED_OUT, TRY_LATER, Socket
from core.viewers import session_key_in

LARGEST = 16 * 1024  # characters of a frame
MOST_SIGNALS, LONGEST_KEY = 20, 60
BURST, PER_SECOND = 20, 2
NOT_OURS, FLOOD, TOO_LARGE, NOT_FOUND = 1003, 1008, 1009, 4404


class Malformed(ValueError):
    """A frame that is no message of ours."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Where the page stands: the only thing a client ever says."""

    feed: str
    since: int
    signals: frozenset[str]


def parse(text: str) -> Hello:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(message, dict) or message.get("type") != "hello":
        raise Malformed("unknown type")
    if unknown := set(message) - {"type", "feed", "since", "signals"}:
        raise Malformed(f"unknown member {sorted(unknown)[0][:40]!r}")
    feed, since, signals = message.get("feed"), message.get("since"), message.get("signals", [])
    if not isinstance(feed, str) or len(feed) > 40:
        raise Malformed("feed: expected the epoch")
    if not isinstance(since, int) or isinstance(since, bool) or not 0 <= since < 2**63:
        raise Malformed("since: expected a sequence number")
    if not isinstance(signals, list) or len(signals) > MOST_SIGNALS:
        raise Malformed(f"signals: expected at most {MOST_SIGNALS} keys")
    if not all(isinstance(key, str) and 0 < len(key) <= LONGEST_KEY for key in signals):
        raise Malformed("signals: expected keys")
    return Hello(feed, since, frozenset(signals))


class Allowance:
    """So many messages at once, so many a second after that."""

    def __init__(self) -> None:
        self.left, self.at = float(BURST), time.monotonic()

    def take(self) -> bool:
        clock = time.monotonic()
        self.left, self.at = min(BURST, self.left + (clock - self.at) * PER_SECOND), clock
        self.left -= 1
        return self.left >= 0


class FeedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One page's connection to the hub."""

    socket: Socket | None = None

    async def connect(self) -> None:
        session_key = session_key_in(self.scope["headers"])
        try:
            viewer = await hub().identify(session_key) if session_key else None
        except DatabaseError:
            await self.accept()
            await self.close(TRY_LATER, "database")
            return
        await self.accept()
        if viewer is None:
            await self.close(LOGGED_OUT, "log in")
            return
        self.allowance = Allowance()
        self.socket = Socket(self.base_send, viewer, session_key)
        hub().join(self.socket)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        socket = self.socket
        if socket is None or socket.ending:
            return
        if not self.allowance.take():
            socket.cut(FLOOD, "too many messages")
        elif text_data is None:
            socket.cut(NOT_OURS, "text only")
        elif len(text_data) > LARGEST:
            socket.cut(TOO_LARGE, "too large")
        else:
            await self.hear(socket, text_data)

    async def hear(self, socket: Socket, text: str) -> None:
        try:
            message = parse(text)
            await hub().hello(socket, feed=message.feed, since=message.since, signals=message.signals)
        except Malformed as error:
            socket.cut(NOT_OURS, str(error))
        except DatabaseError:
            socket.cut(TRY_LATER, "database")

    async def disconnect(self, code: int) -> None:
        if self.socket:
            hub().leave(self.socket)


async def no_such_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await refuse(receive, send, NOT_FOUND, "no such socket")
