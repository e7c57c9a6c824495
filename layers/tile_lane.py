"""A short way for tiles past Django's middleware and the bridge to it, which cost more than a tile does.

It knows one thing: GET /tiles/… with a session it has seen in the last ten seconds or can look up. Whatever it does
not know (no session, another method, a strange address, an error) goes on to Django, which answers as for every other
page. A log-out or a right taken away therefore shows in tiles after ten seconds at the latest.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from core.models import User
from layers import tiles
from layers.caches import Kept

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ADDRESS = re.compile(r"/tiles/([a-z0-9_]{1,64})/([0-9]{1,2})/([0-9]{1,7})/([0-9]{1,7})\.mvt")
LONGEST_QUERY = 500
# A fixed pool: each thread keeps its database connection.
THREADS = 4

_people: Kept[User] = Kept(5000, seconds=10)


def in_front_of(django: Application) -> Application:
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="tile")

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http" and scope["path"].startswith("/tiles/"):
            found = await asyncio.get_running_loop().run_in_executor(pool, answer_to, scope)
        if found is None:
            await django(scope, receive, send)
            return
        headers = [*found.headers, ("X-Content-Type-Options", "nosniff")]
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": found.status, "headers": raw})
        await send({"type": "http.response.body", "body": found.body})

    return application


def answer_to(scope: Scope) -> tiles.Answer | None:
    """The answer, or None: let Django do it, and say what is wrong if something is."""
    address = ADDRESS.fullmatch(scope["path"])
    query: bytes = scope["query_string"]
    if scope["method"] != "GET" or address is None or len(query) > LONGEST_QUERY or b"%00" in query:
        return None
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    layer, z, x, y = address.groups()
    try:
        user = person(parse_cookie(headers.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME, ""))
        if user is None:
            return None
        given = dict(parse_qsl(query.decode("latin-1")))
        return tiles.answer(user, layer, z, x, y, query=given, if_none_match=headers.get(b"if-none-match", ""))
    except DatabaseError as error:
        # A connection that the server closed, say: Django's own handling opens a new one.
        log.warning("Tile lane hands over: %s", type(error).__name__)
        connection.close()
        return None


def person(key: str) -> User | None:
    """Whose session this is; remembered with scope and rights for ten seconds."""
    if not key:
        return None
    known = _people.get(key)
    if known is not None:
        return known
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return _people.put(key, user) if isinstance(user, User) and user.is_active else None
