"""The feed against a bare broadcast, and the feed at the size of a city's busiest hour."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import Any

from django.db import connection, transaction

from core import events
from core.models import Organisation
from tests.bench import ground
from tests.bench.figures import Figure

PADDING = 300
SECONDS, ROUNDS = 5.0, 3


def run_screens(plan: dict[str, Any], work: Any = None) -> dict[str, Any]:
    """`work()` runs when all sockets are open and returns the last sequence number."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with ground.process("-m", "tests.bench.screens", json.dumps(plan), **pipes) as child:
        assert child.stdout and child.stdin
        if child.stdout.readline().strip() != "ready":
            raise RuntimeError("The screens could not be opened.")
        if work:
            child.stdin.write(f"{work()}\n")
            child.stdin.flush()
        result: dict[str, Any] = json.loads(child.stdout.readline())
    return result


class Writing:
    """So many events a second, and so many other writes beside them, each in its own transaction."""

    def __init__(self, subject: Organisation, *, rate: float, others: float, seconds: float) -> None:
        self.subject, self.rate, self.others, self.seconds = subject, rate, others, seconds
        self.took: list[float] = []

    def __call__(self) -> int:
        beside = threading.Thread(target=self.other_writes) if self.others else None
        if beside:
            beside.start()
        self.every(self.rate, self.tell)
        if beside:
            beside.join()
        return events.cursor()["seq"]

    def every(self, rate: float, act: Any) -> None:
        start = time.monotonic()
        for n in range(int(self.seconds * rate)):
            time.sleep(max(0.0, start + n / rate - time.monotonic()))
            act()

    def tell(self) -> None:
        with transaction.atomic():
            events.append("bench.told", subject=self.subject, region=self.subject.region, actor=None,
                          t=time.time(), padding="x" * PADDING)  # fmt: skip

    def other_writes(self) -> None:
        def write() -> None:
            started = time.monotonic()
            Organisation.objects.filter(pk=self.subject.pk).update(phone=str(time.time_ns())[-11:])
            self.took.append(time.monotonic() - started)

        self.every(self.others, write)
        connection.close()


def subject() -> Organisation:
    city, _ = ground.people()
    return Organisation.objects.get_or_create(region=city, name="市局", defaults={"kind": "authority"})[0]


def on_the_feed(sockets: int, *, rate: float, others: float = 0, seconds: float = SECONDS) -> dict[str, Any]:
    _, sessions = ground.people()
    with ground.web() as port:
        plan = {"port": port, "path": "/ws/feed/", "sockets": sockets, "sessions": sessions, "cursor": events.cursor()}
        return run_screens(plan, Writing(subject(), rate=rate, others=others, seconds=seconds))


def on_the_bare_server(sockets: int, *, rate: float) -> dict[str, Any]:
    """While as much is written to the database as in the feed's turn: both share the machine with the same work."""
    writing = Writing(subject(), rate=rate, others=0, seconds=SECONDS)
    with ground.web("tests.bench.bare:application") as port:
        plan = {"port": port, "path": "/", "sockets": sockets, "sessions": [""], "rate": rate, "seconds": SECONDS}
        return run_screens({**plan, "padding": PADDING}, writing)


def against_bare() -> list[Figure]:
    """In turns, and the least disturbed round of each counts: whatever else the machine does only ever adds."""
    rounds = [(on_the_bare_server(500, rate=10), on_the_feed(500, rate=10)) for _ in range(ROUNDS)]
    bare, feed = (min(results, key=lambda r: r["p95"]) for results in zip(*rounds, strict=True))
    ratio = feed["p95"] / bare["p95"]
    lost = sum(feed["lost"] + feed["gaps"] for _, feed in rounds)
    return [
        Figure(
            "feed, 500 sockets × 10 events/s: p95 ÷ bare broadcast; lost",
            "≤ 1.5; 0",
            f"{ratio:.2f}; {lost}",
            ratio <= 1.5 and lost == 0,
            f"best of {ROUNDS}: feed p50 {feed['p50']:.0f} p95 {feed['p95']:.0f} p99 {feed['p99']:.0f} ms; "
            f"bare p50 {bare['p50']:.0f} p95 {bare['p95']:.0f} p99 {bare['p99']:.0f} ms",
        )
    ]


def in_the_busiest_hour() -> list[Figure]:
    feed = on_the_feed(1500, rate=20, others=30, seconds=10)
    return [
        Figure(
            "feed, 1,500 sockets × 20 events/s with 30 writes/s: p95 commit → socket; lost",
            "≤ 500 ms; 0",
            f"{feed['p95']:.0f} ms; {feed['lost']}",
            feed["p95"] <= 500 and feed["lost"] == 0 and feed["gaps"] == 0,
            f"p50 {feed['p50']:.0f} p99 {feed['p99']:.0f} ms; {feed['received']} received; "
            f"all sockets open in {feed['opened_s']:.1f} s",
        )
    ]


def idle() -> list[Figure]:
    """Two screens and a quiet machine: what an officer waits for the other one's step."""
    feed = on_the_feed(2, rate=3, seconds=10)
    return [
        Figure(
            "commit → second browser's socket, idle: p95",
            "≤ 150 ms",
            f"{feed['p95']:.1f} ms",
            feed["p95"] <= 150 and feed["lost"] == 0,
            f"p50 {feed['p50']:.1f} p99 {feed['p99']:.1f} ms",
        )
    ]
