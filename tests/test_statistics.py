"""Statistics of any module: every number equals its list and its features; scope, roles, wrong parameters, sheet."""

from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import jobs
from core.models import Job, User
from geo.scope import Scope
from layers import caches
from layers.jobs import renew_statistics
from layers.models import Tally
from layers.registry import registry
from layers.statistics import Table, counting, reading
from layers.statistics.answering import Answer, Cell, plans, whole
from layers.statistics.asking import asked
from layers.statistics.ready import forget_unused, make_ready
from supervision.enterprises.models import Contact, Drill, Enterprise, Licence
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources.models import HazardSource


@pytest.fixture(autouse=True)
def _nothing_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine."""
    monkeypatch.setattr(counting, "DEAR_SECONDS", 1e9)


KEYS = [module.key for module in registry if module.statistics]


@pytest.fixture
def city(cast: SimpleNamespace, regions: SimpleNamespace) -> SimpleNamespace:
    """Enterprises of every kind in town, county, neighbour and city, with papers, drills, contacts and sources."""
    now, today = timezone.now(), timezone.localdate()
    status, scale, tags = ("operating", "suspended", "closed"), ("large", "", "micro"), (["dust"], [], ["dust", "gas"])
    places = (regions.town, regions.district, regions.neighbour_town, regions.neighbour, regions.city)
    rows = [
        make_enterprise(
            place,
            number,
            categories=(["chemical"], ["trade"], ["trade", "chemical"])[number % 3],
            status=status[number % 3],
            scale=scale[number % 3],
            tags=tags[number % 3],
            state=("valid", "due", "valid", "draft")[number % 4],
            platform_joined_on=dt.date(2015 + number, 7, 1),
            freshness_score=number * 12,
            verified_at=None if number == 0 else now - dt.timedelta(days=(29, 30, 31, 90, 91, 181, 400)[number - 1]),
            drill_due_on=today + dt.timedelta(days=(-1, 0, 30, 31)[number % 4]),
        )
        for place in places
        for number in range(8)
    ]
    for number, enterprise in enumerate(rows):
        if number % 2:
            Contact.objects.create(enterprise=enterprise, role="safety", name="张", since="2020-01-01")
        Licence.objects.create(
            enterprise=enterprise, kind="business", number=f"L{number}",
            expires_on=None if number % 5 == 0 else today + dt.timedelta(days=number * 40 - 40),
        )  # fmt: skip
        Drill.objects.create(
            enterprise=enterprise, kind=("special", "on_site")[number % 2], plan_name="预案", subject="演练",
            held_on=today - dt.timedelta(days=number * 30), participants=10 + number,
        )  # fmt: skip
    for number, enterprise in enumerate(rows[::3]):
        HazardSource.objects.create(
            site=enterprise.site, region=enterprise.site.region, geom=enterprise.site.geom, name=f"罐区{number}",
            unit=("storage", "production")[number % 2], exposed_persons=10, grade=number % 4 + 1, s=2, r=20, alpha=1,
            state=("assessed", "filed", "cancelled")[number % 3], assessed_on=today,
            review_due_on=today + dt.timedelta(days=(-1, 0, 90, 91)[number % 4]),
        )  # fmt: skip
    return SimpleNamespace(rows=rows)


def answers_of(user: User, module: str, **given: str) -> list[Answer]:
    found, tables = reading.opened(module, user)
    return reading.read(found, tables, user, given)[1]


def cells(answer: Answer) -> list[Cell]:
    return [cell for line in (*answer.lines, answer.total) for cell in line.cells]


def features_of(link: str) -> str:
    """The address of the features API that the map asks for the selection of a link."""
    hashed = parse_qs(link.split("#", 1)[1])
    layer = hashed["layers"][0]
    query = unquote(hashed["f"][0]).split(":", 1)[1] if "f" in hashed else ""
    query += f"&region={hashed['region'][0]}" if "region" in hashed else ""
    return f"/api/v1/features/{layer}/?page_size=1&{query}"


def check(client: Client, answer: Answer, seen: dict[str, int]) -> int:
    """Each number against its list and its features; how many were looked at."""
    for cell in cells(answer):
        if not cell.list_url or not cell.is_count:
            continue
        address = "/api/v1" + cell.list_url
        if address not in seen:
            found = client.get(address)
            assert found.status_code == 200, (answer.table.key, address, found.content.decode())
            seen[address] = found.json()["count"]
        assert seen[address] == cell.value, (answer.table.key, address)
        if cell.map_url:
            address = features_of(cell.map_url)
            if address not in seen:
                found = client.get(address)
                assert found.status_code == 200, (answer.table.key, address, found.content.decode())
                seen[address] = found.json()["count"]
            assert seen[address] == cell.value, (answer.table.key, address)
    return len(seen)


@pytest.mark.parametrize("module", KEYS)
@pytest.mark.parametrize("who", ["city", "district", "town"])
def test_every_number_is_the_count_of_its_list_and_of_its_features(
    city: Any, cast: Any, browse: Any, module: str, who: str
) -> None:
    user, seen = getattr(cast, who), {}
    for answer in answers_of(user, module):
        check(browse(user), answer, seen)
    assert len(seen) > 10


def test_so_it_is_of_a_county_and_of_a_period(city: Any, cast: Any, browse: Any, regions: Any) -> None:
    seen: dict[str, int] = {}
    given = {"region": regions.district.code, "from": "2018-01-01", "to": "2026-01-01"}
    for answer in answers_of(cast.city, "enterprises", **given):
        check(browse(cast.city), answer, seen)
        assert answer.total.cells[-1].value is not None
    assert len(seen) > 10


def test_rows_and_columns_add_up_to_the_totals_unless_they_overlap(city: Any, cast: Any) -> None:
    for module in KEYS:
        for answer in answers_of(cast.city, module):
            if isinstance(answer.table.columns, tuple):
                continue
            if not answer.table.rows.overlaps:
                for index, total in enumerate(answer.total.cells):
                    assert sum(line.cells[index].value or 0 for line in answer.lines) == total.value
            if not answer.table.columns.overlaps:
                assert all(sum(c.value for c in line.cells[:-1]) == line.cells[-1].value for line in answer.lines)


def test_an_enterprise_of_two_categories_counts_in_both_and_once_in_the_total(city: Any, cast: Any) -> None:
    answer = next(a for a in answers_of(cast.city, "enterprises") if a.table.key == "by_category")
    twice = Enterprise.objects.in_register().filter(categories__len=2).count()
    assert twice and sum(c.value or 0 for c in answer.total.cells[:-1]) == (answer.total.cells[-1].value or 0) + twice
    assert any(f"多出的 {twice}" in note for note in answer.notes)


def test_drafts_are_not_counted(city: Any, cast: Any) -> None:
    answer = next(a for a in answers_of(cast.city, "enterprises") if a.table.key == "by_status")
    assert answer.total.cells[-1].value == Enterprise.objects.in_register().count() < Enterprise.objects.count()


def test_a_county_sees_its_own_numbers_by_town(city: Any, cast: Any, regions: Any) -> None:
    answer = next(a for a in answers_of(cast.district, "enterprises") if a.table.key == "by_status")
    assert [line.label for line in answer.lines] == ["大王镇", "未分到镇街"]
    mine = Enterprise.objects.in_register().filter(site__region__path__startswith=regions.district.path).count()
    assert answer.total.cells[-1].value == mine
    with pytest.raises(Exception, match="管辖范围内没有"):
        answers_of(cast.district, "enterprises", region=regions.neighbour.code)


def test_what_was_counted_is_counted_again_when_it_changes(city: Any, cast: Any, regions: Any) -> None:
    def total() -> float | None:
        return next(a for a in answers_of(cast.city, "enterprises") if a.table.key == "by_status").total.cells[-1].value

    before = total()
    make_enterprise(regions.town, 99)
    assert total() == (before or 0) + 1


def total_of(user: User) -> float | None:
    return next(a for a in answers_of(user, "enterprises") if a.table.key == "by_status").total.cells[-1].value


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pass is dear, and due to be counted anew at once."""
    monkeypatch.setattr(counting, "DEAR_SECONDS", 0)
    monkeypatch.setattr(counting, "PATIENCE", 0)


def statements_that_count(queries: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in queries.captured_queries if "GROUPING SETS" in q["sql"]]


def test_another_process_reads_what_the_first_counted(city: Any, cast: Any) -> None:
    with CaptureQueriesContext(connection) as first:
        answers_of(cast.city, "enterprises")
    caches.forget_everything()
    with CaptureQueriesContext(connection) as second:
        answers_of(cast.city, "enterprises")
        answers_of(cast.city, "enterprises", table="by_status")
    assert statements_that_count(first) and not statements_that_count(second)


def test_a_process_with_other_hashes_asks_by_the_same_digests(city: Any, cast: Any) -> None:
    def digests(user: User) -> set[str]:
        question = asked(user, "enterprises", {}, timezone.localdate())
        return {plan.digest for plan in plans(whole(question), question).values()}

    mine = User.objects.get(pk=cast.district.pk)
    other = User.objects.get(pk=cast.district.pk)
    ids = sorted(mine.scope.region_ids or ())
    mine.__dict__["scope"] = Scope(region_ids=frozenset(ids))
    other.__dict__["scope"] = Scope(region_ids=frozenset([*(i + 2**20 for i in ids), *reversed(ids)]) & frozenset(ids))
    assert digests(mine) == digests(other)
    assert not digests(cast.district) & digests(cast.neighbour)
    assert not digests(cast.district) & digests(cast.city)


def test_no_county_is_shown_what_was_counted_for_another(city: Any, cast: Any, regions: Any, dear: Any) -> None:
    make_enterprise(regions.town, 98)
    for who in ("city", "district", "neighbour"):
        mine = Enterprise.objects.in_register().filter(site__region__path__startswith=getattr(regions, who).path)
        assert total_of(getattr(cast, who)) == mine.count()
    assert total_of(cast.district) != total_of(cast.neighbour)


def test_what_is_dear_is_shown_on_and_says_so_until_the_worker_has_counted_anew(
    city: Any, cast: Any, browse: Any, regions: Any, dear: Any
) -> None:
    client, address = browse(cast.city), "/enterprises/statistics/"
    assert "此后有改动" not in client.get(address).content.decode()
    before = Enterprise.objects.in_register().count()
    make_enterprise(regions.town, 99)
    for _ in range(2):
        text = client.get(address).content.decode()
        assert "此后有改动" in text and f"{address}?now=1" in text
    assert total_of(cast.city) == before
    (task,) = Job.objects.filter(name="layers.renew_statistics")
    jobs.run_waiting()
    task.refresh_from_db()
    assert task.done_at and not task.error
    assert "此后有改动" not in client.get(address).content.decode()
    assert total_of(cast.city) == before + 1


def test_who_does_not_want_to_wait_for_the_worker_has_it_counted_now(
    city: Any, cast: Any, browse: Any, regions: Any, dear: Any
) -> None:
    before = total_of(cast.city)
    make_enterprise(regions.town, 99)
    assert "此后有改动" not in browse(cast.city).get("/enterprises/statistics/?now=1").content.decode()
    assert total_of(cast.city) == (before or 0) + 1


def test_renewing_twice_counts_once(city: Any, cast: Any, regions: Any, dear: Any) -> None:
    period = {"from": "2018-01-01"}
    answers_of(cast.city, "enterprises", **period)
    make_enterprise(regions.town, 99)
    renew_statistics("enterprises", cast.city.pk, period)
    kept = list(Tally.objects.order_by("pk").values_list("pk", "as_of"))
    renew_statistics("enterprises", cast.city.pk, period)
    assert list(Tally.objects.order_by("pk").values_list("pk", "as_of")) == kept
    assert not any(answer.is_behind for answer in answers_of(cast.city, "enterprises", **period))


def test_the_worker_waits_before_it_counts_anew(
    city: Any, cast: Any, regions: Any, dear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PATIENCE", 1e9)
    before = total_of(cast.city)
    make_enterprise(regions.town, 99)
    assert total_of(cast.city) == before
    make_ready()
    assert total_of(cast.city) == before
    assert not Job.objects.filter(name="layers.renew_statistics").exists()


@pytest.mark.parametrize("who", ["city", "district", "neighbour"])
def test_dear_counts_are_there_before_anybody_looks_and_follow_changes(
    city: Any, cast: Any, regions: Any, dear: Any, who: str
) -> None:
    make_ready()
    make_enterprise(regions.town, 99)
    make_ready()
    with CaptureQueriesContext(connection) as queries:
        for module in KEYS:
            assert not any(answer.is_behind for answer in answers_of(getattr(cast, who), module))
    assert not statements_that_count(queries)


def test_a_small_city_counts_for_its_counties_when_they_ask(city: Any, cast: Any) -> None:
    make_ready()
    kept = Tally.objects.count()
    answers_of(cast.district, "enterprises")
    assert Tally.objects.count() > kept > 0


def test_shortly_before_midnight_the_next_day_is_ready(
    city: Any, cast: Any, dear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    late = timezone.make_aware(dt.datetime.combine(today, dt.time(23, 55)))
    monkeypatch.setattr(timezone, "localtime", lambda: late)
    make_ready()
    question = asked(cast.city, "enterprises", {}, today + dt.timedelta(days=1))
    wanted = {plan.digest for plan in plans(whole(question), question).values()}
    assert wanted == set(Tally.objects.filter(pk__in=wanted).values_list("pk", flat=True))


def test_counts_of_days_gone_by_are_forgotten(city: Any, cast: Any) -> None:
    answers_of(cast.city, "enterprises")
    forget_unused()
    assert Tally.objects.exists()
    Tally.objects.update(as_of=timezone.now() - dt.timedelta(days=3))
    forget_unused()
    assert not Tally.objects.exists()


def test_sums_and_means_are_those_of_the_rows(city: Any, cast: Any) -> None:
    answer = next(
        a for a in answers_of(cast.city, "enterprises", **{"from": "2000-01-01"}) if a.table.key == "drill_persons"
    )
    persons = list(Drill.objects.values_list("participants", flat=True))
    times, total, mean = (cell.value for cell in answer.total.cells)
    assert (times, total) == (len(persons), sum(persons)) and mean == pytest.approx(sum(persons) / len(persons))


def test_an_enterprise_account_is_told_that_statistics_are_not_for_it(city: Any, cast: Any, browse: Any) -> None:
    for address in (
        "/enterprises/statistics/",
        "/enterprises/statistics/export.xlsx",
        "/api/v1/statistics/enterprises/",
    ):
        answer = browse(cast.enterprise).get(address)
        assert answer.status_code == 403 and "监管人员" in answer.content.decode(), address
    assert "/enterprises/statistics/" not in browse(cast.enterprise).get("/app/").content.decode()
    assert "/enterprises/statistics/" in browse(cast.city).get("/app/").content.decode()


def test_who_has_no_right_is_refused_and_a_module_without_statistics_is_unknown(
    city: Any, cast: Any, browse: Any
) -> None:
    assert browse(cast.nobody).get("/enterprises/statistics/").status_code == 403
    assert browse(cast.city).get("/resources/statistics/").status_code == 404
    assert Client().get("/enterprises/statistics/").status_code == 302


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("region=999999", "管辖范围内没有"),
        ("region=abc", "区划代码"),
        ("from=2016-13-01", "不是日期"),
        ("from=1016-01-01", "不是日期"),
        ("from=2020-01-01&to=2019-01-01", "对调"),
        ("table=none", "没有统计表"),
        ("colour=red", "不认识的参数"),
    ],
)
def test_a_wrong_parameter_is_explained(cast: Any, browse: Any, query: str, words: str) -> None:
    for address in (
        "/enterprises/statistics/",
        "/enterprises/statistics/export.xlsx",
        "/api/v1/statistics/enterprises/",
    ):
        answer = browse(cast.city).get(f"{address}?{query}")
        assert answer.status_code == 400 and words in answer.content.decode(), address


def test_the_page_shows_every_table_with_links_and_the_time(city: Any, cast: Any, browse: Any, regions: Any) -> None:
    for key in KEYS:
        text = browse(cast.city).get(f"/{key}/statistics/").content.decode()
        for table in registry.module(key).statistics:
            assert not isinstance(table, Table) or table.title in text
        assert "数据截至" in text and 'class="n" href="/' in text and "在地图上看" in text
    drilled = browse(cast.city).get(f"/enterprises/statistics/?region={regions.district.code}").content.decode()
    assert "未分到镇街" in drilled and "大王镇" in drilled


def test_the_api_gives_the_numbers_of_the_page(city: Any, cast: Any, browse: Any) -> None:
    data = browse(cast.city).get("/api/v1/statistics/enterprises/?table=by_status").json()
    (table,) = data["tables"]
    answer = next(a for a in answers_of(cast.city, "enterprises") if a.table.key == "by_status")
    assert [c["value"] for c in table["total"]["cells"]] == [c.value for c in answer.total.cells]
    assert table["total"]["cells"][0]["list"].startswith("/enterprises/enterprises/?")


def test_the_workbook_has_a_sheet_a_table_with_numbers_and_the_rows_on_request(
    city: Any, cast: Any, browse: Any
) -> None:
    answers = answers_of(cast.city, "enterprises")
    content = browse(cast.city).get("/enterprises/statistics/export.xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == len(answers)
    sheet = book[book.sheetnames[0]]
    assert sheet["A1"].value == answers[0].table.title and "数据截至" in sheet["A2"].value
    last = 5 + len(answers[0].lines)
    assert [c.value for c in sheet[last]][1:] == [c.value for c in answers[0].total.cells]
    content = browse(cast.city).get("/enterprises/statistics/export.xlsx?table=by_status&rows=1").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert (
        len(book.sheetnames) == 2 and book[book.sheetnames[1]].max_row == 2 + Enterprise.objects.in_register().count()
    )


def test_a_list_says_which_quiet_filter_is_in_force(city: Any, cast: Any, browse: Any, regions: Any) -> None:
    text = (
        browse(cast.city)
        .get(f"/enterprises/enterprises/?never_verified=true&region_at={regions.town.code}")
        .content.decode()
    )
    assert "从未核实" in text and "只看本级区划：大王镇" in text
    assert browse(cast.city).get("/enterprises/enterprises/?never_verified=perhaps").status_code == 400


def test_nothing_orders_districts_by_their_numbers(city: Any, cast: Any, browse: Any) -> None:
    """《行政处罚法》第七十四条, 国办发〔2024〕54号: described, not ranked."""
    labels = [line.label for line in answers_of(cast.city, "enterprises")[0].lines]
    assert labels[:2] == ["利津县", "广饶县"]  # by their codes, as they stand everywhere
    assert browse(cast.city).get("/enterprises/statistics/?sort=total").status_code == 400
