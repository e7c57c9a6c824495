"""The steps of a hazard source from the panel or its page, and the calculator."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.models import User
from core.workflow import Incomplete, NotAllowed
from layers.asked import is_fragment, record
from supervision.hazard_sources import gb18218_tables, selectors, services
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.workflow import HAZARD_SOURCE

ASKS = {"file": ("filing_number", "备案编号"), "recall": ("note", "理由"), "cancel": ("note", "理由")}


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Steps that need nothing are taken at once; the others ask for their one field first."""
    source, user = find(request, pk)
    transition = HAZARD_SOURCE.by_name.get(name)
    if transition is None or name == "change":
        raise Http404
    if not user.has_perm(transition.permission):
        raise PermissionDenied(f"您没有“{transition.label}”的权限。")
    asks, label = ASKS.get(name, ("", ""))
    given = request.POST.get(asks, "").strip() if asks else ""
    error = ""
    if request.method == "POST":
        try:
            take(source, user, name, given)
            return answer(request, source, user, said=f"{source.name}：已{transition.label}。")
        except (NotAllowed, Incomplete, BadInventory) as refused:
            error = str(refused)
            if not asks:
                return answer(request, source, user, error=error)
    context = {"source": source, "step": transition, "asks": asks, "label": label, "given": given, "error": error}
    template = "hazard_sources/step.html" if is_fragment(request) else "hazard_sources/step_page.html"
    return render(request, template, context, status=409 if error else 200)


def take(source: HazardSource, user: User, name: str, given: str = "", version: int | None = None) -> None:
    """One step, by name."""
    if name == "identify":
        services.identify_source(source, actor=user, expected_version=version)
    elif name == "assess":
        services.assess_source(source, actor=user, expected_version=version)
    elif name == "file":
        services.file_source(source, actor=user, filing_number=given, expected_version=version)
    else:
        HAZARD_SOURCE.advance(source, name, actor=user, note=given, expected_version=version)


@login_required
def calculator(request: HttpRequest) -> HttpResponse:
    """GB 18218-2018 at hand: paste an inventory, read S, R and the grade. Nothing is kept."""
    names = sorted({n for row in gb18218_tables.substances() for n in (row.name, row.plain_name, *row.aliases)})
    classes = gb18218_tables.classes().values()
    return render(request, "hazard_sources/calculator.html", {"names": names, "classes": classes})


def find(request: HttpRequest, pk: int) -> tuple[HazardSource, User]:
    return record(request, pk, rows=selectors.visible, permission="hazard_sources.view_hazardsource")


def answer(request: HttpRequest, source: HazardSource, user: User, *, said: str = "", error: str = "") -> HttpResponse:
    """In the panel: the tab as it is now. On a page: back to the record, with the message."""
    if not is_fragment(request):
        messages.error(request, error) if error else messages.success(request, said)
        return HttpResponseRedirect(reverse("records:detail", args=["hazard_sources", "sources", source.pk]))
    shown = selectors.own_tab(source, user) if request.GET.get("only") else selectors.tab(source.site, user)
    context: dict[str, Any] = {**shown, "said": said, "error": error}
    response = render(request, "hazard_sources/tab.html", context, status=409 if error else 200)
    response["HX-Trigger"] = "resource-changed"
    return response
