"""Bad input to what changes something: a refusal in Chinese, never a server error, never a silent change."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from command_center.dispatch.testing import make_assignment
from command_center.incidents.models import Incident
from command_center.incidents.testing import make_incident
from command_center.incidents.workflow import INCIDENT
from core import roles

VALUES: list[Any] = [
    None, True, -1, 1e300, 2**62, "", "\U00020000", "\u202egnp", "长" * 300, [], [[1]], {}, {"a": {}}, "NaN", "1e400",
    "2026-13-45", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z", "9" * 20, "١٢",
]  # fmt: skip
BODIES = [
    b"", b"null", b"[]", b"1", b"{", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 2000 + b"]" * 2000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000, b'{"note":NaN}', b'{"note":1e400}', b'{"note":"\\u0000"}',
    b'{"note":"\\ud800"}', b'{"note":1,"note":2}', b'{"note":' + b"9" * 5000 + b"}",
]  # fmt: skip
RESERVED = ["actor", "incident", "name", "expected_version", "self", "case", "request", "pk", "values"]
FACTS = [
    "title", "kind", "narrative", "address", "lon", "lat", "datum", "uncertainty_m", "site", "reporter_name",
    "reporter_phone", "occurred_at", "source", "is_drill", "deaths", "serious_injuries", "trapped", "direct_loss_wan",
    "injuries", "loss_wan",
]  # fmt: skip


@pytest.fixture
def boss(cast: Any, regions: Any, make_user: Any) -> Any:
    return make_user("boss", regions.city, *roles.ROLES, is_superuser=True)


@pytest.fixture
def incident(boss: Any, regions: Any) -> Incident:
    return make_incident(regions.town, boss)


@pytest.fixture
def send(boss: Any, browse: Any) -> Any:
    client: Client = browse(boss)

    def call(method: str, url: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        answer = client.generic(
            method, url, data, "application/json", headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        assert answer.status_code < 500, (url, data[:100], answer.content[:200])
        return answer

    return call


@pytest.mark.parametrize("word", RESERVED)
def test_a_step_takes_no_argument_of_the_service_from_the_body(send: Any, incident: Incident, word: str) -> None:
    answer = send("POST", f"/api/v1/incidents/{incident.pk}/transitions/verify/", {word: 1}, If_Match='"1"')
    assert answer.status_code == 400 and answer.json()["fields"] == {word: "不接受此字段。"}
    incident.refresh_from_db()
    assert (incident.state, incident.version) == ("received", 1)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: str(v)[:12])
def test_any_value_in_any_field_of_a_step(send: Any, incident: Incident, value: Any) -> None:
    for transition in INCIDENT.transitions:
        for field in (*transition.required, *transition.optional, "note"):
            url = f"/api/v1/incidents/{incident.pk}/transitions/{transition.name}/"
            send("POST", url, {field: value}, If_Match='"1"')


@pytest.mark.parametrize("value", VALUES, ids=lambda v: str(v)[:12])
def test_any_value_in_any_fact(send: Any, incident: Incident, value: Any) -> None:
    for field in FACTS:
        send("POST", "/api/v1/incidents/", {field: value})
        send("PATCH", f"/api/v1/incidents/{incident.pk}/", {field: value}, If_Match='"1"')
        send("POST", "/api/v1/incidents/grade/", {field: value})
    for field in ("title", "detail", "organisation", "owner", "due_at"):
        send("POST", f"/api/v1/incidents/{incident.pk}/tasks/", {"title": "字", field: value})
    for field in ("unit", "mission", "notify", "reasons"):
        send("POST", f"/api/v1/incidents/{incident.pk}/assignments/", {field: value})
    for field in ("view", "mode"):
        send("POST", "/api/v1/wall/main/", {field: value})
    for field in ("exposed_persons", "items"):
        send("POST", "/api/v1/hazard-sources/assess/", {"exposed_persons": 1, "items": [], field: value})


@pytest.mark.parametrize("body", BODIES, ids=lambda b: b[:14].decode("latin-1"))
def test_any_body(send: Any, incident: Incident, boss: Any, regions: Any, body: bytes) -> None:
    assignment = make_assignment(regions.town, boss)
    case = f"/api/v1/incidents/{incident.pk}/"
    for url in (
        "/api/v1/incidents/", "/api/v1/incidents/grade/", case + "transitions/verify/", case + "timeline/",
        case + "casualties/", case + "tasks/", case + "assignments/", "/api/v1/wall/main/",
        f"/api/v1/assignments/{assignment.pk}/transitions/accept/", "/api/v1/resources/teams/",
        "/api/v1/hazard-sources/assess/",
    ):  # fmt: skip
        send("POST", url, body, If_Match='"1"', Idempotency_Key="k" + str(len(body)) + body[:9].hex())


def test_a_body_too_large_is_refused_with_and_without_a_key(send: Any, db: None) -> None:
    for headers in ({}, {"Idempotency_Key": "big"}):
        answer = send("POST", "/api/v1/incidents/grade/", b'{"deaths":"' + b"x" * 6_000_000 + b'"}', **headers)
        assert answer.status_code == 413 and "太大" in answer.json()["detail"]


def test_keys_and_versions_that_are_none(send: Any, incident: Incident) -> None:
    for key in ("k" * 200, "键", "a b", "'"):
        assert send("POST", "/api/v1/incidents/", {}, Idempotency_Key=key).status_code in (201, 400)
    for version in ("*", '"x"', '"-1"', "999999999999", '"٣"', 'W/"1"', '""'):
        answer = send("POST", f"/api/v1/incidents/{incident.pk}/transitions/verify/", {}, If_Match=version)
        assert answer.status_code in (200, 400, 412, 428, 409), version


def test_a_key_used_for_another_body_is_refused(send: Any, db: None) -> None:
    assert send("POST", "/api/v1/incidents/", {"title": "一"}, Idempotency_Key="same").status_code == 201
    answer = send("POST", "/api/v1/incidents/", {"title": "二"}, Idempotency_Key="same")
    assert answer.status_code == 409 and answer.json()["code"] == "key_reuse" and Incident.objects.count() == 1


def test_a_wrong_choice_from_a_button_is_a_refusal(boss: Any, regions: Any, browse: Any) -> None:
    """The service objects with a ValidationError, which no view of a click catches by itself."""
    team = make_assignment(regions.town, boss).unit
    answer = browse(boss).post(f"/resources/team/{team.pk}/status/", {"status": "flying"})
    assert answer.status_code == 400 and "没有“flying”这种队伍状态" in answer.content.decode()


def test_an_empty_field_name_in_the_administration_is_a_refusal(cast: Any, browse: Any) -> None:
    url = f"/admin/core/user/{cast.admin.pk}/delete/?_to_field="
    assert browse(cast.admin).get(url).status_code in (400, 403)


def test_without_a_csrf_token_nothing_is_taken_and_the_answer_says_why(cast: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.duty, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/api/v1/incidents/", "{}", content_type="application/json")
    assert answer.status_code == 403 and answer.json()["code"] == "csrf" and "刷新" in answer.json()["detail"]
    assert client.post("/incidents/new/", {"title": "x"}).status_code == 403
    assert Incident.objects.count() == 0


def test_the_description_of_the_api_is_complete(cast: Any, browse: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null", stderr=io.StringIO())
    client = browse(cast.duty)
    page = client.get(reverse("api-docs"))
    assert page.status_code == 200 and client.options(reverse("api-docs")).status_code == 405
    scripts = page.content.decode().split("<script")[1:]
    assert scripts and all("src=" in s.split(">")[0] for s in scripts)  # the page policy takes no script inside


NAMES = [
    "<script>alert(1)</script>", "`${alert(1)}`", '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "\U00020000\U0002A6D6", "{{ 7*7 }}", "{% load x %}",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_stays_text_wherever_it_is_shown(
    boss: Any, regions: Any, browse: Any, send: Any, name: str
) -> None:
    from openpyxl import load_workbook

    incident = make_incident(regions.town, boss, title=name, narrative=name, address=name)
    client = browse(boss)
    for url in (
        f"/incidents/{incident.pk}/", f"/panel/incidents/{incident.pk}/", "/incidents/", "/incidents/incidents/",
        f"/incidents/incidents/{incident.pk}/history/",
    ):  # fmt: skip
        answer = client.get(url)
        assert answer.status_code == 200, url
        page = answer.content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and ">49<" not in page, url
    found = client.get("/api/v1/search/", {"q": name[:60]})
    assert found.status_code == 200
    sheet = client.get("/api/v1/features/incidents/export.xlsx")
    for row in load_workbook(io.BytesIO(sheet.content)).active.iter_rows():
        assert not [c.value for c in row if c.data_type == "f" or str(c.value or "").startswith("=")]
