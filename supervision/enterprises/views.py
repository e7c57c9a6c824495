"""The clicks of the enterprise file that are not ordinary records: verify, change status, change a contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.models import User
from layers.asked import REFUSALS, blame, is_fragment, record, told
from supervision.enterprises import contacts, selectors, services, truth
from supervision.enterprises.forms import ContactForm, StatusForm
from supervision.enterprises.models import Enterprise


def find(request: HttpRequest, pk: int) -> tuple[Enterprise, User]:
    return record(request, pk, rows=selectors.visible, permission="enterprises.view_enterprise")


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    enterprise, user = find(request, pk)
    try:
        truth.confirm(enterprise, actor=user)
    except REFUSALS as refused:
        said, code = told(refused)
        return answer(request, pk, error=said, status=code)
    return answer(request, pk, said="已核实，时间记为现在。")


@login_required
@require_http_methods(["GET", "POST"])
def status(request: HttpRequest, pk: int) -> HttpResponse:
    enterprise, user = find(request, pk)
    other = "operating" if enterprise.status != "operating" else "suspended"
    form = StatusForm(request.POST or None, initial={"status": other}, label_suffix="")
    return form_page(
        request, enterprise, form, title="变更经营状态", permission="enterprises.set_status_enterprise",
        save=lambda cleaned: services.set_status(enterprise, actor=user, **cleaned),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    enterprise, user = find(request, pk)
    form = ContactForm(request.POST or None, label_suffix="")
    return form_page(
        request, enterprise, form, title="变更联系人", permission="enterprises.change_contact",
        save=lambda cleaned: contacts.set_contact(enterprise, actor=user, **cleaned),
    )  # fmt: skip


def form_page(
    request: HttpRequest,
    enterprise: Enterprise,
    form: forms.Form,
    *,
    title: str,
    permission: str,
    save: Callable[[dict[str, Any]], object],
) -> HttpResponse:
    """A short form, in the panel or as a page of its own; what the service refuses is shown at its field."""
    services.demand(request.user, permission, title)  # type: ignore[arg-type]  # find() has seen that it is our User
    code = 200
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
            return saved(request, enterprise.pk, said=f"{title}：已保存。")
        except REFUSALS as refused:
            code = blame(form, refused)
    context = {"enterprise": enterprise, "form": form, "title": title}
    template = "enterprises/form.html" if is_fragment(request) else "enterprises/form_page.html"
    return render(request, template, context, status=400 if form.errors and code == 200 else code)


def answer(request: HttpRequest, pk: int, *, said: str = "", error: str = "", status: int = 200) -> HttpResponse:
    """In the panel: the first tab as it is now. On a page: back to the record, with the message."""
    if not is_fragment(request):
        messages.error(request, error) if error else messages.success(request, said)
        return HttpResponseRedirect(reverse("records:detail", args=["enterprises", "enterprises", pk]))
    enterprise, user = find(request, pk)
    context = {**selectors.basic_tab(enterprise.site, user), "said": said, "error": error}
    response = render(request, "enterprises/tab_basic.html", context, status=status)
    response["HX-Trigger"] = "resource-changed"
    return response


def saved(request: HttpRequest, pk: int, *, said: str) -> HttpResponse:
    """After a form in a dialog: on the map the panel renews itself from the feed; a record's page is loaded again."""
    page = reverse("records:detail", args=["enterprises", "enterprises", pk])
    if is_fragment(request) and not request.headers.get("HX-Current-URL", "").endswith(page):
        return render(request, "enterprises/saved.html", {"said": said})
    messages.success(request, said)
    return (
        HttpResponse(status=204, headers={"HX-Redirect": page}) if is_fragment(request) else HttpResponseRedirect(page)
    )
