"""Lists, details, forms, histories and sheets from one declaration."""

from __future__ import annotations

import io

import openpyxl
import pytest

from geo.models import Site

LIST = "/test-places/places/"


@pytest.fixture
def duty(places, cast, browse):
    return browse(cast.duty)


def text(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def filled(regions, **more):
    return {
        "name": "新厂",
        "kind": "enterprise",
        "address": "新路",
        "region": regions.town.pk,
        "lon": "118.45",
        "lat": "37.05",
        **more,
    }


class TestList:
    def test_it_shows_the_rows_the_count_and_where_they_are(self, duty, sites):
        html = text(duty.get(LIST))
        assert "大王甲化工有限公司" in html and "共 2 条" in html
        assert f"/#sel=test_places:{sites.own.pk}" in html and f'href="{LIST}{sites.own.pk}/"' in html

    def test_personal_values_are_masked(self, duty, sites):
        html = text(duty.get(LIST))
        assert "138****1234" in html and "13812341234" not in html

    @pytest.mark.parametrize(
        "query",
        [{"q": "大王甲"}, {"q": "dwj"}, {"region": "370523"}, {"q": "甲", "kind": "enterprise", "sort": "-name"}],
    )
    def test_filters_leave_what_matches(self, duty, sites, query):
        html = text(duty.get(LIST, query))
        assert "大王甲" in html and "盐窝乙" not in html

    def test_a_heading_sorts_and_turns(self, duty, sites):
        html = text(duty.get(LIST, {"sort": "name"}))
        assert 'aria-sort="ascending"' in html and "sort=-name" in html
        assert html.index("大王甲") < html.index("盐窝乙")
        html = text(duty.get(LIST, {"sort": "-name"}))
        assert html.index("盐窝乙") < html.index("大王甲")

    def test_htmx_gets_the_table_alone(self, duty, sites):
        html = text(duty.get(LIST, headers={"HX-Request": "true", "HX-Target": "records-table"}))
        assert html.lstrip().startswith('<div id="records-table"') and "<html" not in html

    def test_nothing_found_says_so_and_how_to_go_on(self, duty, cast, browse, sites, regions):
        assert "没有符合条件的场所" in text(duty.get(LIST, {"q": "没有这家"}))
        Site.objects.update(region=regions.neighbour_town)
        assert "还没有场所" in text(browse(cast.town).get(LIST))

    def test_a_wrong_filter_is_explained(self, duty, sites):
        assert 'role="alert"' in text(duty.get(LIST, {"kind": "castle"}), 400)
        assert "不认识的参数" in text(duty.get(LIST, {"knd": "school"}), 400)
        assert 'role="alert"' in text(
            duty.get(LIST, {"kind": "castle"}, headers={"HX-Request": "true", "HX-Target": "records-table"})
        )

    def test_pages_turn_and_a_page_too_far_is_the_last(self, duty, many, regions):
        many(regions.town, 60)
        html = text(duty.get(LIST))
        assert "共 62 条，第 1 / 2 页" in html and "page=2" in html
        assert "第 2 / 2 页" in text(duty.get(LIST, {"page": "999"}))
        assert "第 1 / 2 页" in text(duty.get(LIST, {"page": "x"}))

    def test_thirty_rows_cost_as_many_queries_as_five(self, duty, many, regions, django_assert_num_queries):
        many(regions.town, 5)
        duty.get(LIST)
        with django_assert_num_queries(9) as first:  # session, user, rights, regions, feed, count, rows
            duty.get(LIST)
        many(regions.town, 30, start=100)
        with django_assert_num_queries(len(first.captured_queries)):
            duty.get(LIST)

    def test_the_neighbour_sees_their_own_and_the_others_nothing(self, places, cast, browse, sites, client):
        html = text(browse(cast.neighbour).get(LIST))
        assert "盐窝乙" in html and "大王甲" not in html
        assert browse(cast.auditor).get(LIST).status_code == 403
        assert client.get(LIST).status_code == 302
        assert browse(cast.duty).get("/test-places/no-such/").status_code == 404


class TestSheet:
    def rows(self, response):
        assert response.status_code == 200
        return list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)

    def test_it_holds_exactly_the_filtered_rows(self, duty, many, sites, regions):
        many(regions.town, 3)
        rows = self.rows(duty.get(f"{LIST}export.xlsx", {"q": "大王第", "sort": "-name"}))
        assert [row[0] for row in rows[2:]] == ["大王第2厂", "大王第1厂", "大王第0厂"]

    def test_personal_columns_are_for_those_who_keep_the_record(self, duty, places, cast, browse, sites):
        assert "电话" in self.rows(duty.get(f"{LIST}export.xlsx"))[1]
        assert "电话" not in self.rows(browse(cast.enterprise).get(f"{LIST}export.xlsx"))[1]

    def test_a_wrong_filter_gives_no_sheet(self, duty):
        assert duty.get(f"{LIST}export.xlsx", {"kind": "castle"}).status_code == 400


class TestDetail:
    def test_it_shows_values_in_full_to_those_who_keep_it(self, duty, places, cast, browse, sites):
        assert "13812341234" in text(duty.get(f"{LIST}{sites.own.pk}/"))
        assert "13812341234" not in text(browse(cast.enterprise).get(f"{LIST}{sites.own.pk}/"))

    def test_it_carries_the_tabs_and_actions_of_the_feature(self, duty, sites):
        html = text(duty.get(f"{LIST}{sites.own.pk}/"))
        assert 'data-tab="facts"' in html and 'data-action="rename"' in html and "在地图上看" in html

    @pytest.mark.parametrize("page", ["", "edit/", "history/"])
    def test_out_of_scope_and_nonsense_are_404(self, places, cast, browse, sites, page):
        client = browse(cast.neighbour)
        assert client.get(f"{LIST}{sites.own.pk}/{page}").status_code == 404
        assert client.get(f"{LIST}abc/{page}").status_code == 404


class TestForm:
    def test_a_new_one_is_made_by_the_service(self, duty, regions):
        response = duty.post(f"{LIST}new/", filled(regions))
        made = Site.objects.get(name="新厂")
        assert response.status_code == 302 and response["Location"] == f"{LIST}{made.pk}/" and made.pinyin == "xc"

    def test_mistakes_come_back_beside_their_fields_and_nothing_is_lost(self, duty, regions):
        html = text(duty.post(f"{LIST}new/", filled(regions, lon="", address="写了很多的地址")), 400)
        assert "写了很多的地址" in html and 'class="error"' in html and not Site.objects.filter(name="新厂").exists()

    def test_what_the_service_refuses_comes_back_too(self, places, cast, browse, regions):
        client = browse(cast.district)
        html = text(client.post(f"{LIST}new/", filled(regions, region=regions.neighbour_town.pk)), 400)
        assert "不在您的管辖范围内" in html
        assert "已有同名场所" in text(client.post(f"{LIST}new/", filled(regions, name="重名")), 400)

    def test_a_change_is_saved_and_told_in_the_history(self, duty, sites, regions):
        duty.post(f"{LIST}{sites.own.pk}/edit/", filled(regions, name="改名后"))
        sites.own.refresh_from_db()
        assert sites.own.name == "改名后"
        html = text(duty.get(f"{LIST}{sites.own.pk}/history/"))
        assert "大王甲化工有限公司" in html and "改名后" in html and "名称" in html and "duty" in html

    def test_the_second_of_two_who_edit_is_told(self, duty, places, cast, browse, sites, regions):
        opened = text(duty.get(f"{LIST}{sites.own.pk}/edit/"))
        seen = opened.split('name="seen" value="')[1].split('"')[0]
        browse(cast.district).post(f"{LIST}{sites.own.pk}/edit/", filled(regions, name="先保存的"))
        html = text(duty.post(f"{LIST}{sites.own.pk}/edit/", filled(regions, name="后保存的", seen=seen)), 400)
        assert "已被他人修改" in html and "后保存的" in html
        sites.own.refresh_from_db()
        assert sites.own.name == "先保存的"

    def test_in_a_dialog_it_is_a_fragment_and_leads_on_when_done(self, duty, regions):
        hx = {"HX-Request": "true"}
        assert "<html" not in text(duty.get(f"{LIST}new/", headers=hx))
        done = duty.post(f"{LIST}new/", filled(regions), headers=hx)
        assert done.status_code == 204 and done["HX-Redirect"].startswith(LIST)

    def test_the_address_may_fill_in_what_is_known(self, duty):
        assert 'value="118.6"' in text(duty.get(f"{LIST}new/", {"lon": "118.6", "nonsense": "1"}))

    def test_without_the_right_there_is_no_form(self, places, cast, browse, sites):
        client = browse(cast.enterprise)
        assert client.get(f"{LIST}new/").status_code == 403
        assert client.post(f"{LIST}{sites.own.pk}/edit/", {}).status_code == 403


class TestApi:
    API = "/api/v1/test-places/places/"

    def test_a_list_has_the_grammar_of_every_list(self, duty, sites):
        body = duty.get(self.API, {"page_size": 1, "sort": "name"}).json()
        assert body["count"] == 2 and body["next"] and body["results"][0]["name"] == "大王甲化工有限公司"
        assert duty.get(self.API, {"page": 9}).status_code == 404
        assert duty.get(self.API, {"kind": "castle"}).status_code == 400

    def test_made_read_and_changed(self, duty, regions):
        made = duty.post(self.API, filled(regions), content_type="application/json")
        assert made.status_code == 201, made.content
        read = duty.get(made["Location"])
        assert read.json()["name"] == "新厂" and read.json()["phone"] == "13812341234"
        changed = duty.patch(
            made["Location"], {"name": "改名"}, content_type="application/json", headers={"If-Match": read["ETag"]}
        )
        assert changed.status_code == 200 and changed.json()["name"] == "改名"
        place = Site.objects.get(pk=read.json()["id"])
        assert place.address == "新路" and place.geom.x == pytest.approx(118.45)
        stale = duty.patch(
            made["Location"], {"name": "又改"}, content_type="application/json", headers={"If-Match": read["ETag"]}
        )
        assert stale.status_code == 412 and stale.json()["code"] == "stale"

    def test_the_same_command_twice_makes_one(self, duty, regions):
        for _ in range(2):
            response = duty.post(
                self.API, filled(regions), content_type="application/json", headers={"Idempotency-Key": "k1"}
            )
            assert response.status_code == 201
        assert Site.objects.filter(name="新厂").count() == 1

    def test_mistakes_name_their_fields(self, duty, regions):
        response = duty.post(self.API, filled(regions, lon="x", kind="castle"), content_type="application/json")
        assert response.status_code == 400 and set(response.json()["fields"]) == {"lon", "kind"}
        assert "经度" in response.json()["detail"]

    def test_scope_and_rights(self, places, cast, browse, sites, regions):
        assert browse(cast.neighbour).get(f"{self.API}{sites.own.pk}/").status_code == 404
        assert (
            browse(cast.enterprise).post(self.API, filled(regions), content_type="application/json").status_code == 403
        )
        assert browse(cast.auditor).get(self.API).status_code == 403
        assert "phone" not in browse(cast.enterprise).get(f"{self.API}{sites.own.pk}/").json()
