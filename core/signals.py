"""Last values worth showing but not worth keeping, such as what the operator shows on the wall."""

from __future__ import annotations

from typing import Any

from core.models.feed import Signal
from geo.models import Region


def publish(key: str, value: dict[str, Any], *, region: Region | None = None) -> None:
    """Replace the value and tell every screen that asked for the key: officials, of the region if one is given."""
    Signal.objects.update_or_create(key=key, defaults={"value": value, "region": region})
