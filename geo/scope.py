"""How far a person's view reaches: a set of regions, or one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Scope:
    """`region_ids` None means the whole city; `site_id` set means one enterprise's own place and nothing else."""

    region_ids: frozenset[int] | None = frozenset()
    site_id: int | None = None

    @property
    def is_everything(self) -> bool:
        return self.region_ids is None and self.site_id is None

    def covers_region(self, region_id: int) -> bool:
        return self.site_id is None and (self.region_ids is None or region_id in self.region_ids)

    @property
    def key(self) -> str:
        """Equal for people who see the same rows: tiles and feed batches are shared by it."""
        if self.site_id is not None:
            return f"site{self.site_id}"
        if self.region_ids is None:
            return "all"
        return "r" + "-".join(str(i) for i in sorted(self.region_ids))


NOTHING = Scope()
EVERYTHING = Scope(region_ids=None)


class Viewer(Protocol):
    """Anyone with a scope: a user, or a service account."""

    @property
    def scope(self) -> Scope: ...
