"""What people do to a hazard source from its panel or page, and the calculator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.models import User
from layers.asked import REFUSALS, blame, is_fragment, record, told
from supervision.hazard_sources import (
    facilities,
    filing,
    gb18218_tables,
    papers,
    people,
    persons,
    selectors,
    step_forms,
    steps,
)
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import FilingPaper, HazardSource, SafetyCheck
from supervision.hazard_sources.statutory import PAPER, REQUIREMENT

PARTS = {
    "hazard-sources": ("hazard_sources/tab.html", selectors.own_tab),
    "safety": ("hazard_sources/tab_safety.html", selectors.safety_tab),
    "filing": ("hazard_sources/tab_filing.html", selectors.filing_tab),
}
REFUSED = (*REFUSALS, BadInventory)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Steps that ask nothing are taken at once; the others show their form first."""
    source, user = find(request, pk)
    transition = steps.transition_of(name)
    if transition is None:
        raise Http404
    if not user.has_perm(transition.permission):
        raise PermissionDenied(f"您没有“{transition.label}”的权限。")
    kind = steps.STEPS[name].form
    form = kind(request.POST or None) if kind else None
    if form is not None:
        form.begin(source)
    if request.method == "POST":
        try:
            steps.take(source, user, name, request.POST.dict())
            return answer(request, source, user, said=f"{source.name}：已{transition.label}。")
        except REFUSED as refused:
            if form is None:
                return answer(request, source, user, error=told(refused)[0])
            code = blame(form, refused)
            return ask(request, source, form, transition.label, is_grave=transition.is_grave, status=code)
    return ask(request, source, form, transition.label, is_grave=transition.is_grave)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """POST takes the map's number; with `persons` and `reason` another one."""
    source, user = find(request, pk)
    if not user.has_perm(persons.RIGHT):
        raise PermissionDenied("您没有“修改危险源”的权限。")
    is_override = request.method != "POST" or "persons" in request.POST or "reason" in request.POST
    form = step_forms.OverrideForm(request.POST if request.method == "POST" and is_override else None)
    form.begin(source)
    title = "推翻计算值" if persons.boundary_of(source.site) else "人工统计人数"
    if request.method != "POST" or (is_override and not form.is_valid()):
        return ask(request, source, form, title, status=400 if request.method == "POST" else 200)
    try:
        if is_override:
            made = persons.override(source, actor=user, **form.cleaned_data)
        else:
            made = persons.count_from_map(source, actor=user)
    except REFUSED as refused:
        if not is_override:
            return answer(request, source, user, error=told(refused)[0])
        return ask(request, source, form, title, status=blame(form, refused))
    source.refresh_from_db()
    return answer(request, source, user, said=f"{made.said}。")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int, paper: str) -> HttpResponse:
    """One paper of the filing: there or not, with its file."""
    source, user = find(request, pk)
    if not any(map(user.has_perm, filing.PAPER_RIGHTS)):
        raise PermissionDenied("您没有“准备备案材料”的权限。")
    if paper not in PAPER:
        raise Http404
    now = filing.current(source)
    row = now.papers.filter(key=paper).first() if now else None
    initial = {"state": row.state, "note": row.note} if row else {"state": FilingPaper.State.GIVEN}

    def keep(given: dict[str, Any]) -> None:
        filing.set_paper(source, paper, actor=user, uploads=request.FILES.getlist("files"), **given)

    form = step_forms.PaperForm(request.POST or None, initial=initial)
    return part_form(request, source, user, form, PAPER[paper].label, keep, part="filing", takes_files=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def facility(request: HttpRequest, pk: int, facility: str) -> HttpResponse:
    """Somebody looked whether a safety facility is there."""
    source, user = find(request, pk)
    if not user.has_perm(facilities.RIGHT):
        raise PermissionDenied("您没有“核查安全设施”的权限。")
    if facility not in REQUIREMENT:
        raise Http404
    row = source.safety_checks.filter(key=facility).first()
    initial = {"state": row.state, "evidence": row.evidence} if row else {"state": SafetyCheck.State.YES}
    form = step_forms.FacilityForm(request.POST or None, initial=initial)

    def keep(given: dict[str, Any]) -> None:
        facilities.check(source, facility, actor=user, **given)

    return part_form(request, source, user, form, REQUIREMENT[facility].label, keep, part="safety")


@login_required
@require_POST
def features(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue the 基本特征表 of today."""
    source, user = find(request, pk)
    if not user.has_perm("hazard_sources.file_hazardsource"):
        raise PermissionDenied("您没有“出具基本特征表”的权限。")
    papers.issue_features(source, actor=user)
    return answer(request, source, user, said="基本特征表已生成。", part="filing")


@login_required
@require_safe
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """The public board 安全包保公示牌, to be printed and hung at the unit."""
    source, _user = find(request, pk)
    context = {"source": source, "board": people.board(source), "items": source.items.all()}
    return render(request, "hazard_sources/board.html", context)


@login_required
@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    """GB 18218-2018 at hand: paste an inventory, read S, R and the grade. Nothing is kept."""
    names = sorted({n for row in gb18218_tables.substances() for n in (row.name, row.plain_name, *row.aliases)})
    classes = gb18218_tables.classes().values()
    return render(request, "hazard_sources/calculator.html", {"names": names, "classes": classes})


def part_form(
    request: HttpRequest, source: HazardSource, user: User, form: forms.Form, title: str,
    keep: Callable[[dict[str, Any]], None], *, part: str, takes_files: bool = False,
) -> HttpResponse:  # fmt: skip
    """A form that belongs to one tab: shown, sent back with what is wrong, or kept and the tab shown again."""
    if request.method != "POST" or not form.is_valid():
        status = 400 if request.method == "POST" else 200
        return ask(request, source, form, title, status=status, takes_files=takes_files)
    try:
        keep(form.cleaned_data)
    except REFUSED as refused:
        return ask(request, source, form, title, status=blame(form, refused), takes_files=takes_files)
    source.refresh_from_db()
    return answer(request, source, user, said=f"{title}：已保存。", part=part)


def find(request: HttpRequest, pk: int) -> tuple[HazardSource, User]:
    return record(request, pk, rows=selectors.visible, permission="hazard_sources.view_hazardsource")


def ask(
    request: HttpRequest, source: HazardSource, form: forms.Form | None, title: str, *, is_grave: bool = False,
    status: int = 200, takes_files: bool = False,
) -> HttpResponse:  # fmt: skip
    context = {"source": source, "form": form, "title": title, "is_grave": is_grave, "takes_files": takes_files}
    template = "hazard_sources/step.html" if is_fragment(request) else "hazard_sources/step_page.html"
    return render(request, template, context, status=status)


def answer(
    request: HttpRequest, source: HazardSource, user: User, *, said: str = "", error: str = "", part: str = ""
) -> HttpResponse:
    """In the panel: the tab as it is now. On a page: back to the record, with the message."""
    if not is_fragment(request):
        messages.error(request, error) if error else messages.success(request, said)
        return HttpResponseRedirect(reverse("records:detail", args=["hazard_sources", "sources", source.pk]))
    asked = part or request.GET.get("part", "")
    if asked in PARTS:
        template, context_of = PARTS[asked]
        shown: dict[str, Any] = context_of(source, user)
    else:
        template, shown = "hazard_sources/tab.html", selectors.tab(source.site, user)
    response = render(request, template, {**shown, "said": said, "error": error}, status=409 if error else 200)
    response["HX-Trigger"] = "resource-changed"
    return response
