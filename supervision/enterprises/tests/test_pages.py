"""The panel's tabs, the clicks, the list and the API, as each role meets them."""

import pytest
from django.utils import timezone

from supervision.enterprises import contacts, services
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def enterprise(sites, cast):
    enterprise = make_enterprise(sites.own.region, site=sites.own)
    contacts.set_contact(enterprise, actor=cast.district, role="emergency", name="丁值守", phone="13800001111")
    return enterprise


def tab(client, enterprise, key):
    return client.get(f"/panel/enterprises/{enterprise.pk}/tab/{key}/")


def test_the_basic_tab_shows_the_facts_and_their_age(cast, browse, enterprise):
    page = tab(browse(cast.district), enterprise, "enterprise").content.decode()
    for shown in ("从未核实", enterprise.credit_code, "2614 有机化学原料制造", "危险化学品", "40 人", "营业"):
        assert shown in page
    assert "丁值守" not in page


def test_contacts_are_for_those_with_the_right_only(cast, browse, enterprise):
    assert "13800001111" in tab(browse(cast.duty), enterprise, "contacts").content.decode()
    refused = tab(browse(cast.auditor), enterprise, "contacts")
    assert refused.status_code == 404 and "13800001111" not in refused.content.decode()


def test_the_history_tab_shows_status_and_corrections(cast, browse, enterprise):
    services.set_status(enterprise, actor=cast.district, status="suspended", reason="设备检修")
    page = tab(browse(cast.city), enterprise, "enterprise-history").content.decode()
    assert "停产停业" in page and "设备检修" in page


def test_a_school_has_no_enterprise_file(cast, browse, sites):
    from supervision.enterprises import selectors

    assert selectors.basic_tab(sites.other, cast.city) == {"enterprise": None}
    assert selectors.contacts_tab(sites.other, cast.city) == {"enterprise": None}
    assert selectors.history_tab(sites.other, cast.city) == {"enterprise": None}


def test_one_click_verifies_and_answers_with_the_tab(cast, browse, enterprise):
    answer = browse(cast.town).post(f"/enterprises/{enterprise.pk}/verify/", **HTMX)
    assert answer.status_code == 200 and "今天核实" in answer.content.decode()
    plain = browse(cast.town).post(f"/enterprises/{enterprise.pk}/verify/")
    assert plain.status_code == 302 and plain["Location"] == f"/enterprises/enterprises/{enterprise.pk}/"


def test_verifying_a_closed_enterprise_says_why_not(cast, browse, enterprise):
    services.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
    answer = browse(cast.town).post(f"/enterprises/{enterprise.pk}/verify/", **HTMX)
    assert answer.status_code == 409 and "已关闭" in answer.content.decode()


@pytest.mark.parametrize("address", ["verify", "status", "contact"])
def test_the_neighbour_finds_nothing(cast, browse, enterprise, address):
    assert browse(cast.neighbour).post(f"/enterprises/{enterprise.pk}/{address}/").status_code == 404
    assert browse(cast.nobody).post(f"/enterprises/{enterprise.pk}/{address}/").status_code == 404


@pytest.mark.parametrize("address", ["verify", "status", "contact"])
def test_roles_without_the_right_get_403(cast, browse, enterprise, address):
    assert browse(cast.auditor).post(f"/enterprises/{enterprise.pk}/{address}/").status_code == 403


def test_nobody_gets_in_without_logging_in(client, enterprise):
    assert client.post(f"/enterprises/{enterprise.pk}/verify/").status_code == 302
    assert client.get("/api/v1/enterprises/").status_code in (401, 403)


def test_the_status_form_keeps_what_was_typed_and_says_what_is_wrong(cast, browse, enterprise):
    client, address = browse(cast.district), f"/enterprises/{enterprise.pk}/status/"
    form = client.get(address, **HTMX).content.decode()
    assert "变更经营状态" in form and f'value="{timezone.localdate():%Y-%m-%d}"' in form
    assert "<html" in client.get(address).content.decode()
    same = client.post(address, {"status": "operating", "since": "2024-01-01", "reason": "理由甲"}, **HTMX)
    assert same.status_code == 409 and "已经是" in same.content.decode() and "理由甲" in same.content.decode()
    late = client.post(address, {"status": "closed", "since": "2999-01-01", "reason": "x"}, **HTMX)
    assert late.status_code == 400 and "不能晚于今天" in late.content.decode()
    done = client.post(address, {"status": "closed", "since": "2024-01-01", "reason": "注销"}, **HTMX)
    assert done.status_code == 200 and "关闭" in done.content.decode()


def test_the_contact_form_names_whom_to_call_and_corrects_their_number(cast, browse, enterprise):
    address = f"/enterprises/{enterprise.pk}/contact/"
    facts = {"role": "emergency", "name": "丁值守", "phone": "13900002222", "since": timezone.localdate().isoformat()}
    assert browse(cast.enterprise).post(address, facts, **HTMX).status_code == 200
    assert enterprise.contacts.get(left_on__isnull=True).phone == "13900002222"


def test_the_contact_form_sends_whoever_leaves_to_the_hand_over(cast, browse, enterprise):
    facts = {"role": "emergency", "name": "新值守", "phone": "13900002222", "since": "2024-01-01"}
    answer = browse(cast.enterprise).post(f"/enterprises/{enterprise.pk}/contact/", facts, **HTMX)
    assert answer.status_code == 409 and "离任交接" in answer.content.decode()
    assert enterprise.contacts.get(left_on__isnull=True).name == "丁值守"


FORM = {
    "name": "广饶新建化工有限公司", "credit_code": "91370523MA3RQPW86Q", "category": "chemical",
    "also": ["trade", "chemical"], "industry_code": "2614", "employees": "12", "founded_on": "2020-01-01",
    "business": "", "address": "大王镇",
    "lon": "118.45", "lat": "37.05", "datum": "cgcs2000",
}  # fmt: skip


def test_an_enterprise_is_registered_and_edited_through_the_form(cast, browse):
    client = browse(cast.district)
    assert client.get("/enterprises/enterprises/new/").status_code == 200
    made = client.post("/enterprises/enterprises/new/", FORM)
    assert made.status_code == 302, made.content.decode()
    enterprise = Enterprise.objects.get()
    assert enterprise.categories == ["chemical", "trade"] and enterprise.name == FORM["name"]
    edit = f"/enterprises/enterprises/{enterprise.pk}/edit/"
    form = client.get(edit).content.decode()
    assert FORM["name"] in form and 'value="2020-01-01"' in form
    assert client.post(edit, FORM | {"employees": "13"}).status_code == 302
    enterprise.refresh_from_db()
    assert enterprise.employees == 13 and enterprise.site.geom.coords == (118.45, 37.05)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("credit_code", "91370523MA3RQPW86X", "校验位"),
        ("lon", "37.05", "不在山东省"),
        ("industry_code", "99", "大类"),
        ("category", "nuclear", ""),
        ("employees", "-3", ""),
        ("lat", "abc", ""),
    ],
)
def test_the_form_comes_back_with_the_reason(cast, browse, field, value, reason):
    answer = browse(cast.district).post("/enterprises/enterprises/new/", FORM | {field: value})
    assert answer.status_code == 400 and reason in answer.content.decode()
    assert not Enterprise.objects.exists()


def test_list_filters_and_sheet(cast, browse, enterprise, regions):
    make_enterprise(regions.town, 5, categories=["mine", "chemical"])
    make_enterprise(regions.town, 6, categories=["other"], status="closed")
    client = browse(cast.city)
    counts = {
        query: client.get(f"/api/v1/enterprises/{query}").json()["count"]
        for query in (
            "",
            "?categories=chemical",
            "?categories=mine",
            "?status=closed",
            "?region=370523",
            "?region=370522",
        )
    }
    assert list(counts.values()) == [3, 2, 1, 1, 3, 0]
    assert client.get("/api/v1/enterprises/?platform_joined_on__from=2016-07-01").json()["count"] == 0
    assert client.get("/enterprises/enterprises/?q=dwj").status_code == 200
    sheet = client.get("/enterprises/enterprises/export.xlsx")
    assert sheet.status_code == 200 and sheet.content[:2] == b"PK"


def test_features_carry_no_personal_data(cast, browse, enterprise):
    answer = browse(cast.city).get(f"/api/v1/features/enterprises/{enterprise.pk}/").content.decode()
    listed = browse(cast.city).get("/api/v1/enterprises/").content.decode()
    for text in (answer, listed):
        assert "丁值守" not in text and "13800001111" not in text
