"""A short way for tiles past Django's middleware, which costs more than a tile does.

It knows one thing: GET /tiles/… with a session it has seen in the last ten seconds or can look up. Whatever it does
not know (no session, another method, a strange address, an error) it hands to Django, which answers as for every other
page. A log-out or a right taken away therefore shows in tiles after ten seconds at the latest.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
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
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

ADDRESS = re.compile(r"/tiles/([a-z0-9_]{1,64})/([0-9]{1,2})/([0-9]{1,7})/([0-9]{1,7})\.mvt")
REASONS = {
    200: "200 OK",
    304: "304 Not Modified",
    400: "400 Bad Request",
    404: "404 Not Found",
    503: "503 Service Unavailable",
}

_people: Kept[User] = Kept(5000, seconds=10)


def in_front_of(django: Application) -> Application:
    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = None
        if environ["REQUEST_METHOD"] == "GET" and (address := ADDRESS.fullmatch(environ.get("PATH_INFO", ""))):
            found = attempt(environ, *address.groups())
        if found is None:
            return django(environ, start_response)
        start_response(REASONS[found.status], [*found.headers, ("X-Content-Type-Options", "nosniff")])
        return [found.body] if found.body else []

    return application


def attempt(environ: Environ, layer: str, z: str, x: str, y: str) -> tiles.Answer | None:
    """The answer, or None: let Django do it, and say what is wrong if something is."""
    query = environ.get("QUERY_STRING", "")
    if len(query) > 500 or "%00" in query:
        return None
    try:
        user = person(session_key(environ.get("HTTP_COOKIE", "")))
        if user is None:
            return None
        parameters = dict(parse_qsl(query))
        return tiles.answer(user, layer, z, x, y, query=parameters, if_none_match=environ.get("HTTP_IF_NONE_MATCH", ""))
    except DatabaseError as error:
        # A connection that the server closed: Django's own handling opens a new one.
        log.warning("Tile lane hands over: %s", str(error).splitlines()[0] if str(error) else type(error).__name__)
        connection.close()
        return None


def session_key(cookie: str) -> str:
    return parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME, "")


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
