"""α from the map: the residents within 500 m of the plant, taken, overruled with a reason, grown old."""

import datetime as dt
import math

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from core.workflow import NotAllowed
from geo.models import Population
from geo.population import persons_within
from supervision.enterprises.models import Boundary
from supervision.hazard_sources import assessing, cancelling, flags, persons, services
from supervision.hazard_sources.models import HazardSource, PersonsCount
from supervision.hazard_sources.tests.making import CHLORINE, add

LAT_M = 111_000


def square(lon, lat, half_m, *, dx=0.0, dy=0.0):
    """A square about a point moved by so many metres."""
    lon_m = LAT_M * math.cos(math.radians(lat))
    x, y = lon + dx / lon_m, lat + dy / LAT_M
    box = Polygon.from_bbox((x - half_m / lon_m, y - half_m / LAT_M, x + half_m / lon_m, y + half_m / LAT_M))
    return MultiPolygon(box, srid=4490)


@pytest.fixture
def plant(cast, site):
    return draw(site)


def draw(site, half_m=100):
    Boundary.objects.filter(enterprise=site.enterprise, replaced_at=None).update(replaced_at=timezone.now())
    return Boundary.objects.create(
        enterprise=site.enterprise, region=site.region, geom=square(site.geom.x, site.geom.y, half_m), area_m2=40_000
    )


def people(site, number, *, dx=300.0, half_m=50):
    """A hamlet whose middle is so many metres east of the plant's."""
    return Population.objects.create(
        region=site.region, name="东村", persons=number, as_of=dt.date(2025, 1, 1),
        geom=square(site.geom.x, site.geom.y, half_m, dx=dx),
    )  # fmt: skip


@pytest.mark.parametrize(("number", "alpha"), [
    (0, "0.5"), (1, "1.0"), (29, "1.0"), (30, "1.2"), (49, "1.2"), (50, "1.5"), (99, "1.5"), (100, "2.0")])  # fmt: skip
def test_alpha_follows_from_the_residents_counted(cast, source, plant, site, number, alpha):
    if number:
        people(site, number)
    count = persons.count_from_map(source, actor=cast.enterprise)
    source.refresh_from_db()
    assert (count.persons, source.exposed_persons, source.persons_basis) == (number, number, "map")
    assessing.identify_source(source, actor=cast.enterprise)
    assessing.assess_source(source, actor=cast.enterprise)
    assert str(source.alpha) == alpha
    assert source.assessments.get().persons_computed == number


def test_only_what_lies_within_500_m_of_the_boundary_counts(cast, source, plant, site):
    people(site, 40, dx=100 + 500 + 60)  # its western edge is 510 m from the fence
    assert persons.count_from_map(source, actor=cast.enterprise).persons == 0
    people(site, 40, dx=100 + 500)  # half of it is nearer
    assert persons.count_from_map(source, actor=cast.enterprise).persons == pytest.approx(20, abs=1)


def test_who_lives_inside_the_fence_is_staff(cast, source, plant, site):
    people(site, 70, dx=0, half_m=60)
    assert persons.count_from_map(source, actor=cast.enterprise).persons == 0


def test_many_plants_at_once_are_counted_as_one_by_one(cast, source, plant, site):
    people(site, 55, dx=420)
    people(site, 31, dx=-590)
    assert persons.computed([plant.pk]) == {plant.pk: persons_within(plant.geom, 500)}


def test_without_a_boundary_it_says_how_to_draw_one(cast, source):
    with pytest.raises(NotAllowed, match="画厂界"):
        persons.count_from_map(source, actor=cast.enterprise)
    made = persons.override(source, actor=cast.enterprise, persons=35, reason="向东村村委会了解")
    source.refresh_from_db()
    assert (made.basis, source.exposed_persons, source.lacks_boundary) == ("manual", 35, True)
    assert persons.surroundings(source)["features"] == []


def test_the_computed_value_is_overruled_with_a_reason_that_is_kept(cast, source, plant, site):
    people(site, 120)
    persons.count_from_map(source, actor=cast.enterprise)
    with pytest.raises(ValidationError, match="理由"):
        persons.override(source, actor=cast.enterprise, persons=40, reason=" ")
    made = persons.override(source, actor=cast.enterprise, persons=40, reason="东村已整体搬迁")
    assert made.said == "推翻了计算值 120 → 40 人，理由：东村已整体搬迁"
    assert [c.persons for c in source.persons_counts.all()] == [40, 120, 120]
    assessing.identify_source(source, actor=cast.enterprise)
    assessing.assess_source(source, actor=cast.enterprise)
    kept = source.assessments.get()
    assert (kept.persons, kept.persons_computed) == (40, 120) and "推翻了计算值 120 → 40" in kept.persons_said


def test_a_filed_source_whose_alpha_changes_must_be_assessed_again(cast, filed, plant, site):
    people(site, 20)
    persons.count_from_map(filed, actor=cast.enterprise)
    filed.refresh_from_db()
    assert (filed.state, filed.review_reason) == ("due", "surroundings")


def test_the_count_grows_old_when_boundary_or_population_change(cast, source, plant, site):
    village = people(site, 60)
    persons.count_from_map(source, actor=cast.enterprise)
    assert persons.present(source).problem == "" and persons.moved() == []
    village.persons = 80
    village.save()
    assert "人口分布在统计之后更新过；现在应为 80 人（当时 60 人）" in persons.present(source).problem
    flags.refresh(moved=persons.moved())
    source.refresh_from_db()
    assert source.persons_outdated
    draw(site, 120)
    assert "厂界在统计之后改画过" in persons.present(source).problem
    persons.count_from_map(source, actor=cast.enterprise)
    source.refresh_from_db()
    assert not source.persons_outdated and persons.present(source).problem == ""


def test_a_number_typed_over_the_maps_is_refused(cast, source, plant):
    facts = {"name": source.name, "unit": source.unit, "items": CHLORINE}
    with pytest.raises(ValidationError, match="推翻计算值"):
        services.update_source(source, actor=cast.enterprise, exposed_persons=3, **facts)
    assert services.update_source(source, actor=cast.enterprise, **facts).exposed_persons == 120


def test_a_new_source_takes_the_maps_number_by_itself(cast, site, plant):
    people(site, 33)
    made = add(cast.enterprise, site, exposed_persons=None)
    assert (made.exposed_persons, made.persons_basis) == (33, "map")


def test_a_new_source_without_number_and_boundary_is_refused(cast, site):
    with pytest.raises(ValidationError, match="画厂界"):
        add(cast.enterprise, site, exposed_persons=None)


@pytest.mark.parametrize("verb", ["count_from_map", "override"])
def test_refused_by_role_by_region_and_by_state(cast, filed, plant, verb):
    more = {"persons": 1, "reason": "现场核对过"} if verb == "override" else {}
    take = getattr(persons, verb)
    with pytest.raises(PermissionDenied):
        take(filed, actor=cast.duty, **more)
    with pytest.raises(HazardSource.DoesNotExist):
        take(filed, actor=cast.neighbour, **more)
    cancelling.cancel_source(filed, actor=cast.district, note="拆除")
    with pytest.raises(NotAllowed, match="已核销"):
        take(filed, actor=cast.district, **more)


def test_the_ring_and_its_residents_as_geojson(cast, browse, source, plant, site):
    people(site, 44)
    url = f"/api/v1/hazard-sources/{source.pk}/surroundings/"
    found = browse(cast.duty).get(url).json()
    assert [f["properties"]["role"] for f in found["features"]] == ["population", "ring", "boundary"]
    assert (found["persons"], found["areas"], found["as_of"]) == (44, 1, "2025-01-01")
    assert browse(cast.neighbour).get(url).status_code == 404


def test_over_http(cast, browse, source, plant, site):
    people(site, 44)
    own, url = browse(cast.enterprise), f"/api/v1/hazard-sources/{source.pk}/persons/"
    assert own.get(url).json()["computed"] == 44
    assert own.post(url, {}, content_type="application/json").json()["persons"] == 44
    bad = own.post(url, {"persons": -1, "reason": "x"}, content_type="application/json")
    assert bad.status_code == 400 and "persons" in bad.json()["fields"]
    assert browse(cast.duty).post(url, {}, content_type="application/json").status_code == 403


def test_counts_are_only_added_to(cast, source):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        PersonsCount.objects.update(persons=1)
