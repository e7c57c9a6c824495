"""The cells of a filtered selection of a large layer, counted once and kept: the tiles of a view are all cut from them.

Nobody can store counts for every combination of filters, and counting anew for each tile would read the layer once a
tile. So the whole selection is counted in one pass when it is first asked for.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.db import connection

from core.models import User
from layers.caches import Kept
from layers.registry import Layer
from layers.statements import Narrowing, for_cells

FINEST = 12  # its cells are sixteenths of a tile of this zoom; the others are sums of them
PARTS = 16
HALF_WORLD = 20037508.342789244
# As for stored counts: a selection that took long is not counted again at once, although something changed.
PAUSE = 5
CELLS_KEPT = 2_000_000

Cell = tuple[int, int, str | None, int, float, float]  # column, row, state, how many, sums of x and of y


@dataclass
class Gathered:
    """Counts by cell, by the zoom of the tile they lie in, ready to be drawn."""

    version: str
    total: int
    took: float
    at: float
    finest: list[Cell]
    _zooms: dict[int, dict[tuple[int, int], list[Cell]]] = field(default_factory=dict)

    def of_tile(self, z: int, x: int, y: int) -> list[Cell]:
        if z not in self._zooms:
            self._zooms[z] = by_tile(self.finest, z)
        return self._zooms[z].get((x, y), [])


def by_tile(cells: list[Cell], z: int) -> dict[tuple[int, int], list[Cell]]:
    """The finest cells as sums of the cells of a zoom, by the tile those lie in."""
    shift = FINEST - z
    sums: dict[tuple[int, int, str | None], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for cx, cy, state, n, sx, sy in cells:
        held = sums[cx >> shift, cy >> shift, state]
        held[0] += n
        held[1] += sx
        held[2] += sy
    found: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for (cx, cy, state), (count, sx, sy) in sums.items():
        found[cx // PARTS, cy // PARTS].append((cx, cy, state, int(count), sx, sy))
    return dict(found)


_kept: Kept[Gathered] = Kept(CELLS_KEPT, weigh=lambda found: len(found.finest) + 1)
_locks: defaultdict[str, Lock] = defaultdict(Lock)


def gathered(layer: Layer, user: User, narrowing: Narrowing, version: str) -> Gathered:
    """The selection's cells. Of several who ask at once, one counts and the others wait for it."""
    statement = for_cells(layer, user, narrowing, in_tile=False)

    def current() -> Gathered | None:
        found = _kept.get(statement.digest)
        if found is None or found.version == version or time.monotonic() - found.at < PAUSE * found.took:
            return found
        return None

    found = current()
    if found is not None:
        return found
    with _locks[statement.digest]:
        found = current()
        if found is None:
            started = time.monotonic()
            cells = list(count(statement.sql, list(statement.params)))
            now = time.monotonic()
            found = Gathered(version, sum(cell[3] for cell in cells), now - started, now, cells)
            _kept.put(statement.digest, found)
    if len(_locks) > 1000:
        _locks.clear()
    return found


def count(sql: str, params: list[Any]) -> Iterator[Cell]:
    size = 2 * HALF_WORLD / 2**FINEST / PARTS
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT floor((m_x + {HALF_WORLD}) / {size})::int, floor(({HALF_WORLD} - m_y) / {size})::int,
                       m_state, count(*), sum(m_x), sum(m_y)
                FROM ({sql}) q (m_region, m_state, m_x, m_y) GROUP BY 1, 2, 3""",
            params,
        )
        yield from cursor.fetchall()
