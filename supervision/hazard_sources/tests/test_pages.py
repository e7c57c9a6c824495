"""The panel's tab, the steps by click, the form with its pasted inventory, the list and the sheet."""

import io

import openpyxl
import pytest

from supervision.hazard_sources import assessing, forms
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.tests.making import add, give_papers

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.parametrize(("text", "items"), [
    ("氯 25", [("氯", "", "25")]),
    ("氯\t25\n\n  柴油  W5.4  25.2 ", [("氯", "", "25"), ("柴油", "W5.4", "25.2")]),
    ("1,3-丁二烯 3", [("1,3-丁二烯", "", "3")]),
    ("W5.3 86000", [("", "W5.3", "86000")]),
    ("某溶剂，W5.3、J5，10", [("某溶剂", "W5.3、J5", "10")]),
    ("氯", [("氯", "", "")]),
    ("", []),
])  # fmt: skip
def test_lines_are_read_as_people_paste_them(text, items):
    assert [(i["substance"], i["class"], i["quantity_t"]) for i in forms.read_lines(text)] == items


def test_lines_survive_a_round_trip(cast, site):
    text = "氯 25\n柴油 W5.4 25.2\n硝酸铵(含可燃物≤0.2%) 45"
    made = add(cast.city, site, items=forms.read_lines(text))
    assert forms.write_lines(made.items.all()) == text


def test_the_tab_shows_s_r_grade_and_derivation(cast, browse, assessed):
    page = browse(cast.city).get(f"/panel/hazard_sources/{assessed.pk}/tab/hazard-sources/").content.decode()
    for shown in ("三级", 'data-level="3"', "液氯库房", "氯 25 t ÷ 5 t × β 4 = 20", "120 人", "已评估", "备案"):
        assert shown in page
    assert "责令复评" not in browse(cast.duty).get(f"/panel/hazard_sources/{assessed.pk}/").content.decode()


def test_the_tab_shows_on_the_enterprise_too(cast, browse, assessed):
    page = browse(cast.city).get(f"/panel/enterprises/{assessed.site_id}/tab/hazard-sources/")
    assert page.status_code == 200 and "液氯库房" in page.content.decode()


def test_steps_by_click(cast, browse, source):
    client, address = browse(cast.district), f"/hazard_sources/{source.pk}/step/"
    assert "已评估分级" not in client.post(f"{address}identify/", **HTMX).content.decode()
    assert "已评估分级" in client.post(f"{address}assess/", **HTMX).content.decode()
    refused = client.post(f"{address}file/", {"filing_number": "BA1"}, **HTMX)
    assert refused.status_code == 409 and "备案材料还缺" in refused.content.decode()
    give_papers(source, cast.district)
    assert "备案编号" in client.get(f"{address}file/", **HTMX).content.decode()
    assert "<html" in client.get(f"{address}file/").content.decode()
    missing = client.post(f"{address}file/", {"filing_number": " "}, **HTMX)
    assert missing.status_code == 400 and "备案编号" in missing.content.decode()
    assert "BA〔2026〕9" in client.post(f"{address}file/", {"filing_number": "BA〔2026〕9"}, **HTMX).content.decode()
    again = client.post(f"{address}file/", {"filing_number": "x"}, **HTMX)
    assert again.status_code == 409 and "只能在" in again.content.decode()
    plain = client.post(f"{address}recall/", {"note": "工艺变更"})
    assert plain.status_code == 302 and plain["Location"] == f"/hazard_sources/sources/{source.pk}/"


@pytest.mark.parametrize(("who", "name", "status"), [
    ("neighbour", "identify", 404), ("nobody", "identify", 404), ("duty", "identify", 403), ("enterprise", "file", 403),
    ("district", "change", 404), ("district", "explode", 404)])  # fmt: skip
def test_steps_are_refused(cast, browse, source, who, name, status):
    assert browse(getattr(cast, who)).post(f"/hazard_sources/{source.pk}/step/{name}/").status_code == status


FORM = {
    "name": "罐区", "unit": "storage", "exposed_persons": "35", "inventory": "汽油 3000\n甲醇 1000",
    "datum": "cgcs2000",
}  # fmt: skip


def test_a_source_is_made_and_changed_through_the_form(cast, browse, site):
    client = browse(cast.district)
    code = site.enterprise.credit_code
    assert client.get("/hazard_sources/sources/new/").status_code == 200
    made = client.post("/hazard_sources/sources/new/", FORM | {"credit_code": code})
    assert made.status_code == 302, made.content.decode()
    source = HazardSource.objects.get()
    assessing.identify_source(source, actor=cast.district)
    assessing.assess_source(source, actor=cast.district)
    assert (source.s_text, source.r_text, source.grade) == ("17", "20.4", 3)
    edit = f"/hazard_sources/sources/{source.pk}/edit/"
    assert "汽油(乙醇汽油、甲醇汽油) 3000" in client.get(edit).content.decode()
    without = client.post(edit, FORM | {"inventory": "汽油 3000"})
    assert without.status_code == 400 and "变更原因" in without.content.decode()
    assert client.post(edit, FORM | {"inventory": "汽油 3000", "reason": "甲醇罐停用"}).status_code == 302
    source.refresh_from_db()
    assert source.state == "due" and source.items.count() == 1


@pytest.mark.parametrize(("changes", "reason"), [
    ({"inventory": "汽油 3000\n柴油 10"}, "第 2 行"),
    ({"inventory": "硝酸铵 10"}, "可选"),
    ({"inventory": "氯 -1"}, "负数"),
    ({"inventory": "氯"}, "请填数量"),
    ({"inventory": "氯 0"}, "大于 0"),
    ({"inventory": ""}, ""),
    ({"exposed_persons": "-4"}, ""),
    ({"credit_code": "91370523MA3RQPW86Q"}, "没有找到这家企业"),
    ({"lon": "118.9", "lat": "37.4"}, "公里"),
    ({"lon": "nan", "lat": "37.4"}, ""),
])  # fmt: skip
def test_the_form_comes_back_with_the_reason(cast, browse, site, changes, reason):
    body = {**FORM, "credit_code": site.enterprise.credit_code, **changes}
    answer = browse(cast.district).post("/hazard_sources/sources/new/", body)
    assert answer.status_code == 400 and reason in answer.content.decode()
    assert not HazardSource.objects.exists()


def test_the_neighbour_cannot_name_our_enterprise(cast, browse, site):
    body = FORM | {"credit_code": site.enterprise.credit_code}
    answer = browse(cast.neighbour).post("/hazard_sources/sources/new/", body)
    assert answer.status_code == 400 and "没有找到这家企业" in answer.content.decode()


def test_the_sheet_has_exact_figures_and_the_derivation(cast, browse, assessed):
    content = browse(cast.city).get("/hazard_sources/sources/export.xlsx").content
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    text = " ".join(str(value) for row in rows for value in row)
    for shown in ("液氯库房", "三级", "40", "氯 25 t ÷ 5 t × β 4 = 20"):
        assert shown in text


def test_the_calculator_is_there_for_everyone(cast, browse):
    assert "GB 18218" in browse(cast.town).get("/hazard_sources/calculator/").content.decode()
