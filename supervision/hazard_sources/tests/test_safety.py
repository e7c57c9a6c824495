"""Responsible persons and successors, monitoring points and limits, safety facilities, contradictions."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.models import Event
from supervision.enterprises.models import Boundary, Enterprise
from supervision.hazard_sources import contradictions, facilities, people, points, selectors
from supervision.hazard_sources.models import HazardSource, MonitoringPoint, ResponsiblePerson
from supervision.hazard_sources.tests.test_persons import square

BOSS = {"role": "principal", "name": "赵甲", "phone": "13905460001", "post": "总经理"}
LEVEL = {"tag": "LT-101", "kind": "level", "device": "液位计", "unit": "m", "low": 1, "high": 8}


class TestPeople:
    def test_three_make_it_complete(self, cast, source):
        assert source.lacks_people and "缺包保责任人：主要、技术、操作" in selectors.lacks(source)
        for role in ("principal", "technical", "operation"):
            people.appoint(source, actor=cast.enterprise, **BOSS | {"role": role})
        source = HazardSource.objects.get(pk=source.pk)
        assert not source.lacks_people and selectors.people_badge(source, cast.city) == "3/3"
        assert all(entry["person"] for entry in people.board(source))

    def test_a_successor_takes_the_place_of_who_was_there(self, cast, source):
        old = people.appoint(source, actor=cast.enterprise, **BOSS)
        people.appoint(source, actor=cast.enterprise, **BOSS | {"name": "钱乙"})
        old.refresh_from_db()
        assert old.left_on == timezone.localdate() and people.former(source) == [old]
        assert people.board(source)[0]["person"].name == "钱乙"

    def test_nobody_leaves_without_a_successor(self, cast, source):
        person = people.appoint(source, actor=cast.enterprise, **BOSS)
        facts = {"name": "赵甲", "phone": "13905460001", "left_on": timezone.localdate()}
        with pytest.raises(ValidationError, match="接任者"):
            people.correct(person, actor=cast.enterprise, **facts)
        people.correct(person, actor=cast.enterprise, **facts, successor_name="钱乙", successor_phone="13905460002")
        assert source.people.filter(left_on=None).get().name == "钱乙"

    @pytest.mark.parametrize(("changes", "field"), [
        ({"role": "x"}, "role"), ({"name": " "}, "name"), ({"phone": "110"}, "phone"),
        ({"since": timezone.localdate().replace(year=2999)}, "since")])  # fmt: skip
    def test_wrong_facts_are_refused_at_their_field(self, cast, source, changes, field):
        with pytest.raises(ValidationError) as caught:
            people.appoint(source, actor=cast.enterprise, **BOSS | changes)
        assert field in caught.value.message_dict

    def test_refused_by_role_and_region(self, cast, source):
        with pytest.raises(PermissionDenied):
            people.appoint(source, actor=cast.duty, **BOSS)
        with pytest.raises(HazardSource.DoesNotExist):
            people.appoint(source, actor=cast.neighbour, **BOSS)

    def test_one_at_a_time_also_in_the_database(self, cast, source):
        people.appoint(source, actor=cast.enterprise, **BOSS)
        with pytest.raises(IntegrityError), transaction.atomic():
            ResponsiblePerson.objects.create(source=source, since="2026-01-01", **BOSS)

    def test_names_and_numbers_are_for_those_who_keep_them(self, cast, browse, source):
        people.appoint(source, actor=cast.enterprise, **BOSS)
        urls = [
            f"/panel/hazard_sources/{source.pk}/tab/hazard-people/", "/hazard_sources/people/",
            "/api/v1/hazard_sources/people/", f"/panel/hazard_sources/{source.pk}/",
        ]  # fmt: skip
        for url in urls:
            text = browse(cast.duty).get(url).content.decode()
            assert "13905460001" not in text and "赵甲" not in text, url
        assert "13905460001" in browse(cast.enterprise).get(urls[0]).content.decode()
        assert not [e for e in Event.objects.all() if "赵甲" in str(e.data) or "1390546" in str(e.data)]

    def test_the_form_and_the_board(self, cast, browse, source):
        own = browse(cast.enterprise)
        body = {**BOSS, "credit_code": source.credit_code, "source_name": source.name}
        assert own.post("/hazard_sources/people/new/", body).status_code == 302
        wrong = own.post("/hazard_sources/people/new/", body | {"source_name": "别处"})
        assert wrong.status_code == 400 and "没有这个名称" in wrong.content.decode()
        person = source.people.get()
        page = own.get(f"/hazard_sources/people/{person.pk}/edit/").content.decode()
        assert "接任者姓名" in page
        board = own.get(f"/hazard_sources/{source.pk}/board/").content.decode()
        assert "安全包保公示牌" in board and "赵甲" in board and "空缺" in board


class TestPoints:
    def test_limits_are_in_order(self, cast, source):
        point = points.add_point(source, actor=cast.enterprise, **LEVEL, high_high=9)
        assert point.thresholds == "L 1 · H 8 · HH 9 m"
        for wrong in ({"high": 1}, {"low_low": 2}, {"high_high": 8}, {"unit": ""}, {"kind": "video"}, {"tag": " "}):
            with pytest.raises(ValidationError):
                points.add_point(source, actor=cast.enterprise, **LEVEL | {"tag": "LT-102"} | wrong)
        with pytest.raises(ValidationError, match="已有位号"):
            points.add_point(source, actor=cast.enterprise, **LEVEL)
        with pytest.raises(IntegrityError), transaction.atomic():
            MonitoringPoint.objects.filter(pk=point.pk).update(high=0)

    def test_the_form(self, cast, browse, source):
        own = browse(cast.enterprise)
        body = {**LEVEL, "credit_code": source.credit_code, "source_name": source.name}
        assert own.post("/hazard_sources/points/new/", body).status_code == 302
        wrong = own.post("/hazard_sources/points/new/", body | {"tag": "LT-9", "high": "0.5"})
        assert wrong.status_code == 400 and "高限应大于低限" in wrong.content.decode()
        edit = f"/hazard_sources/points/{source.points.get().pk}/edit/"
        assert own.post(edit, body | {"high": "7"}).status_code == 302 and source.points.get().high == 7

    def test_refused_by_role_and_region(self, cast, source):
        with pytest.raises(PermissionDenied):
            points.add_point(source, actor=cast.duty, **LEVEL)
        with pytest.raises(HazardSource.DoesNotExist):
            points.add_point(source, actor=cast.neighbour, **LEVEL)


class TestFacilities:
    def grade(self, source, grade):
        HazardSource.objects.filter(pk=source.pk).update(grade=grade, s=5, r=40, alpha=2)
        return HazardSource.objects.get(pk=source.pk)

    def keys(self, source):
        return {line.requirement.key for line in facilities.missing(source)}

    def test_shutdown_and_sis_bind_toxic_gas_of_the_first_two_grades(self, source):
        assert {"shutdown", "sis"} <= self.keys(self.grade(source, 1)) and {"shutdown", "sis"} <= self.keys(
            self.grade(source, 2)
        )
        third = self.keys(self.grade(source, 3))
        assert not {"shutdown", "sis"} & third and "emergency_treatment" in third

    def test_methanol_needs_no_sis(self, cast, source):
        source.items.update(substance="甲醇")
        found = self.keys(self.grade(source, 1))
        assert "shutdown" in found and "sis" not in found and "gas_alarm" in found

    def test_nothing_is_asked_of_what_is_no_major_hazard(self, source):
        assert facilities.missing(source) == []

    def test_points_prove_it_and_a_check_says_it(self, cast, source):
        graded = self.grade(source, 1)
        points.add_point(
            source, actor=cast.enterprise, tag="AT-1", kind="toxic_gas", device="探测器", unit="ppm", high=1
        )
        assert "gas_alarm" not in self.keys(graded)
        with pytest.raises(ValidationError, match="依据"):
            facilities.check(source, "sis", actor=cast.district, state="yes")
        facilities.check(source, "sis", actor=cast.district, state="yes", evidence="SIL2")
        assert "sis" not in self.keys(HazardSource.objects.get(pk=source.pk))
        facilities.check(source, "sis", actor=cast.district, state="no")
        assert "sis" in self.keys(HazardSource.objects.get(pk=source.pk))

    def test_the_form(self, cast, browse, source):
        self.grade(source, 1)
        office, url = browse(cast.district), f"/hazard_sources/{source.pk}/facilities/sis/"
        assert "独立的安全仪表系统" in office.get(url).content.decode()
        bad = office.post(url, {"state": "yes", "evidence": ""}, headers={"HX-Request": "true"})
        assert bad.status_code == 400 and "请写明依据" in bad.content.decode()
        good = office.post(url, {"state": "yes", "evidence": "SIL2"}, headers={"HX-Request": "true"})
        assert good.status_code == 200 and "已保存" in good.content.decode()
        assert office.get(f"/hazard_sources/{source.pk}/facilities/x/").status_code == 404


class TestContradictions:
    def found(self, query):
        return list(query(Enterprise.objects.all()).values_list("pk", flat=True))

    def test_closed_but_still_filed(self, filed, site):
        assert self.found(contradictions.closed_but_filed) == []
        Enterprise.objects.update(status="closed")
        assert self.found(contradictions.closed_but_filed) == [site.pk]

    def test_a_unit_outside_the_fence(self, filed, site):
        assert self.found(contradictions.outside_the_plant) == []
        Boundary.objects.create(
            enterprise=site.enterprise, region=site.region, geom=square(site.geom.x, site.geom.y, 50, dx=400), area_m2=1
        )
        assert self.found(contradictions.outside_the_plant) == [site.pk]

    def test_the_tag_follows_the_source(self, filed, site):
        assert self.found(contradictions.without_the_tag) == [site.pk]
        Enterprise.objects.update(tags=["major_hazard"])
        assert self.found(contradictions.without_the_tag) == [] == self.found(contradictions.tag_without_source)
        HazardSource.objects.update(state="cancelled")
        assert self.found(contradictions.tag_without_source) == [site.pk]
