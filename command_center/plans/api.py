"""/api/v1/plans/<id>/<verb>/: file, review, verify, abolish. Lists and fields come from the declaration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.plans import selectors, services
from command_center.plans.models import Plan
from core.idempotency import idempotent
from core.models import User


class Filing(serializers.Serializer[Any]):
    filing_number = serializers.CharField(max_length=60)
    filed_on = serializers.DateField(required=False)


class Review(serializers.Serializer[Any]):
    conclusion = serializers.CharField(max_length=300)
    reviewed_on = serializers.DateField(required=False)


class Verification(serializers.Serializer[Any]):
    how = serializers.CharField(max_length=60, required=False)


class Abolition(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


VERBS: dict[str, tuple[type[serializers.Serializer[Any]], Callable[..., Plan]]] = {
    "file": (Filing, services.file_plan),
    "review": (Review, services.review_plan),
    "verify": (Verification, services.verify_plan),
    "abolish": (Abolition, services.abolish_plan),
}


class PlanVerb(APIView):
    """POST: do it, answer how the plan stands now."""

    @idempotent
    def post(self, request: Request, pk: int, verb: str) -> Response:
        user = request.user
        assert isinstance(user, User)
        plan = Plan.objects.visible_to(user).filter(pk=pk).first() if user.has_perm("plans.view_plan") else None
        if plan is None or verb not in VERBS:
            raise Http404
        kind, act = VERBS[verb]
        form = kind(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(described(act(plan, actor=user, **form.validated_data)))


def described(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "title": plan.title,
        "kind": plan.kind,
        "level": plan.level,
        "standing": selectors.standing(plan),
        "filed_on": _text(plan.filed_on),
        "filing_number": plan.filing_number,
        "reviewed_on": _text(plan.reviewed_on),
        "review_due_on": _text(plan.review_due_on),
        "abolished_on": _text(plan.abolished_on),
        "fresh": plan.freshness,
    }


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
