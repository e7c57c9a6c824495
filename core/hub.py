"""The live feed of one process: reads what is new once, serialises it once, hands it to the sockets that may see it.

The database is the truth: the hub is woken by NOTIFY, looks every second regardless, and a client that missed
anything asks again by its sequence number.
"""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from psycopg2 import Error as DriverError

from core import feed_reader
from core.feed_reader import BEHIND, REVOKE, RING, Bell, LastValue, Line, News, Position, dumps
from core.sockets import BEAT, LOGGED_OUT, RECHECK, TOO_SLOW, Socket
from core.viewers import Viewer, viewer_of

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
POLL = 1.0  # seconds between looks when no bell rings
SHORTEST, LONGEST = 0.05, 0.3  # pause between two broadcasts: as long as the last one took, within these
RETRY = 5.0
CHUNK = 500  # events in one message of a catch-up
SILENT = 500  # numbers a socket may fall behind because nothing concerned it, before it is told


class Hub:
    """Lives on one event loop, from the first socket until the process ends."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.position = Position()
        self.ring: list[Line] = []
        self.floor = 0  # everything after this number is in the ring
        self.signals: dict[str, LastValue] = {}
        self.bell = Bell(self.wake_up, self.on_revoke)
        self.rung = asyncio.Event()
        self.reading = asyncio.Lock()
        self.reader = ThreadPoolExecutor(1, thread_name_prefix="feed")
        self.identifier = ThreadPoolExecutor(1, thread_name_prefix="feed-viewers")
        self.task: asyncio.Task[None] | None = None
        self.checks: set[asyncio.Task[None]] = set()
        self.next_sweep = 0.0
        self.is_blind = False

    # Sockets come and go

    async def identify(self, session_key: str) -> Viewer | None:
        return await asyncio.get_running_loop().run_in_executor(self.identifier, viewer_of, session_key)

    def join(self, socket: Socket) -> None:
        self.sockets.add(socket)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.run())

    def leave(self, socket: Socket) -> None:
        socket.release()
        self.sockets.discard(socket)

    async def hello(self, socket: Socket, *, feed: str, since: int, signals: frozenset[str]) -> None:
        """Answer a page that says where it stands: what it missed, or that it must load afresh."""
        if not self.position.epoch or since > self.position.seq:
            await self.refresh()  # the page may have read its number a moment before us
        seq = self.position.seq
        if feed and (feed != self.position.epoch or not max(self.floor, seq - BEHIND) <= since <= seq):
            self.reset(socket)
            return
        socket.push(dumps({"type": "welcome", "feed": self.position.epoch, "seq": seq, "at": now()}))
        at = since if feed else seq  # a page without data of its own starts from here
        missed = [line for line in self.after(at) if line.reaches(socket.viewer)]
        for start in range(0, len(missed), CHUNK):
            chunk = missed[start : start + CHUNK]
            upto = chunk[-1].seq if start + CHUNK < len(missed) else seq
            socket.push(batch(at, upto, chunk))
            at = upto
        if at < seq:
            socket.push(batch(at, seq, []))
        socket.sent = seq
        socket.signals = signals
        for key in signals:
            self.signal(socket, self.signals.get(key))

    # What is new

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                started = time.thread_time()  # of the processor, so that a busy machine does not slow the feed twice
                is_read = await self.look()
                self.sweep(loop.time())
                await asyncio.sleep(0)  # the sockets' writers run now, and are counted
                took = time.thread_time() - started
                await asyncio.sleep(min(LONGEST, max(SHORTEST, took)) if is_read else LONGEST)
                if is_read:
                    await self.wait_for_bell()
        finally:
            self.bell.take_down()
            self.close()

    async def look(self) -> bool:
        """Read what is new; False while the database is away."""
        try:
            if not self.bell.is_open:
                self.bell.hang(await self.read(Bell.connect))
            await self.refresh()
        except (DatabaseError, DriverError) as error:
            if not self.is_blind:
                log.warning("The feed cannot be read, trying again: %s", str(error).strip().split("\n")[0])
            self.is_blind = True
            return False
        self.is_blind = False
        return True

    def close(self) -> None:
        for pool in (self.reader, self.identifier):
            pool.submit(lambda: connection.close())  # looked up there: each thread has its own
            pool.shutdown(wait=False)

    async def read(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self.reader, function, *arguments)

    async def wait_for_bell(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self.rung.wait()
        except TimeoutError:
            pass
        self.rung.clear()

    def wake_up(self) -> None:
        self.rung.set()

    async def refresh(self) -> None:
        async with self.reading:
            self.take(await self.read(feed_reader.read, self.position))

    def take(self, news: News) -> None:
        if news.is_restart:
            is_first = not self.position.epoch
            self.ring, self.floor = news.lines, max(0, news.position.seq - BEHIND)
            self.position = news.position
            for socket in self.sockets:
                if socket.sent is not None and not is_first:
                    self.reset(socket)
        else:
            self.position = news.position
            self.ring += news.lines
            if len(self.ring) > RING:
                self.floor = self.ring[-RING].seq - 1
                del self.ring[:-RING]
            if news.lines:
                self.broadcast(news.lines)
        for value in news.signals:
            self.take_signal(value)

    def broadcast(self, lines: list[Line]) -> None:
        """One message a group of equal sockets; who is concerned by nothing hears nothing."""
        texts: dict[object, str] = {}
        for socket in self.sockets:
            if socket.sent is None:
                continue
            key = (socket.viewer.group, socket.sent)
            if key not in texts:
                seen = [line for line in self.after(socket.sent) if line.reaches(socket.viewer)]
                is_told = seen or self.position.seq - socket.sent > SILENT
                texts[key] = batch(socket.sent, self.position.seq, seen) if is_told else ""
            if text := texts[key]:
                socket.push(text)
                socket.sent = self.position.seq
        for line in lines:
            if line.kind == REVOKE and line.user_id is not None:
                self.on_revoke(f"user:{line.user_id}")

    def after(self, seq: int) -> list[Line]:
        return self.ring[bisect_right(self.ring, seq, key=lambda line: line.seq) :]

    def reset(self, socket: Socket) -> None:
        socket.sent = None
        socket.push(dumps({"type": "reset", "feed": self.position.epoch, "seq": self.position.seq}))

    def take_signal(self, value: LastValue) -> None:
        known = self.signals.get(value.key)
        if known and known.version == value.version:
            return  # read again because an older transaction was still open
        self.signals[value.key] = value
        for socket in self.sockets:
            if value.key in socket.signals:
                self.signal(socket, value)

    def signal(self, socket: Socket, value: LastValue | None) -> None:
        if value and value.reaches(socket.viewer):
            socket.push(value.text)

    # Once a second

    def sweep(self, clock: float) -> None:
        """Beats, sockets that stall, and rights that are due to be looked at again."""
        if clock < self.next_sweep:
            return
        self.next_sweep = clock + POLL / 2
        today = timezone.now()
        for socket in list(self.sockets):
            if socket.is_stalled(clock):
                socket.cut(TOO_SLOW, "too slow")
            elif socket.viewer.expires_at <= today:
                socket.cut(LOGGED_OUT, "session over")
            elif clock >= socket.check_at and not socket.is_checking:
                self.check(socket)
            if clock >= socket.next_beat:
                socket.next_beat = clock + BEAT
                self.beat(socket)

    def beat(self, socket: Socket) -> None:
        """First say that nothing else concerned it up to here: a beat ahead of the page's number reads as a gap."""
        if socket.sent is not None and socket.sent < self.position.seq:
            socket.push(batch(socket.sent, self.position.seq, []))
            socket.sent = self.position.seq
        socket.push(dumps({"type": "beat", "seq": self.position.seq, "at": now()}))

    def on_revoke(self, whose: str) -> None:
        """`user:<id>` or `session:<digest>`: look again now instead of within the minute."""
        kind, _, name = whose.partition(":")
        for socket in self.sockets:
            if name == (str(socket.viewer.user_id) if kind == "user" else socket.session):
                self.check(socket)

    def check(self, socket: Socket) -> None:
        socket.is_checking = True
        task = asyncio.create_task(self.look_again(socket))
        self.checks.add(task)
        task.add_done_callback(self.checks.discard)

    async def look_again(self, socket: Socket) -> None:
        clock = asyncio.get_running_loop().time
        try:
            viewer = await self.identify(socket.session_key)
        except DatabaseError:
            socket.check_at = clock() + RETRY
            return
        finally:
            socket.is_checking = False
        socket.check_at = clock() + RECHECK
        if viewer is None:
            socket.cut(LOGGED_OUT, "session over")
            return
        is_changed, socket.viewer = viewer.group != socket.viewer.group, viewer
        if is_changed and socket.sent is not None:
            self.reset(socket)  # what the page shows may no longer be what the person may see


def batch(after: int, upto: int, lines: list[Line]) -> str:
    joined = ",".join(line.text for line in lines)
    return f'{{"type":"events","after":{after},"upto":{upto},"events":[{joined}]}}'


def now() -> str:
    return timezone.now().isoformat()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process: of its event loop, to be exact."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
