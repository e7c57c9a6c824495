"""The demo city as a newcomer loads it: the counts the city published, on the right ground, the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.gis.db.models.functions import Centroid
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from core.models import AuditEntry, User
from fixtures.demo.people import PASSWORD
from geo.identifiers import check_credit_code
from geo.measure import metres_between
from geo.models import Region, RoadEdge, RoadNode
from geo.regions import region_of
from geo.roads import components, driving_seconds
from layers import demo_city
from layers.registry import Layer, registry

pytestmark = pytest.mark.django_db

BY_DISTRICT = {"370502": 329, "370503": 297, "370505": 358, "370523": 911, "370522": 251, "370571": 161, "370572": 52}
BY_CATEGORY = {"trade": 959, "chemical": 986, "fireworks": 128, "mine": 134, "other": 159}
ADDED = {"370502": 47, "370503": 8, "370505": 8, "370523": 1, "370522": 19, "370571": 5, "370572": 1}
RESOURCES = {"teams": 213, "supplies": 1293, "shelters": 24, "communication": 12, "transport": 12, "medical": 20}
ACCOUNTS = {
    "duty", "leader", "coordinator", "inspector", "approver", "guangrao_duty", "guangrao_inspector", "dawang_grid",
    "complaints", "enterprise", "expert", "auditor", "admin",
}  # fmt: skip
LAYERS = list(registry.all_layers)


def silent(what: str, done: int, total: int) -> None:
    pass


def digest() -> str:
    """Names and places of everything on the map, and the plans, in an order that does not depend on keys."""
    everything = hashlib.sha256()
    for layer in LAYERS:
        rows = layer.model._default_manager.values_list(layer.title_path, layer.geom)
        for line in sorted(f"{layer.key} {title} {geom.ewkt}" for title, geom in rows if geom):
            everything.update(line.encode())
    for model in (m for module in registry for m in (r.model for r in module.records) if m._meta.label == "plans.Plan"):
        fields = ("number", "title", "issued_on", "filed_on", "review_due_on", "site__name")
        for row in sorted(map(str, model._default_manager.values_list(*fields))):
            everything.update(row.encode())
    return everything.hexdigest()


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The city stands for all tests of this file and is gone after them. It is built twice, to compare."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        outer = transaction.atomic()
        outer.__enter__()
        try:
            first = transaction.atomic()
            first.__enter__()
            demo_city.load(seed=1, scale=1, progress=silent)
            before = digest()
            transaction.set_rollback(True)
            first.__exit__(None, None, None)
            status = demo_city.load(seed=1, scale=1, progress=silent)
            yield {"status": status, "first": before}
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


@pytest.fixture
def leader(city: dict[str, Any]) -> Client:
    return as_user("leader")


def as_user(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


def count(client: Client, path: str, **given: Any) -> int:
    response = client.get(f"/api/v1/{path}/", {"page_size": 1, **given})
    assert response.status_code == 200, response.content.decode()
    return int(response.json()["count"])


def test_the_same_seed_makes_the_same_city(city: dict[str, Any]) -> None:
    assert digest() == city["first"]


def test_loading_took_no_longer_than_a_minute_and_says_it_is_done(city: dict[str, Any]) -> None:
    status = city["status"]
    assert (status["state"], status["seed"], status["scale"]) == ("loaded", 1, 1)
    assert status["seconds"] < 60


def test_loading_again_changes_nothing_and_says_so(city: dict[str, Any]) -> None:
    before, out = digest(), StringIO()
    call_command("load_demo", stdout=out)
    assert "已经装载" in out.getvalue() and digest() == before


@pytest.mark.parametrize(("code", "enterprises"), BY_DISTRICT.items())
def test_enterprises_by_district(leader: Client, code: str, enterprises: int) -> None:
    assert count(leader, "features/enterprises", region=code) == enterprises


def test_enterprises_of_the_whole_city(leader: Client) -> None:
    assert count(leader, "features/enterprises") == sum(BY_DISTRICT.values()) == 2359


@pytest.mark.parametrize(("category", "enterprises"), BY_CATEGORY.items())
def test_enterprises_by_supervision_category(leader: Client, category: str, enterprises: int) -> None:
    assert count(leader, "enterprises/enterprises", categories=category) == enterprises


def test_seven_enterprises_carry_two_categories(city: dict[str, Any]) -> None:
    assert sum(BY_CATEGORY.values()) - 2359 == 7
    enterprise = next(layer.model for layer in LAYERS if layer.key == "enterprises")
    assert enterprise._default_manager.filter(categories__len=2).count() == 7


@pytest.mark.parametrize(("code", "added"), ADDED.items())
def test_enterprises_added_since_july_2016(leader: Client, code: str, added: int) -> None:
    given = {"platform_joined_on__from": "2016-07-01", "region": code}
    assert count(leader, "enterprises/enterprises", **given) == added


def test_hazard_sources_and_the_enterprises_that_have_them(leader: Client) -> None:
    assert count(leader, "features/hazard_sources") == 310
    source = next(layer.model for layer in LAYERS if layer.key == "hazard_sources")
    assert source._default_manager.values("site").distinct().count() == 235
    assert set(source._default_manager.values_list("grade", flat=True)) == {1, 2, 3, 4}


@pytest.mark.parametrize(("layer", "number"), RESOURCES.items())
def test_emergency_resources(leader: Client, layer: str, number: int) -> None:
    assert count(leader, f"features/{layer}") == number


def test_plans_of_governments_and_enterprises(leader: Client) -> None:
    assert count(leader, "plans/plans", level="enterprise") == 2191
    assert sum(count(leader, "plans/plans", level=level) for level in ("city", "county", "town")) == 90


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_everything_stands_inside_its_region(city: dict[str, Any], layer: Layer) -> None:
    rows = layer.model._default_manager.exclude(**{f"{layer.geom}__isnull": True})
    assert rows.exists()
    # An outline may reach over a border that runs along its fence; its middle may not.
    middle = F(layer.geom) if layer.geometry == "point" else Centroid(layer.geom)
    astray = rows.annotate(middle=middle).exclude(**{f"{layer.region}__geom__covers": F("middle")})
    assert list(astray.values_list(layer.title_path, f"{layer.region}__name")[:5]) == []


def test_a_place_is_filed_under_the_most_specific_region_around_it(city: dict[str, Any]) -> None:
    enterprise = next(layer.model for layer in LAYERS if layer.key == "enterprises")
    for row in enterprise._default_manager.select_related("site__region").order_by("credit_code")[:200]:
        assert region_of(row.site.geom) == row.site.region


def test_every_credit_code_is_valid_and_used_once(city: dict[str, Any]) -> None:
    enterprise = next(layer.model for layer in LAYERS if layer.key == "enterprises")
    files = enterprise._default_manager  # with applications and files that were merged away
    codes = list(files.values_list("credit_code", flat=True))
    assert len(set(codes)) == len(codes) and files.in_register().count() == 2359
    assert not [code for code in codes if check_credit_code(code)]


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.stale is not None], ids=lambda layer: layer.key)
def test_some_facts_are_stale_and_most_are_not(city: dict[str, Any], layer: Layer) -> None:
    rows = layer.model._default_manager.annotate(is_old=layer.stale)
    stale, total = rows.filter(is_old=True).count(), rows.count()
    assert 0 < stale < total * (0.5 if total > 100 else 1.0), (stale, total)


def test_no_telephone_can_ring_anywhere(city: dict[str, Any]) -> None:
    for table, column in _telephones():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" <> \'\'')
            wrong = [n for (n,) in cursor.fetchall() if not (n[3:7] == "0000" or n.startswith("0546-0"))]
        assert not wrong, (table, column, wrong[:5])


def _telephones() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name LIKE '%phone%' AND data_type = 'character varying'"
        )
        return cursor.fetchall()


def test_the_accounts_are_there_with_their_roles(city: dict[str, Any], settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    people = {u.username: u for u in User.objects.prefetch_related("groups")}
    assert set(people) == ACCOUNTS
    assert all(u.check_password(PASSWORD) and u.groups.count() == 1 for u in people.values())
    assert not any(u.is_superuser for u in people.values())
    assert [u.username for u in people.values() if u.is_staff] == ["admin"]
    assert people["guangrao_duty"].region.name == "广饶县" and people["dawang_grid"].region.name == "大王镇"


def test_the_enterprise_account_sees_its_own_hazardous_plant_only(city: dict[str, Any]) -> None:
    user = User.objects.get(username="enterprise")
    assert user.site is not None and user.organisation.name == user.site.name
    client = as_user("enterprise")
    assert count(client, "features/enterprises") == 1
    assert count(client, "features/hazard_sources") >= 1
    assert count(client, "plans/plans") == 4


def test_a_county_officer_sees_the_county_and_the_grid_worker_the_town(city: dict[str, Any]) -> None:
    assert count(as_user("guangrao_duty"), "features/enterprises") == 911
    assert 100 < count(as_user("dawang_grid"), "features/enterprises") < 300


def test_the_roads_hang_together_and_are_marked_illustrative(city: dict[str, Any]) -> None:
    assert components() == [RoadNode.objects.count()]
    assert 20_000 <= RoadEdge.objects.count() <= 32_000
    assert not RoadEdge.objects.filter(is_illustrative=False).exists()
    assert RoadEdge.objects.filter(kind="bridge").exists()


def test_driving_across_the_city_takes_a_plausible_time(city: dict[str, Any]) -> None:
    towns = {"东城": (118.672, 37.436), "港城": (118.880, 38.000), "广饶": (118.408, 37.054), "利津": (118.250, 37.492)}
    points = {name: Point(*place, srid=4490) for name, place in towns.items()}
    for name, goal in points.items():
        others = [n for n in points if n != name]
        for other, seconds in zip(others, driving_seconds([points[n] for n in others], goal), strict=True):
            line = metres_between(*towns[other], *towns[name])
            assert seconds is not None
            assert 35 < line / seconds * 3.6 * 1.25 < 85, (other, name, seconds)
            (back,) = driving_seconds([goal], points[other])
            assert back == pytest.approx(seconds, rel=0.02)


def test_every_team_reaches_every_incident_by_road(city: dict[str, Any]) -> None:
    team = next(layer.model for layer in LAYERS if layer.key == "teams")
    starts = list(team._default_manager.values_list("geom", flat=True))
    seconds = driving_seconds(starts, Point(118.498, 36.975, srid=4490))
    assert len(seconds) == 213 and None not in seconds
    assert max(seconds) < 4 * 3600 and min(seconds) < 15 * 60


def test_many_rows_leave_one_audit_entry_a_batch(city: dict[str, Any]) -> None:
    entries = AuditEntry.objects.filter(table="enterprises_enterprise")
    told = entries.exclude(action="bulk").count()  # applications, merges, requests: told through the services
    assert told < 100 and entries.filter(action="bulk").exists()
    assert not AuditEntry.objects.filter(table__in=("geo_roadedge", "geo_roadnode")).exclude(action="bulk").exists()


def test_regions_are_filled_once(city: dict[str, Any]) -> None:
    assert Region.objects.count() == 11


def test_names_do_not_depend_on_how_python_hashes_words() -> None:
    """Sets and hashes differ from process to process; the city must not."""
    program = (
        "import django, json; django.setup()\n"
        "from fixtures.demo.names import Names\n"
        "from random import Random\n"
        "n, r = Names(), Random('1:x')\n"
        "many = [n.enterprise(r, town='广饶', trade='化工') for _ in range(200)]\n"
        "print(json.dumps([*many, n.person(r), n.phone()]))\n"
    )
    made = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "config.settings"}
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        made.append(json.loads(ran.stdout))
    assert made[0] == made[1] and len(set(made[0][:200])) == 200


def test_the_statistics_print_what_the_city_published(leader: Client) -> None:
    """By district: enterprises, those since July 2016; and the categories, of which seven enterprises have two."""
    codes = ("370502", "370503", "370505", "370523", "370522", "370571", "370572")
    tables = {t["key"]: t for t in leader.get("/api/v1/statistics/enterprises/").json()["tables"]}
    for key, published in (("by_category", (329, 297, 358, 911, 251, 161, 52)), ("added", (47, 8, 8, 1, 19, 5, 1))):
        rows = {row["key"]: row["cells"][-1]["value"] for row in tables[key]["rows"]}
        assert tuple(rows[code] for code in codes) == published
    total = [cell["value"] for cell in tables["by_category"]["total"]["cells"]]
    assert total == [959, 986, 128, 134, 159, 2359]
    (table,) = leader.get("/api/v1/statistics/hazard_sources/?table=enterprises").json()["tables"]
    assert [cell["value"] for cell in table["total"]["cells"]] == [310, 235]
    assert "与 2017 年通报公布数的核对" in leader.get("/enterprises/statistics/").content.decode()
