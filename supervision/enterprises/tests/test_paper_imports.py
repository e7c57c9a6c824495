"""Rows of files from sheets, and outlines from geodata: found again by code and number, undone as a batch."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.imports import batches
from core.imports.sheet import find
from supervision.enterprises import boundaries
from supervision.enterprises.models import Licence
from supervision.enterprises.papers import services
from supervision.enterprises.testing import make_enterprise, square_around
from tests.test_imports import finished, imported, sheet_file

HEAD = ["企业统一社会信用代码", "证照种类", "证照编号", "发证日期", "有效期至", "许可范围"]


@pytest.fixture
def enterprise(sites):
    return make_enterprise(sites.own.region, site=sites.own)


def taken_in(key, file, actor):
    return finished(batches.upload(find(key), file, actor=actor, options={}))


def test_licences_are_matched_by_code_kind_and_number(cast, enterprise):
    code, kind = enterprise.credit_code, "危险化学品经营许可证"
    first, last = dt.date(2025, 1, 1), dt.date(2027, 12, 31)
    for number in ("甲", "乙"):
        services.add_licence(
            actor=cast.district, credit_code=code, kind="chemical_trade", number=number, issued_on=first,
            expires_on=last, scope="汽油",
        )  # fmt: skip
    body = [
        [code, kind, "甲", "2025-01-01", "2027-12-31", "汽油"],
        [code, kind, "乙", "2025-01-01", "2027-12-31", "汽油、柴油"],
        [code, kind, "丙", "2025-01-01", "2027-12-31", "甲醇"],
        [code, kind, "丁", "2025-01-01", "2024-12-31", "甲醇"],
        ["91370523MA3RQPW86Q", kind, "戊", "2025-01-01", "2027-12-31", "甲醇"],
    ]
    batch = taken_in("enterprises/licences", sheet_file(body, HEAD, "证照.xlsx"), cast.district)
    states = list(batch.rows.order_by("number").values_list("state", flat=True))
    assert states == ["unchanged", "changed", "new", "error", "error"], states
    imported(batch, cast.district)
    assert Licence.objects.count() == 3 and Licence.objects.get(number="乙").scope == "汽油、柴油"


def test_an_outline_comes_from_a_geodata_file(cast, enterprise):
    feature = {
        "type": "Feature", "geometry": square_around(enterprise),
        "properties": {"企业统一社会信用代码": enterprise.credit_code},
    }  # fmt: skip
    far = {**feature, "properties": {"企业统一社会信用代码": "91370523MA3RQPW86Q"}}
    content = json.dumps({"type": "FeatureCollection", "features": [feature, far]}, ensure_ascii=False).encode()
    batch = taken_in("enterprises/boundaries", SimpleUploadedFile("厂界.geojson", content), cast.district)
    states = list(batch.rows.order_by("number").values_list("state", flat=True))
    assert states == ["new", "error"], [(r.state, r.problems) for r in batch.rows.all()]
    imported(batch, cast.district)
    assert boundaries.current(enterprise.pk).area_m2 > 30_000


def test_an_outline_given_as_text_is_drawn_and_refused_beside_its_field(cast, browse, enterprise):
    client, url = browse(cast.district), "/enterprises/boundaries/new/"
    facts = {"credit_code": enterprise.credit_code, "geom": json.dumps(square_around(enterprise)), "datum": "cgcs2000"}
    refused = client.post(url, facts | {"geom": "圆圈"})
    assert refused.status_code == 400 and "GeoJSON" in refused.content.decode()
    assert client.post(url, facts).status_code == 302
    row = boundaries.current(enterprise.pk)
    wider = json.dumps(square_around(enterprise, 0.0015))
    edited = client.post(f"/enterprises/boundaries/{row.pk}/edit/", facts | {"geom": wider})
    now = boundaries.current(enterprise.pk)
    assert edited.status_code == 302 and edited["Location"].endswith(f"/boundaries/{now.pk}/") and now.pk != row.pk
