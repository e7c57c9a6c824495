"""Plans: registered with their clocks, filed, reviewed, verified, abolished; each by who may, where they may."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from command_center.plans import selectors, services
from command_center.plans.models import Plan
from core import events
from core.models import Event
from core.workflow import NotAllowed

pytestmark = pytest.mark.django_db


def day(days_ago: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days_ago)


@pytest.fixture
def plan(cast: SimpleNamespace, sites: SimpleNamespace) -> Plan:
    return services.add_plan(
        actor=cast.district, title="大王甲化工综合应急预案", kind="comprehensive", site=sites.own, issued_on=day(100)
    )


@pytest.fixture
def city_plan(cast: SimpleNamespace, regions: SimpleNamespace) -> Plan:
    return services.add_plan(
        actor=cast.city, title="东营市危险化学品事故应急预案", kind="special", level="city", region=regions.city,
        issued_on=day(100),
    )  # fmt: skip


def test_an_enterprises_plan_lies_where_its_site_lies(plan: Plan, sites: SimpleNamespace) -> None:
    assert (plan.level, plan.region, plan.pinyin[:4]) == ("enterprise", sites.own.region, "dwjh")


def test_registering_starts_the_clocks_of_filing_and_review(plan: Plan) -> None:
    assert plan.review_due_on == services.review_due(plan.issued_on)
    assert plan.filing_due_on > plan.issued_on + dt.timedelta(days=20)


def test_a_plan_of_29_february_is_due_on_the_28th() -> None:
    assert services.review_due(dt.date(2024, 2, 29)) == dt.date(2027, 2, 28)


def test_registering_is_told_without_personal_data(plan: Plan) -> None:
    event = events.about(plan).get()
    assert event.kind == "plans.add" and set(event.data) == {"id", "level"}


def test_filing_needs_a_number_and_happens_once(plan: Plan, cast: SimpleNamespace) -> None:
    assert selectors.standing(plan) == "unfiled"
    with pytest.raises(ValidationError, match="备案编号"):
        services.file_plan(plan, actor=cast.district, filing_number=" ")
    with pytest.raises(ValidationError, match="发布日期"):
        services.file_plan(plan, actor=cast.district, filing_number="370523-1", filed_on=day(200))
    filed = services.file_plan(plan, actor=cast.district, filing_number="370523-1")
    assert selectors.standing(filed) == "in_force"
    with pytest.raises(NotAllowed, match="已于"):
        services.file_plan(plan, actor=cast.district, filing_number="370523-2")


def test_a_review_moves_the_next_one_three_years_on(plan: Plan, cast: SimpleNamespace) -> None:
    Plan.objects.filter(pk=plan.pk).update(issued_on=day(1200), review_due_on=day(105))
    assert list(selectors.due(cast.district)) == [plan]
    with pytest.raises(ValidationError, match="结论"):
        services.review_plan(plan, actor=cast.district, conclusion="")
    reviewed = services.review_plan(plan, actor=cast.district, conclusion="继续适用", reviewed_on=day(1))
    assert reviewed.review_due_on == services.review_due(day(1))
    assert not selectors.due(cast.district).exists()
    with pytest.raises(ValidationError, match="上次评估"):
        services.review_plan(plan, actor=cast.district, conclusion="继续适用", reviewed_on=day(30))


def test_a_new_edition_is_filed_and_reviewed_anew(plan: Plan, cast: SimpleNamespace) -> None:
    services.file_plan(plan, actor=cast.district, filing_number="370523-1")
    revised = services.change_plan(plan, actor=cast.district, issued_on=day(2))
    assert (revised.filed_on, revised.filing_number) == (None, "")
    assert revised.review_due_on == services.review_due(day(2))
    assert selectors.standing(revised) == "filing"


def test_correcting_the_title_leaves_the_clocks_alone(plan: Plan, cast: SimpleNamespace) -> None:
    services.file_plan(plan, actor=cast.district, filing_number="370523-1")
    changed = services.change_plan(plan, actor=cast.district, title="大王甲化工综合预案（修正）")
    assert changed.filing_number == "370523-1" and changed.title.endswith("（修正）")


def test_an_abolished_plan_can_only_be_looked_at(plan: Plan, cast: SimpleNamespace) -> None:
    services.abolish_plan(plan, actor=cast.district, reason="企业关闭")
    for verb in (
        lambda: services.verify_plan(plan, actor=cast.district),
        lambda: services.review_plan(plan, actor=cast.district, conclusion="适用"),
        lambda: services.abolish_plan(plan, actor=cast.district, reason="再次"),
    ):
        with pytest.raises(NotAllowed, match="废止"):
            verb()
    assert selectors.badge(plan.site, cast.district) == 0


def test_verifying_makes_it_fresh(plan: Plan, cast: SimpleNamespace) -> None:
    Plan.objects.filter(pk=plan.pk).update(verified_at=timezone.now() - dt.timedelta(days=400))
    plan.refresh_from_db()
    assert plan.is_stale
    assert not services.verify_plan(plan, actor=cast.duty).is_stale


def test_roles_without_the_right_are_refused(plan: Plan, cast: SimpleNamespace, make_user: Any, regions: Any) -> None:
    grid = cast.town
    for verb in (
        lambda: services.add_plan(actor=grid, title="某预案", kind="special", level="town", region=regions.town,
                                  issued_on=day(1)),
        lambda: services.file_plan(plan, actor=cast.duty, filing_number="1"),
        lambda: services.verify_plan(plan, actor=grid),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            verb()


def test_a_neighbour_cannot_see_or_touch_the_plan(plan: Plan, cast: SimpleNamespace) -> None:
    assert not Plan.objects.visible_to(cast.neighbour).exists()
    with pytest.raises(Plan.DoesNotExist):
        services.verify_plan(plan, actor=cast.neighbour)


def test_the_citys_plan_is_read_by_every_county_and_changed_by_none(city_plan: Plan, cast: SimpleNamespace) -> None:
    assert list(Plan.objects.visible_to(cast.neighbour)) == [city_plan]
    with pytest.raises(PermissionDenied, match="只能查看"):
        services.verify_plan(city_plan, actor=cast.neighbour)
    assert not Plan.objects.visible_to(cast.nobody).exists()


def test_an_enterprise_keeps_its_own_plans_and_sees_no_other(
    plan: Plan, city_plan: Plan, cast: SimpleNamespace, sites: SimpleNamespace
) -> None:
    assert list(Plan.objects.visible_to(cast.enterprise)) == [plan]
    services.verify_plan(plan, actor=cast.enterprise, how="企业自行确认")
    with pytest.raises(PermissionDenied, match="本企业"):
        services.add_plan(actor=cast.enterprise, title="别家的", kind="special", site=sites.other, issued_on=day(1))
    with pytest.raises(PermissionDenied):
        services.file_plan(plan, actor=cast.enterprise, filing_number="1")


def test_a_government_plan_needs_a_region_in_reach(cast: SimpleNamespace, regions: SimpleNamespace) -> None:
    facts = {"title": "某县防汛预案", "kind": "special", "level": "county", "issued_on": day(1)}
    with pytest.raises(ValidationError, match="区划"):
        services.add_plan(actor=cast.district, **facts)
    with pytest.raises(PermissionDenied, match="管辖"):
        services.add_plan(actor=cast.district, region=regions.neighbour, **facts)
    with pytest.raises(ValidationError, match="企业"):
        services.add_plan(actor=cast.district, region=regions.district, **{**facts, "level": "enterprise"})
    with pytest.raises(ValidationError, match="今天"):
        services.add_plan(actor=cast.district, region=regions.district, **{**facts, "issued_on": day(-3)})


def test_the_database_keeps_its_own_rules(regions: SimpleNamespace, sites: SimpleNamespace) -> None:
    good = {"title": "某", "kind": "special", "region": regions.district, "issued_on": day(5), "filing_due_on": day(0),
            "review_due_on": day(0)}  # fmt: skip
    for bad in (
        {"level": "enterprise"},
        {"level": "county", "site": sites.own},
        {"level": "county", "filed_on": day(9), "filing_number": "1"},
        {"level": "county", "filed_on": day(1)},
        {"level": "county", "reviewed_on": day(9)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Plan.objects.create(**good, **bad)


def test_the_standing_in_the_database_is_the_standing_in_the_program(plan: Plan, cast: SimpleNamespace) -> None:
    base = {"kind": "special", "level": "county", "region": plan.region, "issued_on": day(1500)}
    for n, (filed, due, filing_due, abolished) in enumerate(
        [
            (None, -5, -5, None),
            (None, -5, 5, None),
            (9, 5, 5, None),
            (9, -5, 5, None),
            (9, 5, 5, 1),
            (None, 5, -5, None),
        ]
    ):
        Plan.objects.create(
            **base, title=f"预案{n}", filed_on=filed and day(filed), filing_number="号" if filed else "",
            review_due_on=day(due), filing_due_on=day(filing_due), abolished_on=abolished and day(abolished),
        )  # fmt: skip
    rows = list(selectors.with_standing(Plan.objects.all()))
    assert {r.standing for r in rows} == set(selectors.STANDINGS)
    assert all(r.standing == selectors.standing(r) for r in rows)


def test_a_text_is_attached_when_it_is_given(cast: SimpleNamespace, sites: SimpleNamespace) -> None:
    text = SimpleUploadedFile(
        "综合预案.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    )
    made = services.add_plan(
        actor=cast.district, title="有文本的预案", kind="comprehensive", site=sites.own, issued_on=day(1), text=text
    )
    assert [a.name for a in selectors.texts(made)] == ["综合预案.pdf"]


def test_the_tab_shows_the_places_own_plans_and_those_of_its_governments(
    plan: Plan, city_plan: Plan, cast: SimpleNamespace, regions: SimpleNamespace, browse: Any
) -> None:
    services.add_plan(actor=cast.city, title="邻县预案", kind="special", level="county", region=regions.neighbour,
                      issued_on=day(9))  # fmt: skip
    context = selectors.tab(plan.site, cast.duty)
    assert [row["plan"] for row in context["plans"]] == [plan]
    assert list(context["government"]) == [city_plan]


def test_one_click_verifies_and_shows_the_tab_again(plan: Plan, cast: SimpleNamespace, browse: Any) -> None:
    response = browse(cast.duty).post(f"/plans/{plan.pk}/verify/")
    assert response.status_code == 200 and "今天核实" in response.content.decode()
    assert browse(cast.neighbour).post(f"/plans/{plan.pk}/verify/").status_code == 404
    assert browse(cast.town).post(f"/plans/{plan.pk}/verify/").status_code == 403
    assert browse(cast.duty).get(f"/plans/{plan.pk}/verify/").status_code == 405


def test_the_api_does_each_verb_and_says_what_is_wrong(plan: Plan, cast: SimpleNamespace, browse: Any) -> None:
    client = browse(cast.district)

    def post(verb: str, body: dict[str, Any], **headers: str) -> Any:
        return client.post(f"/api/v1/plans/{plan.pk}/{verb}/", body, content_type="application/json", headers=headers)

    assert post("file", {}).status_code == 400
    assert post("file", {"filing_number": "1", "filed_on": "明天"}).status_code == 400
    first = post("file", {"filing_number": "备-1"}, **{"Idempotency-Key": "k"})
    assert first.status_code == 200 and first.json()["standing"] == "in_force"
    assert post("file", {"filing_number": "备-1"}, **{"Idempotency-Key": "k"}).json() == first.json()
    again = post("file", {"filing_number": "备-1"})
    assert again.status_code == 409 and again.json()["code"] == "not_allowed"
    assert post("burn", {}).status_code == 404
    assert Event.objects.filter(kind="plans.file").count() == 1
    url = f"/api/v1/plans/{plan.pk}/verify/"
    assert browse(cast.neighbour).post(url, {}, content_type="application/json").status_code == 404
    assert browse(cast.auditor).post(url, {}, content_type="application/json").status_code == 403


def test_a_plan_is_registered_through_its_form(cast: SimpleNamespace, sites: SimpleNamespace, browse: Any) -> None:
    client = browse(cast.district)
    assert client.get(f"/plans/plans/new/?site={sites.own.pk}&level=enterprise").status_code == 200
    form = {"title": "表单登记的预案", "kind": "special", "site": sites.own.pk, "issued_on": "2025-03-01",
            "interval_days": 180}  # fmt: skip
    response = client.post("/plans/plans/new/", form)
    assert response.status_code == 302, response.content.decode()
    made = Plan.objects.get(title="表单登记的预案")
    assert made.region == sites.own.region and client.get(f"/plans/plans/{made.pk}/").status_code == 200
    assert client.post("/plans/plans/new/", form | {"site": sites.other.pk}).status_code == 400
    assert client.post("/plans/plans/new/", form | {"site": "", "level": "county"}).status_code == 400


def test_what_may_be_done_is_offered_to_who_may(plan: Plan, city_plan: Plan, cast: SimpleNamespace) -> None:
    def offered(which: Plan, user: Any) -> set[str]:
        return {verb.key for verb in selectors.plan_tab(which, user)["verbs"]}

    assert offered(plan, cast.district) == {"verify", "file", "review", "abolish"}
    assert offered(plan, cast.enterprise) == {"verify", "review", "abolish"}
    assert offered(plan, cast.town) == set()
    assert offered(city_plan, cast.district) == set()


def test_the_plans_own_page_does_it_and_says_why_not(plan: Plan, cast: SimpleNamespace, browse: Any) -> None:
    client, url = browse(cast.district), f"/plans/{plan.pk}/do/"
    assert "备案编号" in client.post(f"{url}file/", {"filing_number": ""}).content.decode()
    done = client.post(f"{url}file/", {"filing_number": "备-7"}, headers={"HX-Request": "true"})
    assert done.status_code == 200 and "已办理：登记备案" in done.content.decode()
    assert "已于" in client.post(f"{url}file/", {"filing_number": "备-8"}).content.decode()
    assert client.post(f"{url}review/", {"conclusion": "继续适用"}).status_code == 302
    assert client.post(f"{url}burn/").status_code == 404
    assert browse(cast.neighbour).post(f"{url}verify/").status_code == 404
    assert browse(cast.town).post(f"{url}verify/").status_code == 403
