"""Verifying a resource: one click for officials, one page without log-in for its owner."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from command_center.resources import selectors, services
from command_center.resources.forms import confirm_form
from command_center.resources.models import TYPES, Resource, Team
from core.models import User
from layers import asked

MODELS = {str(m._meta.model_name): m for m in TYPES}


def find(request: HttpRequest, model: str, pk: int) -> tuple[Resource, User]:
    kind = MODELS.get(model)
    if kind is None:
        raise Http404
    return asked.record(
        request, pk, rows=lambda user: selectors.visible(kind, user), permission=f"resources.view_{model}"
    )


def show_tab(request: HttpRequest, record: Resource, user: User, **more: object) -> HttpResponse:
    response = render(request, "resources/tab.html", {**selectors.tab(record, user), "user": user, **more})
    response["HX-Trigger"] = "resource-changed"
    return response


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The six sorts, how many there are and how fresh they are known."""
    user = request.user
    shares = selectors.shares(user) if isinstance(user, User) else []
    if not shares:
        raise Http404
    return render(request, "resources/home.html", {"shares": shares})


@login_required
@require_POST
def verify(request: HttpRequest, model: str, pk: int) -> HttpResponse:
    record, user = find(request, model, pk)
    services.verify(record, actor=user)
    return show_tab(request, *find(request, model, pk), said="已核实，时间记为现在。")


@login_required
@require_POST
def status(request: HttpRequest, pk: int) -> HttpResponse:
    record, user = find(request, "team", pk)
    assert isinstance(record, Team)
    services.set_team_status(record, status=request.POST.get("status", ""), actor=user)
    return show_tab(request, *find(request, "team", pk), said="状态已变更。")


@login_required
@require_POST
def link(request: HttpRequest, model: str, pk: int) -> HttpResponse:
    """Makes a confirm link and shows it for copying."""
    record, user = find(request, model, pk)
    token = services.make_link(record, actor=user)
    address = request.build_absolute_uri(reverse("resources:confirm", args=[token]))
    return render(
        request, "resources/link.html", {"record": record, "address": address, "days": services.LINK_LASTS.days}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever holds the link. Looking changes nothing (mail programs look by themselves); answering counts once."""
    try:
        link = services.open_link(token)
        record: Any = link.target
        form = confirm_form(record)
        if request.method == "POST":
            if request.POST.get("answer") == "still_true":
                return done(request, services.confirm(link))
            form = confirm_form(record, request.POST)
            if form.is_valid():
                values = {key: form.cleaned_data[key] for key in form.changed_data}
                return done(request, services.confirm(link, **values))
            record = type(record)._default_manager.get(pk=record.pk)  # the bound form has written into the instance
    except services.LinkRefused as error:
        return render(request, "resources/confirm.html", {"refused": str(error)}, status=error.status)
    except ValidationError as error:
        form.add_error(None, error)
    context = {
        "record": record,
        "facts": selectors.facts(record),
        "fresh": record.freshness,
        "form": form,
        "link": link,
    }
    return render(request, "resources/confirm.html", context, status=400 if form.errors else 200)


def done(request: HttpRequest, record: Resource) -> HttpResponse:
    return render(
        request, "resources/confirm.html", {"record": record, "is_done": True, "facts": selectors.facts(record)}
    )
