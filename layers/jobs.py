"""The map's work outside requests."""

from __future__ import annotations

from django.utils import timezone

from core.jobs import every, job
from core.models import User
from layers import grid, versions
from layers.registry import registry
from layers.statistics import ready


@every(minutes=1)
def compact_changes() -> None:
    versions.compact()


@every(minutes=1)
def make_rollups_ready() -> None:
    grid.make_ready()


@every(minutes=1)
def make_statistics_ready() -> None:
    ready.make_ready()


@every(hours=1)
def forget_unused_counts() -> None:
    grid.forget_unused()
    ready.forget_unused()


@job
def refresh_rollup(layer: str, user: int, theme: str = "") -> None:
    """Count a large layer afresh, with the rights of somebody who looked at it."""
    viewer = User.objects.get(pk=user)
    plain = registry.layer(layer, viewer)
    if plain and (found := registry.themed(plain, theme, viewer)):
        grid.refresh(found, viewer)


@job
def renew_statistics(module: str, user: int, period: dict[str, str]) -> None:
    """Count anew what of a page of statistics is behind, with the rights of somebody who looked at it."""
    ready.renew(module, User.objects.get(pk=user), timezone.localdate(), period)
