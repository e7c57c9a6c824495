"""Loads the demo city: the ground first, then each module's own `demo.py` in its order, in one transaction.

A loader that is stopped half-way leaves nothing behind but its mark, a heartbeat named "demo" that is not done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from core import audit, reference
from core.models import Heartbeat, Organisation, User
from fixtures.demo import people
from fixtures.demo.city import City, Progress
from fixtures.demo.places import Ground
from fixtures.demo.roads import stretches
from geo import regions, roads
from geo.models import RoadEdge, Site
from layers.registry import registry

MARK = "demo"
_LOCK = 0x616E7475  # one loader at a time


class Refused(Exception):
    """The demo city cannot be loaded here; the text says why and what to do."""


@dataclass(frozen=True)
class Share:
    """A module's part of the story."""

    module: str
    order: int
    load: Callable[[City, Random, int, Progress], None]


def status() -> dict[str, Any]:
    """`{"state": "absent" | "unfinished" | "loaded" | "foreign", …}`."""
    mark = Heartbeat.objects.filter(name=MARK).first()
    if mark is not None and mark.detail.get("done"):
        return {"state": "loaded", **mark.detail}
    foreign = {str(m._meta.verbose_name): n for m in _business_models() if (n := m._default_manager.count())}
    if foreign:
        return {"state": "foreign", "rows": foreign}
    return {"state": "unfinished" if mark else "absent"}


def load(*, seed: int, scale: int, progress: Progress) -> dict[str, Any]:
    """Load everything; returns the status. The caller has seen that the database is free of other data."""
    started = time.monotonic()
    with _alone():
        _mark(done=False, seed=seed, scale=scale)
        with transaction.atomic(), _unhurried():
            city = _ground(seed=seed, scale=scale, progress=progress)
            for share in shares():
                share.load(city, city.rng(share.module), scale, progress)
            progress("统计信息", 0, 1)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            progress("统计信息", 1, 1)
            _mark(done=True, seed=seed, scale=scale, seconds=round(time.monotonic() - started, 1))
    return status()


def shares() -> list[Share]:
    """Every installed module's demo.py and its further parts, in the order they need each other.

    `LATER = ("demo_truth",)` in a demo.py names modules of the same folder with an ORDER and a load of their own.
    """
    found = []
    for app in apps.get_app_configs():
        if app.module is not None and app.name != "fixtures" and module_has_submodule(app.module, "demo"):
            demo = import_module(f"{app.name}.demo")
            if hasattr(demo, "load"):
                found.append(Share(app.label, demo.ORDER, demo.load))
            for name in getattr(demo, "LATER", ()):
                part = import_module(f"{app.name}.{name}")
                found.append(Share(f"{app.label}.{name}", part.ORDER, part.load))
    return sorted(found, key=lambda share: (share.order, share.module))


def _ground(*, seed: int, scale: int, progress: Progress) -> City:
    with audit.bulk("core_holiday", source="load_demo"):
        holidays, rules = reference.load()
    progress("节假日与时限", holidays + rules, holidays + rules)
    city = City(seed=seed, scale=scale, ground=Ground(regions.load()))
    progress("行政区划", len(city.ground.regions), len(city.ground.regions))
    people.load(city)
    progress("单位与账号", len(city.users), len(city.users))
    progress("道路", 0, 1)
    network = roads.build(stretches(city.ground))
    with audit.bulk(RoadEdge._meta.db_table, rows=len(network.edges), source="load_demo"):
        roads.store(network, is_illustrative=True)
    progress("道路", len(network.edges), len(network.edges))
    return city


def _business_models() -> list[type[Model]]:
    """What makes a database somebody's: people, offices, places, and the records of every module.

    The kernel's own lists, such as holidays and the audit trail, are filled by migrations too.
    """
    ours: dict[type[Model], None] = dict.fromkeys((User, Organisation, Site))
    for module in registry:
        ours.update(dict.fromkeys(layer.model for layer in module.layers))
        ours.update(dict.fromkeys(records.model for records in module.records))
    return [model for model in ours if model in (User, Organisation, Site) or model._meta.app_label != "core"]


def _mark(**detail: Any) -> None:
    Heartbeat.objects.update_or_create(name=MARK, defaults={"seen_at": timezone.now(), "detail": detail})


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Refused("另一个进程正在装载演示数据，请等它结束。")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def _unhurried() -> Iterator[None]:
    """A loader may take longer than a request: no time limits inside its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    yield
