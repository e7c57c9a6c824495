"""What a process keeps to answer faster. Every entry is keyed by a version, or is seconds old: never the truth."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

from cachetools import LRUCache, TTLCache

V = TypeVar("V")
_all: list[Kept[Any]] = []


class Kept(Generic[V]):
    """A bounded cache that threads may share."""

    def __init__(self, size: int, *, seconds: float = 0, weigh: Callable[[V], int] | None = None) -> None:
        weight = {"getsizeof": weigh} if weigh else {}
        self._weigh = weigh
        self._entries: LRUCache[Hashable, V] | TTLCache[Hashable, V]
        self._entries = TTLCache(size, seconds, **weight) if seconds else LRUCache(size, **weight)
        self._lock = Lock()
        _all.append(self)

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            found: V | None = self._entries.get(key)
            return found

    def put(self, key: Hashable, value: V) -> V:
        with self._lock:
            # cachetools refuses what is larger than the whole cache: then it is simply not kept.
            if self._weigh is None or self._weigh(value) <= self._entries.maxsize:
                self._entries[key] = value
        return value

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def forget_everything() -> None:
    """For tests, and after a restore."""
    for kept in _all:
        kept.clear()
