"""The pages, tabs, lists and the API of the rows of a file."""

import datetime as dt

import pytest
from django.utils import timezone

from supervision.enterprises.models import Licence, RescueFact
from supervision.enterprises.papers import services
from supervision.enterprises.testing import make_enterprise, rows_of

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def enterprise(sites, cast):
    enterprise = make_enterprise(sites.own.region, site=sites.own)
    enterprise.contacts.create(role="emergency", name="丁值守", phone="13800001111", since="2020-01-01")
    return enterprise


@pytest.fixture
def rows(enterprise, make_user, regions):
    boss = make_user("boss", regions.city, "inspector")
    return rows_of(enterprise, boss)


@pytest.mark.parametrize(
    ("key", "words"),
    [("licences", "危险化学品经营许可证"), ("safety", "三级安全教育"), ("safety", "噪声"), ("rescue", "储罐泄漏"),
     ("rescue", "下次应演练"), ("rescue", "东门")],
)  # fmt: skip
def test_each_tab_shows_its_rows(cast, browse, enterprise, rows, key, words):
    assert words in browse(cast.duty).get(f"/panel/enterprises/{enterprise.pk}/tab/{key}/").content.decode()


def test_the_tab_says_how_many_licences_have_expired(cast, browse, enterprise, rows):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    services.add_licence(
        actor=cast.district, credit_code=enterprise.credit_code, kind="other", number="过期证", expires_on=yesterday
    )
    page = browse(cast.district).get(f"/panel/enterprises/{enterprise.pk}/").content.decode()
    assert "过期 1" in page
    tab = browse(cast.district).get(f"/panel/enterprises/{enterprise.pk}/tab/licences/").content.decode()
    assert "已过期 1 天" in tab and 'data-shape="triangle"' in tab


def test_a_licence_is_registered_by_the_form_and_withdrawn_on_its_page(cast, browse, enterprise):
    client = browse(cast.district)
    new = "/enterprises/licences/new/"
    form = client.get(f"{new}?credit_code={enterprise.credit_code}").content.decode()
    assert enterprise.credit_code in form
    facts = {
        "credit_code": enterprise.credit_code,
        "kind": "chemical_trade",
        "number": "甲1",
        "issued_on": "2025-01-01",
    }
    refused = client.post(new, facts)
    assert refused.status_code == 400 and "推算为 2027-12-31" in refused.content.decode()
    assert client.post(new, facts | {"expires_on": "2027-12-31"}).status_code == 302
    row = Licence.objects.get()
    page = client.get(f"/enterprises/licences/{row.pk}/").content.decode()
    assert enterprise.name in page and "撤下" in page and "核实" in page
    edit = f"/enterprises/licences/{row.pk}/edit/"
    assert client.post(edit, facts | {"expires_on": "2027-12-31", "scope": "汽油"}).status_code == 302
    verify = client.post(f"/enterprises/rows/licences/{row.pk}/verify/", **HTMX)
    assert verify.status_code == 204 and verify["HX-Redirect"].endswith(f"/licences/{row.pk}/")
    withdraw = f"/enterprises/rows/licences/{row.pk}/withdraw/"
    assert "撤下原因" in client.get(withdraw, **HTMX).content.decode()
    assert client.post(withdraw, {"reason": ""}).status_code == 400
    assert client.post(withdraw, {"reason": "重复"}).status_code == 302
    assert client.get(f"/enterprises/licences/{row.pk}/").status_code == 404


def test_the_clicks_are_refused_by_role_region_state_and_nonsense(cast, browse, enterprise, rows):
    row = rows["enterprises/drills"]
    base = f"/enterprises/rows/drills/{row.pk}"
    assert browse(cast.neighbour).post(f"{base}/withdraw/", {"reason": "x"}).status_code == 404
    assert browse(cast.auditor).post(f"{base}/withdraw/", {"reason": "x"}).status_code == 403
    assert browse(cast.district).post(f"{base}/verify/", **HTMX).status_code == 409
    assert browse(cast.district).post("/enterprises/rows/nothing/1/verify/").status_code == 404


def test_a_rescue_point_is_kept_where_it_is_when_it_is_not_touched(cast, browse, enterprise):
    client, home = browse(cast.district), enterprise.site.geom
    facts = {
        "credit_code": enterprise.credit_code, "kind": "water", "title": "消防水池", "datum": "gcj02",
        "lon": home.x + 0.001, "lat": home.y,
    }  # fmt: skip
    assert client.post("/enterprises/rescue/new/", facts).status_code == 302
    row = RescueFact.objects.get()
    first = row.geom.coords
    assert abs(first[0] - home.x) > 0.003  # 500 m west of the numbers that were typed
    shown = {"lon": first[0], "lat": first[1], "datum": "cgcs2000"}
    assert (
        client.post(f"/enterprises/rescue/{row.pk}/edit/", facts | shown | {"detail": "两处取水口"}).status_code == 302
    )
    row.refresh_from_db()
    assert row.geom.coords == first and row.detail == "两处取水口"


def test_lists_filter_export_and_answer_programs(cast, browse, enterprise, rows):
    client = browse(cast.city)
    count = lambda query: client.get(f"/api/v1/enterprises/{query}").json()["count"]  # noqa: E731
    assert count("licences/") == 1 and count("licences/?expires_on__to=2027-01-01") == 0
    assert count("licences/?is_current=true") == 1 and count("licences/?enterprise__categories=mine") == 0
    assert count("drills/?held_on__from=2026-05-01") == 1 and count("drills/?kind=on_site") == 0
    assert count(f"ledger/?q={enterprise.credit_code}") == 1 and count("health/?region=370522") == 0
    assert client.get("/enterprises/rescue/export.xlsx").content[:2] == b"PK"
    made = browse(cast.district).post(
        "/api/v1/enterprises/drills/",
        {"credit_code": enterprise.credit_code, "kind": "on_site", "form": "field", "plan_name": "现场处置方案",
         "subject": "断电", "held_on": "2026-06-01", "participants": 5},
        content_type="application/json",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    refused = browse(cast.district).post(
        "/api/v1/enterprises/drills/", {"credit_code": "123", "kind": "on_site"}, content_type="application/json"
    )
    assert refused.status_code == 400 and "参加人数" in refused.json()["detail"]


def test_lists_of_the_module_lead_to_each_other(cast, browse, rows):
    page = browse(cast.duty).get("/enterprises/licences/").content.decode()
    assert "/enterprises/drills/" in page and 'aria-current="page"' in page


def test_contacts_in_lists_are_masked_and_corrected_by_those_who_keep_them(cast, browse, enterprise):
    row = enterprise.contacts.get()
    assert "13800001111" not in browse(cast.duty).get("/enterprises/contacts/").content.decode()
    assert browse(cast.auditor).get("/enterprises/contacts/").status_code == 403
    client = browse(cast.district)
    answer = client.post(f"/enterprises/contacts/{row.pk}/edit/", {"phone": "13900002222"})
    assert answer.status_code == 302
    assert enterprise.contacts.get(left_on__isnull=True).phone == "13900002222"


def test_the_industry_is_found_by_words(cast, browse, enterprise):
    from supervision.enterprises.industries import code_for, search

    assert code_for("2614 有机化学原料制造") == ("2614", "") and code_for("有机化学原料") == ("2614", "")
    assert "请选一个" in code_for("石油")[1] and "没有名称含" in code_for("造梦")[1]
    assert search("26")[0][0].startswith("26")
    page = browse(cast.district).get("/enterprises/enterprises/new/").content.decode()
    assert '<datalist id="industries">' in page and "有机化学原料制造" in page


def test_tags_and_scale_are_kept_by_the_form(cast, browse, enterprise):
    from supervision.enterprises.tests.test_pages import FORM

    client = browse(cast.district)
    more = {"tags": ["key_process", "dust"], "scale": "small", "capital_wan": "1200.5", "safety_officers": "2"}
    assert client.post("/enterprises/enterprises/new/", FORM | more).status_code == 302
    made = type(enterprise).objects.exclude(pk=enterprise.pk).get()
    assert (made.tags, made.scale, str(made.capital_wan)) == (["key_process", "dust"], "small", "1200.50")
    assert client.get("/api/v1/enterprises/?tags=dust").json()["count"] == 1
