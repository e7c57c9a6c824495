"""The pages of an import: template and upload, preview, the file given back, writing and undoing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import sheets
from core.imports import batches, progress
from core.imports.marked import marked
from core.imports.reading import readers
from core.imports.sheet import Sheet
from core.imports.template import template
from core.models import ImportBatch, User
from geo.coordinates import Datum
from layers import record_list, record_sheets
from layers.asked import REFUSALS, is_fragment, told
from layers.import_rows import shown_rows
from layers.records import Page, module_of, of_records, paged, urls
from layers.registry import Records

PER_PAGE = 50
FILTERS = (("new", "新增"), ("changed", "变更"), ("unchanged", "未变"), ("error", "错误"))
STAGES = {"reading": "正在读取文件", "checking": "正在逐行核对", "applying": "正在写入", "undoing": "正在撤销"}
SheetView = Callable[..., HttpResponse]


def of_sheet(view: SheetView) -> Page:
    """Finds the sheet of the records in the address: 404 when they take none, 403 for whoever may not write them."""

    @wraps(view)
    def found(request: HttpRequest, records: Records, user: User, **kwargs: Any) -> HttpResponse:
        given = record_sheets.of(module_of(request), records)
        if given is None:
            raise Http404
        if not given.may(user):
            raise PermissionDenied
        return view(request, records, user, given, **kwargs)

    page: Page = of_records("view")(found)  # type: ignore[arg-type]  # what comes after the sheet is by name
    return page


def batch_of(sheet: Sheet, user: User, pk: int) -> ImportBatch:
    rows = ImportBatch.objects.visible_to(user).filter(sheet=sheet.key, pk=pk)
    found = rows.select_related("uploaded_by", "applied_by", "undone_by", "file").first()
    if found is None:
        raise Http404
    return found


def frame(request: HttpRequest, records: Records) -> dict[str, Any]:
    args = [module_of(request), records.key]
    pages = {
        "import": reverse("records:import", args=args),
        "template": reverse("records:import-template", args=args),
        "current": reverse("records:import-current", args=args),
    }
    return {"records": records, "module": args[0], "urls": urls(args[0], records) | pages}


@require_http_methods(["GET", "HEAD", "POST"])
@of_sheet
def start(request: HttpRequest, records: Records, user: User, sheet: Sheet) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            if "file" not in request.FILES:
                raise ValidationError("请先选择要导入的文件。")
            batch = batches.upload(sheet, request.FILES.getlist("file")[0], actor=user, options=request.POST.dict())
            return HttpResponseRedirect(address(request, records, batch))
        except ValidationError as error:
            problem = "；".join(error.messages)
    columns = sheet.columns(user)
    history = ImportBatch.objects.visible_to(user).filter(sheet=sheet.key).select_related("uploaded_by")
    context = frame(request, records) | {
        "sheet": sheet,
        "problem": problem,
        "required": [c for c in columns if c.is_required],
        "optional": [c for c in columns if not c.is_required],
        "known_by": "、".join(c.title for c in columns if c.key in sheet.identity),
        "datums": Datum.choices if {"lon", "lat"} <= {c.key for c in columns} else (),
        "kinds": [r.title for r in readers.values() if sheet.has_geometry or not r.has_geometry],
        "may_see_current": user.has_perm(sheet.permission("change")),
        "page": (page := Paginator(history, 20).get_page(request.GET.get("page"))),
        "next_url": paged(request, page.next_page_number()) if page.has_next() else "",
        "previous_url": paged(request, page.previous_page_number()) if page.has_previous() else "",
    }
    return render(request, "layers/records/import.html", context, status=400 if problem else 200)


def address(request: HttpRequest, records: Records, batch: ImportBatch) -> str:
    return reverse("records:import-batch", args=[module_of(request), records.key, batch.pk])


@require_safe
@of_sheet
def empty_template(request: HttpRequest, records: Records, user: User, sheet: Sheet) -> HttpResponse:
    return sheets.response(template(sheet.title, sheet.columns(user)), f"{sheet.title}导入模板")


@require_safe
@of_sheet
def current(request: HttpRequest, records: Records, user: User, sheet: Sheet) -> HttpResponse:
    """The rows of the list with the same filters, in the form in which they can be imported again."""
    if not user.has_perm(sheet.permission("change")):
        raise PermissionDenied
    try:
        content = template(sheet.title, sheet.columns(user), sheet.current(user, record_list.given(request.GET)))
    except ValidationError as error:
        return render(request, "layers/error.html", {"status": 400, "detail": "；".join(error.messages)}, status=400)
    return sheets.response(content, f"{sheet.title}现有数据")


@require_safe
@of_sheet
def batch_page(request: HttpRequest, records: Records, user: User, sheet: Sheet, batch: int) -> HttpResponse:
    return answer(request, records, user, sheet, batch_of(sheet, user, batch))


def answer(
    request: HttpRequest, records: Records, user: User, sheet: Sheet, batch: ImportBatch, refusal: str = ""
) -> HttpResponse:
    context = frame(request, records) | {
        "batch": batch,
        "address": address(request, records, batch),
        "refusal": refusal,
        "twins": batches.twins(batch, user) if batch.state == "ready" else [],
        **_progress(batch),
        **_rows(request, user, sheet, batch),
    }
    name = "_import_batch.html" if is_fragment(request) else "import_batch.html"
    status = 409 if refusal and not is_fragment(request) else 200
    return render(request, f"layers/records/{name}", context, status=status)


def _progress(batch: ImportBatch) -> dict[str, Any]:
    if not batch.is_busy:
        return {}
    now = progress.read(batch.pk)
    stage, done, total = now or (batch.state, 0, 0)
    waiting = "等待后台任务" if now is None else ""
    return {"stage": STAGES.get(stage, ""), "waiting": waiting, "done": done, "of": total}


def _rows(request: HttpRequest, user: User, sheet: Sheet, batch: ImportBatch) -> dict[str, Any]:
    if batch.is_busy or batch.state in ("refused", "discarded") or batch.emptied_at:
        return {}
    counts = batch.counts
    state = request.GET.get("state", "")
    if state not in dict(FILTERS):
        state = next((key for key in ("error", "new", "changed") if counts.get(key)), "unchanged")
    wish, state = page_of(batch, request.GET.get("row", "")) or (request.GET.get("page"), state)
    page = Paginator(batch.rows.filter(state=state).order_by("number"), PER_PAGE).get_page(wish)
    columns = sheet.columns(user)
    return {
        "tabs": [(key, label, counts.get(key, 0), key == state) for key, label in FILTERS],
        "chosen": state,
        "page": page,
        "lines": shown_rows(page.object_list, batch, columns, sheet.identity),
        "next_page": page.next_page_number() if page.has_next() else 0,
        "previous_page": page.previous_page_number() if page.has_previous() else 0,
        "extent": json.dumps(settings.CITY["extent"]) if sheet.has_geometry else "",
        "to_write": counts.get("new", 0) + counts.get("changed", 0),
        "errors": counts.get("error", 0),
    }


def page_of(batch: ImportBatch, number: str) -> tuple[int, str] | None:
    """(page, state) of the list that holds a row of the file, such as one picked on the map."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    state = batch.rows.filter(number=int(number)).values_list("state", flat=True).first()
    if state is None:
        return None
    before = batch.rows.filter(state=state, number__lt=int(number)).count()
    return before // PER_PAGE + 1, state


@require_safe
@of_sheet
def given_back(request: HttpRequest, records: Records, user: User, sheet: Sheet, batch: int) -> HttpResponse:
    found = batch_of(sheet, user, batch)
    if found.is_busy or not found.header or not found.rows.exists():
        raise Http404
    stem = found.file_name.rsplit(".", 1)[0][:60]
    return sheets.response(marked(found), f"{stem}-核对结果")


@require_POST
@of_sheet
def act(request: HttpRequest, records: Records, user: User, sheet: Sheet, batch: int, verb: str) -> HttpResponse:
    found = batch_of(sheet, user, batch)
    verbs: dict[str, Callable[[], Any]] = {
        "apply": lambda: batches.start(
            found, actor=user, mode=request.POST.get("mode", ""), acknowledged="acknowledged" in request.POST
        ),
        "undo": lambda: batches.undo(found, actor=user),
        "discard": lambda: batches.discard(found, actor=user),
    }
    if verb not in verbs:
        raise Http404
    refusal = ""
    try:
        verbs[verb]()
    except REFUSALS as refused:
        refusal, _status = told(refused)
    found = batch_of(sheet, user, batch)
    if refusal or is_fragment(request):
        return answer(request, records, user, sheet, found, refusal)
    return HttpResponseRedirect(address(request, records, found))
