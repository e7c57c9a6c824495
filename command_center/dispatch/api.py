"""/api/v1/incidents/<id>/proposals/ and assignments/, /api/v1/assignments/<id>/…"""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from command_center.dispatch import selectors, services
from command_center.dispatch.models import Assignment
from command_center.dispatch.proposals import proposals
from command_center.dispatch.workflow import ASSIGNMENT
from command_center.incidents.api import IncidentView
from command_center.resources.models import Team
from core.api import etag, expected_version
from core.idempotency import idempotent


class ProposalsView(IncidentView):
    """Whom to send and what to bring, nearest first, with reasons and gaps."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        if not self.user().has_perm("dispatch.view_assignment"):
            raise Http404
        return Response(proposals(incident, self.user()))


class AssignmentView(IncidentView):
    def found(self, pk: int) -> Assignment:
        rows = Assignment.objects.visible_to(self.user()).select_related(
            "unit__organisation", "unit__region", "incident__region", "assigned_by"
        )
        assignment: Assignment | None = rows.filter(pk=pk).first()
        if assignment is None or not self.user().has_perm("dispatch.view_assignment"):
            raise Http404
        return assignment

    def told(self, pk: int, status: int = 200) -> Response:
        assignment = self.found(pk)
        body = selectors.described(assignment, self.user())
        return Response(body, status=status, headers={"ETag": etag(assignment.version)})


class AssignmentList(AssignmentView):
    """GET the units of an incident, POST {"unit", "mission", "notify"} to send one."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        if not self.user().has_perm("dispatch.view_assignment"):
            raise Http404
        rows = [selectors.described(a, self.user()) for a in selectors.of(incident, self.user())]
        return Response({"count": len(rows), "results": rows})

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        data = request.data if isinstance(request.data, dict) else {}
        unit = data.get("unit", data.get("team"))
        if not str(unit or "").isdecimal() or len(str(unit)) > 18:
            raise serializers.ValidationError({"unit": "请给出队伍的编号。"})
        team = Team.objects.visible_to(self.user()).filter(pk=int(str(unit))).first()
        if team is None:
            raise serializers.ValidationError({"unit": "没有这支队伍，或不在您的管辖范围内。"})
        assignment = services.assign(
            incident,
            team,
            actor=self.user(),
            mission=str(data.get("mission") or "")[:200],
            notify=data.get("notify", True) is not False,
            reasons=[str(code)[:30] for code in data.get("reasons") or []][:10]
            if isinstance(data.get("reasons"), list)
            else (),
        )
        return self.told(assignment.pk, status=201)


class AssignmentDetail(AssignmentView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        return self.told(pk)


class AssignmentTransition(AssignmentView):
    """POST {"note"} with If-Match: one step of the assignment."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        assignment = self.found(pk)
        if name not in ASSIGNMENT.by_name:
            raise Http404
        version = expected_version(request)
        note = str(request.data.get("note") or "") if isinstance(request.data, dict) else ""
        services.take_step(assignment, name, actor=self.user(), note=note[:500], expected_version=version)
        return self.told(pk)
