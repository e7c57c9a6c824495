"""GB 18218 as a service, and the steps of a hazard source."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import etag, expected_version
from core.idempotency import idempotent
from core.models import User
from supervision.hazard_sources import gb18218, persons, selectors, step_forms, steps
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import HazardSource

NOT_FOUND = {"code": "not_found", "detail": "没有找到，或不在您的管辖范围内。"}


def refusal(error: BadInventory) -> Response:
    """Every problem with its item's place, so that a form can show it there."""
    problems = [problem.as_dict() for problem in error.problems]
    fields = {name: [p for p in problems if p["field"] == name] for name in ("exposed_persons",)}
    fields["items"] = [p for p in problems if p["field"] != "exposed_persons"]
    shown = {name: found for name, found in fields.items() if found}
    return Response({"code": "bad_input", "detail": str(error), "fields": shown}, status=400)


class Assess(APIView):
    """POST {"exposed_persons", "items": [{"substance" or "class", "quantity_t"}]} -> S, R, α, grade, derivation.

    Pure calculation for anyone logged in; nothing is kept.
    """

    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, dict) else {}
        try:
            found = gb18218.assess(exposed_persons=body.get("exposed_persons"), items=body.get("items"))
        except BadInventory as error:
            return refusal(error)
        return Response(found.as_dict())


class Transition(APIView):
    """POST /api/v1/hazard-sources/<id>/transitions/<name>/ with If-Match; the body has what the step's form asks."""

    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        found = seen(request, pk)
        transition = steps.transition_of(name)
        if found is None or transition is None:
            return Response(NOT_FOUND, status=404)
        source, user = found
        if not user.has_perm(transition.permission):
            raise PermissionDenied(f"您没有“{transition.label}”的权限。")
        try:
            steps.take(source, user, name, words(request), expected_version(request))
        except BadInventory as error:
            return refusal(error)
        source.refresh_from_db()
        return Response(summary(source), headers={"ETag": etag(source.version)})


class Surroundings(APIView):
    """GET: the plant's boundary, the ring of 500 m and the areas of residents counted, as GeoJSON."""

    def get(self, request: Request, pk: int) -> Response:
        found = seen(request, pk)
        return Response(persons.surroundings(found[0])) if found else Response(NOT_FOUND, status=404)


class Persons(APIView):
    """GET: the number in use and what the map says today. POST {} takes the map's; {"persons", "reason"} another."""

    def get(self, request: Request, pk: int) -> Response:
        found = seen(request, pk)
        if found is None:
            return Response(NOT_FOUND, status=404)
        source, now = found[0], persons.present(found[0])
        return Response({
            "persons": source.exposed_persons, "basis": source.persons_basis, "computed": now.persons,
            "alpha": now.alpha, "areas": now.areas, "as_of": now.as_of, "problem": now.problem,
            "said": now.count.said if now.count else "", "has_boundary": now.boundary is not None,
        })  # fmt: skip

    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        found = seen(request, pk)
        if found is None:
            return Response(NOT_FOUND, status=404)
        source, user = found
        if not user.has_perm(persons.RIGHT):
            raise PermissionDenied("您没有“修改危险源”的权限。")
        body = words(request)
        if body.keys() & {"persons", "reason"}:
            form = step_forms.OverrideForm(body)
            if not form.is_valid():
                raise ValidationError({key: [str(e) for e in errors] for key, errors in form.errors.items()})
            made = persons.override(source, actor=user, **form.cleaned_data)
        else:
            made = persons.count_from_map(source, actor=user)
        source.refresh_from_db()
        return Response(summary(source) | {"persons": made.persons, "said": made.said})


def seen(request: Request, pk: int) -> tuple[HazardSource, User] | None:
    user = request.user
    assert isinstance(user, User)
    if not user.has_perm("hazard_sources.view_hazardsource"):
        return None
    source = selectors.visible(user).filter(pk=pk).first()
    return (source, user) if source else None


def words(request: Request) -> dict[str, str]:
    """The body's single values as a form takes them; lists and objects are no values of a step."""
    body = request.data if isinstance(request.data, dict) else {}
    return {
        str(key): str(value)
        for key, value in body.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }


def summary(source: HazardSource) -> dict[str, Any]:
    return {
        "id": source.pk,
        "state": source.state,
        "state_label": source.get_state_display(),
        "version": source.version,
        "s": source.s_text,
        "r": source.r_text,
        "alpha": str(source.alpha or ""),
        "grade": source.grade,
        "is_major": source.s is not None and source.s >= 1,
        "derivation": source.derivation,
    }
