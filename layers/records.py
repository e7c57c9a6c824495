"""The pages of ordinary records, from their declaration: list, detail, history and sheet. Forms are in record_forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import audit, sheets
from core.models import Case, User
from core.workflow import steps_of
from layers import actions, columns, filters, panel, record_list, record_sheets, selection
from layers.asked import is_fragment
from layers.record_history import Written, written
from layers.registry import Column, Records, registry

PAGE_SIZES = (50, 100, 200)
FILTERS_AT_HAND = 4
P = ParamSpec("P")


View = Callable[Concatenate[HttpRequest, Records, User, P], HttpResponse]
Page = Callable[..., HttpResponse]  # called with module and key by name


def of_records(verb: str) -> Callable[[View[P]], Page]:
    """Finds the declaration named in the address. Without it 404, without the right 403, without a user the log-in."""

    def decorate(view: View[P]) -> Page:
        @wraps(view)
        def found(request: HttpRequest, module: str, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            records = registry.records(module, key)
            if records is None:
                raise Http404
            assert isinstance(request.user, User)
            if not request.user.has_perm(records.permission(verb)):
                raise PermissionDenied
            return view(request, records, request.user, *args, **kwargs)

        return login_required(found)

    return decorate


def module_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return str(match.kwargs["module"]) if match else ""


def instance_of(records: Records, user: User, pk: str) -> Any:
    key = selection.key_of(records.model, pk)
    found = records.rows(user).filter(pk=key).first() if key is not None else None
    if found is None:
        raise Http404
    return found


def urls(module: str, records: Records) -> dict[str, str]:
    args = [module, records.key]
    return {"list": reverse("records:list", args=args), "new": reverse("records:new", args=args)}


def url(page: str, module: str, records: Records, pk: Any) -> str:
    return reverse(f"records:{page}", args=[module, records.key, pk])


def is_partial(request: HttpRequest) -> bool:
    return is_fragment(request) and request.headers.get("HX-Target") == "records-table"


@require_safe
@of_records("view")
def list_page(request: HttpRequest, records: Records, user: User) -> HttpResponse:
    given = record_list.given(request.GET)
    problem: ValidationError | None = None
    try:
        rows = record_list.ordered(records, record_list.chosen(records, user, given), given.get("sort", ""))
    except ValidationError as error:
        problem, rows = error, records.rows(user).none()
    context = table(request, records, user, rows, given) | {"problem": "；".join(problem.messages) if problem else ""}
    status = 400 if problem and not is_partial(request) else 200
    if is_partial(request):
        return render(request, "layers/records/_table.html", context)
    return render(request, "layers/records/list.html", context | toolbar(request, records, user, given), status=status)


def table(request: HttpRequest, records: Records, user: User, rows: Any, given: dict[str, str]) -> dict[str, Any]:
    module, wish = module_of(request), given.get("page_size", "")
    size = int(wish) if wish in {str(n) for n in PAGE_SIZES} else PAGE_SIZES[0]
    page = Paginator(rows, size).get_page(given.get("page"))
    lines = [
        {
            "row": row,
            "cells": columns.cells(records.columns, row, in_full=False, url=url("detail", module, records, row.pk)),
            "map_url": f"{reverse('map')}#sel={records.layer}:{row.pk}" if records.layer else "",
        }
        for row in page
    ]
    return {
        "records": records,
        "module": module,
        "urls": urls(module, records),
        "page": page,
        "lines": lines,
        "heads": heads(request, records, given.get("sort", "")),
        "previous_url": paged(request, page.previous_page_number()) if page.has_previous() else "",
        "next_url": paged(request, page.next_page_number()) if page.has_next() else "",
        "is_filtered": bool(set(given) - set(record_list.PAGING)),
    }


def paged(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def heads(request: HttpRequest, records: Records, wish: str) -> list[dict[str, Any]]:
    """The headings, each with the address that sorts by it (and turns the order when it already does)."""
    found = []
    for column in records.columns:
        query = request.GET.copy()
        query.pop("page", None)
        is_sorted = wish.removeprefix("-") == column.name
        query["sort"] = f"-{column.name}" if wish == column.name else column.name
        order = ("descending" if wish.startswith("-") else "ascending") if is_sorted else ""
        found.append({"column": column, "url": f"?{query.urlencode()}" if column.sort else "", "order": order})
    return found


def in_two(fields: list[Any]) -> dict[str, Any]:
    """The filters at hand and those behind 更多条件: a dozen of them would push the rows off the screen."""
    at = len(fields) if len(fields) <= FILTERS_AT_HAND + 1 else FILTERS_AT_HAND
    more = fields[at:]
    return {"first": fields[:at], "more": more, "in_use": sum(bool(field.data) for field in more)}


def toolbar(request: HttpRequest, records: Records, user: User, given: dict[str, str]) -> dict[str, Any]:
    layer = registry.layer(records.layer, user) if records.layer else None
    kind = filters.filter_set(records.model, records.filters, filters.Besides.of(layer, records.model, user))
    form = kind(data=given, queryset=records.rows(user).none(), request=request).form
    export = reverse("records:export", args=[module_of(request), records.key])
    return {
        "filter_form": form,
        "filters": in_two(form.visible_fields()),
        "regions": record_list.regions_of(records, user),
        "region": given.get("region", ""),
        "q": given.get("q", ""),
        "within": given.get("within", ""),
        "export_url": f"{export}?{request.GET.urlencode()}" if request.GET else export,
        "import_url": import_url(module_of(request), records, user),
        "can_add": bool(records.form and records.create and user.has_perm(records.permission("add"))),
        "layer_url": f"{reverse('map')}#layers={layer.key}" if layer else "",
        "siblings": siblings(module_of(request), user),
    }


def siblings(module: str, user: User) -> list[tuple[Records, str]]:
    """The lists of the same module, this one among them; nothing when it is the only one."""
    found = [r for m in registry if m.key == module for r in m.records if user.has_perm(r.permission("view"))]
    return [(r, reverse("records:list", args=[module, r.key])) for r in found] if len(found) > 1 else []


def import_url(module: str, records: Records, user: User) -> str:
    sheet = record_sheets.of(module, records)
    return reverse("records:import", args=[module, records.key]) if sheet and sheet.may(user) else ""


@require_safe
@of_records("view")
def export(request: HttpRequest, records: Records, user: User) -> HttpResponse:
    """The rows of the list with the same filters, as xlsx."""
    given = record_list.given(request.GET)
    as_of = timezone.now()
    try:
        rows = record_list.ordered(records, record_list.chosen(records, user, given), given.get("sort", ""))
    except ValidationError as error:
        return render(request, "layers/error.html", {"status": 400, "detail": "；".join(error.messages)}, status=400)
    in_full = columns.may_see_personal(records, user)
    shown = columns.for_sheet(records.detail or records.columns, in_full=in_full)
    return sheets.response(sheets.export(rows, shown, title=records.title, as_of=as_of), records.title)


@require_safe
@of_records("view")
def detail(request: HttpRequest, records: Records, user: User, pk: str) -> HttpResponse:
    row, module = instance_of(records, user, pk), module_of(request)
    shown = columns.cells(records.detail or records.columns, row, in_full=columns.may_see_personal(records, user))
    context: dict[str, Any] = {
        "records": records,
        "module": module,
        "urls": urls(module, records),
        "row": row,
        "cells": shown,
        "fresh": getattr(row, "freshness", None),
        "history_url": url("history", module, records, row.pk),
        "edit_url": url("edit", module, records, row.pk) if can_change(records, user) else "",
        **tabs_of(request, records, row, user),
    }
    return render(request, "layers/records/detail.html", context | {"buttons": actions.on_page(context)})


def tabs_of(request: HttpRequest, records: Records, row: Any, user: User) -> dict[str, Any]:
    """As a feature, when it is one: header, actions, tabs; else the tabs that modules attach to the record itself."""
    found = panel.of_record(row, user)
    if found:
        layer, feature = found
        return panel.header(layer, feature, user) | panel.tabs(request, layer, feature, request.GET.get("tab", ""))
    pairs = registry.tabs(row, user)
    pages = [{"title": tab.title, "html": page(request, row, tab, target)} for tab, target in pairs]
    doable = [(action, action.url(target)) for action, target in registry.actions(row, user)]
    return {"actions": doable, "pages": pages, "strips": registry.strips(row, user)}


def page(request: HttpRequest, row: Any, tab: Any, target: Any) -> str:
    assert isinstance(request.user, User)
    return render_to_string(
        tab.template, {"feature": row, "target": target, **tab.context(target, request.user)}, request
    )


def can_change(records: Records, user: User) -> bool:
    return bool(records.form and records.update and user.has_perm(records.permission("change")))


@require_safe
@of_records("view")
def history(request: HttpRequest, records: Records, user: User, pk: str) -> HttpResponse:
    """What was written to the record, newest first, and the steps it took."""
    row, module = instance_of(records, user, pk), module_of(request)
    page_ = Paginator(audit.history(row), 50).get_page(request.GET.get("page"))
    hidden = set() if columns.may_see_personal(records, user) else personal_fields(records)
    entries: list[Written] = written(row, list(page_.object_list), hidden)
    context = {
        "records": records,
        "module": module,
        "urls": urls(module, records),
        "row": row,
        "detail_url": url("detail", module, records, row.pk),
        "entries": entries,
        "page": page_,
        "previous_url": paged(request, page_.previous_page_number()) if page_.has_previous() else "",
        "next_url": paged(request, page_.next_page_number()) if page_.has_next() else "",
        "steps": steps_of(row) if isinstance(row, Case) else [],
    }
    return render(request, "layers/records/history.html", context)


def personal_fields(records: Records) -> set[str]:
    declared: tuple[Column, ...] = (*records.columns, *records.detail)
    shown = {c.path for c in declared if c.is_personal and isinstance(c.path, str)}
    # A model names its personal fields that no column shows: the audit trail has them all the same.
    return shown | set(getattr(records.model, "PERSONAL", ()))
