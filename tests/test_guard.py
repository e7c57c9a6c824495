"""Every address × every role × whose record it is: each address declares who may, and nothing else answers with 2xx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from command_center.dispatch.testing import make_assignment
from command_center.incidents.reports import issue_final_report
from command_center.incidents.testing import bring_to, make_incident
from core import files, roles
from core.models import ImportBatch
from layers.registry import registry
from layers.saved_views import keep_view
from supervision.hazard_sources.testing import make_transmission
from tests.guarded import filled
from tests.test_every_module import samples

PUBLIC, SIGNED = "public", "signed"
ENTERPRISE = "*企业"  # marks what only an account of an enterprise does
SEE, NOTE, TASK = "incidents.view_incident", "incidents.note_incident", "incidents.add_task"
CHANGE, VERIFY = "incidents.change_incident", "incidents.verify_incident"
IMPORT = "resources.add_team resources.change_team"
ASSIGN, UNITS = "dispatch.add_assignment", "dispatch.view_assignment"
MERGE = "enterprises.merge_enterprise"
CONFIRM, DECIDE = "enterprises.verify_enterprise", "enterprises.decide_changerequest"
# (method, who). An address with several methods stands once for each. Whatever is not here fails the test.
DECLARED: dict[str, list[tuple[str, str]]] = {
    "accounts/login/": [("get", PUBLIC)],
    "accounts/logout/": [("post", PUBLIC)],
    "healthz": [("get", PUBLIC)],
    "readyz": [("get", PUBLIC)],
    "api/schema/": [("get", SIGNED)],
    "api/docs/": [("get", SIGNED)],
    "files/<int:pk>/<str:name>": [("get", SEE)],
    r"^documents/(?P<pk>[0-9]{1,19})\.(?P<kind>docx|pdf)$": [("get", SEE)],
    "v/": [("get", PUBLIC)],
    "v/<str:code>/": [("get", PUBLIC)],
    "": [("get", SIGNED)],
    "wall/": [("get", SIGNED)],
    "app/": [("get", SIGNED)],
    "tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt": [("get", SEE)],
    "ground/roads/<str:z>/<str:x>/<str:y>.mvt": [("get", SIGNED)],
    "panel/<str:layer>/<str:pk>/": [("get", SEE)],
    "panel/<str:layer>/<str:pk>/tab/<str:key>/": [("get", SEE)],
    "api/v1/layers/": [("get", SIGNED)],
    "api/v1/layers/<str:layer>/summary/": [("get", SEE)],
    "api/v1/views/": [("get", SIGNED), ("post", SIGNED)],
    "api/v1/views/<int:pk>/": [("get", SIGNED)],
    "api/v1/features/<str:layer>/": [("get", SEE), ("post", SEE)],
    "api/v1/features/<str:layer>/export.xlsx": [("get", SEE)],
    "api/v1/features/<str:layer>/<str:pk>/": [("get", SEE)],
    "api/v1/search/": [("get", SIGNED)],
    "api/v1/nearby/": [("get", SIGNED)],
    "api/v1/wall/<str:key>/": [("get", SEE), ("post", SEE)],
    "api/v1/regions/": [("get", SIGNED)],
    "api/v1/regions/boundaries.geojson": [("get", SIGNED)],
    "api/v1/enterprises/": [("get", "enterprises.view_enterprise"), ("post", "enterprises.add_enterprise")],
    "api/v1/enterprises/<int:pk>/": [
        ("get", "enterprises.view_enterprise"),
        ("patch", "enterprises.change_enterprise"),
    ],
    "api/v1/enterprises/<int:pk>/transitions/<slug:name>/": [("post", "enterprises.set_status_enterprise")],
    "api/v1/enterprises/<int:pk>/confirm/": [("post", CONFIRM)],
    "api/v1/enterprises/<int:pk>/change-requests/": [("post", "enterprises.add_changerequest")],
    "api/v1/enterprises/change-requests/": [("get", "enterprises.view_changerequest")],
    "api/v1/enterprises/change-requests/<int:pk>/transitions/<slug:name>/": [("post", DECIDE)],
    "api/v1/enterprises/contradictions/": [("get", "enterprises.view_contradiction")],
    "api/v1/enterprises/<int:pk>/merge/": [("post", MERGE)],
    "api/v1/enterprises/duplicates/<int:pk>/transitions/<slug:name>/": [("post", MERGE)],
    "api/v1/enterprises/merges/<int:pk>/split/": [("post", MERGE)],
    "enterprises/enterprises/<int:pk>/": [("get", "enterprises.view_enterprise")],
    "enterprises/applications/check/": [("get", "enterprises.apply_enterprise enterprises.add_enterprise")],
    "enterprises/<int:pk>/step/<slug:name>/": [
        ("get", "enterprises.set_status_enterprise"),
        ("post", "enterprises.set_status_enterprise"),
    ],
    "enterprises/<int:pk>/merge/": [("get", MERGE)],
    "enterprises/<int:pk>/merge/<int:other>/": [("get", MERGE), ("post", MERGE)],
    "enterprises/duplicates/<int:pk>/verdict/<slug:name>/": [("post", MERGE)],
    "enterprises/merges/<int:pk>/split/": [("get", MERGE), ("post", MERGE)],
    "api/v1/incidents/": [("get", SEE), ("post", "incidents.add_incident incidents.raise_alarm")],
    "api/v1/incidents/grade/": [("post", SIGNED)],
    "api/v1/incidents/one-touch/": [("post", f"incidents.raise_alarm {ENTERPRISE}")],
    "api/v1/incidents/<int:pk>/": [("get", SEE), ("patch", CHANGE)],
    "api/v1/incidents/<int:pk>/transitions/<slug:name>/": [("post", VERIFY)],
    "api/v1/incidents/<int:pk>/timeline/": [("get", SEE), ("post", NOTE)],
    "api/v1/incidents/<int:pk>/acknowledge/": [("post", CHANGE)],
    "api/v1/incidents/<int:pk>/casualties/": [("post", CHANGE)],
    "api/v1/incidents/<int:pk>/tasks/": [("get", "incidents.view_task"), ("post", TASK)],
    "api/v1/incidents/<int:pk>/tasks/<int:task>/done/": [("post", "incidents.change_task")],
    "api/v1/incidents/<int:pk>/documents/": [
        ("get", SEE),
        ("post", "incidents.end_incident incidents.review_incident"),
    ],
    "api/v1/hazard-sources/assess/": [("post", SIGNED)],
    "api/v1/hazard-sources/<int:pk>/transitions/<str:name>/": [("post", "hazard_sources.assess_hazardsource")],
    "api/v1/hazard-sources/": [
        ("get", "hazard_sources.view_hazardsource"),
        ("post", "hazard_sources.add_hazardsource"),
    ],
    "api/v1/hazard-sources/<int:pk>/": [
        ("get", "hazard_sources.view_hazardsource"),
        ("patch", "hazard_sources.change_hazardsource"),
    ],
    "api/v1/hazard-sources/<int:pk>/surroundings/": [("get", "hazard_sources.view_hazardsource")],
    "api/v1/hazard-sources/<int:pk>/persons/": [
        ("get", "hazard_sources.view_hazardsource"),
        ("post", "hazard_sources.change_hazardsource"),
    ],
    "api/v1/incidents/<int:pk>/proposals/": [("get", UNITS)],
    "api/v1/incidents/<int:pk>/assignments/": [("get", UNITS), ("post", ASSIGN)],
    "api/v1/assignments/<int:pk>/": [("get", UNITS)],
    "api/v1/assignments/<int:pk>/transitions/<slug:name>/": [("post", "dispatch.answer_assignment")],
    "api/v1/plans/<int:pk>/<slug:verb>/": [("post", "plans.verify_plan")],
    "enterprises/<int:pk>/verify/": [("post", "enterprises.verify_enterprise")],
    "enterprises/<int:pk>/status/": [("get", "enterprises.set_status_enterprise")],
    "enterprises/<int:pk>/contact/": [("get", "enterprises.change_contact")],
    "enterprises/<int:pk>/confirm/": [("get", CONFIRM), ("post", CONFIRM)],
    "enterprises/<int:pk>/confirm/done/": [("get", CONFIRM)],
    "enterprises/<int:pk>/correct/<slug:key>/": [("get", CONFIRM), ("post", CONFIRM)],
    "enterprises/<int:pk>/doubt/": [("get", CONFIRM), ("post", CONFIRM)],
    "enterprises/<int:pk>/strip/": [("get", CONFIRM), ("post", CONFIRM)],
    "enterprises/contacts/<int:pk>/hand-over/": [("get", "enterprises.add_handover")],
    "enterprises/contradictions/<int:pk>/accept/": [("get", "enterprises.accept_contradiction")],
    "enterprises/change_requests/<int:pk>/": [("get", "enterprises.view_changerequest")],
    "enterprises/change_requests/<int:pk>/decide/<slug:name>/": [("post", DECIDE)],
    "enterprises/<int:pk>/boundary/": [("get", "enterprises.view_boundary"), ("post", "enterprises.add_boundary")],
    "enterprises/<int:pk>/dossier/": [("get", "enterprises.view_enterprise")],
    "enterprises/<int:pk>/dossier.<str:kind>": [("get", "enterprises.view_enterprise")],
    "enterprises/rows/<slug:key>/<int:pk>/verify/": [("post", "enterprises.change_licence")],
    "enterprises/rows/<slug:key>/<int:pk>/withdraw/": [("get", "enterprises.change_licence")],
    "incidents/": [("get", SEE)],
    "incidents/new/": [("get", "incidents.add_incident")],
    "incidents/alarm/": [("get", f"incidents.raise_alarm {ENTERPRISE}")],
    "incidents/<int:pk>/": [("get", SEE)],
    "incidents/<int:pk>/part/<slug:key>/": [("get", SEE)],
    "incidents/<int:pk>/step/<slug:name>/": [("post", VERIFY)],
    "incidents/<int:pk>/amend/": [("post", CHANGE)],
    "incidents/<int:pk>/casualties/": [("post", CHANGE)],
    "incidents/<int:pk>/acknowledge/": [("post", CHANGE)],
    "incidents/<int:pk>/clock/<str:key>/": [("post", NOTE)],
    "incidents/<int:pk>/share/": [("post", "incidents.respond_incident")],
    "incidents/<int:pk>/note/": [("post", NOTE)],
    "incidents/<int:pk>/task/": [("post", TASK)],
    "incidents/<int:pk>/task/<int:task>/done/": [("post", "incidents.change_task")],
    "incidents/<int:pk>/report/": [("post", "incidents.end_incident incidents.review_incident")],
    "hazard_sources/calculator/": [("get", SIGNED)],
    "hazard_sources/<int:pk>/step/<str:name>/": [("get", "hazard_sources.assess_hazardsource")],
    "hazard_sources/<int:pk>/persons/": [
        ("get", "hazard_sources.change_hazardsource"),
        ("post", "hazard_sources.change_hazardsource"),
    ],
    "hazard_sources/<int:pk>/papers/<str:paper>/": [
        ("get", "hazard_sources.submit_hazardsource hazard_sources.file_hazardsource"),
        ("post", "hazard_sources.submit_hazardsource hazard_sources.file_hazardsource"),
    ],
    "hazard_sources/<int:pk>/facilities/<str:facility>/": [
        ("get", "hazard_sources.change_hazardsource"),
        ("post", "hazard_sources.change_hazardsource"),
    ],
    "hazard_sources/<int:pk>/features/": [("post", "hazard_sources.file_hazardsource")],
    "hazard_sources/<int:pk>/board/": [("get", "hazard_sources.view_hazardsource")],
    "hazard_sources/upward/": [("get", "hazard_sources.view_transmission")],
    "hazard_sources/upward/<str:period>/": [
        ("get", "hazard_sources.view_transmission"),
        ("post", "hazard_sources.send_transmission"),
    ],
    "hazard_sources/upward/<str:period>/export.xlsx": [("get", "hazard_sources.view_transmission")],
    "dispatch/incidents/<int:pk>/assign/": [("post", ASSIGN)],
    "dispatch/incidents/<int:pk>/assignments/<int:assignment>/<slug:name>/": [("post", "dispatch.answer_assignment")],
    "surroundings/<int:pk>/verify/": [("post", "surroundings.verify_protectedsite")],
    "resources/": [("get", "resources.view_team resources.view_shelter")],
    "resources/confirm/<str:token>/": [("get", PUBLIC)],
    "resources/team/<int:pk>/status/": [("post", "resources.set_team_status")],
    "resources/<slug:model>/<int:pk>/verify/": [("post", "resources.verify_resource")],
    "resources/<slug:model>/<int:pk>/link/": [("post", "resources.verify_resource")],
    "plans/<int:pk>/verify/": [("post", "plans.verify_plan")],
    "plans/<int:pk>/do/<slug:verb>/": [("post", "plans.verify_plan")],
    "api/v1/statistics/<slug:module>/": [("get", "enterprises.view_enterprise")],
    "<slug:module>/statistics/": [("get", "enterprises.view_enterprise")],
    "<slug:module>/statistics/export.xlsx": [("get", "enterprises.view_enterprise")],
    "api/v1/<slug:module>/<slug:key>/": [("get", "resources.view_team"), ("post", "resources.add_team")],
    "api/v1/<slug:module>/<slug:key>/<str:pk>/": [("get", "resources.view_team"), ("patch", "resources.change_team")],
    "api/v1/imports/<slug:module>/<slug:key>/": [("get", IMPORT), ("post", IMPORT)],
    "api/v1/imports/<slug:module>/<slug:key>/<int:batch>/": [("get", IMPORT)],
    "api/v1/imports/<slug:module>/<slug:key>/<int:batch>/<slug:verb>/": [("post", IMPORT)],
    "<slug:module>/<slug:key>/import/": [("get", IMPORT), ("post", IMPORT)],
    "<slug:module>/<slug:key>/import/template.xlsx": [("get", IMPORT)],
    "<slug:module>/<slug:key>/import/current.xlsx": [("get", "resources.change_team")],
    "<slug:module>/<slug:key>/import/<int:batch>/": [("get", IMPORT)],
    "<slug:module>/<slug:key>/import/<int:batch>/shapes.json": [("get", IMPORT)],
    "<slug:module>/<slug:key>/import/<int:batch>/marked.xlsx": [("get", IMPORT)],
    "<slug:module>/<slug:key>/import/<int:batch>/<slug:verb>/": [("post", IMPORT)],
    "<slug:module>/<slug:key>/": [("get", "resources.view_team")],
    "<slug:module>/<slug:key>/new/": [("get", "resources.add_team"), ("post", "resources.add_team")],
    "<slug:module>/<slug:key>/export.xlsx": [("get", "resources.view_team")],
    "<slug:module>/<slug:key>/<str:pk>/": [("get", "resources.view_team")],
    "<slug:module>/<slug:key>/<str:pk>/edit/": [("get", "resources.change_team"), ("post", "resources.change_team")],
    "<slug:module>/<slug:key>/<str:pk>/history/": [("get", "resources.view_team")],
}
BODY = {"api/v1/assignments/<int:pk>/transitions/<slug:name>/": {"note": "看到"}}
CLOSED = {401, 403, 404}


def addresses(patterns: Any = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)
        else:
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))


ADMIN = sorted(a for a in addresses() if a.startswith("admin/"))
CASES = [(address, method, who) for address, rules in DECLARED.items() for method, who in rules]


def test_every_address_is_declared() -> None:
    there = {a for a in addresses() if not a.startswith("admin/")}
    assert there == set(DECLARED), there ^ set(DECLARED)


def make_batch(user: Any) -> ImportBatch:
    file = files.store("名称\n甲队\n".encode(), name="a.csv")
    header = {"columns": ["名称"], "heading": 1, "mapping": {"名称": "name"}, "unknown": []}
    batch = ImportBatch.objects.create(
        sheet="resources/teams", title="救援队伍", file=file, file_name="a.csv", kind="csv", state="ready",
        uploaded_by=user, region=user.region, header=header,
    )  # fmt: skip
    batch.rows.create(number=2, cells={"名称": "甲队"}, state="error", problems={"name": "重复"})
    return batch


@pytest.fixture
def ground(cast: Any, regions: Any, make_user: Any, sites: Any) -> SimpleNamespace:
    boss = make_user("boss", regions.city, *roles.ROLES, is_superuser=True)
    made: dict[str, Any] = {}
    for module in registry:
        if module.layers or module.records:
            made |= samples(module, regions.town, boss)
    case = bring_to(make_incident(regions.town, boss), "ended", actor=boss)
    made["document"] = issue_final_report(case, actor=boss)
    made["file"] = files.attach(made["incidents"], b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF", name="a.pdf", actor=boss)
    made["assignment"] = make_assignment(regions.town, boss)
    made["plans/plans"].site = made["enterprises"].site if hasattr(made["enterprises"], "site") else made["enterprises"]
    made["plans/plans"].level = "enterprise"
    made["plans/plans"].save()
    made["task"] = made["incidents"].tasks.first()
    make_transmission(regions.district, boss)
    made["batch"] = make_batch(make_user("importer", regions.district, "duty"))
    saver = make_user("saver", regions.district, "duty")
    made["view"] = keep_view(owner=saver, name="看", link="#layers=", sharing="region")
    people = {role: make_user(f"as_{role}", regions.district, role) for role in roles.ROLES if role != "enterprise"}
    people["enterprise"] = make_user("as_enterprise", regions.town, "enterprise", site=made["incidents"].site)
    stranger = make_user("stranger", regions.neighbour, *(r for r in roles.ROLES if r not in ("enterprise", "admin")))
    other = make_user("other", regions.neighbour_town, "enterprise", site=sites.other)
    return SimpleNamespace(made=made, people=people, stranger=stranger, other=other)


def asked(client: Client, method: str, url: str, address: str) -> Any:
    """The answer; what it wrote is taken back. Fields are whatever the address might take."""
    is_api = url.startswith("/api/")
    body = {"text": "字", "note": "字", "title": "字", "feedback": "字", "deaths": 1, "status": "available"}
    body |= BODY.get(address, {})
    headers = {"If-Match": '"1"', "HX-Request": "true"}
    with transaction.atomic():
        if is_api and method != "get":
            answer = client.generic(method.upper(), url, json.dumps(body), "application/json", headers=headers)
        elif method == "get":
            answer = client.get(url)
        else:
            answer = client.post(url, body, headers=headers)
        transaction.set_rollback(True)
    return answer


def may(user: Any, who: str) -> bool:
    if who in (PUBLIC, SIGNED):
        return True
    wanted = who.split()
    if ENTERPRISE in wanted and user.scope.site_id is None:
        return False
    return any(user.has_perm(p) for p in wanted if p != ENTERPRISE)


def test_each_address_answers_only_whom_it_should(ground: Any, browse: Any) -> None:
    clients = {role: browse(user) for role, user in ground.people.items()}
    outside = {name: browse(getattr(ground, name)) for name in ("stranger", "other")}
    wrong = []
    for address, method, who in CASES:
        url = filled(address, ground.made)
        answer = asked(Client(), method, url, address)
        to_login = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        if who != PUBLIC and not to_login and answer.status_code not in (401, 403):
            wrong.append((method, url, "anonymous", answer.status_code))
        for role, user in ground.people.items() if who != PUBLIC else ():
            status, allowed = asked(clients[role], method, url, address).status_code, may(user, who)
            if status >= 500 or (not allowed and status < 300):
                wrong.append((method, url, role, status))
            if allowed and status in CLOSED and role != "enterprise":
                wrong.append((method, url, role, status, "declared, but refused"))
        for name, client in outside.items() if "pk>" in address else ():
            status = asked(client, method, url, address).status_code
            if status != 404 and not (status == 403 and not may(getattr(ground, name), who)):
                wrong.append((method, url, name, status))
    assert not wrong, "\n".join(map(str, wrong))


def test_the_administration_is_for_staff_and_shows_only_what_is_theirs(ground: Any, cast: Any, browse: Any) -> None:
    wrong = []
    for address in ADMIN:
        url = "/" + re.sub(r"<[^>]*>", "1", address)
        if "(?P" in url or any(w in url for w in ("login", "logout", "jsi18n")):
            continue
        for user in (None, *ground.people.values()):
            status = (browse(user) if user else Client()).get(url).status_code
            if status != 302:
                wrong.append((url, str(user), status))
        closed = any(part in url for part in ("auth/group", "axes/", "auditentry", "delete"))
        if closed and browse(cast.admin).get(url).status_code < 300:
            wrong.append((url, "admin"))
    assert not wrong


def test_an_administrator_cannot_give_himself_more_than_the_roles_have(cast: Any, browse: Any) -> None:
    url = f"/admin/core/user/{cast.admin.pk}/change/"
    page = browse(cast.admin).get(url)
    assert page.status_code == 200 and b'name="is_superuser"' not in page.content
    form = {"username": "admin", "name": "管", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert browse(cast.admin).post(url, {**form, "user_permissions": "1"}).status_code == 302
    cast.admin.refresh_from_db()
    assert not cast.admin.is_superuser and not cast.admin.user_permissions.exists()


def test_no_role_administers_and_audits() -> None:
    assert "core.view_auditentry" not in roles.grants["admin"]
    assert not [p for p in roles.grants["auditor"] if not re.search(r"\.view_|answer_assignment|change_task", p)]


def test_the_declared_rights_exist(db: None) -> None:
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    named = {word for _, _, who in CASES for word in who.split() if "." in word}
    assert named <= known
