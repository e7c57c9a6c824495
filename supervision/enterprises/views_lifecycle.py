"""The steps of a file from its page or panel, the file's own address, and the look-up while a name is being typed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.models import User
from geo.parsing import BadGeometry, parse_lonlat
from layers import records
from layers.asked import REFUSALS, is_fragment, told
from supervision.enterprises import duplicates, lifecycle, merge_pages, selectors
from supervision.enterprises.models import Enterprise
from supervision.enterprises.references import authoritative
from supervision.enterprises.views import find
from supervision.enterprises.workflow import ENTERPRISE

STEPS = ("submit", "approve", "return", "reopen", "cancel", "close", "renew")
WARNINGS = {
    "cancel": "注销后，此档案不再计入企业总数，地图和列表上都不再显示；历史保留，需要时可以恢复。",
    "approve": "入库后，此企业计入总数，并出现在地图和列表上。",
    "submit": "提交后，由所在地应急管理部门审核；审核前不能再改。",
}


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Asks for confirmation and, where one is needed, the reason; then takes the step."""
    enterprise, user = find(request, pk)
    transition = ENTERPRISE.by_name.get(name)
    if transition is None or name not in STEPS:
        raise Http404
    if not user.has_perm(transition.permission):
        raise PermissionDenied(f"您没有“{transition.label}”的权限。")
    note, error, status = request.POST.get("note", "").strip(), "", 200
    if request.method == "POST":
        seen = request.POST.get("version", "")
        try:
            version = int(seen) if seen.isascii() and seen.isdigit() else None
            lifecycle.take(enterprise, name, actor=user, note=note, version=version)
            return done(request, enterprise, f"{enterprise.name}：{transition.label}，已办。")
        except REFUSALS as refused:
            error, status = told(refused)
    context = {
        "enterprise": enterprise, "step": transition, "note": note, "error": error, "warning": WARNINGS.get(name, ""),
        "pairs": duplicates.of(enterprise, user)[:5] if name == "approve" else [],
    }  # fmt: skip
    template = "enterprises/lifecycle/step.html" if is_fragment(request) else "enterprises/lifecycle/step_page.html"
    return render(request, template, context, status=status)


def done(request: HttpRequest, enterprise: Enterprise, said: str) -> HttpResponse:
    messages.success(request, said)
    target = place_of(enterprise)
    return (
        HttpResponse(status=204, headers={"HX-Redirect": target}) if is_fragment(request)
        else HttpResponseRedirect(target)
    )  # fmt: skip


def place_of(enterprise: Enterprise) -> str:
    """The page on which a file is found in its present state."""
    key = "applications" if enterprise.state in lifecycle.APPLYING else "enterprises"
    key = "cancelled" if enterprise.state == "cancelled" else key
    return reverse("records:detail", args=["enterprises", key, enterprise.pk])


@require_safe
@login_required
def file(request: HttpRequest, pk: int, module: str, key: str) -> HttpResponse:
    """A file's address leads to the file that counts: merged ones to their survivor, others to where they are kept."""
    user = request.user
    assert isinstance(user, User)
    if not user.has_perm("enterprises.view_enterprise"):
        raise PermissionDenied
    found = selectors.visible(user).filter(pk=pk).first()
    if found is None or lifecycle.is_in_register(found):
        return records.detail(request, module=module, key=key, pk=str(pk))
    if found.merged_into_id is not None:
        into = authoritative(found)
        messages.info(request, f"“{found.name}”的档案已并入本档案。")
        return HttpResponseRedirect(merge_pages.page_of(into))
    return HttpResponseRedirect(place_of(found))


@require_safe
@login_required
def check(request: HttpRequest) -> HttpResponse:
    """While somebody types a name, a code or a place: files that may be of the same enterprise."""
    user = request.user
    assert isinstance(user, User)
    if not (user.has_perm("enterprises.apply_enterprise") or user.has_perm("enterprises.add_enterprise")):
        raise PermissionDenied("您没有登记或申请企业入库的权限。")
    asked = request.GET
    point = None
    try:
        if asked.get("lon") and asked.get("lat"):
            point = parse_lonlat(asked["lon"], asked["lat"], datum=asked.get("datum") or "cgcs2000")
    except (BadGeometry, ValueError):
        point = None  # the form itself says what is wrong with the place
    name, code = asked.get("name", "")[:120].replace("\x00", ""), asked.get("credit_code", "")[:18].replace("\x00", "")
    found = duplicates.likely(user, name=name, code=code, point=point)
    rows = [(hit, place_of(hit.enterprise)) for hit in found]
    return render(request, "enterprises/lifecycle/likely.html", {"rows": rows})
