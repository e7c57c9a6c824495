"""What every module promises by being in the registry: rights, tabs, bounded queries; for whatever module is there.

Each module provides `<module>/testing.py` with `samples(region, actor, number=0)`: one saved instance for every layer
(by its key) and every list of records (by "<module>/<records>"), inside the region.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mapbox_vector_tile
import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import roles
from core.models import User
from layers.registry import Layer, Module, Records, registry
from layers.selection import annotated

MODULES = list(registry)
LAYERS = [(m, layer) for m in MODULES for layer in m.layers]
RECORDS = [(m, records) for m in MODULES for records in m.records]
FEW, MANY = 5, 30


def names(pairs: list[tuple[Module, Any]]) -> list[str]:
    return [f"{m.key}-{x.key}" for m, x in pairs]


each_module = pytest.mark.parametrize("module", MODULES, ids=lambda m: m.key)
each_layer = pytest.mark.parametrize(("module", "layer"), LAYERS, ids=names(LAYERS))
each_records = pytest.mark.parametrize(("module", "records"), RECORDS, ids=names(RECORDS))


def package_of(module: Module) -> str:
    """Where a module lives: the app whose manifest declares this key."""
    for app in apps.get_app_configs():
        manifest = Path(app.path) / "manifest.py"
        if manifest.is_file() and f'key="{module.key}"' in manifest.read_text(encoding="utf-8"):
            return app.name
    raise AssertionError(f"No manifest declares a module {module.key}.")


def samples(module: Module, region: Any, actor: User, number: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = importlib.import_module(f"{package_of(module)}.testing").samples(region, actor, number)
    return made


@pytest.fixture
def ground(cast: SimpleNamespace, regions: SimpleNamespace, make_user: Any) -> SimpleNamespace:
    """A city officer with every right makes the samples; a person of each role at city level looks."""
    boss = make_user("boss", regions.city, *roles.ROLES)
    boss.is_superuser = True
    boss.save()
    watchers = {role: make_user(f"as_{role}", regions.city, role) for role in roles.ROLES if role != "enterprise"}
    return SimpleNamespace(boss=boss, watchers=watchers, regions=regions, cast=cast)


def insider(make_user: Any, regions: Any, permission: str) -> tuple[User, User]:
    """Two people who have the right: one of the samples' county, one of the county beside it."""
    role = next((r for r in roles.ROLES if r not in ("enterprise",) and permission in roles.grants[r]), None)
    assert role, f"No role of an official has {permission}."
    return make_user("inside", regions.district, role), make_user("outside", regions.neighbour, role)


def placed(layer: Layer, sample: Any, user: User) -> Any:
    return annotated(layer, layer.rows(user)).get(pk=sample.pk)


def tile_of(lon: float, lat: float, z: int) -> str:
    import math

    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return f"{z}/{int((lon + 180) / 360 * 2**z)}/{int(y * 2**z)}"


@each_module
def test_permissions_and_templates_exist(db: None, module: Module) -> None:
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    needed = {layer.needs for layer in module.layers} | {nav.permission for nav in module.nav}
    needed |= {t.permission for t in module.tabs if t.permission} | {a.permission for a in module.actions}
    needed |= {records.permission(verb) for records in module.records for verb in ("view", "add", "change")}
    needed |= {t.permission for w in module.workflows for t in w.transitions} | {
        p for g in module.grants.values() for p in g
    }
    assert needed <= known, needed - known
    for tab in module.tabs:
        get_template(tab.template)
    for nav in module.nav:
        assert reverse(nav.url_name, args=nav.args)
    assert not [problem for w in module.workflows for problem in w.problems()]


@each_module
def test_every_layer_and_list_has_a_sample(ground: SimpleNamespace, module: Module) -> None:
    made = samples(module, ground.regions.town, ground.boss)
    wanted = {layer.key for layer in module.layers} | {f"{module.key}/{r.key}" for r in module.records}
    assert wanted <= set(made), wanted - set(made)


@each_layer
def test_a_layer_hides_another_regions_rows(
    ground: Any, make_user: Any, browse: Any, module: Module, layer: Layer
) -> None:
    own = samples(module, ground.regions.town, ground.boss)[layer.key]
    samples(module, ground.regions.neighbour_town, ground.boss, 1)
    inside, outside = insider(make_user, ground.regions, layer.needs)
    feature = placed(layer, own, ground.boss)
    for user, sees in ((inside, True), (outside, False)):
        client = browse(user)
        place = tile_of(feature.m_lon, feature.m_lat, 14)
        response = client.get(f"/tiles/{layer.key}/{place}.mvt")
        drawn = (
            mapbox_vector_tile.decode(response.content).get(layer.key, {"features": []})
            if response.content
            else {"features": []}
        )
        assert (own.pk in [f["properties"]["id"] for f in drawn["features"]]) is sees
        listed = client.get(f"/api/v1/features/{layer.key}/", {"page_size": 500}).json()["features"]
        assert (own.pk in [f["id"] for f in listed]) is sees
        status = 200 if sees else 404
        assert client.get(f"/api/v1/features/{layer.key}/{own.pk}/").status_code == status
        assert client.get(f"/panel/{layer.key}/{own.pk}/").status_code == status
        near = client.get(
            "/api/v1/nearby/", {"lon": feature.m_lon, "lat": feature.m_lat, "layers": layer.key, "limit": 100}
        )
        assert (own.pk in [n["id"] for n in near.json()["results"]]) is sees
        if layer.search:
            found = client.get("/api/v1/search/", {"q": str(feature.m_title)[:60], "layers": layer.key, "limit": 50})
            assert (own.pk in [hit["id"] for hit in found.json()["results"]]) is sees


def test_all_layers_together_answer_what_is_near(ground: Any, browse: Any) -> None:
    """One statement over layers of every shape: their columns must agree."""
    response = browse(ground.boss).get(
        "/api/v1/nearby/", {"lon": 118.45, "lat": 37.05, "layers": ",".join(x.key for _, x in LAYERS)}
    )
    assert response.status_code == 200, response.content


@each_layer
def test_an_enterprise_account_sees_only_its_own_place(
    ground: Any, make_user: Any, browse: Any, module: Module, layer: Layer
) -> None:
    made = samples(module, ground.regions.town, ground.boss)
    own, site = made[layer.key], made.get("site")
    stranger = browse(make_user("stranger", ground.regions.town, "enterprise", site=ground.cast.enterprise.site))
    response = stranger.get(f"/api/v1/features/{layer.key}/", {"page_size": 500})
    seen = [f["id"] for f in response.json()["features"]] if response.status_code == 200 else []
    is_public = own.pk in [row.pk for row in layer.rows(ground.cast.enterprise)] if layer.visible else False
    assert (own.pk in seen) is is_public
    if site is not None:
        owner = make_user("owner", ground.regions.town, "enterprise", site=site)
        rows = set(layer.rows(owner).values_list("pk", flat=True))
        listed = browse(owner).get(f"/api/v1/features/{layer.key}/", {"page_size": 500})
        if listed.status_code == 200:
            assert {f["id"] for f in listed.json()["features"]} == rows


@each_layer
def test_every_tab_renders_for_every_role_that_has_it(ground: Any, browse: Any, module: Module, layer: Layer) -> None:
    own = samples(module, ground.regions.town, ground.boss)[layer.key]
    rendered = 0
    for user in (ground.boss, *ground.watchers.values()):
        if not user.has_perm(layer.needs):
            continue
        client, url = browse(user), f"/panel/{layer.key}/{own.pk}/"
        assert client.get(url).status_code == 200, user.username
        for tab, _target in registry.tabs(layer.rows(user).get(pk=own.pk), user):
            response = client.get(f"{url}tab/{tab.key}/")
            assert response.status_code == 200 and response.content.strip(), (user.username, tab.key)
            rendered += 1
    assert rendered or not any(issubclass(layer.model, tab.on) for tab in module.tabs)


@each_layer
def test_a_page_of_features_costs_the_same_for_more_rows(
    ground: Any, browse: Any, module: Module, layer: Layer
) -> None:
    client, url = browse(ground.boss), f"/api/v1/features/{layer.key}/"
    assert_same_cost(module, ground, lambda: client.get(url, {"page_size": 500}))


@each_records
def test_a_list_costs_the_same_for_more_rows(ground: Any, browse: Any, module: Module, records: Records) -> None:
    client = browse(ground.boss)
    page = reverse("records:list", args=[module.key, records.key])
    api = reverse("records-api:list", args=[module.key, records.key])
    sheet = reverse("records:export", args=[module.key, records.key])
    assert_same_cost(module, ground, lambda: client.get(page), lambda: client.get(api), lambda: client.get(sheet))


def assert_same_cost(module: Module, ground: Any, *asks: Any) -> None:
    costs = []
    for start, stop in ((0, FEW), (FEW, MANY)):
        for number in range(start, stop):
            samples(module, ground.regions.town, ground.boss, number)
        costs.append([cost(ask) for ask in asks])
    assert costs[0] == costs[1] and all(c <= 20 for c in costs[1]), costs


def cost(ask: Any) -> int:
    assert ask().status_code == 200  # what is remembered between requests is remembered now
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


@each_records
def test_pages_of_records_answer_whom_they_should(
    ground: Any, make_user: Any, browse: Any, module: Module, records: Records
) -> None:
    own = samples(module, ground.regions.town, ground.boss)[f"{module.key}/{records.key}"]
    args = [module.key, records.key]
    pages = [
        reverse("records:list", args=args),
        reverse("records:export", args=args),
        reverse("records-api:list", args=args),
    ]
    single = [reverse(f"records:{page}", args=[*args, own.pk]) for page in ("detail", "history")]
    single.append(reverse("records-api:detail", args=[*args, own.pk]))
    for role, user in ground.watchers.items():
        client, may = browse(user), user.has_perm(records.permission("view"))
        for url in (*pages, *single):
            status = client.get(url).status_code
            assert status == (200 if may else 403), (role, url, status)
    if any(records.permission("view") in rights for role, rights in roles.grants.items() if role != "enterprise"):
        outside = browse(insider(make_user, ground.regions, records.permission("view"))[1])
        assert {outside.get(url).status_code for url in single} == {404}
        assert str(own.pk) not in [str(r["id"]) for r in outside.get(pages[2], {"page_size": 500}).json()["results"]]


@each_records
def test_forms_open_for_those_who_may_write(ground: Any, browse: Any, module: Module, records: Records) -> None:
    own = samples(module, ground.regions.town, ground.boss)[f"{module.key}/{records.key}"]
    forms = {"add": ("new", []), "change": ("edit", [own.pk])}
    for verb, (page, more) in forms.items():
        url = reverse(f"records:{page}", args=[module.key, records.key, *more])
        declared = records.form and (records.create if verb == "add" else records.update)
        for role, user in ground.watchers.items():
            may = user.has_perm(records.permission(verb))
            status = browse(user).get(url).status_code
            assert status == ((200 if declared else 404) if may else 403), (role, url, status)
            if may and declared:
                assert browse(user).post(url, {}).status_code == 400, (role, url)


def test_manifests_name_only_roles_there_are() -> None:
    for module in MODULES:
        assert set(module.grants) <= {*roles.ROLES, "*"}, module.key


def test_samples_take_what_the_convention_says() -> None:
    for module in MODULES:
        if module.layers or module.records:
            function = importlib.import_module(f"{package_of(module)}.testing").samples
            assert list(inspect.signature(function).parameters)[:3] == ["region", "actor", "number"], module.key
