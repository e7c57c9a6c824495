"""The plant boundary: drawn, replaced, removed, and everything it is refused for."""

import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core.workflow import NotAllowed
from geo.coordinates import from_cgcs2000
from supervision.enterprises import boundaries
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise, square_around


@pytest.fixture
def enterprise(sites):
    return make_enterprise(sites.own.region, site=sites.own)


def square(enterprise, half=0.001, east=0.0):
    found = square_around(enterprise, half)
    found["coordinates"] = [[[x + east, y] for x, y in ring] for ring in found["coordinates"]]
    return found


def test_an_outline_is_drawn_and_the_one_before_is_kept(cast, enterprise):
    first = boundaries.draw(enterprise, actor=cast.district, geometry=square(enterprise))
    assert 30_000 < first.area_m2 < 50_000 and first.region == enterprise.region and first.verified_by == cast.district
    same = boundaries.draw(enterprise, actor=cast.district, geometry=square(enterprise))
    assert same == first
    second = boundaries.draw(enterprise, actor=cast.district, geometry=square(enterprise, 0.002))
    assert boundaries.current(enterprise.site) == second
    assert [row.pk for row in boundaries.history(enterprise)] == [first.pk]
    boundaries.remove(enterprise, actor=cast.district)
    assert boundaries.current(enterprise.pk) is None and len(boundaries.history(enterprise)) == 2
    with pytest.raises(NotAllowed, match="没有绘制厂界"):
        boundaries.remove(enterprise, actor=cast.district)


def test_an_outline_in_another_datum_is_converted_and_its_datum_kept(cast, enterprise):
    here = square(enterprise)
    ring = [list(from_cgcs2000(x, y, "gcj02")) for x, y in here["coordinates"][0]]
    drawn = boundaries.draw(
        enterprise, actor=cast.district, geometry={"type": "Polygon", "coordinates": [ring]}, datum="gcj02"
    )
    assert drawn.datum == "gcj02"
    assert drawn.geom.extent == pytest.approx(
        (*here["coordinates"][0][0], *here["coordinates"][0][2]), abs=1e-7
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (lambda e: square(e, 0.00001), "100 平方米"),
        (lambda e: square(e, 0.05), "50 平方公里"),
        (lambda e: square(e, 0.001, east=0.03), "超过 2 公里"),
        (lambda e: {"type": "Point", "coordinates": [118.4, 37.0]}, "几何类型"),
        (lambda e: {"type": "Polygon", "coordinates": [[[118.4, 37.0], [118.5, 37.1], [118.4, 37.1]]]}, "没有闭合"),
        (lambda e: "POLYGON((0 0,1 1,0 1,0 0))", "GeoJSON"),
        (lambda e: {"type": "Polygon", "coordinates": None}, "数组"),
        (lambda e: 12, "GeoJSON"),
    ],
)
def test_what_is_no_outline_of_this_plant_is_refused(cast, enterprise, shape, words):
    with pytest.raises(ValidationError) as refused:
        boundaries.draw(enterprise, actor=cast.district, geometry=shape(enterprise))
    assert words in "".join(refused.value.messages)
    assert boundaries.current(enterprise.pk) is None


def test_a_bow_tie_and_too_many_corners_are_refused(cast, enterprise):
    import math

    x, y = enterprise.site.geom.coords
    bow = [[x, y], [x + 0.001, y + 0.001], [x + 0.001, y], [x, y + 0.001], [x, y]]
    with pytest.raises(ValidationError, match="自相交"):
        boundaries.draw(enterprise, actor=cast.district, geometry={"type": "Polygon", "coordinates": [bow]})
    many = [[x + 0.001 * math.cos(n * math.tau / 2500), y + 0.001 * math.sin(n * math.tau / 2500)] for n in range(2500)]
    with pytest.raises(ValidationError, match="2501 个顶点"):
        boundaries.draw(
            enterprise, actor=cast.district, geometry={"type": "Polygon", "coordinates": [[*many, many[0]]]}
        )


def test_an_outline_reaching_out_of_the_city_is_refused(cast, enterprise, regions):
    from geo.models import Region

    box = regions.city.geom.extent
    site = enterprise.site
    site.geom.x = box[0] + 0.0001
    site.save()
    with pytest.raises(ValidationError, match="之外"):
        boundaries.draw(Enterprise.objects.get(pk=site.pk), actor=cast.district, geometry=square(enterprise))
    assert Region.objects.filter(kind="city").count() == 1


def test_only_the_office_draws_and_not_on_a_cancelled_file(cast, enterprise):
    for user in (cast.auditor, cast.enterprise, cast.town):
        with pytest.raises(PermissionDenied):
            boundaries.draw(enterprise, actor=user, geometry=square(enterprise))
    with pytest.raises(Enterprise.DoesNotExist):
        boundaries.draw(enterprise, actor=cast.neighbour, geometry=square(enterprise))
    Enterprise.objects.filter(pk=enterprise.pk).update(state="cancelled")
    with pytest.raises(NotAllowed):
        boundaries.draw(enterprise, actor=cast.district, geometry=square(enterprise))


def test_the_map_reads_draws_and_removes_in_json(cast, browse, enterprise):
    url, client = f"/enterprises/{enterprise.pk}/boundary/", browse(cast.district)

    def post(body, client=client):
        return client.post(url, json.dumps(body), content_type="application/json")

    assert client.get(url).json() == {"geometry": None}
    drawn = post({"geometry": square(enterprise)})
    assert drawn.status_code == 200 and drawn.json()["geometry"]["type"] == "MultiPolygon", drawn.content
    assert "平方米" in drawn.json()["detail"]
    assert client.get(url).json()["datum"] == "cgcs2000"
    listed = client.get("/api/v1/features/boundaries/").json()
    assert listed["count"] == 1 and listed["features"][0]["properties"]["name"] == enterprise.name
    assert post({"geometry": None}).json()["geometry"] is None
    again = post({"geometry": None})
    assert again.status_code == 409 and "没有绘制" in again.json()["detail"]
    for body in (
        {},
        [],
        {"geometry": {"type": "Polygon"}},
        {"geometry": 3},
        {"geometry": square(enterprise), "datum": "x"},
    ):
        refused = post(body)
        assert refused.status_code == 400 and refused.json()["detail"], body
    assert client.post(url, "{", content_type="application/json").status_code == 400
    assert post({"geometry": square(enterprise)}, browse(cast.town)).status_code == 403
    assert post({"geometry": square(enterprise)}, browse(cast.neighbour)).status_code == 404


def test_the_panel_offers_to_draw_only_to_those_who_may(cast, browse, enterprise):
    assert "绘制厂界" in browse(cast.district).get(f"/panel/enterprises/{enterprise.pk}/").content.decode()
    assert "绘制厂界" not in browse(cast.duty).get(f"/panel/enterprises/{enterprise.pk}/").content.decode()
