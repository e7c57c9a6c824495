"""The one click of a protected place that is no ordinary record: verify."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from layers.asked import record
from supervision.surroundings import selectors, services


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = record(request, pk, rows=selectors.visible, permission="surroundings.view_protectedsite")
    row = services.verify_site(row, actor=user)
    said = {"said": "已核实，时间记为现在。"}
    return render(request, "surroundings/protected.html", {**selectors.own_tab(row, user), **said})
