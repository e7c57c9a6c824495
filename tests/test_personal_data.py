"""Canaries: the telephone of who reported, contacts and words of a case are read only where that is declared."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from command_center.dispatch.testing import make_assignment
from command_center.incidents import services
from command_center.incidents.testing import make_incident
from core import roles
from core.models import Event
from tests.test_every_module import tile_of

PHONE, REPORTER, CONTACT = "13977770001", "卡纳里", "13977770002"
WORDS = "暗号金丝雀"
OFFICIALS = [role for role in roles.ROLES if role != "enterprise"]


@pytest.fixture
def case(cast: Any, regions: Any, make_user: Any) -> Any:
    boss = make_user("boss", regions.city, *roles.ROLES, is_superuser=True)
    incident = make_incident(
        regions.town, boss, title="泄漏", narrative=WORDS, reporter_name=REPORTER, reporter_phone=PHONE
    )
    services.take_step(incident, "verify", actor=boss)
    assignment = make_assignment(regions.town, boss)
    team = assignment.unit
    team.contact_phone, team.contact_name = CONTACT, "金丝"
    team.save()
    return incident, team


def read(client: Any, incident: Any, team: Any) -> dict[str, str]:
    """Everything this person can be shown about the two, by address; binary answers as they are."""
    place = tile_of(incident.geom.x, incident.geom.y, 14)
    part = f"/incidents/{incident.pk}/part/"
    urls = [
        "/", "/wall/", "/app/", "/incidents/", "/incidents/incidents/", f"/incidents/{incident.pk}/",
        f"/incidents/incidents/{incident.pk}/history/", f"/panel/incidents/{incident.pk}/", f"/panel/teams/{team.pk}/",
        f"/panel/teams/{team.pk}/tab/resource/", *(f"{part}{k}/" for k in ("head", "facts", "timeline", "forces")),
        "/api/v1/incidents/", f"/api/v1/incidents/{incident.pk}/", f"/api/v1/incidents/{incident.pk}/timeline/",
        f"/api/v1/incidents/{incident.pk}/proposals/", f"/api/v1/incidents/{incident.pk}/assignments/",
        "/api/v1/incidents/incidents/", f"/api/v1/incidents/incidents/{incident.pk}/",
        "/api/v1/features/incidents/", f"/api/v1/features/incidents/{incident.pk}/", "/api/v1/features/teams/",
        "/api/v1/features/incidents/export.xlsx", "/api/v1/features/teams/export.xlsx",
        "/incidents/incidents/export.xlsx", "/resources/teams/export.xlsx", "/resources/teams/",
        f"/resources/teams/{team.pk}/", f"/resources/teams/{team.pk}/history/", "/api/v1/resources/teams/",
        f"/api/v1/resources/teams/{team.pk}/", f"/tiles/incidents/{place}.mvt", f"/tiles/teams/{place}.mvt",
        f"/api/v1/search/?q={PHONE}", f"/api/v1/search/?q={CONTACT}", f"/api/v1/search/?q={REPORTER}",
        f"/api/v1/nearby/?lon={incident.geom.x}&lat={incident.geom.y}&layers=incidents,teams",
        "/system/audit/", "/system/audit/export.xlsx", "/api/v1/system/audit/",
    ]  # fmt: skip
    found = {}
    for url in urls:
        answer = client.get(url)
        assert answer.status_code < 500, url
        if answer.status_code == 200:
            found[url] = unpacked(answer)
    return found


def unpacked(answer: Any) -> str:
    import io
    import zipfile

    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:2] == b"PK":
        book = zipfile.ZipFile(io.BytesIO(content))
        content = b"".join(book.read(name) for name in book.namelist())
    text = content.decode("utf-8", "replace")
    return json.dumps(json.loads(text), ensure_ascii=False) if text[:1] in "{[" and "\\u" in text else text


@pytest.mark.parametrize("role", OFFICIALS)
def test_who_reported_is_read_only_by_those_who_call_back(
    case: Any, regions: Any, make_user: Any, browse: Any, role: str
) -> None:
    user = make_user(f"as_{role}", regions.district, role)
    leaks = []
    for url, text in read(browse(user), *case).items():
        if not user.has_perm("incidents.view_reporter") and (PHONE in text or REPORTER in text):
            leaks.append((url, "reporter"))
        open_to_all = url.endswith((".mvt", ".xlsx")) or "/features/" in url or "/search/?" in url or "/nearby/" in url
        if open_to_all and (PHONE in text.replace(f"q={PHONE}", "") or REPORTER in text):
            leaks.append((url, "reporter where nobody needs it"))
        if not user.has_perm("resources.change_team") and not _calls(user) and CONTACT in text:
            leaks.append((url, "contact"))
        if url.endswith(".mvt") and (WORDS in text or CONTACT in text):
            leaks.append((url, "in a tile"))
    assert not leaks


def _calls(user: Any) -> bool:
    """Those who verify a resource or send it have to call it."""
    return user.has_perm("resources.verify_resource") or user.has_perm("dispatch.add_assignment")


@pytest.mark.parametrize("who", ["neighbour", "enterprise", "nobody"])
def test_outsiders_read_nothing_at_all(case: Any, cast: Any, browse: Any, who: str) -> None:
    leaks = [
        (url, word)
        for url, text in read(browse(getattr(cast, who)), *case).items()
        for word in (PHONE, REPORTER, CONTACT, WORDS)
        if word in text
    ]
    assert not leaks


def test_the_feed_carries_nothing_personal(case: Any) -> None:
    told = json.dumps(list(Event.objects.values("kind", "data")), ensure_ascii=False, default=str)
    assert told != "[]"
    assert not [word for word in (PHONE, REPORTER, CONTACT, WORDS) if word in told]


def test_the_log_carries_nothing_personal(case: Any, cast: Any, browse: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    client = browse(cast.district)
    body = {"title": "泄漏", "reporter_phone": PHONE, "reporter_name": REPORTER, "narrative": WORDS, "deaths": "x"}
    for fields in (body, body | {"deaths": 1}):
        client.post("/api/v1/incidents/", json.dumps(fields), content_type="application/json")
        client.post("/incidents/new/", fields)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("django.db")]
    assert not [m for m in ours for word in (PHONE, REPORTER, WORDS) if word in m]
