"""The map's work outside requests."""

from __future__ import annotations

from core.jobs import every, job
from core.models import User
from layers import grid, versions
from layers.registry import registry


@every(minutes=1)
def compact_changes() -> None:
    versions.compact()


@every(minutes=1)
def make_rollups_ready() -> None:
    grid.make_ready()


@every(hours=1)
def forget_unused_rollups() -> None:
    grid.forget_unused()


@job
def refresh_rollup(layer: str, user: int, theme: str = "") -> None:
    """Count a large layer afresh, with the rights of somebody who looked at it."""
    viewer = User.objects.get(pk=user)
    plain = registry.layer(layer, viewer)
    if plain and (found := registry.themed(plain, theme, viewer)):
        grid.refresh(found, viewer)
