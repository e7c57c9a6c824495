"""The divisions: the real counties, the zones beside them, and which of them a point belongs to."""

import pytest
from django.contrib.gis.geos import Point

from core.models import AuditEntry
from geo import regions
from geo.models import Region, Site
from geo.regions import region_of
from geo.scope import Scope

pytestmark = pytest.mark.django_db
CITY, DONGYING, HEKOU, KENLI, LIJIN, GUANGRAO = "370500", "370502", "370503", "370505", "370522", "370523"
KAIFAQU, PORT, NONGGAO, DAWANG, DAMATOU = "370571", "370572", "370523400", "370523101", "370523107"


@pytest.fixture
def tree() -> dict[str, Region]:
    return regions.load()


def at(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4490)


def test_the_city_has_five_counties_three_zones_and_two_towns(tree: dict[str, Region]) -> None:
    kinds = sorted(r.kind for r in Region.objects.all())
    assert kinds == ["city"] + ["county"] * 5 + ["town"] * 2 + ["zone"] * 3
    assert {r.code for r in Region.objects.filter(kind="county")} == {DONGYING, HEKOU, KENLI, LIJIN, GUANGRAO}


def test_zones_stand_beside_the_counties_whose_ground_they_use(tree: dict[str, Region]) -> None:
    for code, county in ((KAIFAQU, DONGYING), (PORT, HEKOU), (NONGGAO, GUANGRAO)):
        zone = tree[code]
        assert zone.parent == tree[CITY] and zone.admin_parent == tree[county]
        assert not zone.path.startswith(tree[county].path)
        assert zone.path.startswith(tree[CITY].path)
        assert zone.is_illustrative and not tree[county].is_illustrative


def test_drawn_outlines_keep_to_the_ground_of_their_parent(tree: dict[str, Region]) -> None:
    for region in tree.values():
        assert region.geom.valid and not region.geom.empty, region
        ground = region.admin_parent or (region.parent if region.kind == "town" else None)
        if ground is not None:
            assert region.geom.difference(ground.geom).area < 1e-9, region
        assert region.geom.covers(region.label_point), region


def test_zones_do_not_overlap_each_other_or_a_town(tree: dict[str, Region]) -> None:
    drawn = [tree[c] for c in (KAIFAQU, PORT, NONGGAO, DAWANG, DAMATOU)]
    for i, one in enumerate(drawn):
        for other in drawn[:i]:
            assert one.geom.intersection(other.geom).area == 0, (one, other)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (118.5821, 37.4489, DONGYING),
        (118.5500, 37.5900, KENLI),
        (118.5256, 37.8862, HEKOU),
        (118.2500, 37.4900, LIJIN),
        (118.4070, 37.0540, GUANGRAO),
        (118.7500, 37.4500, KAIFAQU),
        (118.9500, 38.0500, PORT),
        (118.6000, 37.2800, NONGGAO),
        (118.4900, 36.9800, DAWANG),
        (118.6000, 37.1200, DAMATOU),
        (119.2500, 37.4000, CITY),  # the sea
    ],
)
def test_a_point_belongs_to_the_most_specific_region(
    tree: dict[str, Region], lon: float, lat: float, code: str
) -> None:
    found = region_of(at(lon, lat))
    assert found is not None and found.code == code


def test_a_point_outside_the_city_belongs_to_none(tree: dict[str, Region]) -> None:
    assert region_of(at(117.0, 36.65)) is None
    assert region_of(at(121.4, 37.5)) is None


def test_loading_twice_changes_nothing(tree: dict[str, Region]) -> None:
    before = list(Region.objects.order_by("code").values_list("code", "pk", "path", "order"))
    written = AuditEntry.objects.filter(table="geo_region").count()
    regions.load()
    assert list(Region.objects.order_by("code").values_list("code", "pk", "path", "order")) == before
    assert AuditEntry.objects.filter(table="geo_region").count() == written


def test_a_county_officer_sees_the_towns_of_the_county_but_not_its_zone(tree: dict[str, Region]) -> None:
    class Officer:
        scope = Scope(
            frozenset(Region.objects.filter(path__startswith=tree[GUANGRAO].path).values_list("pk", flat=True))
        )

    for code in (GUANGRAO, DAWANG, NONGGAO):
        Site.objects.create(name=code, region=tree[code], geom=tree[code].label_point)
    assert {s.name for s in Site.objects.visible_to(Officer())} == {GUANGRAO, DAWANG}
    assert Site.objects.all().inside(tree[CITY]).count() == 3
    assert Site.objects.all().inside(tree[GUANGRAO]).count() == 2


def test_an_unknown_parent_is_named(tmp_path: object) -> None:
    import shutil

    folder = shutil.copytree(regions.FOLDER, f"{tmp_path}/city")
    path = regions.Path(folder) / "divisions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",370523,,统计", ",370599,,统计"), encoding="utf-8")
    with pytest.raises(ValueError, match="370599"):
        regions.load(regions.Path(folder))
