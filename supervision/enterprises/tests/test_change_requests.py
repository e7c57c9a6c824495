"""An enterprise asks, the office decides: works; refused by role, region, state; twice; when the file moved on."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from core import files
from core.models import Event, Step
from core.workflow import Incomplete, NotAllowed, Stale
from geo.coordinates import from_cgcs2000
from supervision.enterprises import change_requests, lifecycle, services
from supervision.enterprises.models import ChangeRequest, Enterprise
from supervision.enterprises.testing import make_enterprise

NAME = "大王新名化工有限公司"


@pytest.fixture
def enterprise(sites):
    return make_enterprise(sites.own.region, site=sites.own)


def ask(enterprise, actor, changes=None, **more):
    return change_requests.ask(enterprise, actor=actor, changes=changes or {"name": NAME}, reason="更名", **more)


class TestAsk:
    def test_it_keeps_before_and_after_and_tells_the_office(self, cast, enterprise):
        paper = SimpleUploadedFile("执照.pdf", b"%PDF-1.4\n%%EOF", content_type="application/pdf")
        row = ask(enterprise, cast.enterprise, uploads=[paper])
        assert row.changes == {"name": {"before": enterprise.name, "after": NAME}} and row.state == "submitted"
        assert files.of(row).count() == 1
        event = Event.objects.get(kind="enterprises.change_request.submit")
        assert (event.site_id, event.permission) == (enterprise.pk, "enterprises.view_changerequest")

    def test_a_place_is_kept_in_our_datum(self, cast, enterprise):
        lon, lat = from_cgcs2000(118.46, 37.06, "gcj02")
        row = ask(enterprise, cast.enterprise, {"place": {"lon": lon, "lat": lat, "datum": "gcj02"}})
        assert row.changes["place"]["after"] == pytest.approx({"lon": 118.46, "lat": 37.06}, abs=2e-6)
        line = change_requests.lines(row)[0]
        assert 1300 < line["place"]["metres"] < 1600 and line["place"]["sketch"]["x2"] > line["place"]["sketch"]["x1"]

    def test_one_open_request_a_fact(self, cast, enterprise):
        first = ask(enterprise, cast.enterprise)
        with pytest.raises(NotAllowed, match=f"第 {first.pk} 号"):
            ask(enterprise, cast.enterprise)
        ask(enterprise, cast.enterprise, {"industry_code": "2662"})
        change_requests.withdraw(first, actor=cast.enterprise)
        assert ask(enterprise, cast.enterprise).pk != first.pk

    @pytest.mark.parametrize(("changes", "why"), [
        ({"name": "厂"}, "2 至 120"),
        ({"status": "asleep"}, "经营状态"),
        ({"place": {"lon": 120, "lat": 37}}, "不在本市"),
        ({"contact_safety": {"name": "王", "phone": "13800001111"}}, "直接修改"),
        ({"licences": "x"}, "不能这样更正"),
        ({"capital_wan": "NaN"}, "应是数字"),
        ({"capital_wan": "-Infinity"}, "应是数字"),
    ])  # fmt: skip
    def test_what_makes_no_sense_is_refused_before_the_office_sees_it(self, cast, enterprise, changes, why):
        with pytest.raises(ValidationError, match=why):
            ask(enterprise, cast.enterprise, changes)
        assert not ChangeRequest.objects.exists()

    def test_no_change_and_no_reason_are_refused(self, cast, enterprise):
        with pytest.raises(ValidationError, match="相同"):
            ask(enterprise, cast.enterprise, {"name": enterprise.name})
        with pytest.raises(ValidationError, match="理由"):
            change_requests.ask(enterprise, actor=cast.enterprise, changes={"name": NAME}, reason=" ")

    def test_roles_and_neighbours_are_refused(self, cast, enterprise):
        with pytest.raises(PermissionDenied):
            ask(enterprise, cast.auditor)
        with pytest.raises(PermissionDenied):
            ask(enterprise, cast.district)


class TestDecide:
    def test_approval_writes_the_change_with_its_origin(self, cast, enterprise):
        row = change_requests.approve(ask(enterprise, cast.enterprise), actor=cast.district, note="同意")
        enterprise = Enterprise.objects.get(pk=enterprise.pk)
        assert enterprise.name == NAME and enterprise.provenance["name"]["source"] == f"变更申请第 {row.pk} 号"
        assert (row.state, row.decided_by, row.decision_note) == ("approved", cast.district, "同意")
        assert Step.objects.get(case_id=row.pk, name="approve").actor == cast.district
        assert Event.objects.get(kind="enterprises.change_request.approve").site_id == enterprise.pk

    def test_status_and_place_go_through_their_own_services(self, cast, enterprise):
        change = {"status": "suspended", "place": {"lon": 118.46, "lat": 37.06}}
        change_requests.approve(ask(enterprise, cast.enterprise, change), actor=cast.district)
        enterprise = Enterprise.objects.get(pk=enterprise.pk)
        assert enterprise.status == "suspended" and enterprise.geom.coords == pytest.approx((118.46, 37.06))
        assert "变更申请" in enterprise.status_changes.first().reason

    def test_all_or_nothing(self, cast, enterprise, regions):
        row = ask(enterprise, cast.enterprise, {"name": NAME, "place": {"lon": 118.30, "lat": 37.55}})
        with pytest.raises(NotAllowed, match="档案未改动"):
            change_requests.approve(row, actor=cast.district)  # the new place is the neighbour's
        row.refresh_from_db()
        assert row.state == "submitted" and Enterprise.objects.get(pk=enterprise.pk).name != NAME
        assert change_requests.approve(row, actor=cast.city).state == "approved"

    def test_when_the_file_moved_on_the_office_must_have_seen_it(self, cast, enterprise):
        row = ask(enterprise, cast.enterprise)
        services.update_enterprise(enterprise, actor=cast.district, name="大王另名化工有限公司")
        with pytest.raises(NotAllowed, match="另名"):
            change_requests.approve(row, actor=cast.district)
        seen = change_requests.values_now(ChangeRequest.objects.get(pk=row.pk))
        assert change_requests.approve(row, actor=cast.district, seen=seen).state == "approved"

    def test_rejection_needs_a_reason_and_changes_nothing(self, cast, enterprise):
        row = ask(enterprise, cast.enterprise)
        with pytest.raises(Incomplete):
            change_requests.reject(row, actor=cast.district, reason="")
        assert change_requests.reject(row, actor=cast.district, reason="请附执照").decision_note == "请附执照"
        assert Enterprise.objects.get(pk=enterprise.pk).name == enterprise.name

    def test_decided_twice_is_refused_and_a_stale_page_too(self, cast, enterprise):
        row = ask(enterprise, cast.enterprise)
        change_requests.approve(row, actor=cast.district, expected_version=1)
        with pytest.raises(NotAllowed, match="已批准"):
            change_requests.approve(row, actor=cast.district)
        with pytest.raises(Stale):
            change_requests.reject(row, actor=cast.district, reason="晚了", expected_version=1)

    def test_roles_and_neighbours_are_refused(self, cast, enterprise):
        row = ask(enterprise, cast.enterprise)
        for role in ("enterprise", "town", "duty"):
            with pytest.raises(PermissionDenied):
                change_requests.approve(row, actor=getattr(cast, role))
        with pytest.raises(ChangeRequest.DoesNotExist):
            change_requests.approve(row, actor=cast.neighbour)

    def test_only_who_asked_withdraws(self, cast, enterprise):
        row = ask(enterprise, cast.town)
        with pytest.raises(PermissionDenied):
            change_requests.withdraw(row, actor=cast.district)
        assert change_requests.withdraw(row, actor=cast.town).state == "withdrawn"


def test_a_file_is_not_cancelled_while_a_request_waits(cast, enterprise):
    request = ask(enterprise, cast.enterprise)
    with pytest.raises(NotAllowed, match="待审核的变更申请"):
        lifecycle.cancel(enterprise, actor=cast.district, reason="登记错误")
    change_requests.withdraw(request, actor=cast.enterprise)
    lifecycle.cancel(enterprise, actor=cast.district, reason="登记错误")
    enterprise.refresh_from_db()
    assert enterprise.state == "cancelled"
