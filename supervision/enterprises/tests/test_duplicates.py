"""Which files may be of one enterprise: found, explained, judged, remembered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied

from core.workflow import NotAllowed
from geo.models import Region
from supervision.enterprises import duplicates
from supervision.enterprises.duplicates import Measures, score
from supervision.enterprises.models import Contact, Duplicate, Enterprise
from supervision.enterprises.testing import make_enterprise
from tests.cast import make_site

FAR = Measures(0.1, False, False, 9_000.0, 9, False, False, False)


def named(region: Region, name: str, lon: float = 118.45, lat: float = 37.05, **facts: Any) -> Enterprise:
    site = make_site(region, name, geom=Point(lon, lat, srid=4490))
    return make_enterprise(region, site.pk * 7919 % 9973, site=site, **facts)


def found() -> list[tuple[str, str, float]]:
    duplicates.find_duplicates()
    return [(d.first.name, d.second.name, d.score) for d in Duplicate.objects.all()]


class TestScore:
    def test_nothing_in_common_is_nothing(self) -> None:
        assert score(FAR) == (0, [])

    def test_a_name_alone_is_not_enough_but_with_the_place_it_is(self) -> None:
        name = Measures(1.0, True, True, 9_000.0, 9, False, False, False)
        near = Measures(1.0, True, True, 40.0, 9, False, False, False)
        assert score(name)[0] < duplicates.LISTED_FROM <= score(near)[0]
        assert score(near)[1] == ["名称去掉区划和公司形式后相同", "相距 40 米"]

    def test_the_organisation_code_in_another_credit_code_is_enough(self) -> None:
        assert score(Measures(0.0, False, False, 9_000.0, 3, True, False, False))[0] >= duplicates.LISTED_FROM

    def test_it_never_exceeds_one(self) -> None:
        assert score(Measures(1.0, True, True, 0.0, 0, True, True, True))[0] == 1.0


class TestSearch:
    def test_the_form_of_company_districts_brackets_and_width_make_no_difference(self, regions: Any) -> None:
        named(regions.town, "广饶昱川化工有限公司")
        named(regions.town, "广饶县昱川化工（东营）股份有限公司", lon=118.4503)
        named(regions.town, "大王棠辰建材有限公司", lon=118.4501)
        assert [row[:2] for row in found()] == [("广饶昱川化工有限公司", "广饶县昱川化工（东营）股份有限公司")]

    def test_the_same_sounds_next_door(self, regions: Any) -> None:
        named(regions.town, "广饶昱川精细化工有限公司")
        named(regions.town, "广饶煜川精细化工有限公司", lon=118.4501)
        assert len(found()) == 1

    def test_the_same_name_in_two_counties_is_two_enterprises(self, regions: Any) -> None:
        named(regions.town, "昱川化工有限公司")
        named(regions.neighbour_town, "昱川化工有限公司", lon=118.30, lat=37.55)
        assert found() == []

    def test_a_telephone_in_common_and_half_a_name(self, regions: Any) -> None:
        one = named(regions.town, "昱川精细化工有限公司")
        two = named(regions.town, "昱川精细化工销售有限公司", lon=118.4505)
        for row in (one, two):
            Contact.objects.create(enterprise=row, role="emergency", name="甲", phone="13900000001",
                                   since=dt.date(2020, 1, 1))  # fmt: skip
        duplicates.find_duplicates()
        assert "联系电话相同" in Duplicate.objects.get().reasons

    def test_codes_that_differ_in_one_character(self, regions: Any) -> None:
        named(regions.town, "甲金属有限公司", credit_code="91370523MA3RQPW86Q")
        named(regions.town, "乙食品有限公司", lon=118.452, credit_code="91370523MA3RQPW87Q")
        duplicates.find_duplicates()
        assert "信用代码只差 1 位" in Duplicate.objects.get().reasons

    def test_cancelled_files_are_left_out_and_open_pairs_disappear_with_their_reason(self, regions: Any) -> None:
        named(regions.town, "广饶昱川化工有限公司")
        two = named(regions.town, "广饶昱川化工有限责任公司", lon=118.4501)
        assert len(found()) == 1
        Enterprise.objects.filter(pk=two.pk).update(state="cancelled")
        assert found() == []


class TestVerdict:
    @pytest.fixture
    def pair(self, regions: Any) -> Duplicate:
        named(regions.town, "广饶昱川化工有限公司")
        named(regions.town, "广饶昱川化工有限责任公司", lon=118.4501)
        duplicates.find_duplicates()
        return Duplicate.objects.get()

    def test_not_the_same_is_remembered_and_can_be_taken_back(self, cast: Any, pair: Duplicate) -> None:
        duplicates.judge_distinct(pair, actor=cast.district)
        duplicates.find_duplicates()
        pair.refresh_from_db()
        assert (pair.verdict, pair.decided_by) == ("distinct", cast.district)
        with pytest.raises(NotAllowed, match="不是同一家"):
            duplicates.judge_distinct(pair, actor=cast.district)
        duplicates.judge_again(pair, actor=cast.district)
        pair.refresh_from_db()
        assert (pair.verdict, pair.decided_by) == ("open", None)

    def test_refused_by_role_and_region(self, cast: Any, pair: Duplicate) -> None:
        with pytest.raises(PermissionDenied):
            duplicates.judge_distinct(pair, actor=cast.duty)
        with pytest.raises(Duplicate.DoesNotExist):
            duplicates.judge_distinct(pair, actor=cast.neighbour)

    def test_a_pair_of_two_counties_is_seen_only_by_who_sees_both(
        self, cast: Any, regions: Any, pair: Duplicate
    ) -> None:
        far = named(regions.neighbour_town, "盐窝化工厂", lon=118.30, lat=37.55)
        Duplicate.objects.filter(pk=pair.pk).update(second=far)
        assert not duplicates.visible(cast.district).exists() and not duplicates.visible(cast.neighbour).exists()
        assert duplicates.visible(cast.city).exists()

    def test_the_pages(self, cast: Any, pair: Duplicate, browse: Any) -> None:
        office = browse(cast.district)
        page = office.get(f"/enterprises/duplicates/{pair.pk}/").content.decode()
        assert "<mark>广饶昱川化工有限责任公司</mark>" in page and "在地图上看两处位置" in page
        assert office.get("/enterprises/duplicates/?verdict=open").content.decode().count("data-id=") == 1
        assert office.post(f"/enterprises/duplicates/{pair.pk}/verdict/distinct/").status_code == 302
        assert office.get("/enterprises/duplicates/?verdict=open").content.decode().count("data-id=") == 0
        answer = office.post(f"/api/v1/enterprises/duplicates/{pair.pk}/transitions/open/", {}, "application/json")
        assert answer.json()["verdict"] == "open"
        assert browse(cast.neighbour).get(f"/enterprises/duplicates/{pair.pk}/").status_code == 404


class TestWhileTyping:
    def test_a_likely_file_is_shown_before_anything_is_saved(self, cast: Any, regions: Any, browse: Any) -> None:
        named(regions.town, "广饶昱川化工有限公司")
        url = "/enterprises/applications/check/"
        asked = {"name": "昱川化工有限责任公司", "lon": "118.4501", "lat": "37.05"}
        text = browse(cast.town).get(url, asked).content.decode()
        assert "可能已有档案" in text and "广饶昱川化工有限公司" in text
        assert "可能已有档案" not in browse(cast.town).get(url, {"name": "棠辰建材"}).content.decode()

    def test_by_the_code_and_never_a_file_out_of_sight(self, cast: Any, regions: Any) -> None:
        row = named(regions.town, "广饶昱川化工有限公司")
        hits = duplicates.likely(cast.town, code=row.credit_code)
        assert [hit.enterprise for hit in hits] == [row] and hits[0].reasons == ["信用代码相同"]
        assert duplicates.likely(cast.neighbour, code=row.credit_code, name=row.name) == []

    def test_odd_input_is_no_error(self, cast: Any, browse: Any) -> None:
        for asked in ({}, {"name": "%"}, {"lon": "nan", "lat": "1"}, {"credit_code": "9" * 40},
                      {"lon": "118", "lat": "37", "datum": "moon"}):  # fmt: skip
            assert browse(cast.town).get("/enterprises/applications/check/", asked).status_code == 200
        assert browse(cast.duty).get("/enterprises/applications/check/").status_code == 403
