"""Where the demo city may be loaded, and what an interrupted loader leaves behind."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.models import Organisation, User
from geo.models import Region, Site
from layers import demo_city
from layers.demo_city import Share

pytestmark = pytest.mark.django_db


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Share]:
    """A city without roads and with the shares a test puts here."""
    found: list[Share] = []
    monkeypatch.setattr(demo_city, "shares", lambda: found)
    monkeypatch.setattr(demo_city, "stretches", lambda ground: _cross())
    return found


def _cross() -> Any:
    from shapely import LineString

    from geo.roads import Stretch

    return [Stretch("street", "", LineString([(118.5, 37.4), (118.51, 37.4)]))]


def run(*words: str) -> str:
    out = StringIO()
    call_command("load_demo", *words, stdout=out)
    return out.getvalue()


def status() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--status"))
    return found


def test_an_empty_database_says_absent_and_a_loaded_one_loaded(quick: list[Share]) -> None:
    assert status() == {"state": "absent"}
    assert "antu-demo-2026" in run()
    assert status()["state"] == "loaded" and status()["seed"] == 1
    assert User.objects.count() == 13


def test_it_is_refused_where_demo_data_is_forbidden(quick: list[Share], settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="ANTU_DEMO=0"):
        run()
    assert not User.objects.exists()


def test_it_never_mixes_with_other_data(quick: list[Share]) -> None:
    User.objects.create_user("chief", password="a-real-person-2026")
    with pytest.raises(CommandError, match=r"用户 1.*空数据库"):
        run()
    assert status() == {"state": "foreign", "rows": {"用户": 1}}
    assert not Organisation.objects.exists()


@pytest.mark.parametrize("scale", ["0", "-1", "101"])
def test_an_impossible_scale_is_refused(quick: list[Share], scale: str) -> None:
    with pytest.raises(CommandError, match="scale"):
        run("--scale", scale)


def test_an_interrupted_loader_leaves_nothing_but_its_mark(quick: list[Share]) -> None:
    def fail(city: Any, rng: Any, scale: int, progress: Any) -> None:
        raise KeyboardInterrupt

    quick.append(Share("broken", 10, fail))
    with pytest.raises(KeyboardInterrupt):
        run()
    assert status() == {"state": "unfinished"}
    assert not User.objects.exists() and not Site.objects.exists() and not Region.objects.exists()
    quick.clear()
    run()
    assert status()["state"] == "loaded"


def test_each_module_gets_its_own_chance_and_the_order_it_asked_for(quick: list[Share]) -> None:
    drawn: list[tuple[str, float, int]] = []

    def draw(city: Any, rng: Any, scale: int, progress: Any) -> None:
        drawn.append(("", rng.random(), scale))

    quick.extend([Share("one", 10, draw), Share("two", 20, draw)])
    run("--seed", "7", "--scale", "3")
    from random import Random

    assert [d[1] for d in drawn] == [Random("7:one").random(), Random("7:two").random()]
    assert {d[2] for d in drawn} == {3}


def test_modules_are_found_by_their_demo_file() -> None:
    found = {share.module: share.order for share in demo_city.shares()}
    assert found["enterprises"] < found["hazard_sources"] < found["plans"]
