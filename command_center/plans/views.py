"""Verifying a plan from the panel by one click."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from command_center.plans import selectors, services
from command_center.plans.models import Plan
from core.models import User


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    plan = Plan.objects.visible_to(user).select_related("site__region").filter(pk=pk).first()
    if plan is None or plan.site is None or not user.has_perm("plans.view_plan"):
        raise Http404
    services.verify_plan(plan, actor=user)
    return render(
        request, "plans/tab.html", {**selectors.tab(plan.site, user), "user": user, "said": "已核实，时间记为现在。"}
    )
