"""Ten thousand enterprises from an uploaded sheet to the register and back, beside a bare COPY of the same rows."""

from __future__ import annotations

import io
import resource
import time
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction

from core import jobs
from core.imports import batches, progress
from core.imports.sheet import find
from core.models import ImportBatch, User
from geo.models import Region, Site
from supervision.enterprises.models import Contact, Enterprise, StatusChange
from tests.bench.figures import Figure
from tests.enterprise_rows import rows, workbook

ROWS, BAD = 10_000, 37
GOAL_S = 20.0


def ten_thousand() -> list[Figure]:
    if not Region.objects.exists():
        call_command("load_demo", verbosity=0)
    actor, sheet = User.objects.get(username="inspector"), find("enterprises/enterprises")
    assert sheet is not None
    jobs.run_waiting(1000)
    told: list[tuple[str, int, int]] = []
    tell, progress.tell = progress.tell, lambda *said: told.append(said[1:])  # type: ignore[assignment]
    try:
        started = time.monotonic()
        batch = batches.upload(sheet, SimpleUploadedFile("a.xlsx", workbook(rows(ROWS, bad=BAD))), actor=actor)
        _work(batch)
        checked = time.monotonic() - started
        started = time.monotonic()
        batches.start(batch, actor=actor, mode="good")
        _work(batch)
        written = time.monotonic() - started
    finally:
        progress.tell = tell
    count = batch.counts.get("applied_new", 0)
    bare = _bare_copy()
    started = time.monotonic()
    batches.undo(batch, actor=actor)
    _work(batch)
    taken_back = time.monotonic() - started
    return _figures(batch, checked, written, bare, taken_back, count, len(told))


def _work(batch: ImportBatch) -> None:
    jobs.run_waiting()
    batch.refresh_from_db()
    if batch.problem:
        raise RuntimeError(batch.problem)


def _bare_copy() -> float:
    """The rows that the import wrote, copied once more into empty tables without indexes or triggers."""
    models: tuple[type[Any], ...] = (Site, Enterprise, StatusChange, Contact)
    pks = set(Enterprise.objects.filter(source="批量导入").values_list("pk", flat=True))
    content = [(m, io.StringIO()) for m in models]
    with transaction.atomic(), connection.cursor() as cursor:
        for model, buffer in content:
            table = model._meta.db_table
            key = "id" if model is Site else "site_id" if model is Enterprise else "enterprise_id"
            columns = ", ".join(f'"{f.column}"' for f in bulk_fields(model))
            cursor.execute(f'CREATE TEMP TABLE bare_{table} ON COMMIT DROP AS SELECT {columns} FROM "{table}" LIMIT 0')
            wanted = ",".join(map(str, sorted(pks)))
            cursor.copy_expert(f'COPY (SELECT {columns} FROM "{table}" WHERE {key} IN ({wanted})) TO STDOUT', buffer)
            buffer.seek(0)
        started = time.monotonic()
        for model, buffer in content:
            cursor.copy_expert(f"COPY bare_{model._meta.db_table} FROM STDIN", buffer)
        return time.monotonic() - started


def bulk_fields(model: type[Any]) -> list[Any]:
    return [f for f in model._meta.concrete_fields if not f.generated]


def _figures(
    batch: ImportBatch, checked: float, written: float, bare: float, back: float, count: int, told: int
) -> list[Figure]:
    total = checked + written
    worker = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    is_right = count == ROWS - BAD and batch.counts.get("error") == BAD
    return [
        Figure(
            f"import of {ROWS:,} enterprises, {BAD} of them wrong: upload to done",
            f"≤ {GOAL_S:.0f} s, {ROWS - BAD:,} in",
            f"{total:.1f} s, {count:,} in; {ROWS / total:.0f} rows/s",
            total <= GOAL_S and is_right,
            f"check {checked:.1f} s, write {written:.1f} s, progress told {told} times, undo {back:.1f} s",
        ),
        Figure(
            "writing against a bare COPY of the same rows",
            "said",
            f"{written / bare:.0f} ×" if bare else None,
            True,
            f"bare COPY {bare:.2f} s: no indexes, constraints, triggers, checks, audit, undo",
        ),
        Figure(
            "memory of the reading child; of the worker",
            "≤ 1,024 MB; said",
            f"{batch.figures['child_mb']} MB; {worker} MB",
            batch.figures["child_mb"] <= 1024,
            "peak resident",
        ),
    ]
