"""The pages of sending upward: what is due, what goes in, what was sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.models import User
from layers.asked import REFUSALS, told
from supervision.hazard_sources import upward

VIEW = "hazard_sources.view_transmission"


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    user = person(request)
    found = upward.periods(user)
    late = sum(one.is_late for one in found)
    return render(request, "hazard_sources/upward.html", {"periods": found, "late": late, "user_region": user.region})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def period_page(request: HttpRequest, period: str) -> HttpResponse:
    """What goes in, or went in; POST sends it."""
    user = person(request)
    one = period_of(user, period)
    if request.method == "POST":
        try:
            upward.send(one, actor=user, note=request.POST.get("note", ""))
            messages.success(request, f"{one.region.name}{one.name}已报送。")
        except REFUSALS as refused:
            return shown(request, user, one, error=told(refused)[0])
        return HttpResponseRedirect(reverse("hazard_sources:upward-period", args=[period]))
    return shown(request, user, one)


@login_required
@require_safe
def sheet(request: HttpRequest, period: str) -> HttpResponse:
    """The batch as it was sent."""
    one = period_of(person(request), period)
    if one.sent is None:
        raise Http404
    answer: HttpResponse = upward.sheet(one.sent)
    return answer


def shown(request: HttpRequest, user: User, one: upward.Period, error: str = "") -> HttpResponse:
    rows: list[dict[str, Any]]
    if one.sent is not None:
        rows = [row.data for row in one.sent.rows.order_by("pk")]
        is_whole = upward.digest(rows) == one.sent.sha256
    else:
        rows, is_whole = upward.contents(one), True
    context = {
        "one": one, "rows": rows, "error": error, "is_whole": is_whole,
        "may_send": one.sent is None and one.is_over and upward.may_send(user, one.level, one.region),
    }  # fmt: skip
    return render(request, "hazard_sources/upward_period.html", context, status=409 if error else 200)


def person(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # login_required
    if not user.has_perm(VIEW):
        raise PermissionDenied("您没有查看上报的权限。")
    return user


def period_of(user: User, key: str) -> upward.Period:
    try:
        return upward.period(user, key)
    except LookupError as error:
        raise Http404 from error
