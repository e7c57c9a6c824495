"""The least a server can do: hand each message to every socket. What the feed is measured against."""

from __future__ import annotations

import asyncio
from typing import Any

open_sockets: set[Any] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    open_sockets.add(send)
    try:
        while (message := await receive())["type"] != "websocket.disconnect":
            outgoing = {"type": "websocket.send", "text": message["text"]}
            await asyncio.gather(*(each(outgoing) for each in open_sockets), return_exceptions=True)
    finally:
        open_sockets.discard(send)
