"""HTTP GETs over a few connections, by a process of its own that reads its plan as JSON from standard input.

Every path is asked for once. Prints JSON: how many, how long, bytes, time taken by each (p50, p95), statuses, and the
ETags when `keep` is set.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any


class Asking:
    """The work that the connections share, and what came of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.port, self.session = plan["port"], plan.get("session", "")
        self.paths: list[str] = plan["paths"]
        self.known: dict[str, str] = plan.get("etags", {})
        self.next = 0
        self.took: list[float] = []
        self.sizes: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.etags: dict[str, str] = {}

    async def connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.next < len(self.paths):
            path = self.paths[self.next]
            self.next += 1
            await self.ask(reader, writer, path)
        writer.close()

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
        started = time.perf_counter()
        condition = f"If-None-Match: {self.known[path]}\r\n" if path in self.known else ""
        cookie = f"Cookie: antu={self.session}\r\n" if self.session else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{cookie}{condition}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        size = await self.body(reader, headers)
        self.took.append(time.perf_counter() - started)
        self.sizes.append(size)
        self.statuses[int(status_line.split()[1])] += 1
        if "etag" in headers:
            self.etags[path] = headers["etag"]

    async def body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> int:
        if headers.get("transfer-encoding") != "chunked":
            return len(await reader.readexactly(int(headers.get("content-length", 0))))
        total = 0
        while size := int(await reader.readline(), 16):
            total += len(await reader.readexactly(size + 2)) - 2
        await reader.readline()
        return total


async def main(plan: dict[str, Any]) -> None:
    asking = Asking(plan)
    started = time.perf_counter()
    await asyncio.gather(*(asking.connection() for _ in range(plan.get("connections", 4))))
    seconds = time.perf_counter() - started
    took, count = sorted(asking.took), len(asking.took)
    result = {
        "count": count,
        "rate": count / seconds,
        "p50": 1000 * took[count // 2],
        "p95": 1000 * took[min(count - 1, count * 95 // 100)],
        "largest": max(asking.sizes),
        "mean": sum(asking.sizes) / count,
        "statuses": dict(asking.statuses),
        **({"etags": asking.etags} if plan.get("keep") else {}),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.stdin.readline())))
