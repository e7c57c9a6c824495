"""Protected places and areas of residents are registered, corrected and verified: by whom, where, with what class."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.core.exceptions import PermissionDenied, ValidationError

from core.models import Event
from geo.coordinates import from_cgcs2000
from geo.models import Site
from supervision.surroundings import services
from supervision.surroundings.classes import Category, TargetClass, proposed, site_kind
from supervision.surroundings.models import ProtectedSite
from supervision.surroundings.testing import make_population, make_protected

pytestmark = pytest.mark.django_db
TOWN = (118.452, 37.051)


def add(actor, **facts):
    lon, lat = facts.pop("at", TOWN)
    return services.add_site(
        actor=actor, **{"name": "实验小学", "lon": lon, "lat": lat, "category": "education", "persons": 800, **facts}
    )


@pytest.mark.parametrize(("category", "persons", "households", "expected"), [
    ("education", 5, None, "high"), ("medical", 0, None, "high"), ("welfare", 40, None, "high"),
    ("heritage", 0, None, "important"), ("religion", 300, None, "important"),
    ("residential", 100, None, "general_1"), ("residential", 20, 30, "general_1"),
    ("residential", 99, 29, "general_2"), ("residential", 12, 10, "general_2"), ("residential", 29, 9, "general_3"),
    ("hotel", 120, None, "general_1"), ("park", 0, None, "general_3"),
])  # fmt: skip
def test_the_class_follows_from_what_is_known(category, persons, households, expected):
    assert proposed(category, persons=persons, households=households) == expected


def test_every_category_has_a_class_and_a_kind_of_site():
    for category in Category:
        assert proposed(category, persons=10, households=None) in TargetClass.values
        assert site_kind(category) in Site.Kind.values


def test_a_place_is_registered_in_the_region_where_it_stands(cast, regions):
    row = add(cast.district)
    assert row.region == regions.town and row.site.kind == "school" and row.target_class == "high"
    assert row.freshness["is_stale"] is False and row.site.pinyin.lower().startswith("syxx")
    assert Event.objects.filter(kind="surroundings.add").exists()


def test_a_class_set_by_the_office_is_kept(cast):
    assert add(cast.district, category="hotel", target_class="general_2").target_class == "general_2"


def test_coordinates_of_another_datum_are_converted_and_the_datum_kept(cast):
    row = add(cast.district, at=from_cgcs2000(*TOWN, "gcj02"), datum="gcj02")
    assert row.geom.x == pytest.approx(TOWN[0], abs=1e-7) and row.site.datum == "gcj02"


def test_a_place_in_the_neighbours_county_is_refused(cast):
    with pytest.raises(ValidationError, match="管辖范围"):
        add(cast.neighbour)
    assert not ProtectedSite.objects.exists() and not Site.objects.filter(name="实验小学").exists()


@pytest.mark.parametrize("who", ["duty", "town", "enterprise", "auditor", "nobody"])
def test_who_may_not_register(cast, who):
    with pytest.raises(PermissionDenied):
        add(getattr(cast, who))


@pytest.mark.parametrize(
    "facts", [{"category": "castle"}, {"persons": -1}, {"name": ""}, {"lon": "x"}, {"at": (37.05, 118.45)}]
)
def test_facts_that_cannot_be_are_refused_in_words(cast, facts):
    with pytest.raises(ValidationError):
        add(cast.district, **facts)
    assert not Site.objects.filter(kind="school").exists()


def test_a_place_moves_with_its_region(cast, regions):
    row = make_protected(regions.district)
    services.change_site(row, actor=cast.district, lon=TOWN[0], lat=TOWN[1], datum="cgcs2000", name="新校区")
    row = ProtectedSite.objects.select_related("site__region").get(pk=row.pk)
    assert row.region == regions.town and row.name == "新校区"


def test_a_change_of_kind_changes_the_kind_of_site(cast, regions):
    row = make_protected(regions.town)
    services.change_site(row, actor=cast.district, category="medical", target_class="")
    row.site.refresh_from_db()
    assert row.site.kind == "hospital"


def test_the_neighbour_cannot_change_or_verify(cast, regions):
    row = make_protected(regions.town)
    for verb in (services.change_site, services.verify_site):
        with pytest.raises(ProtectedSite.DoesNotExist):
            verb(row, actor=cast.neighbour)


def test_a_grid_member_verifies(cast, regions):
    row = make_protected(regions.town, verified_at=None)
    services.verify_site(row, actor=cast.town)
    row.refresh_from_db()
    assert row.verified_by == cast.town and not row.is_stale


def outline(lon=TOWN[0], lat=TOWN[1], half=0.003):
    area = Polygon.from_bbox((lon - half, lat - half, lon + half, lat + half))
    area.srid = 4490
    return area


def test_an_area_of_residents_belongs_to_the_region_of_its_middle(cast, regions):
    row = services.add_population(
        actor=cast.district, geom=outline(), name="大王村", persons=640, as_of=dt.date(2025, 6, 1), source="镇统计"
    )
    assert row.region == regions.town and row.geom.geom_type == "MultiPolygon"
    row.refresh_from_db()
    assert row.area_m2 > 0 and not row.is_illustrative


def test_residents_are_kept_by_those_who_may_where_they_may(cast, regions):
    row = make_population(regions.town)
    services.change_population(row, actor=cast.district, persons=700)
    row.refresh_from_db()
    assert row.persons == 700
    with pytest.raises(type(row).DoesNotExist):
        services.change_population(row, actor=cast.neighbour, persons=1)
    with pytest.raises(PermissionDenied):
        services.change_population(row, actor=cast.duty, persons=1)
    with pytest.raises(ValidationError, match="管辖范围"):
        services.change_population(row, actor=cast.district, geom=outline(118.30, 37.55))


def test_a_point_is_no_area(cast):
    with pytest.raises(ValidationError, match="面"):
        services.add_population(
            actor=cast.district, geom=Point(*TOWN, srid=4490), name="x", persons=1, as_of=dt.date(2025, 6, 1)
        )
