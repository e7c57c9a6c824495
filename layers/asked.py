"""What a module's own views start from: the record they are asked about, and whether for a page or a part of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from core.models import User

M = TypeVar("M", bound=Model)


def record(request: HttpRequest, pk: int, *, rows: Callable[[User], QuerySet[M]], permission: str) -> tuple[M, User]:
    """The row and who asks. 404 for whoever may not see it: whether it exists is not told."""
    user = request.user
    found = rows(user).filter(pk=pk).first() if isinstance(user, User) and user.has_perm(permission) else None
    if found is None:
        raise Http404
    assert isinstance(user, User)
    return found, user


def is_fragment(request: HttpRequest) -> bool:
    """htmx asks for a part of a page; without it the same address answers with a whole one."""
    return request.headers.get("HX-Request") == "true"
