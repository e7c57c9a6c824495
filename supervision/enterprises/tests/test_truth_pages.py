"""The strip, the forms, the queue and the API of truth, as each role meets them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import files
from supervision.enterprises import change_requests, contacts
from supervision.enterprises.models import ChangeRequest, Confirmation, Contact, Enterprise
from supervision.enterprises.testing import make_enterprise

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def enterprise(sites, cast):
    made = make_enterprise(sites.own.region, site=sites.own)
    contacts.set_contact(made, actor=cast.district, role="safety", name="王一", phone="13800001111")
    return made


def test_one_click_on_the_strip_confirms_what_it_shows_and_remembers_the_channel(cast, browse, enterprise):
    client, address = browse(cast.district), f"/enterprises/{enterprise.pk}/strip/"
    answer = client.post(address, {"channel": "phone"}, **HTMX)
    assert answer.status_code == 200 and "已记为属实" in answer.content.decode()
    row = Confirmation.objects.get()
    assert (row.channel, row.facts) == ("phone", ["status", "contact_safety", "contact_emergency"])
    assert '<option value="phone" selected>' in client.get(address, **HTMX).content.decode()
    assert browse(cast.district).post(address, {"channel": "nonsense"}, **HTMX).status_code == 400


def test_a_doubt_and_a_correction_are_forms_that_say_what_is_missing(cast, browse, enterprise):
    client = browse(cast.town)
    wrong = client.post(f"/enterprises/{enterprise.pk}/doubt/", {"channel": "grid"}, **HTMX)
    assert wrong.status_code == 400
    said = {"facts": ["contact_safety"], "note": "电话打不通", "channel": "grid"}
    assert client.post(f"/enterprises/{enterprise.pk}/doubt/", said, **HTMX)["HX-Trigger"] == "enterprise-changed"
    assert "电话打不通" in browse(cast.enterprise).get("/app/").content.decode()
    office = browse(cast.district)
    wrong = office.post(f"/enterprises/{enterprise.pk}/correct/employees/", {"value": "-1", "channel": "phone"}, **HTMX)
    assert wrong.status_code == 400
    office.post(f"/enterprises/{enterprise.pk}/correct/employees/", {"value": "66", "channel": "phone"}, **HTMX)
    enterprise.refresh_from_db()
    assert enterprise.employees == 66


@pytest.mark.parametrize("key", [
    "status", "categories", "place", "registered_region", "tags", "contact_safety", "scale", "founded_on",
    "capital_wan", "credit_code",
])  # fmt: skip
def test_each_fact_has_its_form(cast, browse, enterprise, key):
    for user in (cast.district, cast.enterprise):
        assert browse(user).get(f"/enterprises/{enterprise.pk}/correct/{key}/").status_code == 200


def test_a_fact_kept_in_rows_and_an_unknown_one_have_none(cast, browse, enterprise):
    for key in ("licences", "colour"):
        assert browse(cast.district).get(f"/enterprises/{enterprise.pk}/correct/{key}/").status_code == 404


def test_a_page_read_before_a_change_is_not_confirmed(cast, browse, enterprise):
    answer = browse(cast.enterprise).post(f"/enterprises/{enterprise.pk}/confirm/", {"version": "99"})
    assert answer.status_code == 409 and "再看一遍" in answer.content.decode()
    assert not Confirmation.objects.exists()


def test_a_hand_over_without_successor_says_the_cure(cast, browse, enterprise):
    contact = Contact.objects.get(role="safety")
    address = f"/enterprises/contacts/{contact.pk}/hand-over/"
    answer = browse(cast.enterprise).post(address, {"on": "2026-01-01", "name": ""}, **HTMX)
    assert answer.status_code == 400 and "不能空缺" in answer.content.decode()
    assert browse(cast.neighbour).get(address).status_code == 404


def test_a_change_is_asked_for_with_several_proofs(cast, browse, enterprise):
    address = f"/enterprises/{enterprise.pk}/correct/name/"
    proofs = [SimpleUploadedFile(name, b"%PDF-1.4\n%%EOF", "application/pdf") for name in ("正本.pdf", "副本.pdf")]
    given = {"value": "大王新名厂", "reason": "更名"}
    client = browse(cast.enterprise)
    assert client.post(address, {**given, "files": proofs}, **HTMX).status_code == 200
    row = ChangeRequest.objects.get()
    assert {proof.name for proof in files.of(row)} == {"正本.pdf", "副本.pdf"}
    office = browse(cast.district)
    assert "正本.pdf" in office.get(f"/enterprises/change_requests/{row.pk}/").content.decode()
    assert all(office.get(f"/files/{proof.pk}/{proof.name}").status_code == 200 for proof in files.of(row))


class TestQueue:
    @pytest.fixture
    def row(self, cast, enterprise):
        return change_requests.ask(enterprise, actor=cast.enterprise, changes={"name": "大王新名厂"}, reason="更名")

    def test_it_waits_on_the_home_page_of_the_office_of_the_region(self, cast, browse, row):
        assert "1 件待审核" in browse(cast.district).get("/app/").content.decode()
        assert "待审核" not in browse(cast.neighbour).get("/app/").content.decode()
        assert "待审核" in browse(cast.enterprise).get("/app/").content.decode()

    def test_before_and_after_stand_side_by_side_and_it_is_decided_there(self, cast, browse, row):
        client, page = browse(cast.district), f"/enterprises/change_requests/{row.pk}/"
        shown = client.get(page).content.decode()
        assert row.enterprise.name in shown and "大王新名厂" in shown
        decide = f"{page}decide/approve/"
        assert client.post(decide, {"version": "1"}).status_code == 302
        assert client.post(decide, {"version": "1"}).status_code == 409
        assert Enterprise.objects.get(pk=row.enterprise_id).name == "大王新名厂"

    def test_rejecting_without_a_reason_says_so(self, cast, browse, row):
        answer = browse(cast.district).post(f"/enterprises/change_requests/{row.pk}/decide/reject/", {"version": "1"})
        assert answer.status_code == 400 and "理由" in answer.content.decode()

    def test_others_do_not_decide_or_find_it(self, cast, browse, row):
        page = f"/enterprises/change_requests/{row.pk}/"
        assert browse(cast.enterprise).post(f"{page}decide/approve/", {}).status_code == 403
        assert browse(cast.neighbour).get(page).status_code == 404
        assert browse(cast.district).post(f"{page}decide/burn/", {}).status_code == 404


class TestApi:
    def post(self, client, path, body, **headers):
        return client.post(f"/api/v1/enterprises/{path}", body, "application/json", headers=headers)

    def test_a_confirmation_answers_with_the_next_due_date_and_once_a_key(self, cast, browse, enterprise):
        client = browse(cast.enterprise)
        answers = [self.post(client, f"{enterprise.pk}/confirm/", {}, **{"Idempotency-Key": "k"}) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 201] and answers[0].json() == answers[1].json()
        assert answers[0].json()["outcome"] == "confirmed" and answers[0].json()["due_on"]

    def test_bad_input_is_said_in_words(self, cast, browse, enterprise):
        client = browse(cast.district)
        for body in ({"facts": ["colour"]}, {"channel": "smoke"}, {"changes": {"employees": "x"}}, {"color": 1}):
            answer = self.post(client, f"{enterprise.pk}/confirm/", body)
            assert answer.status_code == 400 and answer.json()["detail"], body

    def test_roles_and_neighbours(self, cast, browse, enterprise):
        assert self.post(browse(cast.auditor), f"{enterprise.pk}/confirm/", {}).status_code == 403
        assert self.post(browse(cast.neighbour), f"{enterprise.pk}/confirm/", {}).status_code == 404

    def test_a_request_is_asked_and_decided(self, cast, browse, enterprise):
        body = {"changes": {"status": "suspended"}, "reason": "停产"}
        made = self.post(browse(cast.enterprise), f"{enterprise.pk}/change-requests/", body)
        assert made.status_code == 201
        path, client = f"change-requests/{made.json()['id']}/transitions/approve/", browse(cast.district)
        assert self.post(client, path, {}).status_code == 428
        assert self.post(client, path, {}, **{"If-Match": '"1"'}).json()["state"] == "approved"
        listed = client.get("/api/v1/enterprises/change-requests/?state=approved").json()
        assert listed["count"] == 1
