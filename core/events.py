"""The event feed: append inside the transaction, read by sequence number.

The database is the feed; sockets only show it. A number is given while the transaction commits (core/sql/kernel.sql),
so a reader that moves its cursor to n has seen everything up to n.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypedDict

from django.db import connection, models
from django.db.models import Q, QuerySet

from core.models.accounts import User
from core.models.feed import Event, Feed
from geo.models import Region
from geo.scope import Scope

_gathering: ContextVar[bool] = ContextVar("gathering", default=False)


class Cursor(TypedDict):
    feed: str
    seq: int


def append(
    kind: str,
    *,
    subject: models.Model,
    region: Region,
    actor: User | None,
    site_id: int | None = None,
    shared_with: Iterable[int] = (),
    **data: Any,
) -> Event:
    """Add an event. `data` carries ids, states and geometry, never personal data.

    Received by whoever may view the subject's model and has the region, one of `shared_with`, or the site in scope.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("events.append() belongs inside the transaction that makes the change.")
    meta = subject._meta
    event = Event(
        kind=kind,
        subject=f"{meta.label_lower}:{subject.pk}",
        permission=f"{meta.app_label}.view_{meta.model_name}",
        region=region,
        site_id=site_id,
        shared_with=list(shared_with),
        actor=actor,
        data={"id": subject.pk, **data},
    )
    if not _gathering.get():
        event.save()
    return event


@contextmanager
def gathered() -> Iterator[None]:
    """Inside, single events are left out; whoever writes many rows at once then says so by `append_many`."""
    token = _gathering.set(True)
    try:
        yield
    finally:
        _gathering.reset(token)


def append_many(kind: str, *, model: type[models.Model], regions: dict[int, int], actor: User | None) -> None:
    """One event a region for many rows of a model: which region, and how many. Screens load them afresh."""
    if not connection.in_atomic_block:
        raise RuntimeError("events.append_many() belongs inside the transaction that makes the change.")
    meta = model._meta
    for region, count in regions.items():
        Event.objects.create(
            kind=kind,
            permission=f"{meta.app_label}.view_{meta.model_name}",
            region_id=region,
            actor=actor,
            data={"count": count},
        )


def cursor() -> Cursor:
    """Where the feed stands. A page reads this before its data, so it can miss nothing and only repeat."""
    feed, _created = Feed.objects.get_or_create(pk=1)
    return {"feed": str(feed.epoch), "seq": feed.last_seq}


def in_scope(scope: Scope) -> Q:
    """The same rule for resuming from the table as the hub applies to live events."""
    if scope.site_id is not None:
        return Q(site_id=scope.site_id)
    if scope.region_ids is None:
        return Q()
    return Q(region_id__in=scope.region_ids) | Q(shared_with__overlap=list(scope.region_ids))


def after(seq: int, user: User, *, limit: int = 500) -> QuerySet[Event]:
    """What this user may read after `seq`, oldest first."""
    rights = user.get_all_permissions()
    query = Event.objects.filter(in_scope(user.scope), seq__gt=seq).order_by("seq")
    if not user.is_superuser:
        query = query.filter(permission__in=rights)
    return query[:limit]


def about(subject: models.Model) -> QuerySet[Event]:
    """Everything that happened to one thing, oldest first."""
    return Event.objects.filter(subject=f"{subject._meta.label_lower}:{subject.pk}").order_by("pk")


def number_now() -> None:
    """Number the open transaction's events at once. Holds the feed until commit: only as its last statement."""
    with connection.cursor() as c:
        c.execute("SET CONSTRAINTS core_number_event IMMEDIATE")
        c.execute("SET CONSTRAINTS core_number_event DEFERRED")
