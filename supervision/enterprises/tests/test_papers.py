"""Licences, ledger, health, rescue facts, drills: each verb works; refused by role, region, state, and twice."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from core.models import Event
from core.workflow import NotAllowed
from supervision.enterprises import services as files
from supervision.enterprises.models import Drill, Enterprise, Licence
from supervision.enterprises.papers import due, rules, selectors, services
from supervision.enterprises.testing import make_enterprise

TODAY = timezone.localdate
CODE = "credit_code"


@pytest.fixture
def enterprise(sites):
    return make_enterprise(sites.own.region, site=sites.own)


def day(days):
    return timezone.localdate() + dt.timedelta(days=days)


def licence(actor, enterprise, **more):
    facts = {
        "kind": "chemical_trade",
        "number": "鲁东危化经〔2025〕00001号",
        "issued_on": day(-300),
        "expires_on": day(700),
    }
    return services.add_licence(actor=actor, credit_code=enterprise.credit_code, **(facts | more))


def drill(actor, enterprise, **more):
    facts = {
        "kind": "special", "form": "field", "plan_name": "泄漏专项预案", "subject": "储罐泄漏", "held_on": day(-30),
        "participants": 20,
    }  # fmt: skip
    return services.add_drill(actor=actor, credit_code=enterprise.credit_code, **(facts | more))


ROWS = {
    "licence": licence,
    "drill": drill,
    "ledger": lambda actor, e, **more: services.add_ledger_entry(
        actor=actor, credit_code=e.credit_code, **({"kind": "meeting", "title": "例会", "happened_on": day(-3)} | more)
    ),
    "health": lambda actor, e, **more: services.add_health_factor(
        actor=actor, credit_code=e.credit_code, **({"kind": "physical", "factor": "噪声", "workplace": "车间"} | more)
    ),
    "rescue": lambda actor, e, **more: services.add_rescue_fact(
        actor=actor, credit_code=e.credit_code, **({"kind": "gate", "title": "东门"} | more)
    ),
}
every_row = pytest.mark.parametrize("make", ROWS.values(), ids=ROWS.keys())


@every_row
def test_a_row_is_added_and_the_feed_is_told(cast, enterprise, make):
    row = make(cast.district, enterprise)
    assert row.enterprise == enterprise and row.source == "机关登记"
    event = Event.objects.order_by("seq").last() or Event.objects.latest("pk")
    assert event.kind == f"enterprises.add_{row._meta.model_name}"


@every_row
def test_an_auditor_may_not_add(cast, enterprise, make):
    with pytest.raises(PermissionDenied):
        make(cast.auditor, enterprise)


@every_row
def test_the_neighbour_does_not_find_the_enterprise(cast, enterprise, make):
    with pytest.raises(ValidationError, match="没有找到这家企业"):
        make(cast.neighbour, enterprise)


@every_row
def test_a_cancelled_file_takes_no_rows(cast, enterprise, make):
    Enterprise.objects.filter(pk=enterprise.pk).update(state="cancelled")
    with pytest.raises(NotAllowed, match="已注销"):
        make(cast.district, enterprise)


@every_row
def test_an_enterprise_keeps_its_own_rows_as_its_own_word(cast, enterprise, make):
    row = make(cast.enterprise, enterprise)
    assert row.source == "企业自报" and getattr(row, "verified_at", None) is None


def test_an_enterprise_need_not_give_its_code(cast, enterprise):
    row = services.add_rescue_fact(actor=cast.enterprise, kind="gate", title="西门")
    assert row.enterprise == enterprise
    with pytest.raises(ValidationError, match="请填企业的统一社会信用代码"):
        services.add_rescue_fact(actor=cast.district, kind="gate", title="西门")


@every_row
def test_a_row_is_withdrawn_with_a_reason_and_not_twice(cast, enterprise, make):
    row = make(cast.district, enterprise)
    with pytest.raises(ValidationError, match="原因"):
        services.withdraw(row, actor=cast.district, reason=" ")
    gone = services.withdraw(row, actor=cast.district, reason="重复登记")
    assert gone.withdrawn_reason == "重复登记" and gone.withdrawn_by == cast.district
    with pytest.raises(NotAllowed, match="撤下"):
        services.withdraw(row, actor=cast.district, reason="再撤")
    with pytest.raises(NotAllowed):
        services.correct(row, actor=cast.district)
    make(cast.district, enterprise)  # its place is free again


def test_only_those_with_the_right_withdraw_and_nobody_beyond_their_region(cast, enterprise):
    row = licence(cast.district, enterprise)
    with pytest.raises(PermissionDenied):
        services.withdraw(row, actor=cast.auditor, reason="x")
    with pytest.raises(Licence.DoesNotExist):
        services.withdraw(row, actor=cast.neighbour, reason="x")


def test_a_correction_by_the_enterprise_is_no_longer_verified(cast, enterprise):
    row = licence(cast.district, enterprise)
    assert row.verified_by == cast.district
    same = services.correct(row, actor=cast.enterprise, number=row.number)
    assert same.verified_by == cast.district  # nothing changed
    changed = services.correct(row, actor=cast.enterprise, scope="汽油")
    assert (changed.scope, changed.source, changed.verified_at) == ("汽油", "企业自报", None)
    assert services.verify(changed, actor=cast.district, how="核对原件").verified_note == "核对原件"


def test_a_row_is_not_moved_to_another_enterprise(cast, enterprise, regions):
    row, other = licence(cast.district, enterprise), make_enterprise(regions.town, 7)
    with pytest.raises(ValidationError, match="不能改到另一家企业"):
        services.correct(row, actor=cast.district, credit_code=other.credit_code, scope="x")


def test_what_has_happened_is_not_verified_again(cast, enterprise):
    with pytest.raises(NotAllowed, match="不需要定期核实"):
        services.verify(drill(cast.district, enterprise), actor=cast.district)


@pytest.mark.parametrize(
    ("make", "facts", "field", "words"),
    [
        ("licence", {"expires_on": day(-301)}, "expires_on", "不能早于发证日期"),
        ("licence", {"issued_on": day(3)}, "issued_on", "不晚于今天"),
        ("licence", {"expires_on": None}, "expires_on", "推算为"),
        ("licence", {"kind": "mine_safety", "expires_on": day(365 * 9)}, "expires_on", "有效期为 3 年"),
        ("licence", {"revoked_on": day(-400)}, "revoked_on", "不能早于发证日期"),
        ("licence", {"kind": "nonsense"}, "kind", "nonsense"),
        ("licence", {"number": "9" * 61}, "number", "60"),
        ("drill", {"held_on": day(1)}, "held_on", "不晚于今天"),
        ("drill", {"participants": 0}, "participants", "至少为 1"),
        ("drill", {"evaluated_on": day(-31), "result": "good"}, "evaluated_on", "不能早于演练日期"),
        ("drill", {"evaluation": "好"}, "result", "评估结论"),
        ("ledger", {"kind": "spending"}, "amount_yuan", "填金额"),
        ("ledger", {"valid_until": day(-9)}, "valid_until", "不能早于"),
        ("health", {"is_within_limit": True}, "tested_on", "检测日期"),
        ("health", {"examined_persons": 3}, "examined_on", "体检日期"),
        ("rescue", {"kind": "tactics"}, "detail", "写明内容"),
        ("rescue", {"lon": 118.7, "lat": 37.4}, "lon", "公里"),
        ("rescue", {"lon": "37", "lat": "118"}, "lon", "写反"),
        ("rescue", {"withdrawn_at": None}, "withdrawn_at", "不接受"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, enterprise, make, facts, field, words):
    with pytest.raises(ValidationError) as refused:
        ROWS[make](cast.district, enterprise, **facts)
    assert words in "".join(refused.value.message_dict[field]), refused.value.message_dict


def test_the_same_number_is_not_entered_twice(cast, enterprise):
    licence(cast.district, enterprise)
    with pytest.raises(ValidationError, match="已登记过"):
        licence(cast.district, enterprise)


def test_a_renewed_licence_follows_the_old_one_and_the_file_knows_the_next_expiry(cast, enterprise):
    old = licence(cast.district, enterprise, number="旧", issued_on=day(-1200), expires_on=day(-105))
    enterprise.refresh_from_db()
    assert enterprise.licence_expires_on == day(-105) and "已过期 105 天" in old.validity
    licence(cast.district, enterprise, number="新", issued_on=day(-104), expires_on=day(990))
    old.refresh_from_db(), enterprise.refresh_from_db()
    assert not old.is_current and old.validity == "已换证" and enterprise.licence_expires_on == day(990)
    assert [row.number for row in selectors.current_licences(enterprise)] == ["新"]


def test_when_the_last_licence_is_revoked_the_one_before_does_not_come_back(cast, enterprise):
    licence(cast.district, enterprise, number="旧", issued_on=day(-1200), expires_on=day(-105))
    new = licence(cast.district, enterprise, number="新", issued_on=day(-104), expires_on=day(990))
    services.correct(new, actor=cast.district, revoked_on=day(-1))
    assert not enterprise.licences.filter(is_current=True).exists()
    enterprise.refresh_from_db()
    assert enterprise.licence_expires_on is None


def test_two_vessels_are_two_current_certificates(cast, enterprise):
    for number in ("容1", "容2"):
        licence(cast.district, enterprise, kind="special_equipment", number=number, expires_on=None)
    assert enterprise.licences.filter(is_current=True).count() == 2


def test_terms_are_counted_in_years():
    assert rules.last_day("chemical_production", dt.date(2024, 3, 1)) == dt.date(2027, 2, 28)
    assert rules.last_day("fireworks_retail", dt.date(2024, 2, 29)) == dt.date(2026, 2, 27)
    assert rules.last_day("business", dt.date(2024, 1, 1)) is None


def test_high_hazard_enterprises_practise_every_half_year_others_yearly(cast, enterprise, regions):
    shop = make_enterprise(regions.town, 8, categories=["other"], industry_code="8111")
    for one in (enterprise, shop):
        drill(cast.district, one, held_on=dt.date(2026, 3, 31))
        one.refresh_from_db()
    assert enterprise.drill_due_on == dt.date(2026, 9, 30) and shop.drill_due_on == dt.date(2027, 3, 31)
    assert selectors.drills_due(enterprise)[0].on == enterprise.drill_due_on
    assert selectors.drills_due(shop)[0].on == shop.drill_due_on
    smelter = make_enterprise(regions.town, 9, categories=["trade"], industry_code="3240")
    assert rules.is_high_hazard(smelter) and Enterprise.objects.filter(rules.high_hazard(), pk=smelter.pk).exists()


def test_a_withdrawn_drill_does_not_count(cast, enterprise):
    row = drill(cast.district, enterprise)
    services.withdraw(row, actor=cast.district, reason="未举行")
    enterprise.refresh_from_db()
    assert enterprise.drill_due_on == rules.months_after(dt.date(2015, 5, 1), 6)
    due.refresh_all()
    assert Drill.objects.count() == 1


def test_a_closed_enterprise_owes_no_drill(cast, enterprise):
    files.set_status(enterprise, actor=cast.district, status="closed", reason="注销")
    enterprise.refresh_from_db()
    assert selectors.drills_due(enterprise) == []
