"""The page of a module's statistics, and the same as a workbook."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import sheets
from core.models import User
from layers.pages import problem
from layers.registry import Module
from layers.statistics import reading, workbook
from layers.statistics.answering import Answer
from layers.statistics.asking import Asked
from layers.statistics.declaring import Block, Table

WIDE = 6  # columns from which a table takes the whole width


@login_required
@require_safe
def page(request: HttpRequest, module: str) -> HttpResponse:
    assert isinstance(request.user, User)
    try:
        found, tables = reading.opened(module, request.user)
        question, answers = reading.read(found, tables, request.user, request.GET.dict())
    except PermissionDenied as error:
        return problem(request, 403, detail=str(error))
    except ValidationError as error:
        return problem(request, 400, detail="；".join(error.messages))
    return render(request, "layers/statistics/page.html", context(request, found, question, answers))


def context(request: HttpRequest, module: Module, question: Asked, answers: list[Answer]) -> dict[str, Any]:
    address = reverse("statistics", args=[module.key])
    query = question.query
    return {
        "module": module,
        "asked": question,
        "ground": question.ground,
        "modules": [
            {"title": m.title, "url": with_query(reverse("statistics", args=[m.key]), query), "is_open": m is module}
            for m in reading.modules_for(question.user)
        ],
        "trail": [
            {"name": r.name, "url": with_query(address, {**query, "region": r.code})}
            for r in (question.ground.trail if question.ground else ())
        ],
        "drill": with_query(address, {k: v for k, v in query.items() if k != "region"} | {"region": ""}),
        "sections": sections(request, module, question, answers),
        "as_of": min((a.as_of for a in answers), default=None),
        "is_behind": any(a.is_behind for a in answers),
        "now_url": with_query(address, {**query, "now": "1"}),
        "here": with_query(address, query),
        "export_url": with_query(reverse("statistics-export", args=[module.key]), query),
        "has_period": any(a.period for a in answers),
        "periods": [a.table.title for a in answers if a.period],
        "clear_url": with_query(address, {k: v for k, v in query.items() if k == "region"}),
    }


def with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def sections(request: HttpRequest, module: Module, question: Asked, answers: list[Answer]) -> list[dict[str, Any]]:
    """The tables and blocks in the order of their declaration, under the headings they name."""
    by_key = {answer.table.key: answer for answer in answers}
    found: list[dict[str, Any]] = []
    for one in module.statistics:
        part = shown(request, question, one, by_key)
        if part is None:
            continue
        if not found or found[-1]["title"] != one.section:
            found.append({"title": one.section, "key": f"s{len(found) + 1}", "parts": []})
        found[-1]["parts"].append(part)
    return found


def shown(
    request: HttpRequest, question: Asked, one: Table | Block, by_key: dict[str, Answer]
) -> dict[str, Any] | None:
    if isinstance(one, Table):
        answer = by_key.get(one.key)
        if answer is None:
            return None
        return {"key": one.key, "title": one.title, "answer": answer, "is_wide": len(answer.heads) >= WIDE}
    if question.table or question.ground is None or (more := one.context(question.user, question)) is None:
        return None
    return {"key": one.key, "title": one.title, "html": render_to_string(one.template, more, request), "is_wide": True}


@login_required
@require_safe
def export(request: HttpRequest, module: str) -> HttpResponse:
    """One sheet a table; with rows=1 also the rows of the list that were counted."""
    assert isinstance(request.user, User)
    try:
        found, tables = reading.opened(module, request.user)
        question, answers = reading.read(found, tables, request.user, request.GET.dict())
        content = workbook.of(f"{found.title}统计", question, answers)
    except PermissionDenied as error:
        return problem(request, 403, detail=str(error))
    except ValidationError as error:
        return problem(request, 400, detail="；".join(error.messages))
    return sheets.response(content, f"{found.title}统计")
