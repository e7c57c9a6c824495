"""Several people at the same moment: one of them is served, the others are told."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from command_center.dispatch.models import Assignment
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.testing import bring_to, make_incident
from command_center.resources.testing import samples as resources
from core import roles

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(regions: Any, make_user: Any) -> Any:
    from core.roles import sync_groups

    sync_groups()
    return make_user("boss", regions.city, *roles.ROLES, is_superuser=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each answered; all start together, each on its own connection."""
    gate, found = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index: int) -> None:
        try:
            gate.wait(10)
            found[index] = calls[index]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def poster(client: Any, url: str, body: Any = None, **headers: str) -> Callable[[], int]:
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    data = json.dumps(body or {})
    return lambda: client.post(url, data, content_type="application/json", headers=named).status_code


def test_eight_presses_of_one_key_raise_one_incident(boss: Any, browse: Any) -> None:
    calls = [poster(browse(boss), "/api/v1/incidents/", {"title": "一"}, Idempotency_Key="k") for _ in range(8)]
    assert at_once(*calls) == [201] * 8
    assert Incident.objects.count() == 1 and IncidentEntry.objects.filter(kind="raised").count() == 1


def test_of_two_officers_one_advances_and_one_is_told(boss: Any, browse: Any, regions: Any) -> None:
    incident = make_incident(regions.town, boss)
    url = f"/api/v1/incidents/{incident.pk}/transitions/verify/"
    assert sorted(at_once(*(poster(browse(boss), url, If_Match='"1"') for _ in range(2)))) == [200, 412]
    incident.refresh_from_db()
    assert (incident.state, incident.version) == ("verified", 2)


def test_one_unit_goes_to_one_of_eight(boss: Any, browse: Any, regions: Any) -> None:
    unit = resources(regions.town, boss)["teams"]
    cases = [bring_to(make_incident(regions.town, boss), "responding", actor=boss) for _ in range(2)]
    calls = [
        poster(browse(boss), f"/api/v1/incidents/{cases[n % 2].pk}/assignments/", {"unit": unit.pk}) for n in range(8)
    ]
    assert Counter(at_once(*calls)) == {201: 1, 409: 7}
    assert Assignment.objects.filter(unit=unit).count() == 1


def test_regrading_while_it_ends_loses_neither_silently(boss: Any, browse: Any, regions: Any) -> None:
    incident = bring_to(make_incident(regions.town, boss), "controlled", actor=boss)
    case, seen = f"/api/v1/incidents/{incident.pk}/", f'"{incident.version}"'
    end = poster(browse(boss), case + "transitions/end/", {"disposition": "已处置"}, If_Match=seen)
    count = poster(browse(boss), case + "casualties/", {"deaths": 3}, If_Match=seen)
    ended, counted = at_once(end, count)
    incident.refresh_from_db()
    assert sorted([ended, counted]) == [200, 412], (ended, counted)
    assert (incident.state == "ended") is (ended == 200) and (incident.deaths == 3) is (counted == 200)
