"""Deciding change requests, handing over, and accepting a contradiction as true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.models import User
from layers.asked import REFUSALS, blame, is_fragment, record, told
from supervision.enterprises import change_requests, contradictions, handover, selectors_truth, services
from supervision.enterprises.forms_truth import AcceptForm, DecisionForm, HandOverForm
from supervision.enterprises.models import ChangeRequest, Contact, Contradiction
from supervision.enterprises.views_truth import answer, done

STEPS: dict[str, Callable[..., ChangeRequest]] = {
    "approve": change_requests.approve,
    "reject": change_requests.reject,
    "withdraw": change_requests.withdraw,
}
SAID = {"approve": "已批准，档案已按申请变更。", "reject": "已退回。", "withdraw": "已撤回。"}


def asked(request: HttpRequest, pk: int) -> tuple[ChangeRequest, User]:
    return record(request, pk, rows=change_requests.visible, permission="enterprises.view_changerequest")


@login_required
@require_safe
def change_request(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("enterprises.view_changerequest"):  # as the pages of other records answer
        raise PermissionDenied
    found, user = asked(request, pk)
    return render(request, "enterprises/truth/request.html", selectors_truth.request_page(found, user))


@login_required
@require_POST
def decide(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    found, user = asked(request, pk)
    if name not in SAID:
        raise Http404
    form = DecisionForm(request.POST)
    error, code = "", 409
    if not form.is_valid():
        error, code = "提交的内容不完整，请刷新页面后再试。", 400
    else:
        try:
            take(found, name, user, form.cleaned_data)
            messages.success(request, SAID[name])
            return HttpResponseRedirect(reverse("records:detail", args=["enterprises", "change_requests", pk]))
        except REFUSALS as refused:
            error, code = told(refused)
        except PermissionDenied as refused:
            error, code = str(refused), 403
    context = selectors_truth.request_page(change_requests.visible(user).get(pk=pk), user)
    return render(request, "enterprises/truth/request.html", context | {"error": error}, status=code)


def take(found: ChangeRequest, name: str, user: User, given: dict[str, Any]) -> ChangeRequest:
    version = given.get("version")
    if name == "approve":
        return change_requests.approve(
            found, actor=user, note=given.get("note", ""), expected_version=version, seen=given.get("seen") or None
        )
    if name == "reject":
        return change_requests.reject(found, actor=user, reason=given.get("note", ""), expected_version=version)
    return change_requests.withdraw(found, actor=user, expected_version=version)


def contact_rows(user: User) -> Any:
    return Contact.objects.visible_to(user).select_related("enterprise__site__region")


@login_required
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    contact, user = record(request, pk, rows=contact_rows, permission="enterprises.view_contact")
    services.demand(user, "enterprises.add_handover", "办理离任交接")
    form = HandOverForm(request.POST or None, label_suffix="")
    warning, code = handover.account_warning(contact), 200
    if request.method == "POST" and form.is_valid():
        try:
            handover.hand_over(contact, actor=user, **form.cleaned_data)
            said = f"{contact.get_role_display()}已交接给{form.cleaned_data['name']}。{warning}"
            return done(request, contact.enterprise, user, said=said)
        except REFUSALS as refused:
            code = blame(form, refused)
    context = {
        "enterprise": contact.enterprise, "contact": contact, "form": form, "title": "离任交接", "warning": warning,
        "others": handover.other_roles(contact),
    }  # fmt: skip
    return answer(request, "hand_over", context, form, code)


def contradiction_rows(user: User) -> Any:
    return Contradiction.objects.visible_to(user).select_related("enterprise__site__region", "accepted_by")


@login_required
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """However it reads, it is so."""
    found, user = record(request, pk, rows=contradiction_rows, permission="enterprises.view_contradiction")
    services.demand(user, "enterprises.accept_contradiction", "认定数据矛盾属实")
    form = AcceptForm(request.POST or None, label_suffix="")
    code = 200
    if request.method == "POST" and form.is_valid():
        try:
            contradictions.accept(found, actor=user, reason=form.cleaned_data["reason"])
            if not is_fragment(request):
                messages.success(request, "已认定属实。")
                return HttpResponseRedirect(reverse("records:detail", args=["enterprises", "contradictions", pk]))
            return done(request, found.enterprise, user, said="已认定属实，不再列为矛盾。")
        except REFUSALS as refused:
            code = blame(form, refused)
    context = {"enterprise": found.enterprise, "found": found, "form": form, "title": "认定属实"}
    return answer(request, "accept", context, form, code)
