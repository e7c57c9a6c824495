"""What may be done with a plan on its own page, and verifying it from the panel by one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from command_center.plans import selectors, services
from command_center.plans.models import Plan
from core.models import User
from layers.asked import REFUSALS, is_fragment, record, told

SERVICES: dict[str, Callable[..., Plan]] = {
    "verify": services.verify_plan,
    "file": services.file_plan,
    "review": services.review_plan,
    "abolish": services.abolish_plan,
}


def find(request: HttpRequest, pk: int) -> tuple[Plan, User]:
    return record(request, pk, rows=selectors.visible, permission="plans.view_plan")


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """From the panel of the place: shows the place's plans again."""
    plan, user = find(request, pk)
    if plan.site is None:
        raise Http404
    services.verify_plan(plan, actor=user)
    context = {**selectors.tab(plan.site, user), "user": user, "said": "已核实，时间记为现在。"}
    return render(request, "plans/tab.html", context)


@login_required
@require_POST
def do(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """From the plan's own page: shows how it stands then, or why not."""
    plan, user = find(request, pk)
    known = next((v for v in selectors.VERBS if v.key == verb), None)
    if known is None:
        raise Http404
    given: dict[str, Any] = {known.field: request.POST.get(known.field, "")} if known.field else {}
    error = ""
    try:
        SERVICES[verb](plan, actor=user, **given)
    except REFUSALS as refused:
        error, _status = told(refused)
    if not is_fragment(request) and not error:
        return HttpResponseRedirect(reverse("records:detail", args=["plans", "plans", pk]))
    plan, _user = find(request, pk)
    words = {"error": error} if error else {"said": f"已办理：{known.label}。"}
    return render(request, "plans/plan_tab.html", {**selectors.plan_tab(plan, user), "user": user, **words})
