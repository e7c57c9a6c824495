"""Who is at the other end of a socket: its session read afresh, with how far the person sees and what they may read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http.cookie import parse_cookie
from django.utils import timezone

from core.models.accounts import User
from geo.scope import Scope


@dataclass(frozen=True)
class Viewer:
    """A logged-in person as the hub needs them. `rights` None means every right."""

    user_id: int
    scope: Scope
    rights: frozenset[str] | None
    expires_at: datetime

    @property
    def group(self) -> tuple[str, frozenset[str] | None]:
        """Equal for people who receive the same events, so that a batch is put together once for all of them."""
        return self.scope.key, self.rights

    @property
    def is_official(self) -> bool:
        return self.scope.site_id is None and self.scope.region_ids != frozenset()

    def may_read(self, permission: str) -> bool:
        return self.rights is None or permission in self.rights


def viewer_of_user(user: User, expires_at: datetime) -> Viewer:
    rights = None if user.is_superuser else frozenset(user.get_all_permissions())
    return Viewer(user_id=user.pk, scope=user.scope, rights=rights, expires_at=expires_at)


def viewer_of(session_key: str) -> Viewer | None:
    """The person of a live session, by the database as it is now; None when it has ended or the account is locked."""
    session = Session.objects.filter(pk=session_key, expire_date__gt=timezone.now()).first()
    if session is None:
        return None
    store: Any = SessionStore(session_key)
    store._session_cache = session.get_decoded()  # else it is read once more
    user = get_user(cast(Any, SimpleNamespace(session=store)))
    return viewer_of_user(user, session.expire_date) if isinstance(user, User) else None


def session_key_in(headers: list[tuple[bytes, bytes]]) -> str:
    """The session cookie of a handshake, or an empty string."""
    for name, value in headers:
        if name == b"cookie" and (key := parse_cookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)):
            return key
    return ""


def digest(session_key: str) -> str:
    """How a session is named outside its own table."""
    return hashlib.sha256(session_key.encode()).hexdigest()
