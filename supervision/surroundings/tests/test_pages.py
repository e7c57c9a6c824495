"""The surroundings as they are used: panel tabs, lists, forms, tiles of areas, and import from geodata."""

from __future__ import annotations

import json

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile

from core import jobs
from core.models import ImportBatch
from geo.geodata.tests import corpus
from geo.models import Population, Site
from supervision.enterprises.testing import make_enterprise
from supervision.surroundings.models import ProtectedSite
from supervision.surroundings.testing import make_population, make_protected
from tests.test_every_module import tile_of

pytestmark = pytest.mark.django_db


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def test_the_panel_of_a_school_says_what_it_is_and_has_no_page_of_an_enterprise(cast, regions, browse):
    row = make_protected(regions.town)
    html = page(browse(cast.district), f"/panel/protected_sites/{row.pk}/")
    assert "高敏感防护目标" in html and "周边危险源" in html and "核实" in html
    assert "基本情况" not in html and "重大危险源</" not in html
    assert "138****7654" in page(browse(cast.duty), f"/panel/protected_sites/{row.pk}/")


def test_the_tabs_of_enterprises_are_not_answered_for_a_school(cast, regions, browse):
    row = make_protected(regions.town)
    page(browse(cast.district), f"/panel/protected_sites/{row.pk}/tab/enterprise/", 404)
    page(browse(cast.district), f"/panel/protected_sites/{row.pk}/tab/incidents/")


def test_what_lies_within_a_kilometre_of_a_school_is_listed(cast, regions, browse):
    row = make_protected(regions.town)
    near = make_enterprise(regions.town, 1)
    far = make_enterprise(regions.town, 2)
    Site.objects.filter(pk=far.pk).update(geom=Point(row.geom.x + 0.03, row.geom.y, srid=4490))
    html = page(browse(cast.district), f"/panel/protected_sites/{row.pk}/tab/dangers/")
    assert near.name in html and far.name not in html and "1000 米内的企业" in html


def test_who_lives_and_what_stands_around_a_plant_is_a_tab_of_the_plant(cast, regions, browse):
    plant = make_enterprise(regions.town, 1)
    make_protected(regions.town, "大王镇中心小学")
    make_population(regions.town, persons=640)
    html = page(browse(cast.district), f"/panel/enterprises/{plant.pk}/tab/surroundings/")
    assert "大王镇中心小学" in html and "<strong>640</strong>" in html and "500 米" in html


def test_residents_are_not_told_to_whom_they_are_not_shown(cast, regions, browse):
    row = make_population(regions.town)
    page(browse(cast.enterprise), f"/panel/population/{row.pk}/", 404)
    page(browse(cast.neighbour), f"/panel/population/{row.pk}/", 404)
    assert "600 人" in page(browse(cast.duty), f"/panel/population/{row.pk}/")


def test_verifying_from_the_panel(cast, regions, browse):
    row = make_protected(regions.town, verified_at=None)
    answer = browse(cast.town).post(f"/surroundings/{row.pk}/verify/")
    assert "已核实" in answer.content.decode()
    assert browse(cast.duty).post(f"/surroundings/{row.pk}/verify/").status_code == 403
    assert browse(cast.neighbour).post(f"/surroundings/{row.pk}/verify/").status_code == 404


@pytest.mark.parametrize(("persons", "state"), [(10, "d1"), (80, "d2"), (500, "d3"), (1200, "d4"), (9000, "d5")])
def test_areas_are_coloured_by_density_in_tiles(cast, regions, browse, persons, state):
    """A square of 355 by 444 metres: 0.157 km²."""
    row = make_population(regions.town, persons=persons)
    centre = row.geom.centroid
    answer = browse(cast.district).get(f"/tiles/population/{tile_of(centre.x, centre.y, 13)}.mvt")
    [feature] = mapbox_vector_tile.decode(answer.content)["population"]["features"]
    assert feature["properties"]["state"] == state and feature["geometry"]["type"] == "Polygon"


def test_an_area_is_selected_by_what_is_drawn(cast, regions, browse):
    row = make_population(regions.town)
    x, y = row.geom.centroid.coords
    client = browse(cast.district)
    inside = client.get("/api/v1/features/population/", {"radius": f"{x},{y},100"}).json()
    assert [f["id"] for f in inside["features"]] == [row.pk]
    whole = client.get(f"/api/v1/features/population/{row.pk}/").json()
    assert whole["geometry"]["type"] == "MultiPolygon"
    assert client.get("/api/v1/features/population/", {"radius": f"{x + 0.1},{y},100"}).json()["count"] == 0
    outlined = client.get("/api/v1/features/population/", {"zoom": "14"}).json()
    assert "Polygon" in outlined["features"][0]["geometry"]["type"]


def test_a_place_is_entered_by_form(cast, browse):
    client = browse(cast.district)
    facts = {
        "name": "新小学",
        "category": "education",
        "persons": 300,
        "lon": 118.452,
        "lat": 37.051,
        "datum": "cgcs2000",
    }
    assert client.post("/surroundings/protected/new/", facts).status_code == 302
    row = ProtectedSite.objects.get()
    assert row.target_class == "high"
    html = page(client, f"/surroundings/protected/{row.pk}/edit/")
    assert 'value="新小学"' in html and "118.452" in html
    answer = client.post(f"/surroundings/protected/{row.pk}/edit/", {**facts, "persons": 350, "target_class": "high"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.persons == 350


def test_an_area_is_entered_by_form(cast, browse):
    client = browse(cast.district)
    ring = [[118.45, 37.05], [118.46, 37.05], [118.46, 37.06], [118.45, 37.06], [118.45, 37.05]]
    geometry = json.dumps({"type": "Polygon", "coordinates": [ring]})
    facts = {"name": "新村", "persons": 300, "as_of": "2025-06-01", "source": "镇统计", "geom": geometry}
    assert client.post("/surroundings/population/new/", facts).status_code == 302
    row = Population.objects.get()
    page(client, f"/surroundings/population/{row.pk}/")
    bad = client.post("/surroundings/population/new/", {**facts, "geom": '{"type":"Point","coordinates":[118,37]}'})
    assert bad.status_code == 400 and "几何类型应为" in bad.content.decode()


def imported(client, kind: str, content: bytes, name: str, **options) -> ImportBatch:
    upload = SimpleUploadedFile(name, content)
    answer = client.post(f"/surroundings/{kind}/import/", {"file": upload, "datum": "cgcs2000", **options})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    jobs.run_waiting()
    return ImportBatch.objects.latest("pk")


def schools(system: str = "cgcs2000"):
    return [({**values, "类型": "教育设施（学校、幼儿园）"}, shape) for values, shape in corpus.rows(system)]


def test_protected_places_come_in_from_a_shapefile_and_go_again(cast, browse):
    client = browse(cast.district)
    content = corpus.shapefile(schools("gcj02"), epsg=4326, encoding="gbk", cpg="GBK")
    batch = imported(client, "protected", content, "学校.zip", datum="gcj02")
    assert batch.state == "ready" and batch.counts.get("new") == 3, (
        batch.problem,
        batch.counts,
        list(batch.rows.values_list("problems")),
    )
    client.post(f"/surroundings/protected/import/{batch.pk}/apply/", {"mode": "all", "acknowledged": "1"})
    jobs.run_waiting()
    rows = {row.name: row for row in ProtectedSite.objects.select_related("site")}
    for name, people, lon, lat in corpus.PLACES:
        assert rows[name].persons == people
        assert abs(rows[name].geom.x - lon) * 88_000 < 0.5 and abs(rows[name].geom.y - lat) * 111_000 < 0.5
    again = imported(client, "protected", content, "学校.zip", datum="gcj02")
    assert again.counts.get("unchanged") == 3
    client.post(f"/surroundings/protected/import/{batch.pk}/undo/")
    jobs.run_waiting()
    batch.refresh_from_db()
    assert (
        batch.state == "undone"
        and not ProtectedSite.objects.exists()
        and not Site.objects.filter(kind="school").exists()
    )


def test_moved_places_are_put_back_where_they_were(cast, browse):
    client = browse(cast.district)
    first = imported(client, "protected", corpus.geojson(schools()), "原.geojson")
    client.post(f"/surroundings/protected/import/{first.pk}/apply/", {"mode": "all", "acknowledged": "1"})
    jobs.run_waiting()
    moved = [(v, type(s)(s.x + 0.001, s.y)) for v, s in schools()]
    other = imported(client, "protected", corpus.geojson(moved), "移.geojson")
    assert other.counts.get("changed") == 3
    for step, mode in (("apply", "all"), ("undo", "")):
        client.post(f"/surroundings/protected/import/{other.pk}/{step}/", {"mode": mode, "acknowledged": "1"})
        jobs.run_waiting()
        lon = ProtectedSite.objects.get(site__name="实验小学").geom.x
        assert abs(lon - corpus.PLACES[0][2] - (0.001 if step == "apply" else 0)) < 1e-6


def test_areas_of_residents_come_in_from_geojson(cast, browse):
    client = browse(cast.district)
    rows = [
        ({"名称": "甲村", "常住人口": 500, "统计日期": "2025-06-01"}, corpus.square()),
        ({"名称": "乙村", "常住人口": 300, "统计日期": "2025-06-01"}, corpus.square(116.4, 39.9)),
        (
            {"名称": "丙村", "常住人口": 300, "统计日期": "2025-06-01"},
            {"type": "Point", "coordinates": [118.45, 37.05]},
        ),
    ]
    batch = imported(client, "population", corpus.geojson(rows), "村.geojson")
    assert batch.state == "ready", batch.problem
    assert (batch.counts.get("new"), batch.counts.get("error")) == (1, 2)
    client.post(f"/surroundings/population/import/{batch.pk}/apply/", {"mode": "good", "acknowledged": "1"})
    jobs.run_waiting()
    row = Population.objects.get()
    assert row.name == "甲村" and row.geom.area == pytest.approx(corpus.square().area, rel=1e-6)


def test_polygons_are_refused_where_points_are_kept(cast, browse):
    batch = imported(
        browse(cast.district), "protected", corpus.geojson([(schools()[0][0], corpus.square())]), "x.geojson"
    )
    assert batch.counts.get("error") == 1 and "点图层" in json.dumps(batch.rows.get().problems, ensure_ascii=False)
