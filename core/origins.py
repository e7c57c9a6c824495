"""Which pages may open a socket: only our own, compared by scheme, host and port.

The browser does not keep other sites from opening sockets with our cookie; on an intranet of bare addresses the
neighbouring port is another application (ASVS 4.4.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BAD_ORIGIN = 4403
PORTS = {"http": 80, "https": 443}


def parts(origin: str) -> tuple[str, str, int] | None:
    """(scheme, host, port) of exactly `scheme://host[:port]`; None for anything else."""
    try:
        url = urlsplit(origin)
        port = url.port
    except ValueError:
        return None
    if url.scheme not in PORTS or not url.hostname or url.path or url.query or url.fragment or "@" in url.netloc:
        return None
    return url.scheme, url.hostname.rstrip("."), port if port is not None else PORTS[url.scheme]


def own_origin(scope: Scope, headers: dict[bytes, bytes]) -> tuple[str, str, int] | None:
    """The origin this request was sent to. X-Forwarded-Proto counts only where a proxy is known to set it."""
    secure = scope.get("scheme") == "wss"
    if settings.HTTPS:
        secure = secure or headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https"
    own = parts(f"{'https' if secure else 'http'}://{headers.get(b'host', b'').decode('latin-1')}")
    return own if own and validate_host(own[1], settings.ALLOWED_HOSTS) else None


def is_allowed(scope: Scope) -> bool:
    sent = [value for name, value in scope["headers"] if name == b"origin"]
    origin = parts(sent[0].decode("latin-1")) if len(sent) == 1 else None
    if origin is None:
        return False
    return origin == own_origin(scope, dict(scope["headers"])) or origin in map(parts, settings.ORIGINS)


class OriginCheck:
    """Before anything else of a socket is looked at."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_allowed(scope):
            return await self.app(scope, receive, send)
        await refuse(receive, send, BAD_ORIGIN, "origin")


async def refuse(receive: Receive, send: Send, code: int, reason: str) -> None:
    """Accept and close at once: a code given before accepting never reaches the page, which could then not say why."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": reason})
