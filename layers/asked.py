"""What a module's own views share: the record asked about, page or part of one, what a service objected to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from core.models import User
from core.workflow import Incomplete, NotAllowed, Stale
from geo.parsing import BadGeometry

M = TypeVar("M", bound=Model)
# What a service may object to. It is told to the person, in the place where they asked.
REFUSALS = (NotAllowed, Stale, Incomplete, BadGeometry, ValidationError)


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


def told(refused: Exception) -> tuple[str, int]:
    """An objection in words, and its status: 400 for what was given, 409 for what is not possible now."""
    if isinstance(refused, ValidationError):
        return "；".join(refused.messages), 400
    return str(refused), 400 if isinstance(refused, (Incomplete, ValueError)) else 409


def blame(form: Any, refused: Exception, **elsewhere: str) -> int:
    """The objection at the fields it names, else above the form; `elsewhere`: the form's field for another name."""
    if isinstance(refused, Incomplete):
        fields: dict[str, Any] = dict(refused.fields)
    else:
        fields = refused.message_dict if isinstance(refused, ValidationError) and hasattr(refused, "error_dict") else {}
    words, status = told(refused)
    form.is_valid()  # errors are added to those the form found itself
    for name, texts in fields.items():
        at = name if name in form.fields else elsewhere.get(name)
        form.add_error(at if at in form.fields else None, texts)
    if not fields:
        form.add_error(None, words)
    return status
