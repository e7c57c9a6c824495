"""Choosing which two files to merge, seeing what will move, doing it, and taking it apart."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.models import User
from core.workflow import NotAllowed
from layers import search
from layers.asked import REFUSALS, is_fragment, told
from supervision.enterprises import duplicates, merge_pages, selectors
from supervision.enterprises.merge_facts import ABSORBED, BOTH, SURVIVOR
from supervision.enterprises.merging import demand_mergeable, merge
from supervision.enterprises.models import Enterprise, Merge
from supervision.enterprises.splitting import split

RIGHT = "enterprises.merge_enterprise"


def officer(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def found(user: User, pk: int) -> Enterprise:
    """Whether a file outside the scope exists is not told; whoever sees it but may not merge is told that."""
    row = selectors.visible(user).filter(pk=pk).first() if user.has_perm("enterprises.view_enterprise") else None
    if row is None:
        raise Http404
    if not user.has_perm(RIGHT):
        raise PermissionDenied("您没有“合并企业档案”的权限。")
    return row


@require_safe
@login_required
def merge_with(request: HttpRequest, pk: int) -> HttpResponse:
    """With which file: the suspected ones first, any other by name or code."""
    user = officer(request)
    enterprise = found(user, pk)
    pairs = [(pair, pair.second if pair.first_id == pk else pair.first) for pair in duplicates.of(enterprise, user)]
    problem, hits = "", []
    try:
        if words := search.term(request.GET.get("q", "")):
            rows = selectors.visible(user).filter(state__in=duplicates.COUNTED).exclude(pk=pk)
            lookups = ("site__name", "credit_code", "former")
            hits = list(search.matching(rows, lookups, words, pinyin="site__pinyin").order_by("site__name")[:20])
    except ValidationError as error:
        problem, _ = told(error)
    context = {"enterprise": enterprise, "pairs": pairs, "hits": hits, "q": request.GET.get("q", ""),
               "problem": problem, "back": merge_pages.page_of(enterprise)}  # fmt: skip
    return render(request, "enterprises/merging/with.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def merge_page(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """`pk` stays, `other` goes into it: every difference to choose, everything that will move, then the button."""
    user = officer(request)
    keep, gone = found(user, pk), found(user, other)
    given = chosen(request)
    reason, problem, status = request.POST.get("reason", ""), "", 200
    if request.method == "POST":
        try:
            record = merge(keep, gone, actor=user, reason=reason, choices=given, seen=versions(request))
            messages.success(request, f"已合并：“{record.absorbed}”并入“{record.survivor}”。")
            return HttpResponseRedirect(merge_pages.page_of(record.survivor))
        except REFUSALS as refused:
            problem, status = told(refused)
        keep, gone = found(user, pk), found(user, other)
    try:
        demand_mergeable(keep, gone)
    except NotAllowed as error:
        context = {"keep": keep, "gone": gone, "problem": problem or str(error), "back": merge_pages.page_of(keep)}
        return render(request, "enterprises/merging/refused.html", context, status=409)
    known = {key: side for key, side in given.items() if side in (SURVIVOR, ABSORBED, BOTH)}
    context = merge_pages.preview(keep, gone, known, user) | {
        "problem": problem, "reason": reason, "back": merge_pages.page_of(keep),
    }  # fmt: skip
    return render(request, "enterprises/merging/plan.html", context, status=status)


def chosen(request: HttpRequest) -> dict[str, str]:
    """Fields called `fact.<key>`: the side whose value wins."""
    return {key.removeprefix("fact."): str(value) for key, value in request.POST.items() if key.startswith("fact.")}


def versions(request: HttpRequest) -> tuple[int, int] | None:
    seen = [request.POST.get(name, "") for name in ("keep_version", "gone_version")]
    numbers = [int(text) for text in seen if text.isascii() and text.isdigit() and len(text) < 10]
    if len(numbers) != len(seen):
        raise ValidationError("缺少档案版本号，请从合并页面重新提交。")
    return numbers[0], numbers[1]


@require_POST
@login_required
def verdict(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    user = officer(request)
    pair = duplicates.visible(user).filter(pk=pk).first() if user.has_perm("enterprises.view_duplicate") else None
    if pair is None or name not in ("distinct", "open"):
        raise Http404
    try:
        (duplicates.judge_distinct if name == "distinct" else duplicates.judge_again)(pair, actor=user)
        said = "已记为“不是同一家”，以后不再提示；可以撤回。" if name == "distinct" else "已撤回，重新列为待判定。"
        messages.success(request, said)
    except NotAllowed as error:
        messages.error(request, str(error))
    return back(request, reverse("records:detail", args=["enterprises", "duplicates", pk]))


@require_http_methods(["GET", "POST"])
@login_required
def split_page(request: HttpRequest, pk: int) -> HttpResponse:
    user = officer(request)
    record = (
        Merge.objects.visible_to(user).select_related("survivor__site__region", "absorbed__site__region").filter(pk=pk)
    ).first() if user.has_perm("enterprises.view_merge") else None  # fmt: skip
    if record is None:
        raise Http404
    found(user, record.survivor_id), found(user, record.absorbed_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            left = split(record, actor=user, reason=request.POST.get("reason", ""), take=taken(request))
            messages.success(request, "已拆分：" + ("；".join(left) if left else "两份档案都恢复到合并之前。"))
            return HttpResponseRedirect(reverse("records:detail", args=["enterprises", "merges", pk]))
        except REFUSALS as refused:
            problem, status = told(refused)
    context = merge_pages.taking_apart(record, user) | {"problem": problem, "reason": request.POST.get("reason", "")}
    return render(request, "enterprises/merging/split.html", context, status=status)


def taken(request: HttpRequest) -> dict[str, list[int]]:
    """Ticked rows that were added since: `take` fields of the form <reference>|<key>."""
    found_: dict[str, list[int]] = {}
    for text in request.POST.getlist("take"):
        key, _, pk = text.rpartition("|")
        if not (key and pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise ValidationError("勾选的记录不对，请刷新后重选。")
        found_.setdefault(key, []).append(int(pk))
    return found_


def back(request: HttpRequest, target: str) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def as_json(record: Merge) -> dict[str, Any]:
    return {
        "id": record.pk, "survivor": record.survivor_id, "absorbed": record.absorbed_id, "reason": record.reason,
        "moved": {entry["key"]: len(entry["pks"]) for entry in record.moved if entry["pks"]},
        "undone_at": record.undone_at.isoformat() if record.undone_at else None,
    }  # fmt: skip
