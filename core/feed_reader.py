"""The hub's side of the database: what is new in the feed, and the bell that says when to look."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from django.db import connection

from core import events
from core.models.feed import Event, Signal
from core.viewers import Viewer

log = logging.getLogger(__name__)
RING = 5000  # events kept in memory for those who come back
BEHIND = 2000  # whoever is further behind loads everything afresh
REVOKE = "core.revoke"


@dataclass(frozen=True, slots=True)
class Line:
    """One event, serialised once for everybody."""

    seq: int
    text: str
    kind: str
    permission: str
    region_id: int
    site_id: int | None
    shared_with: frozenset[int]
    user_id: int | None = None  # whose rights ended, for core.revoke

    def reaches(self, viewer: Viewer) -> bool:
        """The rule of `events.after`: right to the subject, and region, shared region or site in scope."""
        if not viewer.may_read(self.permission):
            return False
        scope = viewer.scope
        if scope.site_id is not None:
            return self.site_id == scope.site_id
        if scope.region_ids is None:
            return True
        return self.region_id in scope.region_ids or not self.shared_with.isdisjoint(scope.region_ids)


@dataclass(frozen=True, slots=True)
class LastValue:
    """One signal as it stands."""

    key: str
    version: int
    region_id: int | None
    text: str

    def reaches(self, viewer: Viewer) -> bool:
        """Signals are the officials' own affair: of a region, or of the whole house."""
        if not viewer.is_official:
            return False
        return self.region_id is None or viewer.scope.covers_region(self.region_id)


@dataclass(frozen=True, slots=True)
class Position:
    """How far the hub has read. `xmin`: every transaction below it was over when signals were last read."""

    epoch: str = ""
    seq: int = 0
    xmin: int = 0


@dataclass(frozen=True, slots=True)
class News:
    position: Position
    lines: list[Line]
    signals: list[LastValue]
    is_restart: bool = field(default=False)  # another epoch, or more than the ring holds: nothing before counts


def read(seen: Position) -> News:
    """What was committed after `seen`. Runs in the hub's own thread, on a connection that stays open."""
    try:
        return _read(seen)
    except Exception:
        connection.close()  # whatever it was, the next look starts with a fresh connection
        raise


def _read(seen: Position) -> News:
    epoch, seq, xmin, is_signalled = state(seen.xmin)
    is_restart = epoch != seen.epoch or seq < seen.seq or seq - seen.seq > RING
    after = max(0, seq - BEHIND) if is_restart else seen.seq
    lines = [] if seq == after else read_lines(after, seq)
    signals: list[LastValue] = []
    if is_restart or is_signalled:
        signals = [last_value(s) for s in Signal.objects.filter(version__gte=0 if is_restart else seen.xmin)]
    return News(Position(epoch, seq, xmin), lines, signals, is_restart)


def state(xmin: int) -> tuple[str, int, int, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT epoch::text, last_seq, pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " EXISTS (SELECT FROM core_signal WHERE version >= %s) FROM core_feed WHERE id = 1",
            [xmin],
        )
        row: tuple[str, int, int, bool] | None = cursor.fetchone()
    if row is None:  # a feed that has never been used
        start = events.cursor()
        return start["feed"], start["seq"], 0, True
    return row


def read_lines(after: int, upto: int) -> list[Line]:
    rows = Event.objects.filter(seq__gt=after, seq__lte=upto).order_by("seq")
    fields = ("seq", "kind", "at", "region__code", "data", "permission", "region_id", "site_id", "shared_with")
    return [line(*row) for row in rows.values_list(*fields)]


def line(
    seq: int,
    kind: str,
    at: Any,
    region: str,
    data: dict[str, Any],
    permission: str,
    region_id: int,
    site_id: int | None,
    shared_with: list[int],
) -> Line:
    return Line(
        seq=seq,
        text=dumps({"seq": seq, "kind": kind, "at": at.isoformat(), "region": region, "data": data}),
        kind=kind,
        permission=permission,
        region_id=region_id,
        site_id=site_id,
        shared_with=frozenset(shared_with),
        user_id=data.get("user") if kind == REVOKE else None,
    )


def last_value(signal: Signal) -> LastValue:
    text = dumps({"type": "signal", "key": signal.key, "value": signal.value, "at": signal.at.isoformat()})
    return LastValue(signal.key, signal.version, signal.region_id, text)


def dumps(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


class Bell:
    """A connection that only listens. It carries nothing: without it the hub still looks every second."""

    CHANNELS = ("antu_feed", "antu_revoke")

    def __init__(self, on_feed: Callable[[], None], on_revoke: Callable[[str], None]) -> None:
        self.on_feed, self.on_revoke = on_feed, on_revoke
        self.raw: Any = None
        self.descriptor = -1  # a broken connection no longer tells its own

    @property
    def is_open(self) -> bool:
        return self.raw is not None

    @staticmethod
    def connect() -> Any:
        """In a thread: opening a connection may wait for the network."""
        raw = psycopg2.connect(**connection.get_connection_params())
        raw.autocommit = True
        with raw.cursor() as cursor:
            for channel in Bell.CHANNELS:
                cursor.execute(f"LISTEN {channel}")
        return raw

    def hang(self, raw: Any) -> None:
        """From here on the event loop hears it."""
        self.raw, self.descriptor = raw, raw.fileno()
        asyncio.get_running_loop().add_reader(self.descriptor, self.ring)

    def ring(self) -> None:
        try:
            self.raw.poll()
        except psycopg2.Error as error:
            log.warning("The feed's listening connection broke and will be opened again: %s", str(error).strip())
            self.take_down()
            self.on_feed()
            return
        for notice in self.raw.notifies:
            if notice.channel == "antu_revoke":
                self.on_revoke(notice.payload)
        self.raw.notifies.clear()
        self.on_feed()

    def take_down(self) -> None:
        if self.raw is None:
            return
        asyncio.get_running_loop().remove_reader(self.descriptor)
        self.raw.close()
        self.raw = None
