"""Each rule finds its contradiction and lets it go when the facts agree again; an officer may accept one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from core.workflow import NotAllowed
from supervision.enterprises import contacts, contradictions, services
from supervision.enterprises.models import Boundary, Contact, Contradiction, Drill, Enterprise, Licence, StatusChange
from supervision.enterprises.testing import make_enterprise


@pytest.fixture
def enterprise(sites, cast):
    made = make_enterprise(sites.own.region, site=sites.own, business="化工")
    contacts.set_contact(made, actor=cast.district, role="emergency", name="丁值守", phone="13800002222")
    return made


def found(enterprise):
    contradictions.check()
    rows = Contradiction.objects.filter(enterprise=enterprise, resolved_at__isnull=True)
    return set(rows.values_list("rule", flat=True))


def put(enterprise, **facts):
    Enterprise.objects.filter(pk=enterprise.pk).update(**facts)


def licence(enterprise, kind, days):
    end = timezone.localdate() + dt.timedelta(days=days)
    return Licence.objects.create(enterprise=enterprise, kind=kind, number=f"{kind}{days}", expires_on=end)


def permit_of_the_closed(e, regions):
    put(e, status="closed")
    licence(e, "chemical_trade", 100)


def cancelled(e, regions):
    put(e, state="cancelled")


def file_closed(e, regions):
    put(e, state="closed")


def drill_after_closing(e, regions):
    put(e, status="closed")
    StatusChange.objects.create(enterprise=e, status="closed", since="2024-01-01")
    Drill.objects.create(enterprise=e, kind="on_site", plan_name="x", subject="x", held_on="2025-01-01", participants=5)


def outside_its_outline(e, regions):
    far = MultiPolygon(Polygon.from_bbox((118.46, 37.06, 118.47, 37.07)), srid=4490)
    Boundary.objects.create(enterprise=e, region=regions.town, geom=far, area_m2=1)


def shared_phone(e, regions):
    for number in range(1, 7):
        made = make_enterprise(regions.town, number)
        Contact.objects.create(enterprise=made, role="safety", name="代办", phone="05461234567", since="2020-01-01")
    Contact.objects.create(enterprise=e, role="safety", name="代办", phone="05461234567", since="2020-01-01")


CASES = {
    "status.permit_alive": permit_of_the_closed,
    "status.cancelled": cancelled,
    "status.file_closed": file_closed,
    "status.later_records": drill_after_closing,
    "people.certificates_only": lambda e, r: put(e, employees=0, certified_staff=3),
    "people.too_many_certified": lambda e, r: put(e, employees=3, certified_staff=5),
    "place.other_region": lambda e, r: put(e, registered_region=r.neighbour),
    "place.outside_boundary": outside_its_outline,
    "papers.business_expired": lambda e, r: licence(e, "business", -3),
    "papers.no_chemical_permit": lambda e, r: put(e, tags=["chemical_trade"]),
    "contact.unreachable": lambda e, r: e.contacts.update(phone=""),
    "contact.shared_phone": shared_phone,
    "dates.founded_later": lambda e, r: put(e, founded_on="2020-01-01"),
}


@pytest.mark.parametrize("key", sorted(CASES))
def test_it_is_found_once_and_gone_when_the_facts_agree(regions, enterprise, key):
    assert found(enterprise) == set()
    CASES[key](enterprise, regions)
    assert found(enterprise) == {key}
    contradictions.check()
    assert Contradiction.objects.filter(enterprise=enterprise, rule=key).count() == 1
    put(enterprise, merged_into=make_enterprise(regions.town, 99))
    assert found(enterprise) == set()


def test_every_rule_of_the_file_is_tried_here():
    own = {key for key in contradictions.RULES if not key.startswith("hazard.")}
    assert own == set(CASES)


def test_a_site_in_a_town_of_its_registered_county_is_no_contradiction(regions, enterprise):
    put(enterprise, registered_region=regions.district)
    assert found(enterprise) == set()


def test_a_gate_beside_the_outline_is_no_contradiction(regions, enterprise):
    point = enterprise.geom
    beside = Polygon.from_bbox((point.x + 0.0001, point.y, point.x + 0.01, point.y + 0.01))
    Boundary.objects.create(enterprise=enterprise, region=regions.town, geom=MultiPolygon(beside, srid=4490), area_m2=1)
    assert found(enterprise) == set() and isinstance(point, Point)


def test_a_write_finds_and_resolves_at_once(cast, enterprise):
    services.update_enterprise(enterprise, actor=cast.district, employees=3, certified_staff=5)
    row = Contradiction.objects.get(rule="people.too_many_certified")
    assert row.detail == "特种作业持证 5 人，多于从业人数 3 人"
    services.update_enterprise(enterprise, actor=cast.district, employees=4)
    row.refresh_from_db()
    assert "4 人" in row.detail and row.resolved_at is None
    services.update_enterprise(enterprise, actor=cast.district, employees=30)
    row.refresh_from_db()
    assert row.resolved_at is not None


def test_rules_have_names_of_their_own_and_a_known_group():
    with pytest.raises(ValueError, match="call themselves"):
        contradictions.rule("status.cancelled", "x", lambda files: files)
    with pytest.raises(ValueError, match="group"):
        contradictions.rule("weather.wet", "x", lambda files: files)


class TestAccept:
    @pytest.fixture
    def row(self, enterprise):
        put(enterprise, founded_on="2020-01-01")
        contradictions.check()
        return Contradiction.objects.get()

    def test_it_stays_with_the_reason_and_leaves_the_map(self, cast, browse, row):
        contradictions.accept(row, actor=cast.district, reason="已核对执照原件")
        row.refresh_from_db()
        assert row.accepted_by == cast.district and row.resolved_at is None
        answer = browse(cast.city).get("/api/v1/features/contradictions/").json()
        assert answer["count"] == 0

    def test_twice_and_without_reason_are_refused(self, cast, row):
        with pytest.raises(ValidationError):
            contradictions.accept(row, actor=cast.district, reason=" ")
        contradictions.accept(row, actor=cast.district, reason="属实")
        with pytest.raises(NotAllowed, match="已由"):
            contradictions.accept(row, actor=cast.district, reason="属实")

    def test_gone_is_not_accepted(self, cast, row):
        put(row.enterprise, founded_on="2010-01-01")
        contradictions.check()
        with pytest.raises(NotAllowed, match="已经消除"):
            contradictions.accept(row, actor=cast.district, reason="属实")

    def test_roles_and_neighbours_are_refused(self, cast, row):
        with pytest.raises(PermissionDenied):
            contradictions.accept(row, actor=cast.enterprise, reason="属实")
        with pytest.raises(Contradiction.DoesNotExist):
            contradictions.accept(row, actor=cast.neighbour, reason="属实")
