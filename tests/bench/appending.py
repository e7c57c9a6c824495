"""How many events a second can be appended, and whether a reader that only polls sees them all."""

from __future__ import annotations

import threading
import time

from django.db import connection, transaction

from core import events
from core.models import Event, Organisation
from tests.bench.feed import subject
from tests.bench.figures import Figure

WRITERS, SECONDS = 8, 5.0


def write(about: Organisation, until: float, counts: list[int], number: int) -> None:
    while time.monotonic() < until:
        with transaction.atomic():
            events.append("bench.appended", subject=about, region=about.region, actor=None, n=counts[number])
        counts[number] += 1
    connection.close()


def poll(start: int, seen: list[int], stop: threading.Event) -> None:
    """The simplest reader: whatever is above the last number it knows."""
    last = start
    while True:
        is_last = stop.is_set()
        numbers = list(Event.objects.filter(seq__gt=last).order_by("seq").values_list("seq", flat=True))
        if numbers:
            seen += numbers
            last = numbers[-1]
        elif is_last:
            connection.close()
            return
        stop.wait(0.005)


def throughput() -> list[Figure]:
    about, start = subject(), events.cursor()["seq"]
    counts, seen, stop = [0] * WRITERS, [], threading.Event()  # type: tuple[list[int], list[int], threading.Event]
    until = time.monotonic() + SECONDS
    writers = [threading.Thread(target=write, args=(about, until, counts, n)) for n in range(WRITERS)]
    reader = threading.Thread(target=poll, args=(start, seen, stop))
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    written = sum(counts)
    rate, lost = written / SECONDS, written - len(set(seen))
    in_order = seen == list(range(start + 1, start + written + 1))
    return [
        Figure(
            "append, 8 writers: events/s; lost by a polling reader",
            "≥ 500; 0",
            f"{rate:.0f}/s; {lost}",
            rate >= 500 and lost == 0 and in_order,
            f"{written} events, numbers gapless and in order: {'yes' if in_order else 'NO'}",
        )
    ]
