"""Keeping resources true: by officials, and by the link that needs no log-in."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from command_center.resources import services
from command_center.resources.models import Shelter, Supply, Team
from command_center.resources.testing import PHONE, make_shelter, make_supply, make_team
from core.models import AuditEntry, Event
from core.workflow import NotAllowed


@pytest.fixture
def team(regions):
    return make_team(regions.town, verified_at=None)


@pytest.fixture
def token(team, cast):
    return services.make_link(team, actor=cast.district)


def path(token):
    return reverse("resources:confirm", args=[token])


class TestVerify:
    def test_one_click(self, team, cast):
        assert team.is_stale
        services.verify(team, actor=cast.district)
        team.refresh_from_db()
        assert not team.is_stale and team.verified_by == cast.district
        assert Event.objects.get().kind == "resources.verify"

    def test_refused_by_role_and_region(self, team, cast):
        with pytest.raises(PermissionDenied):
            services.verify(team, actor=cast.auditor)
        with pytest.raises(Team.DoesNotExist):
            services.verify(team, actor=cast.neighbour)

    def test_an_enterprise_sees_public_places_but_touches_none(self, cast, regions):
        shelter = make_shelter(regions.neighbour)
        assert Shelter.objects.visible_to(cast.enterprise).count() == 1
        assert Team.objects.visible_to(cast.enterprise).count() == 0
        with pytest.raises(PermissionDenied):
            services.verify(shelter, actor=cast.enterprise)

    def test_the_button_of_the_panel(self, team, cast, browse):
        answer = browse(cast.district).post(f"/resources/team/{team.pk}/verify/")
        assert answer.status_code == 200 and "今天核实" in answer.content.decode()
        assert browse(cast.neighbour).post(f"/resources/team/{team.pk}/verify/").status_code == 404
        assert browse(cast.auditor).post(f"/resources/team/{team.pk}/verify/").status_code == 403


class TestAddAndChange:
    def test_a_new_one_lies_where_it_stands(self, cast, regions):
        made = services.add(
            Supply, actor=cast.district, name="泡沫液", organisation=cast.district.organisation, kind="firefighting",
            quantity=3, unit="吨", geom=regions.town.label_point,
        )  # fmt: skip
        assert made.region == regions.town and made.pinyin == "pmy" and not made.is_stale

    def test_not_in_anothers_region(self, cast, regions):
        with pytest.raises(ValidationError):
            services.add(
                Supply, actor=cast.district, name="x", organisation=cast.district.organisation, kind="leak", quantity=1,
                unit="套", geom=regions.neighbour.label_point,
            )  # fmt: skip

    def test_changing_refused_by_role(self, team, cast):
        with pytest.raises(PermissionDenied):
            services.change(team, actor=cast.auditor, people=1)
        assert services.change(team, actor=cast.district, people=31).people == 31

    def test_status_by_hand_only_while_free(self, team, cast):
        services.set_team_status(team, status="out_of_service", actor=cast.district)
        with pytest.raises(NotAllowed):
            services.set_team_status(team, status="on_scene", actor=cast.district)
        with pytest.raises(ValidationError):
            services.set_team_status(team, status="nosuch", actor=cast.district)
        Team.objects.update(status="on_scene")
        with pytest.raises(NotAllowed, match="执行任务"):
            services.set_team_status(team, status="available", actor=cast.district)


class TestLink:
    def test_looking_changes_nothing(self, client, token, team):
        answer = client.get(path(token))
        assert answer.status_code == 200 and team.name in answer.content.decode()
        team.refresh_from_db()
        assert team.verified_at is None

    def test_still_true_counts_once(self, client, token, team):
        assert client.post(path(token), {"answer": "still_true"}).status_code == 200
        team.refresh_from_db()
        assert not team.is_stale and team.verified_by is None and team.verified_note == "免登录链接"
        again = client.post(path(token), {"answer": "still_true"})
        assert again.status_code == 410 and "确认过" in again.content.decode()

    def test_corrections(self, client, token, team):
        client.post(path(token), {"people": 12, "vehicles": 2, "status": "available", "contact_name": "周新",
                                  "contact_phone": "13500002222", "name": "改名", "answer": "corrected"})  # fmt: skip
        team.refresh_from_db()
        assert (team.people, team.contact_phone, team.name) == (12, "13500002222", "危化救援一队")
        entry = AuditEntry.objects.filter(table="resources_team", row=str(team.pk)).first()
        assert entry is not None

    def test_wrong_corrections_come_back_with_words(self, client, regions, cast):
        supply = make_supply(regions.town)
        address = path(services.make_link(supply, actor=cast.district))
        answer = client.post(address, {"quantity": -5, "answer": "corrected"})
        assert answer.status_code == 400
        supply.refresh_from_db()
        assert supply.quantity == 10

    def test_a_team_that_is_out_keeps_its_status(self, client, token, team):
        Team.objects.update(status="on_scene")
        client.post(path(token), {"people": 9, "vehicles": 1, "status": "available", "answer": "corrected"})
        team.refresh_from_db()
        assert (team.people, team.status) == (9, "on_scene")

    def test_forged_and_expired(self, client, token, monkeypatch):
        assert client.get(path(token + "x")).status_code == 404
        assert client.get(path("999:abc")).status_code == 404
        later = timezone.now() + dt.timedelta(days=15)
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert client.get(path(token)).status_code == 410

    def test_too_many_visits(self, client, token):
        codes = [client.get(path(token)).status_code for _ in range(services.VISITS_PER_HOUR + 1)]
        assert codes[-2:] == [200, 429]

    def test_only_those_who_verify_make_links(self, team, cast, browse):
        with pytest.raises(PermissionDenied):
            services.make_link(team, actor=cast.auditor)
        with pytest.raises(Team.DoesNotExist):
            services.make_link(team, actor=cast.neighbour)
        assert "/resources/confirm/" in browse(cast.district).post(f"/resources/team/{team.pk}/link/").content.decode()


def test_contacts_stay_with_those_who_call(cast, browse, team):
    pages = [
        f"/panel/teams/{team.pk}/",
        "/api/v1/features/teams/",
        "/resources/teams/export.xlsx",
        "/api/v1/search/?q=危化",
    ]
    for address in pages:
        answer = browse(cast.auditor).get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200 and PHONE.encode() not in content, address
    assert PHONE in browse(cast.district).get(f"/panel/teams/{team.pk}/").content.decode()
    for event in Event.objects.all():
        assert PHONE not in str(event.data)


def test_a_supply_is_coloured_by_what_is_left_of_it(regions, cast):
    from command_center.resources.manifest import LAYERS

    today = timezone.localdate()
    rows = {
        "usable": make_supply(regions.town, "甲"),
        "expiring": make_supply(regions.town, "乙", expires_on=today + dt.timedelta(days=5)),
        "expired": make_supply(regions.town, "丙", expires_on=today - dt.timedelta(days=1)),
        "empty": make_supply(regions.town, "丁", quantity=0),
    }
    layer = next(x for x in LAYERS if x.key == "supplies")
    states = dict(Supply.objects.annotate(s=layer.state_expression).values_list("pk", "s"))
    assert states == {row.pk: state for state, row in rows.items()}


def test_the_first_page_counts_what_is_stale(cast, browse, regions, team):
    make_supply(regions.town)
    page = browse(cast.district).get("/resources/").content.decode()
    assert "1 项超过核实周期" in page and "其中 1 项从未核实" in page and "全部在核实周期内" in page
    assert "救援队伍" not in browse(cast.enterprise).get("/resources/").content.decode().split("<main")[1]
    assert browse(cast.nobody).get("/resources/").status_code == 404


def test_status_is_changed_from_the_panel(cast, browse, team):
    client = browse(cast.district)
    assert 'name="status"' in client.get(f"/panel/teams/{team.pk}/").content.decode()
    assert client.post(f"/resources/team/{team.pk}/status/", {"status": "delayed"}).status_code == 200
    team.refresh_from_db()
    assert team.status == "delayed"
    assert browse(cast.auditor).post(f"/resources/team/{team.pk}/status/", {"status": "available"}).status_code == 403
