"""The cast and the ground they stand on, for every test of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.cache import cache
from django.test import Client

from core.models import Organisation, User
from geo.models import Region, Site

PASSWORD = "antu-test-2026"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Versions start again from nothing after a rollback or a TRUNCATE, so what was kept by version must go."""
    from layers import caches

    caches.forget_everything()
    cache.clear()
    yield
    caches.forget_everything()


@pytest.fixture(autouse=True)
def _apart_from_the_machine(settings: Any, tmp_path_factory: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("files"))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def square(lon: float, lat: float, half: float) -> MultiPolygon:
    box = Polygon.from_bbox((lon - half, lat - half, lon + half, lat + half))
    return MultiPolygon(box, srid=4490)


def make_region(code: str, name: str, kind: str, parent: Region | None, lon: float, lat: float, half: float) -> Region:
    part = {"city": code[:4], "county": code[:6], "zone": code[:6], "town": code}[kind]
    return Region.objects.create(
        code=code,
        name=name,
        short_name=name[:2],
        kind=kind,
        parent=parent,
        path=f"{parent.path if parent else '37/'}{part}/",
        geom=square(lon, lat, half),
        label_point=Point(lon, lat, srid=4490),
    )


@pytest.fixture
def regions(db: None) -> SimpleNamespace:
    """city > district > town, and beside them neighbour > neighbour_town, none of which overlap."""
    city = make_region("370500", "东营市", "city", None, 118.6, 37.4, 0.6)
    district = make_region("370523", "广饶县", "county", city, 118.45, 37.10, 0.15)
    neighbour = make_region("370522", "利津县", "county", city, 118.30, 37.60, 0.15)
    return SimpleNamespace(
        city=city,
        district=district,
        neighbour=neighbour,
        town=make_region("370523100", "大王镇", "town", district, 118.45, 37.05, 0.05),
        neighbour_town=make_region("370522100", "盐窝镇", "town", neighbour, 118.30, 37.55, 0.05),
    )


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """`make_user("name", region, "duty", "inspector", site=None)`: a person with these roles."""

    def make(username: str, region: Region | None, *roles: str, **fields: Any) -> User:
        organisation = None
        if region is not None:
            kind = "enterprise" if fields.get("site") else "authority"
            organisation, _ = Organisation.objects.get_or_create(
                region=region,
                name=f"{region.name}{'企业' if kind == 'enterprise' else '应急管理局'}",
                defaults={"kind": kind, "short_name": "鲁东"},
            )
        fields = {"name": username, "organisation": organisation, **fields}
        user = User.objects.create_user(username, password=PASSWORD, region=region, **fields)
        user.groups.set(Group.objects.filter(name__in=roles))
        return user

    return make


def make_site(region: Region, name: str, **fields: Any) -> Site:
    from core.pinyin import initials

    point = fields.pop("geom", None) or region.label_point
    return Site.objects.create(region=region, name=name, pinyin=initials(name), geom=point, **fields)


@pytest.fixture
def sites(regions: SimpleNamespace) -> SimpleNamespace:
    """One place in the district's town, one in the neighbour's."""
    return SimpleNamespace(
        own=make_site(regions.town, "大王甲化工有限公司", address="大王镇潍高路 1 号"),
        other=make_site(regions.neighbour_town, "盐窝乙化工有限公司", address="盐窝镇 220 国道旁"),
    )


@pytest.fixture
def cast(regions: SimpleNamespace, sites: SimpleNamespace, make_user: Callable[..., User]) -> SimpleNamespace:
    """The people of the tests. `neighbour` is the outsider: same rights as `district`, another county."""
    official = ("duty", "leader", "coordinator", "inspector", "approver")
    return SimpleNamespace(
        city=make_user("city", regions.city, *official),
        duty=make_user("duty", regions.city, "duty"),
        district=make_user("district", regions.district, *official),
        neighbour=make_user("neighbour", regions.neighbour, *official),
        town=make_user("town", regions.town, "grid"),
        enterprise=make_user("enterprise", regions.town, "enterprise", site=sites.own),
        auditor=make_user("auditor", regions.city, "auditor"),
        admin=make_user("admin", regions.city, "admin", is_staff=True),
        nobody=make_user("nobody", None),
    )


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """`browse(user)`: a client logged in as this person."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
