"""Statistics of any module: every number equals its list and its features; scope, roles, wrong parameters, sheet."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import parse_qs, unquote

import openpyxl
import pytest
from django.test import Client

from layers.registry import registry
from layers.statistics import Table, counting
from layers.statistics.answering import Answer
from supervision.enterprises.models import Drill, Enterprise
from tests.counted import KEYS, answers_of, cells, small_city  # noqa: F401  # a fixture


@pytest.fixture(autouse=True)
def _nothing_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine."""
    monkeypatch.setattr(counting, "DEAR_SECONDS", 1e9)


def features_of(link: str) -> str:
    """The address of the features API that the map asks for the selection of a link."""
    hashed = parse_qs(link.split("#", 1)[1])
    layer = hashed["layers"][0]
    query = unquote(hashed["f"][0]).split(":", 1)[1] if "f" in hashed else ""
    query += f"&region={hashed['region'][0]}" if "region" in hashed else ""
    return f"/api/v1/features/{layer}/?page_size=1&{query}"


def check(client: Client, answer: Answer, seen: dict[str, int]) -> int:
    """Each number against its list and its features, of the zeros one in four; how many were looked at."""
    for number, cell in enumerate(cells(answer)):
        if not cell.list_url or not cell.is_count or (not cell.value and number % 4):
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


def test_the_statistics_of_every_module_light_the_same_entry(city: Any, cast: Any, browse: Any) -> None:
    for key in KEYS:
        text = browse(cast.city).get(f"/{key}/statistics/").content.decode()
        assert re.findall(r'aria-current="page" data-nav-key="[a-z]*">([^<]+)<', text) == ["统计"], key


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
