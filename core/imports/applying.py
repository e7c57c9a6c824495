"""Writing a batch: one transaction, checked again row by row, so that it is done once, whole, and as it was shown."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from core import audit
from core.imports import progress
from core.imports.sheet import Doing, Row, Sheet
from core.imports.writes import Writes
from core.models import AuditEntry, ImportBatch, ImportRow

CHUNK = 2_000
MOVED = "预览之后，这条记录已被他人修改或登记，与预览时不同。请重新上传后核对。"
State = ImportBatch.State


class RowsRefused(Exception):
    """All or nothing, and these rows did not go through."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(f"{len(rows)} rows refused")
        self.rows = rows


def apply(batch_id: int, sheet: Sheet) -> None:
    """Does nothing when the batch is not waiting for it any more. Raises RowsRefused."""
    started = time.monotonic()
    with transaction.atomic():
        one_at_a_time(sheet)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        if batch.state != State.APPLYING:
            return
        with audit.acting_as(batch.applied_by):
            _write(batch, sheet, started)
    progress.quiet()


def one_at_a_time(sheet: Sheet) -> None:
    """Two batches into the same records wait for each other instead of for each other's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import:{sheet.key}"])


def _write(batch: ImportBatch, sheet: Sheet, started: float) -> None:
    assert batch.applied_by is not None
    chosen = batch.rows.filter(state__in=("new", "changed"))
    total = chosen.count()
    writes, doing = Writes(batch), Doing(actor=batch.applied_by, options=batch.options)
    written: list[Row] = []
    refused: list[Row] = []
    counts: Counter[str] = Counter()
    for stored in _chunks(chosen.iterator(chunk_size=CHUNK)):
        rows = [_again(row, sheet, doing) for row in stored]
        _compare(rows, stored, sheet, doing)
        sheet.apply([r for r in rows if r.is_good], doing, writes)
        for row in rows:
            (written if row.is_good else refused).append(row)
            counts[f"applied_{row.state}" if row.is_good else "failed"] += 1
        if refused and batch.mode == ImportBatch.Mode.ALL:
            raise RowsRefused(refused)
        progress.tell(batch.pk, "applying", len(written) + len(refused), total)
    writes.keep()
    mark(batch, written, applied=True)
    refuse(batch, refused)
    batch.counts = {**batch.counts, "error": batch.counts.get("error", 0) + counts["failed"], **counts}
    batch.state, batch.applied_at = State.DONE, timezone.now()
    batch.figures = {**batch.figures, "apply_s": round(time.monotonic() - started, 2)}
    sheet.settle_after([r.target for r in written])
    sheet.tell([r.target for r in written], doing, verb="import")
    batch.audit_mark = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    batch.save()


def _again(row: ImportRow, sheet: Sheet, doing: Doing) -> Row:
    return Row(number=row.number, values=dict(row.values), geometry=row.geometry)


def _compare(rows: Sequence[Row], stored: Sequence[ImportRow], sheet: Sheet, doing: Doing) -> None:
    """What was shown is what is done: a row that has come to mean something else is refused."""
    sheet.check(rows, doing)
    for row, shown in zip(rows, stored, strict=True):
        same = (row.state, row.target, row.changes) == (shown.state, shown.target, shown.changes)
        if row.is_good and not same:
            row.refuse(MOVED)


def _chunks(rows: Iterator[ImportRow]) -> Iterator[list[ImportRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def mark(batch: ImportBatch, rows: Sequence[Row], *, applied: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_importrow r SET target = w.target, is_applied = %s "
            "FROM unnest(%s::int[], %s::text[]) w(number, target) WHERE r.batch_id = %s AND r.number = w.number",
            [applied, [r.number for r in rows], [r.target for r in rows], batch.pk],
        )


def refuse(batch: ImportBatch, rows: Sequence[Row]) -> None:
    for row in rows:
        batch.rows.filter(number=row.number).update(state="error", problems=row.problems)
