"""Many screens in one process: `python -m tests.bench.screens '{"port":…, "sockets":…}'`.

Prints `ready` when every socket is open and answered. In the feed's case it then reads the last sequence number from
its standard input and waits for every socket to get there; in the bare case it sends the messages itself. Prints one
line of JSON at the end: how many events arrived, how many did not, and how long they took from commit to socket.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from functools import lru_cache
from typing import Any

from tests.bench.wire import Wire, open_wire

PATIENCE = 20.0
AT_ONCE = 50


@lru_cache(maxsize=64)
def parsed(payload: bytes) -> dict[str, Any]:
    """Every socket of a group is sent the same bytes: reading them once is enough."""
    message: dict[str, Any] = json.loads(payload)
    return message


class Screens:
    """All the sockets, and what they have seen."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.wires: list[Wire] = []
        self.latencies: list[float] = []
        self.welcomed = 0

    def on_text(self, wire: Wire, payload: bytes) -> None:
        now, message = time.time(), parsed(payload)
        if message["type"] == "welcome":
            self.welcomed += 1
        elif message["type"] == "events":
            if message["after"] != wire.at:
                wire.gaps += 1
            wire.at = message["upto"]
            self.latencies += [now - event["data"]["t"] for event in message["events"]]

    async def open(self) -> None:
        sessions, count = self.plan["sessions"], self.plan["sockets"]
        for start in range(0, count, AT_ONCE):
            self.wires += await asyncio.gather(
                *(
                    open_wire(self.plan["port"], self.plan["path"], sessions[n % len(sessions)], self.on_text)
                    for n in range(start, min(count, start + AT_ONCE))
                )
            )
        if cursor := self.plan.get("cursor"):
            hello = json.dumps({"type": "hello", "feed": cursor["feed"], "since": cursor["seq"]}).encode()
            for wire in self.wires:
                wire.at = cursor["seq"]
                wire.send(hello)
            while self.welcomed < count:
                if closed := [wire.close_code for wire in self.wires if not wire.is_open]:
                    raise ConnectionError(f"{len(closed)} sockets were closed, the first with {closed[0]}.")
                await asyncio.sleep(0.05)

    async def drive(self) -> int:
        """The bare server's case: the first socket says what all of them are sent."""
        interval, end, n = 1 / self.plan["rate"], time.time() + self.plan["seconds"], 0
        while time.time() < end:
            n += 1
            event = {"seq": n, "kind": "bench.told", "at": "2026-01-01T00:00:00.000000+08:00", "region": "370500"}
            event["data"] = {"id": 1, "t": time.time(), "padding": "x" * self.plan["padding"]}
            message = {"type": "events", "after": n - 1, "upto": n, "events": [event]}
            self.wires[0].send(json.dumps(message, separators=(",", ":")).encode())
            await asyncio.sleep(interval)
        return n

    async def wait_for(self, last: int) -> None:
        end = time.time() + PATIENCE
        while time.time() < end and any(wire.at < last for wire in self.wires):
            await asyncio.sleep(0.05)

    def result(self, expected: int) -> dict[str, Any]:
        values = sorted(self.latencies)
        return {
            "received": len(values),
            "lost": expected * len(self.wires) - len(values),
            "gaps": sum(wire.gaps for wire in self.wires),
            "closed": sum(not wire.is_open for wire in self.wires),
            **{f"p{q}": 1000 * values[min(len(values) - 1, len(values) * q // 100)] for q in (50, 95, 99) if values},
        }


async def main(plan: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    screens = Screens(plan)
    started = time.time()
    await screens.open()
    opened = time.time() - started
    print("ready", flush=True)
    if plan.get("rate"):
        last = await screens.drive()
        expected = last
    else:
        last = int(await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline))
        expected = last - plan["cursor"]["seq"]
    await screens.wait_for(last)
    print(json.dumps({**screens.result(expected), "opened_s": opened}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
