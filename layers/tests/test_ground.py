"""The roads under the marks: each zoom shows what it has room for, and a wrong address is told so."""

from __future__ import annotations

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import LineString, Point

from geo.models import RoadEdge, RoadNode
from layers.tests.conftest import tile_at


@pytest.fixture
def roads(db):
    a, b = (RoadNode.objects.create(geom=Point(lon, 37.4, srid=4490)) for lon in (118.6, 118.61))
    for kind in ("national", "street"):
        RoadEdge.objects.create(
            source=a, target=b, geom=LineString((118.6, 37.4), (118.61, 37.4), srid=4490), name=f"{kind}路",
            kind=kind, length_m=880, cost_s=60, reverse_cost_s=60, is_illustrative=True,
        )  # fmt: skip


def kinds(client, z):
    response = client.get(f"/ground/roads/{tile_at(118.605, 37.4, z)}.mvt")
    assert response.status_code == 200
    found = mapbox_vector_tile.decode(response.content).get("roads", {"features": []})
    return {f["properties"]["kind"] for f in found["features"]}


def test_streets_appear_only_where_there_is_room_for_them(roads, cast, browse):
    client = browse(cast.duty)
    assert kinds(client, 9) == {"national"}
    assert kinds(client, 14) == {"national", "street"}


@pytest.mark.parametrize("address", ["15/0/0", "-1/0/0", "3/8/0", "x/0/0", "3/99999999999/0"])
def test_an_address_that_is_none_is_a_404(roads, cast, browse, address):
    assert browse(cast.duty).get(f"/ground/roads/{address}.mvt").status_code == 404


def test_nobody_sees_roads_without_logging_in(roads, client):
    assert client.get("/ground/roads/9/425/197.mvt").status_code == 302
