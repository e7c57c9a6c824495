"""The clicks on a row of a file that are not its form: verify, withdraw."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.models import User
from layers.asked import REFUSALS, blame, is_fragment, record, told
from supervision.enterprises.papers import services
from supervision.enterprises.papers.forms import WithdrawForm
from supervision.enterprises.papers.records import ROWS
from supervision.enterprises.services import demand


def find(request: HttpRequest, key: str, pk: int) -> tuple[Any, User]:
    model = ROWS.get(key)
    if model is None:
        raise Http404
    rows = model.objects.select_related("enterprise__site")
    return record(
        request, pk, rows=rows.visible_to, permission=f"enterprises.view_{model._meta.model_name}"
    )  # fmt: skip


@login_required
@require_POST
def verify(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    row, user = find(request, key, pk)
    try:
        services.verify(row, actor=user)
    except REFUSALS as error:
        return refused(request, key, row, *told(error))
    return done(request, reverse("records:detail", args=["enterprises", key, pk]), "已核实，时间记为现在。")


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    row, user = find(request, key, pk)
    demand(user, f"enterprises.change_{row._meta.model_name}", f"撤下{row._meta.verbose_name}")
    form = WithdrawForm(request.POST or None, label_suffix="")
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(row, actor=user, reason=form.cleaned_data["reason"])
            page = reverse("records:detail", args=["enterprises", "enterprises", row.enterprise_id])
            return done(request, page, f"已撤下：{row}")
        except REFUSALS as refused:
            status = blame(form, refused)
    context = {"enterprise": row.enterprise, "form": form, "title": f"撤下：{row}"}
    template = "enterprises/form.html" if is_fragment(request) else "enterprises/form_page.html"
    return render(request, template, context, status=400 if form.errors and status == 200 else status)


def refused(request: HttpRequest, key: str, row: Any, why: str, status: int) -> HttpResponse:
    if is_fragment(request):
        return render(request, "enterprises/refused.html", {"error": why}, status=status)
    messages.error(request, why)
    return HttpResponseRedirect(reverse("records:detail", args=["enterprises", key, row.pk]))


def done(request: HttpRequest, page: str, said: str) -> HttpResponse:
    messages.success(request, said)
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)
