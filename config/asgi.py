"""The one application uvicorn runs: sockets go to the feed, HTTP to Django's WSGI application in a fixed thread pool.

A pool of threads keeps its PostgreSQL connections; Django's own ASGI handler opens one for each request.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from config import env
from config.wsgi import application as wsgi  # sets Django up, which what follows needs
from core.consumers import FeedConsumer, no_such_socket
from core.origins import OriginCheck, Receive, Scope, Send
from layers.tile_lane import in_front_of

django: Any = WSGIMiddleware(cast(Any, wsgi), workers=env.number("ANTU_THREADS", 8, least=1))
pages = in_front_of(django)
feed = FeedConsumer.as_asgi()


async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
    await (feed if scope["path"] == "/ws/feed/" else no_such_socket)(scope, receive, send)


sockets = OriginCheck(by_path)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await sockets(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, whole(receive), send)


def whole(receive: Receive) -> Receive:
    """A body cut short is an error: the bridge would hand the half that arrived to the view as if it were all."""

    async def next_part() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("The client went away before its request was complete.")
        return message

    return next_part
