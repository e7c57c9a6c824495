"""Each verb of the enterprise file: works; refused by role, by region, by state; done twice."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from core.models import Event
from core.workflow import NotAllowed
from geo.coordinates import from_cgcs2000
from supervision.enterprises import contacts, selectors, services
from supervision.enterprises.models import Contact, Enterprise, StatusChange
from supervision.enterprises.testing import make_enterprise

CODE = "91370523MA3RQPW86Q"
OTHER_CODE = "91370502MA3TCAT06F"


def register(actor, **changes):
    facts = {
        "name": "广饶昱川化工有限公司", "credit_code": CODE, "categories": ["chemical"], "industry_code": "2614",
        "lon": 118.45, "lat": 37.05, "address": "大王镇工业一路 1 号", "employees": 80,
    }  # fmt: skip
    return services.register_enterprise(actor=actor, **(facts | changes))


@pytest.fixture
def enterprise(sites):
    return make_enterprise(sites.own.region, site=sites.own)


class TestRegister:
    def test_it_opens_a_file_in_the_region_of_the_place(self, cast, regions):
        enterprise = register(cast.district)
        assert enterprise.region == regions.town
        assert enterprise.site.pinyin == "grychgyxgs"
        assert (enterprise.status, enterprise.version, enterprise.verified_by) == ("operating", 1, cast.district)
        assert enterprise.status_changes.get().reason == "登记"
        event = Event.objects.get(kind="enterprises.register")
        assert event.data["id"] == enterprise.pk and event.data["lon"] == 118.45 and "name" not in event.data

    def test_the_point_is_converted_from_the_datum_it_names_and_the_datum_is_kept(self, cast):
        lon, lat = from_cgcs2000(118.45, 37.05, "gcj02")
        site = register(cast.district, lon=lon, lat=lat, datum="gcj02").site
        assert site.geom.coords == pytest.approx((118.45, 37.05), abs=1e-7)
        assert site.datum == "gcj02"

    def test_a_code_typed_in_small_letters_with_blanks_is_tidied(self, cast):
        assert register(cast.district, credit_code=" 91370523ma3rqpw86q ").credit_code == CODE

    @pytest.mark.parametrize("role", ["duty", "town", "auditor", "nobody", "enterprise"])
    def test_roles_without_the_right_are_refused(self, cast, role):
        with pytest.raises(PermissionDenied):
            register(getattr(cast, role))

    def test_another_countys_ground_is_refused(self, cast):
        with pytest.raises(PermissionDenied, match="不在您的管辖范围"):
            register(cast.neighbour)

    def test_the_same_code_twice_is_refused(self, cast):
        register(cast.district)
        with pytest.raises(ValidationError, match="已经登记过"):
            register(cast.district, name="另一家企业")
        assert Enterprise.objects.count() == 1

    @pytest.mark.parametrize(("field", "value", "reason"), [
        ("credit_code", "91370523MA3RQPW86X", "校验位"),
        ("categories", [], "至少要有一个"),
        ("categories", ["chemical", "chemical"], "重复"),
        ("categories", ["nuclear"], "五类"),
        ("industry_code", "9999", "大类 99"),
        ("industry_code", "26a4", "数字"),
        ("name", "厂", "2 至 120"),
        ("employees", -1, "从业人数"),
        ("employees", True, "从业人数"),
        ("founded_on", dt.date(2999, 1, 1), "日期"),
        ("status", "asleep", "经营状态"),
        ("lon", 37.05, "不在山东省"),
        ("lon", float("nan"), "有限"),
        ("lon", 120.0, "不在本市"),
        ("datum", "EPSG:4326", "坐标系"),
        ("colour", "red", "不接受此字段"),
    ])  # fmt: skip
    def test_wrong_facts_are_refused_at_their_field(self, cast, field, value, reason):
        with pytest.raises(ValidationError, match=reason) as caught:
            register(cast.district, **{field: value})
        assert field in caught.value.message_dict


class TestUpdate:
    def test_it_changes_facts_of_enterprise_and_site(self, cast, enterprise):
        changed = services.update_enterprise(enterprise, actor=cast.district, name="大王丙化工有限公司", employees=99)
        enterprise.refresh_from_db()
        assert (enterprise.site.name, enterprise.site.pinyin) == ("大王丙化工有限公司", "dwbhgyxgs")
        assert (enterprise.employees, enterprise.version, changed.version) == (99, 2, 2)

    def test_a_new_place_brings_a_new_region(self, cast, regions, enterprise):
        changed = services.update_enterprise(enterprise, actor=cast.city, lon=118.30, lat=37.55)
        assert changed.region == regions.neighbour_town

    def test_a_place_in_another_county_is_refused_to_the_county(self, cast, enterprise):
        with pytest.raises(PermissionDenied):
            services.update_enterprise(enterprise, actor=cast.district, lon=118.30, lat=37.55)

    def test_roles_without_the_right_are_refused(self, cast, enterprise):
        with pytest.raises(PermissionDenied):
            services.update_enterprise(enterprise, actor=cast.duty, employees=1)

    def test_the_neighbour_does_not_find_it(self, cast, enterprise):
        with pytest.raises(Enterprise.DoesNotExist):
            services.update_enterprise(enterprise, actor=cast.neighbour, employees=1)

    def test_who_saw_an_older_version_is_refused(self, cast, enterprise):
        services.update_enterprise(enterprise, actor=cast.district, expected_version=1, employees=50)
        with pytest.raises(NotAllowed, match="第 1 版，现为第 2 版"):
            services.update_enterprise(enterprise, actor=cast.district, expected_version=1, employees=60)

    def test_its_own_code_may_be_sent_back_but_not_anothers(self, cast, enterprise):
        register(cast.district)
        services.update_enterprise(enterprise, actor=cast.district, credit_code=enterprise.credit_code)
        with pytest.raises(ValidationError, match="已经登记过"):
            services.update_enterprise(enterprise, actor=cast.district, credit_code=CODE)

    def test_an_enterprise_keeps_its_own_simple_facts_and_no_others(self, cast, enterprise):
        services.update_enterprise(enterprise, actor=cast.enterprise, employees=45, name=enterprise.name)
        with pytest.raises(ValidationError, match="企业不能自行修改"):
            services.update_enterprise(enterprise, actor=cast.enterprise, categories=["other"])
        with pytest.raises(ValidationError, match="企业不能自行修改"):
            services.update_enterprise(enterprise, actor=cast.enterprise, lon=118.46, lat=37.05)


class TestVerify:
    def test_one_click_makes_a_stale_file_fresh(self, cast, enterprise):
        assert enterprise.is_stale
        verified = services.verify_enterprise(enterprise, actor=cast.town, how="现场")
        assert not verified.is_stale
        assert (verified.verified_by, verified.verified_note) == (cast.town, "现场")
        assert Event.objects.get(kind="enterprises.verify").data["is_stale"] is False

    def test_the_enterprise_may_confirm_itself(self, cast, enterprise):
        assert services.verify_enterprise(enterprise, actor=cast.enterprise).verified_by == cast.enterprise

    def test_twice_is_once_more(self, cast, enterprise):
        first = services.verify_enterprise(enterprise, actor=cast.town).verified_at
        assert services.verify_enterprise(enterprise, actor=cast.town).verified_at >= first

    def test_roles_without_the_right_are_refused(self, cast, enterprise):
        with pytest.raises(PermissionDenied):
            services.verify_enterprise(enterprise, actor=cast.auditor)

    def test_the_neighbour_does_not_find_it(self, cast, enterprise):
        with pytest.raises(Enterprise.DoesNotExist):
            services.verify_enterprise(enterprise, actor=cast.neighbour)

    def test_a_closed_enterprise_needs_no_verification(self, cast, enterprise):
        services.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
        with pytest.raises(NotAllowed, match="已关闭"):
            services.verify_enterprise(enterprise, actor=cast.district)


class TestStatus:
    def test_each_change_stays_in_the_history(self, cast, enterprise):
        services.set_status(enterprise, actor=cast.district, status="suspended", reason="检修")
        services.set_status(enterprise, actor=cast.district, status="operating", reason="检修结束")
        enterprise.refresh_from_db()
        assert enterprise.status == "operating" and enterprise.version == 3
        assert [c.status for c in enterprise.status_changes.all()] == ["operating", "suspended"]

    def test_the_same_status_again_is_refused(self, cast, enterprise):
        with pytest.raises(NotAllowed, match="已经是"):
            services.set_status(enterprise, actor=cast.district, status="operating", reason="？")

    @pytest.mark.parametrize(("facts", "field"), [
        ({"status": "asleep", "reason": "x"}, "status"),
        ({"status": "closed", "reason": "  "}, "reason"),
        ({"status": "closed", "reason": "x", "since": dt.date(2999, 1, 1)}, "since"),
    ])  # fmt: skip
    def test_wrong_facts_are_refused_at_their_field(self, cast, enterprise, facts, field):
        with pytest.raises(ValidationError) as caught:
            services.set_status(enterprise, actor=cast.district, **facts)
        assert field in caught.value.message_dict

    def test_roles_without_the_right_are_refused(self, cast, enterprise):
        for person in (cast.town, cast.enterprise, cast.duty):
            with pytest.raises(PermissionDenied):
                services.set_status(enterprise, actor=person, status="closed", reason="x")

    def test_the_neighbour_does_not_find_it(self, cast, enterprise):
        with pytest.raises(Enterprise.DoesNotExist):
            services.set_status(enterprise, actor=cast.neighbour, status="closed", reason="x")

    def test_the_history_cannot_be_rewritten(self, cast, enterprise):
        change = services.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
        with pytest.raises(DatabaseError), transaction.atomic():
            StatusChange.objects.filter(pk=change.pk).update(reason="别的")


class TestContact:
    def test_a_new_telephone_closes_the_line_of_the_old_one(self, cast, enterprise):
        first = contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一", phone="0546-0123456")
        second = contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一", phone="13800001111")
        first.refresh_from_db()
        assert first.left_on == timezone.localdate() and second.left_on is None
        assert list(selectors.current_contacts(enterprise)) == [second]

    def test_another_person_needs_a_hand_over(self, cast, enterprise):
        contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一", phone="13800001111")
        with pytest.raises(NotAllowed, match="离任交接"):
            contacts.set_contact(enterprise, actor=cast.district, role="safety", name="李二", phone="13800002222")
        assert Contact.objects.get().left_on is None

    def test_the_same_person_twice_is_one_line(self, cast, enterprise):
        one, two = (
            contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一", phone="13800001111")
            for _ in range(2)
        )
        assert one == two and Contact.objects.count() == 1

    def test_no_personal_data_reaches_the_feed(self, cast, enterprise):
        contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一丁", phone="13800001111")
        event = Event.objects.get(kind="enterprises.set_contact")
        assert "王一丁" not in str(event.data) and "13800001111" not in str(event.data)

    @pytest.mark.parametrize(("facts", "field"), [
        ({"role": "friend", "name": "王"}, "role"),
        ({"role": "safety", "name": " "}, "name"),
        ({"role": "safety", "name": "王", "phone": "call me"}, "phone"),
        ({"role": "safety", "name": "王", "phone": "12"}, "phone"),
    ])  # fmt: skip
    def test_wrong_facts_are_refused_at_their_field(self, cast, enterprise, facts, field):
        with pytest.raises(ValidationError) as caught:
            contacts.set_contact(enterprise, actor=cast.district, **facts)
        assert field in caught.value.message_dict

    def test_roles_without_the_right_are_refused(self, cast, enterprise):
        with pytest.raises(PermissionDenied):
            contacts.set_contact(enterprise, actor=cast.duty, role="safety", name="王")

    def test_the_neighbour_does_not_find_it(self, cast, enterprise):
        with pytest.raises(Enterprise.DoesNotExist):
            contacts.set_contact(enterprise, actor=cast.neighbour, role="safety", name="王")


class TestDatabase:
    def test_it_holds_the_rules_by_itself(self, regions):
        for wrong in ({"categories": []}, {"credit_code": "91370523MA3RQPW8"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                make_enterprise(regions.town, 7, **wrong)

    def test_two_current_contacts_of_one_role_are_refused(self, enterprise):
        Contact.objects.create(enterprise=enterprise, role="legal", name="甲", since=dt.date(2020, 1, 1))
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(enterprise=enterprise, role="legal", name="乙", since=dt.date(2020, 1, 1))

    def test_the_main_category_is_the_first(self, regions):
        assert make_enterprise(regions.town, 3, categories=["mine", "chemical"]).category == "mine"


def test_everyone_sees_their_own_part(cast, sites, enterprise):
    other = make_enterprise(sites.other.region, 2, site=sites.other)
    seen = {name: set(Enterprise.objects.visible_to(getattr(cast, name))) for name in vars(cast)}
    assert seen["city"] == seen["auditor"] == {enterprise, other}
    assert seen["district"] == seen["town"] == seen["enterprise"] == {enterprise}
    assert seen["neighbour"] == {other} and seen["nobody"] == set()


def test_the_history_tells_corrections_in_words(cast, enterprise):
    services.update_enterprise(enterprise, actor=cast.district, employees=77, categories=["trade", "chemical"])
    services.update_enterprise(enterprise, actor=cast.district, lon=118.46, lat=37.06, datum="wgs84")
    services.verify_enterprise(enterprise, actor=cast.district)
    services.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
    told = [change["what"] for change in selectors.recent_changes(enterprise)]
    assert "核实信息" in told and "从业人数：40 → 77；监管分类：危险化学品 → 工矿商贸、危险化学品" in told
    assert any("位置更正" in what and "来源坐标系" in what for what in told)
    assert not any("经营状态" in what for what in told)
