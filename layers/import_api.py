"""Imports for programs: upload a file into records, ask how it stands, write it, take it back."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.api import Pages
from core.idempotency import idempotent
from core.imports import batches, progress
from core.imports.sheet import Sheet
from core.models import ImportBatch, User
from layers import record_sheets
from layers.import_rows import shown_rows
from layers.record_api import RecordsView, body
from layers.record_imports import FILTERS, batch_of


class ImportsView(RecordsView):
    def sheet(self) -> Sheet:
        found = record_sheets.of(self.kwargs["module"], self.records("view"))
        if found is None:
            raise Http404
        batches.demand(found, self.user)
        return found

    def batch(self) -> tuple[Sheet, ImportBatch]:
        sheet = self.sheet()
        return sheet, batch_of(sheet, self.user, self.kwargs["batch"])


class Imports(ImportsView):
    parser_classes = (MultiPartParser,)

    def get(self, request: Request, module: str, key: str) -> Response:
        """The batches of these records, newest first."""
        sheet = self.sheet()
        rows = ImportBatch.objects.visible_to(self.user).filter(sheet=sheet.key).select_related("uploaded_by")
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([described(batch) for batch in page])

    @idempotent
    def post(self, request: Request, module: str, key: str) -> Response:
        sheet = self.sheet()
        file = request.FILES.get("file")
        if file is None:
            raise ValidationError({"file": "请以 multipart/form-data 的 file 字段上传文件。"})
        batch = batches.upload(sheet, file, actor=self.user, options={"datum": request.POST.get("datum", "")})
        where = reverse("records-api:import", args=[module, key, batch.pk])
        return Response(described(batch), status=201, headers={"Location": where})


class Import(ImportsView):
    def get(self, request: Request, module: str, key: str, batch: int) -> Response:
        """How the batch stands, and a page of its rows: `state=new|changed|unchanged|error`."""
        sheet, found = self.batch()
        state = request.query_params.get("state", "")
        if state and state not in dict(FILTERS):
            raise ValidationError({"state": f"state 应是 {'、'.join(dict(FILTERS))} 之一。"})
        rows = found.rows.filter(state=state) if state else found.rows.exclude(state="example")
        pages = Pages()
        page = pages.paginate_queryset(rows.order_by("number"), request, view=self) or []
        answer = pages.get_paginated_response(
            shown_rows(page, found, sheet.columns(self.user), sheet.identity) if not found.is_busy else []
        )
        return Response(described(found, self.user) | {"rows": answer.data})


class ImportStep(ImportsView):
    @idempotent
    def post(self, request: Request, module: str, key: str, batch: int, verb: str) -> Response:
        _sheet, found = self.batch()
        given = body(request)
        if verb == "apply":
            found = batches.start(
                found, actor=self.user, mode=str(given.get("mode", "")), acknowledged=given.get("acknowledged") is True
            )
        elif verb == "undo":
            found = batches.undo(found, actor=self.user)
        elif verb == "discard":
            found = batches.discard(found, actor=self.user)
        else:
            raise Http404
        return Response(described(found), status=202)


def described(batch: ImportBatch, user: User | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": batch.pk,
        "sheet": batch.sheet,
        "file_name": batch.file_name,
        "state": batch.state,
        "state_label": batch.get_state_display(),
        "problem": batch.problem,
        "conflicts": [{"row": n, "reason": text} for n, text in batch.conflicts],
        "counts": batch.counts,
        "unknown_columns": batch.unknown,
        "notes": batch.header.get("notes", []),
        "mode": batch.mode,
        "created_at": batch.created_at.isoformat(),
        "by": str(batch.uploaded_by),
        "applied_at": batch.applied_at.isoformat() if batch.applied_at else None,
        "undone_at": batch.undone_at.isoformat() if batch.undone_at else None,
    }
    if batch.is_busy and user is not None:
        stage, done, total = progress.read(batch.pk) or (batch.state, 0, 0)
        found["progress"] = {"stage": stage, "done": done, "total": total}
    return found
