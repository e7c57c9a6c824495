from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.gis.geos import Point

from geo.models import Region, Site
from layers.registry import Layer, registry
from layers.tests.places import MODULE
from tests.cast import make_site


@pytest.fixture
def places(db: None) -> Iterator[Layer]:
    """The layer of the tests' own module; duty officers may view and keep it, inspectors and enterprises view it."""
    registry.add(MODULE)
    rights = Permission.objects.filter(content_type__app_label="geo", content_type__model="site")
    for role, wanted in {"duty": ("view", "add", "change"), "enterprise": ("view",), "grid": ("view",)}.items():
        Group.objects.get(name=role).permissions.add(*rights.filter(codename__in=[f"{w}_site" for w in wanted]))
    yield MODULE.layers[0]
    registry._modules.pop(MODULE.key)
    registry._layers.pop("test_places")


@pytest.fixture
def many(regions: object) -> object:
    """`many(region, 30)`: so many places side by side in a region."""

    def make(region: Region, count: int, *, start: int = 0, **fields: object) -> list[Site]:
        lon, lat = region.label_point.coords
        return [
            make_site(
                region,
                f"{region.short_name}第{n}厂",
                geom=Point(lon + 0.001 * (n % 20), lat + 0.001 * (n // 20), srid=4490),
                address=f"工业路{n}号",
                **fields,
            )
            for n in range(start, start + count)
        ]

    return make


def tile_at(lon: float, lat: float, z: int) -> str:
    """z/x/y of the tile that holds a point."""
    import math

    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"{z}/{x}/{y}"
