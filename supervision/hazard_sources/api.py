"""GB 18218 as a service, and the steps of a hazard source."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import etag, expected_version
from core.idempotency import idempotent
from core.models import User
from supervision.hazard_sources import gb18218, selectors
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.views import take
from supervision.hazard_sources.workflow import HAZARD_SOURCE

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
    """POST /api/v1/hazard-sources/<id>/transitions/<name>/ with If-Match; body {"note"?, "filing_number"?}."""

    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        user = request.user
        assert isinstance(user, User)
        if not user.has_perm("hazard_sources.view_hazardsource"):
            return Response(NOT_FOUND, status=404)
        source = selectors.visible(user).filter(pk=pk).first()
        transition = HAZARD_SOURCE.by_name.get(name)
        if source is None or transition is None or name == "change":
            return Response(NOT_FOUND, status=404)
        if not user.has_perm(transition.permission):
            raise PermissionDenied(f"您没有“{transition.label}”的权限。")
        body = request.data if isinstance(request.data, dict) else {}
        given = body.get("filing_number" if name == "file" else "note", "")
        try:
            take(source, user, name, given if isinstance(given, str) else "", expected_version(request))
        except BadInventory as error:
            return refusal(error)
        source.refresh_from_db()
        return Response(summary(source), headers={"ETag": etag(source.version)})


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
