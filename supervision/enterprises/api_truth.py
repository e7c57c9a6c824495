"""/api/v1/enterprises/<pk>/confirm/ and change requests: this file parses, calls one service and answers."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import etag, expected_version
from core.idempotency import idempotent
from core.models import User
from supervision.enterprises import change_requests, selectors, truth
from supervision.enterprises.models import ChangeRequest, Confirmation, Enterprise
from supervision.enterprises.views_requests import STEPS


class Confirming(serializers.Serializer[Any]):
    """`facts` left out: the whole file. `changes`: {fact: right value}."""

    channel = serializers.ChoiceField(choices=Confirmation.Channel.choices, required=False)
    facts = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=60)
    changes = serializers.DictField(required=False)
    is_doubted = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class Asking(serializers.Serializer[Any]):
    changes = serializers.DictField()
    reason = serializers.CharField(max_length=200)


class Deciding(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    seen = serializers.DictField(required=False)


def given(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise serializers.ValidationError("请求体应是一个 JSON 对象。")
    form = kind(data=request.data)
    form.is_valid(raise_exception=True)
    if unknown := set(request.data) - set(form.fields):
        raise serializers.ValidationError(dict.fromkeys(sorted(map(str, unknown)), "不认识此字段。"))
    return dict(form.validated_data)


def of(request: Request, pk: int) -> tuple[Enterprise, User]:
    user = request.user
    assert isinstance(user, User)
    found = selectors.visible(user).filter(pk=pk).first() if user.has_perm("enterprises.view_enterprise") else None
    if found is None:
        raise Http404
    return found, user


class Confirm(APIView):
    @extend_schema(request=Confirming, responses={201: dict})
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Say that facts hold, what they should be, or that they are doubted."""
        enterprise, user = of(request, pk)
        row = truth.confirm(enterprise, actor=user, **given(request, Confirming))
        enterprise.refresh_from_db()
        due = truth.due_on(enterprise)
        return Response(
            {
                "id": row.pk, "at": row.at.isoformat(), "channel": row.channel, "outcome": row.outcome,
                "facts": row.facts, "changes": row.changes, "state": enterprise.state, "status": enterprise.status,
                "score": enterprise.freshness_score, "due_on": due.isoformat() if due else None,
            },
            status=201, headers={"ETag": etag(enterprise.version)},
        )  # fmt: skip


class Ask(APIView):
    @extend_schema(request=Asking, responses={201: dict})
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Ask the office to change facts."""
        enterprise, user = of(request, pk)
        row = change_requests.ask(enterprise, actor=user, **given(request, Asking))
        return Response(described(row), status=201, headers={"ETag": etag(row.version)})


class Decide(APIView):
    @extend_schema(request=Deciding, responses=dict)
    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        """approve, reject or withdraw; If-Match names the version that was read."""
        user = request.user
        assert isinstance(user, User)
        allowed = user.has_perm("enterprises.view_changerequest")
        found = change_requests.visible(user).filter(pk=pk).first() if allowed else None
        if found is None or name not in STEPS:
            raise Http404
        said, version = given(request, Deciding), expected_version(request)
        if name == "approve":
            row = change_requests.approve(
                found, actor=user, note=said.get("note", ""), seen=said.get("seen"), expected_version=version
            )
        elif name == "reject":
            row = change_requests.reject(found, actor=user, reason=said.get("note", ""), expected_version=version)
        else:
            row = change_requests.withdraw(found, actor=user, expected_version=version)
        return Response(described(row), headers={"ETag": etag(row.version)})


def described(row: ChangeRequest) -> dict[str, Any]:
    return {
        "id": row.pk, "enterprise": row.enterprise_id, "state": row.state, "state_label": row.get_state_display(),
        "version": row.version, "changes": row.changes, "reason": row.reason, "decision_note": row.decision_note,
    }  # fmt: skip
