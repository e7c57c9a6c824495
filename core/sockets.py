"""One connected screen as the hub sees it: where it stands in the feed, and a bounded queue of what it was sent."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from core.viewers import Viewer, digest

log = logging.getLogger(__name__)
MOST_WAITING = 256  # messages
MOST_CHARACTERS = 1024 * 1024
STALL = 10.0  # seconds a peer may take for one message
PATIENCE = 5.0  # seconds a closing peer is given to take the close frame
BEAT = 25.0
RECHECK = 60.0

LOGGED_OUT, TOO_SLOW, TRY_LATER = 4401, 4408, 1013
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Socket:
    """`sent` is the last sequence number its page was told of; None until it says hello."""

    def __init__(self, send: Send, viewer: Viewer, session_key: str) -> None:
        now = asyncio.get_running_loop().time()
        self.send, self.viewer, self.session_key = send, viewer, session_key
        self.session = digest(session_key)
        self.sent: int | None = None
        self.signals: frozenset[str] = frozenset()
        self.next_beat, self.check_at = now + BEAT, now + RECHECK
        self.is_checking = False
        self.waiting: deque[str] = deque()
        self.characters = 0
        self.sending_since: float | None = None
        self.wake = asyncio.Event()
        self.writer = asyncio.create_task(self.write())
        self.ending: asyncio.Task[None] | None = None

    def push(self, text: str) -> None:
        """Queue a message; a peer that does not take its messages is let go, and loads afresh when it comes back."""
        if self.ending:
            return
        self.waiting.append(text)
        self.characters += len(text)
        if len(self.waiting) > MOST_WAITING or self.characters > MOST_CHARACTERS:
            self.cut(TOO_SLOW, "too slow")
        else:
            self.wake.set()

    async def write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                while self.waiting:
                    text = self.waiting.popleft()
                    self.characters -= len(text)
                    self.sending_since = loop.time()
                    await self.send({"type": "websocket.send", "text": text})
                self.sending_since = None
                await self.wake.wait()
                self.wake.clear()
        except (OSError, RuntimeError):
            # The peer has gone or the server is closing; the disconnect message is on its way to the consumer.
            self.waiting.clear()

    def is_stalled(self, now: float) -> bool:
        return self.sending_since is not None and now - self.sending_since > STALL

    def cut(self, code: int, reason: str) -> None:
        if self.ending is None:
            self.sent = None
            self.ending = asyncio.create_task(self.end(code, reason))

    async def end(self, code: int, reason: str) -> None:
        self.writer.cancel()
        self.waiting.clear()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.send({"type": "websocket.close", "code": code, "reason": reason})
        except TimeoutError:
            self.abort()
        except (OSError, RuntimeError):
            log.debug("A socket was gone before it could be closed with %s", code)

    def abort(self) -> None:
        """Drop a peer that reads nothing: uvicorn would wait for its buffer to drain, for ever."""
        transport = getattr(getattr(self.send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()

    def release(self) -> None:
        self.writer.cancel()
        self.sent = None
