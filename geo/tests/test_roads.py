"""Roads: cut where they cross, one connected graph, and drives that take a plausible time."""

import pytest
from django.contrib.gis.geos import Point
from shapely import LineString

from geo import roads
from geo.measure import metres_between
from geo.models import RoadEdge, RoadNode
from geo.roads import Stretch, build, components, driving_seconds, store


def stretch(kind: str, *points: tuple[float, float]) -> Stretch:
    return Stretch(kind, f"{kind}路", LineString(points))


def at(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4490)


CROSS = [
    stretch("provincial", (118.40, 37.10), (118.50, 37.10)),
    stretch("rural", (118.45, 37.05), (118.45, 37.15)),
]


def test_roads_that_cross_share_a_junction() -> None:
    network = build(CROSS)
    middle = network.nodes.index((118.45, 37.1))
    assert sum(middle in (e.source, e.target) for e in network.edges) == 4
    assert {e.kind for e in network.edges} == {"provincial", "rural"}


def test_long_stretches_are_cut_so_that_a_junction_is_near() -> None:
    for edge in build(CROSS).edges:
        (a, b), (c, d) = edge.line[0], edge.line[-1]
        assert metres_between(a, b, c, d) <= roads.LONGEST_M + 1


def test_an_island_no_road_leads_to_is_left_out() -> None:
    network = build([*CROSS, stretch("street", (118.60, 37.30), (118.601, 37.30))])
    assert network.left_out == 1 and (118.6, 37.3) not in network.nodes


def test_of_two_roads_on_one_course_the_greater_gives_its_name() -> None:
    network = build(
        [stretch("rural", (118.40, 37.10), (118.41, 37.10)), stretch("national", (118.40, 37.10), (118.42, 37.10))]
    )
    assert {e.kind for e in network.edges} == {"national"}


def test_the_same_stretches_make_the_same_network() -> None:
    assert build(CROSS) == build(CROSS)


@pytest.mark.django_db
def test_a_drive_takes_the_roads_and_not_the_straight_line() -> None:
    store(build(CROSS), is_illustrative=True)
    assert components() == [RoadNode.objects.count()]
    assert RoadEdge.objects.filter(is_illustrative=True).count() == RoadEdge.objects.count() > 10
    west, north = at(118.40, 37.10), at(118.45, 37.15)
    (there,), (back,) = driving_seconds([west], north), driving_seconds([north], west)
    km = (metres_between(118.40, 37.10, 118.45, 37.10) / 62 + metres_between(118.45, 37.10, 118.45, 37.15) / 36) / 1000
    assert there == pytest.approx(km * 3600, rel=0.01)
    assert back == pytest.approx(there, rel=0.001)


@pytest.mark.django_db
def test_the_way_from_the_door_to_the_road_counts_too() -> None:
    store(build(CROSS), is_illustrative=True)
    on_road, off_road = driving_seconds([at(118.42, 37.10), at(118.42, 37.105)], at(118.48, 37.10))
    assert on_road is not None and off_road is not None and off_road > on_road + 60


@pytest.mark.django_db
def test_without_roads_there_is_no_driving_time() -> None:
    assert driving_seconds([at(118.4, 37.1)], at(118.5, 37.1)) == [None]
    assert driving_seconds([], at(118.5, 37.1)) == []


@pytest.mark.django_db
def test_storing_again_replaces_the_roads() -> None:
    store(build(CROSS), is_illustrative=True)
    store(build(CROSS[:1]), is_illustrative=False)
    assert not RoadEdge.objects.filter(kind="rural").exists()
    assert not RoadEdge.objects.filter(is_illustrative=True).exists()
