"""The life of a file: each step works, is refused by role, by region, by state, and twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from core.models import Event
from core.workflow import Incomplete, NotAllowed, Stale, steps_of
from supervision.enterprises import lifecycle, services
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise

CODE = "91370523MA3RQPW86Q"


def draft(actor: Any, **changes: Any) -> Enterprise:
    facts: dict[str, Any] = {
        "name": "广饶昱川化工有限公司", "credit_code": CODE, "categories": ["chemical"], "industry_code": "2614",
        "lon": 118.45, "lat": 37.05, "address": "大王镇",
    }  # fmt: skip
    return lifecycle.draft_enterprise(actor=actor, **(facts | changes))


@pytest.fixture
def pending(cast: Any) -> Enterprise:
    made = draft(cast.town)
    lifecycle.submit(made, actor=cast.town)
    return made


def test_a_grid_worker_applies_and_the_office_takes_it_into_the_register(cast: Any) -> None:
    made = draft(cast.town)
    assert (made.state, made.source, made.verified_at) == ("draft", "基层申报", None)
    assert not Enterprise.objects.in_register().exists()
    lifecycle.submit(made, actor=cast.town)
    lifecycle.approve(made, actor=cast.district, note="材料齐全")
    made.refresh_from_db()
    assert (made.state, made.verified_by, made.platform_joined_on) == ("valid", cast.district, timezone.localdate())
    assert [s.name for s in steps_of(made)] == ["submit", "approve"]
    assert Event.objects.get(kind="enterprises.approve").data["file_state"] == "valid"


def test_a_returned_application_is_corrected_and_handed_in_again(cast: Any, pending: Enterprise) -> None:
    with pytest.raises(NotAllowed, match="只有草稿"):
        lifecycle.revise(pending, actor=cast.town, name="别的名字公司")
    with pytest.raises(Incomplete):
        lifecycle.return_for_correction(pending, actor=cast.district, reason=" ")
    lifecycle.return_for_correction(pending, actor=cast.district, reason="地址不对")
    lifecycle.revise(pending, actor=cast.town, address="大王镇潍高路 2 号")
    pending.refresh_from_db()
    lifecycle.submit(pending, actor=cast.town)
    assert pending.state == "pending" and pending.site.address.endswith("2 号")


def test_an_enterprise_account_applies_for_its_own_place_and_only_once(cast: Any, sites: Any) -> None:
    made = draft(cast.enterprise)
    assert (made.site, made.source) == (sites.own, "企业自报")
    with pytest.raises(NotAllowed, match="已有档案"):
        draft(cast.enterprise)


def test_applying_is_refused_by_role_and_region(cast: Any) -> None:
    for who in (cast.duty, cast.auditor, cast.nobody):
        with pytest.raises(PermissionDenied):
            draft(who)
    with pytest.raises(PermissionDenied, match="不在您的管辖"):
        draft(cast.neighbour)


def test_approving_is_refused_by_role_region_state_version_and_twice(cast: Any, pending: Enterprise) -> None:
    with pytest.raises(PermissionDenied):
        lifecycle.approve(pending, actor=cast.town)
    with pytest.raises(Enterprise.DoesNotExist):
        lifecycle.approve(pending, actor=cast.neighbour)
    with pytest.raises(Stale):
        lifecycle.approve(pending, actor=cast.district, expected_version=1)
    lifecycle.approve(pending, actor=cast.district)
    with pytest.raises(NotAllowed):
        lifecycle.approve(pending, actor=cast.district)


class TestLapse:
    def test_the_platform_lapses_what_nobody_confirmed_and_only_that(self, regions: Any) -> None:
        old, fresh, closed = (make_enterprise(regions.town, n) for n in (1, 2, 3))
        late = timezone.now() - dt.timedelta(days=91)
        Enterprise.objects.filter(pk__in=(old.pk, closed.pk)).update(verified_at=late)
        Enterprise.objects.filter(pk=fresh.pk).update(verified_at=timezone.now())
        Enterprise.objects.filter(pk=closed.pk).update(status="closed", state="closed")
        assert lifecycle.lapse_overdue() == 1
        assert lifecycle.lapse_overdue() == 0
        states = dict(Enterprise.objects.values_list("pk", "state"))
        assert states == {old.pk: "due", fresh.pk: "valid", closed.pk: "closed"}
        assert steps_of(old).get().actor is None
        assert Event.objects.get(kind="enterprises.lapse").actor is None

    def test_confirming_makes_a_lapsed_file_valid_again(self, cast: Any, regions: Any) -> None:
        row = make_enterprise(regions.town, 1, state="due")
        services.verify_enterprise(row, actor=cast.district)
        row.refresh_from_db()
        assert (row.state, steps_of(row).get().name) == ("valid", "renew")


class TestClosing:
    def test_operating_status_and_file_are_closed_and_reopened_together(self, cast: Any, regions: Any) -> None:
        row = make_enterprise(regions.town, 1)
        services.set_status(row, actor=cast.district, status="suspended", reason="检修")
        row.refresh_from_db()
        assert row.state == "valid"
        lifecycle.close(row, actor=cast.district, reason="执照已注销")
        row.refresh_from_db()
        assert (row.state, row.status) == ("closed", "closed")
        lifecycle.reopen(row, actor=cast.district, reason="恢复经营")
        assert (row.state, row.status) == ("valid", "operating")
        assert row.status_changes.count() == 3

    def test_a_cancelled_file_leaves_the_register_is_not_changed_and_can_come_back(
        self, cast: Any, regions: Any
    ) -> None:
        row = make_enterprise(regions.town, 1)
        with pytest.raises(Incomplete):
            lifecycle.cancel(row, actor=cast.district, reason="")
        lifecycle.cancel(row, actor=cast.district, reason="登记错误")
        assert not Enterprise.objects.in_register().exists()
        for verb in (
            lambda: services.verify_enterprise(row, actor=cast.district),
            lambda: services.update_enterprise(row, actor=cast.district, employees=1),
            lambda: services.set_status(row, actor=cast.district, status="closed", reason="x"),
            lambda: lifecycle.cancel(row, actor=cast.district, reason="再次"),
        ):
            with pytest.raises(NotAllowed):
                verb()
        lifecycle.reopen(row, actor=cast.district, reason="误注销")
        assert row.state == "valid"


class TestPages:
    def test_an_application_goes_its_way_on_the_pages(self, cast: Any, browse: Any) -> None:
        grid, office = browse(cast.town), browse(cast.district)
        assert "填报企业" in grid.get("/app/").content.decode()
        form = {
            "name": "广饶昱川化工有限公司", "credit_code": CODE, "category": "chemical", "industry_code": "2614",
            "employees": "5", "lon": "118.45", "lat": "37.05", "datum": "cgcs2000",
        }  # fmt: skip
        answer = grid.post("/enterprises/applications/new/", form)
        assert answer.status_code == 302, answer.content.decode()[-2000:]
        made = Enterprise.objects.get()
        assert answer["Location"] == f"/enterprises/applications/{made.pk}/"
        assert grid.post(f"/enterprises/{made.pk}/step/submit/", {"version": made.version}).status_code == 302
        assert "待审核入库申请 1" in office.get("/app/").content.decode()
        page = office.get(f"/enterprises/{made.pk}/step/approve/")
        assert page.status_code == 200 and "审核入库" in page.content.decode()
        assert office.post(f"/enterprises/{made.pk}/step/approve/", {"version": 1}).status_code == 409
        assert office.post(f"/enterprises/{made.pk}/step/approve/", {}).status_code == 302
        assert office.get(f"/enterprises/enterprises/{made.pk}/").status_code == 200
        assert "审核入库" in office.get(f"/enterprises/enterprises/{made.pk}/history/").content.decode()

    def test_files_outside_the_register_are_found_where_they_are_kept(
        self, cast: Any, browse: Any, regions: Any
    ) -> None:
        office = browse(cast.district)
        row = make_enterprise(regions.town, 1)
        lifecycle.cancel(row, actor=cast.district, reason="登记错误")
        answer = office.get(f"/enterprises/enterprises/{row.pk}/")
        assert answer["Location"] == f"/enterprises/cancelled/{row.pk}/"
        assert "恢复档案" in office.get(answer["Location"]).content.decode()
        assert browse(cast.neighbour).get(f"/enterprises/enterprises/{row.pk}/").status_code == 404
        assert office.get(f"/panel/enterprises/{row.pk}/").status_code == 404

    def test_the_steps_by_the_api(self, cast: Any, browse: Any, pending: Enterprise) -> None:
        url = f"/api/v1/enterprises/{pending.pk}/transitions/approve/"
        office = browse(cast.district)
        assert office.post(url, {}, "application/json").status_code == 428
        assert office.post(url, {}, "application/json", headers={"If-Match": '"1"'}).status_code == 412
        answer = office.post(url, {}, "application/json", headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["state"]) == (200, "valid")
        assert browse(cast.town).post(url, {}, "application/json", headers={"If-Match": '"3"'}).status_code == 403
        assert browse(cast.neighbour).post(url, {}, "application/json", headers={"If-Match": '"3"'}).status_code == 404
