"""The road network: lines cut into a connected graph, stored in pgRouting's shape, and asked how long a drive takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
import shapely.ops
from django.contrib.gis.geos import LineString, Point
from django.db import connection, transaction

from geo.bulk import copy, give_pks
from geo.coordinates import SRID
from geo.measure import ELLIPSOID
from geo.models import RoadEdge, RoadNode

# kind -> its name, the km/h of an emergency vehicle, its rank: of two lines on one course the higher names the road.
KINDS: dict[str, tuple[str, int, int]] = {
    "national": ("国道", 72, 6),
    "provincial": ("省道", 62, 5),
    "bridge": ("桥梁", 55, 7),
    "main": ("主干道", 45, 4),
    "county": ("县道", 50, 3),
    "street": ("街道", 32, 2),
    "rural": ("乡村道路", 36, 1),
    "track": ("便道", 22, 0),
}
GRID = 5e-5  # degrees, about 5 m: crossings nearer to each other than this become one junction
LONGEST_M = 850.0  # longer stretches are cut, so that every address has a junction near
APPROACH_KMH = 20.0  # from a door to the nearest junction
DETOUR = 1.3
_EDGES = "SELECT id, source, target, cost_s AS cost, reverse_cost_s AS reverse_cost FROM geo_roadedge"


class Stretch(NamedTuple):
    """A road as it is drawn: its kind, its name, its vertices."""

    kind: str
    name: str
    line: shapely.LineString


class Edge(NamedTuple):
    source: int
    target: int
    kind: str
    name: str
    line: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Network:
    """Junctions by index, and the edges between them: one connected graph."""

    nodes: list[tuple[float, float]]
    edges: list[Edge]
    left_out: int  # edges of islands that no road led to


def build(stretches: Sequence[Stretch]) -> Network:
    """Cut the stretches where they cross, and keep the largest part that hangs together."""
    pieces = shapely.get_parts(shapely.union_all([s.line for s in stretches], grid_size=GRID))
    owners = _owners(pieces, stretches)
    nodes: dict[tuple[float, float], int] = {}
    edges = []
    for piece, owner in zip(pieces, owners, strict=True):
        stretch = stretches[owner]
        for part in _cut(piece):
            ends = [nodes.setdefault(end, len(nodes)) for end in (part[0], part[-1])]
            if ends[0] != ends[1]:
                edges.append(Edge(ends[0], ends[1], stretch.kind, stretch.name, part))
    kept = _largest(len(nodes), edges)
    connected = [e for e in edges if e.source in kept]
    places = list(nodes)
    numbers = {old: new for new, old in enumerate(sorted(kept))}
    return Network(
        nodes=[places[old] for old in numbers],
        edges=[e._replace(source=numbers[e.source], target=numbers[e.target]) for e in connected],
        left_out=len(edges) - len(connected),
    )


@transaction.atomic
def store(network: Network, *, is_illustrative: bool) -> None:
    """Replace the roads of the database by this network."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE refuses while checks are pending
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f'TRUNCATE "{RoadEdge._meta.db_table}", "{RoadNode._meta.db_table}" RESTART IDENTITY')
    nodes = [RoadNode(geom=Point(*place, srid=SRID)) for place in network.nodes]
    give_pks(nodes)
    copy(nodes)
    copy([_row(edge, nodes, is_illustrative) for edge in network.edges])
    with connection.cursor() as cursor:
        for model in (RoadNode, RoadEdge):
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def components() -> list[int]:
    """How many junctions each connected part of the stored network has, largest first; one part is as it should be."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pgr_connectedComponents('{_EDGES}') GROUP BY component ORDER BY 1 DESC")
        return [int(row[0]) for row in cursor.fetchall()]


def driving_seconds(starts: Sequence[Point], goal: Point) -> list[float | None]:
    """The shortest drive from each start to the goal, door to door; None where no road leads there."""
    if not starts:
        return []
    with connection.cursor() as cursor:
        *ways, (goal_node, goal_metres) = _nearest_nodes([*starts, goal])
        if goal_node is None:
            return [None] * len(starts)
        cursor.execute(
            f"SELECT start_vid, agg_cost FROM pgr_dijkstraCost('{_EDGES}', %s::bigint[], %s::bigint, true)",
            [sorted({node for node, _metres in ways if node is not None}), goal_node],
        )
        by_road = {int(start): float(cost) for start, cost in cursor.fetchall()}
    by_road[goal_node] = 0.0
    return [
        by_road[node] + _approach(metres) + _approach(goal_metres) if node in by_road else None for node, metres in ways
    ]


def _approach(metres: float) -> float:
    return metres * DETOUR / (APPROACH_KMH / 3.6)


def _nearest_nodes(points: Iterable[Point]) -> list[tuple[int | None, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, ST_Distance(n.geom::geography, p.geom::geography) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS t(ewkb, place), LATERAL (SELECT t.ewkb::geometry AS geom) p "
            f'LEFT JOIN LATERAL (SELECT id, geom FROM "{RoadNode._meta.db_table}" ORDER BY geom <-> p.geom LIMIT 1) n '
            "ON true ORDER BY t.place",
            [[p.hexewkb.decode() for p in points]],
        )
        return [(row[0], float(row[1] or 0.0)) for row in cursor.fetchall()]


def _row(edge: Edge, nodes: Sequence[RoadNode], is_illustrative: bool) -> RoadEdge:
    metres = float(ELLIPSOID.line_length([x for x, _ in edge.line], [y for _, y in edge.line]))
    seconds = round(metres / (KINDS[edge.kind][1] / 3.6), 2)
    return RoadEdge(
        source=nodes[edge.source],
        target=nodes[edge.target],
        geom=LineString(list(edge.line), srid=SRID),
        name=edge.name,
        kind=edge.kind,
        length_m=round(metres, 1),
        cost_s=seconds,
        reverse_cost_s=seconds,
        is_illustrative=is_illustrative,
    )


def _owners(pieces: np.ndarray, stretches: Sequence[Stretch]) -> list[int]:
    """For each piece the stretch it was cut from; of several, the one of the highest rank."""
    tree = shapely.STRtree([s.line for s in stretches])
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    found: dict[int, int] = {}
    near = tree.query(middles, predicate="dwithin", distance=GRID * 1.5)
    for piece, owner in zip(*near.tolist(), strict=True):
        best = found.get(piece)
        if best is None or (KINDS[stretches[owner].kind][2], -owner) > (KINDS[stretches[best].kind][2], -best):
            found[piece] = owner
    return [found[i] if i in found else int(tree.nearest(middles[i])) for i in range(len(pieces))]


def _cut(piece: shapely.LineString) -> list[list[tuple[float, float]]]:
    """The piece in equal parts of at most LONGEST_M."""
    line = [(round(x, 6), round(y, 6)) for x, y in piece.coords]
    metres = float(ELLIPSOID.line_length([x for x, _ in line], [y for _, y in line]))
    count = int(metres // LONGEST_M) + 1
    if count == 1:
        return [line]
    whole = shapely.LineString(line)
    marks = [whole.length * i / count for i in range(count + 1)]
    parts = [shapely.ops.substring(whole, a, b) for a, b in pairwise(marks)]
    return [[(round(x, 6), round(y, 6)) for x, y in part.coords] for part in parts]


def _largest(count: int, edges: Sequence[Edge]) -> set[int]:
    """The junctions of the largest connected part."""
    leader = list(range(count))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for edge in edges:
        leader[find(edge.source)] = find(edge.target)
    sizes = Counter(find(node) for node in range(count))
    biggest = max(sizes, key=lambda root: (sizes[root], -root))
    return {node for node in range(count) if find(node) == biggest}
