"""Confirming and correcting a file: the enterprise's three taps, and the strip of whoever visits or approves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.models import User
from layers.asked import REFUSALS, blame, is_fragment, told
from supervision.enterprises import corrections, selectors_truth, services, truth
from supervision.enterprises.facts import BY_KEY, CONTACTS, title
from supervision.enterprises.forms_truth import CHANNELS, DoubtForm, FactForm
from supervision.enterprises.models import Enterprise
from supervision.enterprises.views import find

CHANNEL = "enterprises.channel"
DIR = "enterprises/truth"


def channel_of(request: HttpRequest, user: User) -> str:
    """The channel an officer used last, else what their role usually does."""
    usual = truth.usual_channel(user)
    kept = request.session.get(CHANNEL, "")
    return kept if usual != "enterprise" and kept in dict(CHANNELS) else usual


def remember(request: HttpRequest, channel: str) -> str:
    if channel in dict(CHANNELS):
        request.session[CHANNEL] = channel
    return channel


def askable(request: HttpRequest, pk: int) -> tuple[Enterprise, User]:
    enterprise, user = find(request, pk)
    services.demand(user, "enterprises.verify_enterprise", "确认企业信息")
    return enterprise, user


@login_required
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the facts to look through; with ?sure=1 the last question. POST: they all hold."""
    enterprise, user = askable(request, pk)
    context = selectors_truth.confirm_page(enterprise, user)
    if request.method == "POST":
        if request.POST.get("version") != str(enterprise.version):
            said = "您看的时候档案刚被修改，请把下面的内容再看一遍。"
            return render(request, f"{DIR}/confirm.html", context | {"error": said}, status=409)
        try:
            channel = remember(request, request.POST.get("channel") or channel_of(request, user))
            truth.confirm(enterprise, actor=user, channel=channel)
        except REFUSALS as refused:
            said, code = told(refused)
            return render(request, f"{DIR}/confirm.html", context | {"error": said}, status=code)
        return HttpResponseRedirect(reverse("enterprises:confirmed", args=[pk]))
    part = "_sure" if request.GET.get("sure") and is_fragment(request) else "confirm"
    context |= {"is_sure": bool(request.GET.get("sure")), "channels": CHANNELS, "channel": channel_of(request, user)}
    return render(request, f"{DIR}/{part}.html", context)


@login_required
@require_safe
def confirmed(request: HttpRequest, pk: int) -> HttpResponse:
    """What was confirmed last, and when it will be asked again. A reload does nothing."""
    enterprise, user = askable(request, pk)
    return render(request, f"{DIR}/confirmed.html", selectors_truth.confirmed_page(enterprise, user))


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The right value of one fact, written at once or asked of the office."""
    enterprise, user = askable(request, pk)
    if key not in BY_KEY or not (corrections.may_change(user, key) or corrections.may_ask(user, key)):
        raise Http404
    is_asked = not corrections.may_change(user, key)
    form = FactForm(
        request.POST or None, request.FILES or None, enterprise=enterprise, key=key, is_asked=is_asked,
        channel=channel_of(request, user),
    )  # fmt: skip
    code = 200
    if request.method == "POST" and form.is_valid():
        try:
            truth.correct(
                enterprise, actor=user, changes={key: form.value()}, reason=form.cleaned_data.get("reason", ""),
                channel=remember(request, form.cleaned_data.get("channel", "")),
                uploads=form.cleaned_data.get("files", []),
            )  # fmt: skip
            said = "已提交变更申请，等待应急管理部门审核。" if is_asked else "已更正。"
            return done(request, enterprise, user, said=f"{title(key)}：{said}")
        except REFUSALS as refused:
            code = blame(form, refused, **{key: "value"})
    context = {
        "enterprise": enterprise, "form": form, "title": f"{'申请变更' if is_asked else '更正'}{title(key)}",
        "is_asked": is_asked, "key": key, "hand_over": hand_over_url(enterprise, key, user),
    }  # fmt: skip
    return answer(request, "correct", context, form, code)


@login_required
@require_http_methods(["GET", "POST"])
def doubt(request: HttpRequest, pk: int) -> HttpResponse:
    enterprise, user = askable(request, pk)
    form = DoubtForm(request.POST or None, initial={"channel": channel_of(request, user)}, label_suffix="")
    code = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            truth.confirm(
                enterprise, actor=user, channel=remember(request, given["channel"]), facts=given["facts"],
                is_doubted=True, note=given["note"],
            )  # fmt: skip
            return done(request, enterprise, user, said="已标为存疑，企业和主管部门都会看到。")
        except REFUSALS as refused:
            code = blame(form, refused)
    return answer(request, "doubt", {"enterprise": enterprise, "form": form, "title": "标为存疑"}, form, code)


@login_required
@require_http_methods(["GET", "POST"])
def strip(request: HttpRequest, pk: int) -> HttpResponse:
    """The strip by itself; POST: what it shows holds."""
    enterprise, user = askable(request, pk)
    said, error, code = "", "", 200
    if request.method == "POST":
        channel = remember(request, request.POST.get("channel", ""))
        try:
            truth.confirm(enterprise, actor=user, channel=channel, facts=list(selectors_truth.seen_facts()))
            said = "已记为属实。"
        except REFUSALS as refused:
            error, code = told(refused)
    context = selectors_truth.strip(enterprise.site, user) or {"enterprise": None}
    context |= {"channel": channel_of(request, user), "said": said, "error": error}
    if not is_fragment(request):
        if request.method == "POST":
            messages.error(request, error) if error else messages.success(request, said)
        return HttpResponseRedirect(reverse("records:detail", args=["enterprises", "enterprises", pk]))
    return render(request, f"{DIR}/strip.html", {"it": context}, status=code)


def hand_over_url(enterprise: Enterprise, key: str, user: User) -> str:
    """Another person, not another number: that is a hand-over."""
    if key not in CONTACTS or not user.has_perm("enterprises.add_handover"):
        return ""
    held = enterprise.contacts.filter(role=key.removeprefix("contact_"), left_on__isnull=True).first()
    return reverse("enterprises:hand-over", args=[held.pk]) if held else ""


def answer(request: HttpRequest, name: str, context: dict[str, Any], form: Any, code: int) -> HttpResponse:
    template = f"{DIR}/_{name}.html" if is_fragment(request) else f"{DIR}/page.html"
    context["part"] = f"{DIR}/_{name}.html"
    return render(request, template, context, status=400 if form.errors and code == 200 else code)


def done(request: HttpRequest, enterprise: Enterprise, user: User, *, said: str) -> HttpResponse:
    """In a dialog: the words, and the strip renews itself. From a page of its own: back to where the facts stand."""
    here = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if is_fragment(request) and here != request.path:
        response = render(request, "enterprises/saved.html", {"said": said})
        response["HX-Trigger"] = "enterprise-changed"
        return response
    messages.success(request, said)
    back = reverse("records:detail", args=["enterprises", "enterprises", enterprise.pk])
    if user.site_id is not None:
        back = reverse("enterprises:confirm", args=[enterprise.pk])
    return HttpResponse(status=204, headers={"HX-Redirect": back}) if is_fragment(request) else redirect(back)
