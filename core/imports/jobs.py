"""The work on a batch outside the request. Each step looks at the batch's state under its lock, so twice is once."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import IntegrityError, InterfaceError, OperationalError
from django.utils import timezone

from core.imports import applying, intake, progress, undoing
from core.imports.reading import Refused
from core.imports.sheet import Sheet, find
from core.jobs import enqueue, every, job
from core.models import ImportBatch, Job
from core.workflow import NotAllowed

log = logging.getLogger(__name__)
State = ImportBatch.State
BROKEN = "处理时出了意外，没有导入任何内容。请重试；若再次出现，请联系系统管理员（批次 {pk}）。"
GONE = "这类记录已不能导入。"


@job
def read_file(batch_id: int) -> None:
    batch = ImportBatch.objects.select_related("file", "uploaded_by__region", "uploaded_by__site").get(pk=batch_id)
    if batch.state not in (State.READING, State.CHECKING):
        return
    try:
        intake.take_in(batch, _sheet(batch))
    except (Refused, NotAllowed) as error:
        _back(batch_id, State.REFUSED, str(error))
    except (OperationalError, InterfaceError):
        raise  # the database is away: the job is tried again
    except Exception:  # whatever a file or a module's check does must be told to who uploaded it
        log.exception("Import %s could not be read", batch_id)
        _back(batch_id, State.REFUSED, BROKEN.format(pk=batch_id))
    finally:
        progress.quiet()


@job
def apply_batch(batch_id: int) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != State.APPLYING:
        return
    try:
        applying.apply(batch_id, _sheet(batch))
    except applying.RowsRefused as error:
        applying.refuse(batch, error.rows)
        counts = dict(batch.counts)
        counts["error"] = counts.get("error", 0) + len(error.rows)
        words = f"有 {len(error.rows)} 行在导入时没有通过，按“全部正确才导入”没有写入任何一行。见“错误”。"
        ImportBatch.objects.filter(pk=batch_id).update(counts=counts)
        _back(batch_id, State.READY, words)
    except IntegrityError:
        log.info("Import %s met rows that somebody registered meanwhile", batch_id)
        _back(batch_id, State.READING, "")
        enqueue(read_file, key=f"import-again-{batch_id}", batch_id=batch_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("Import %s could not be written", batch_id)
        _back(batch_id, State.READY, BROKEN.format(pk=batch_id))
    finally:
        progress.quiet()


@job
def undo_batch(batch_id: int) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != State.UNDOING:
        return
    try:
        undoing.undo(batch_id, _sheet(batch))
    except undoing.UndoRefused as error:
        words = f"有 {len(error.conflicts)} 行在导入之后又被修改或引用，整批没有撤销。请先处理下列各行。"
        ImportBatch.objects.filter(pk=batch_id).update(conflicts=undoing.conflicts_of(error))
        _back(batch_id, State.DONE, words)
    except IntegrityError:
        log.exception("Undo of import %s met a reference", batch_id)
        _back(batch_id, State.DONE, "导入的记录已被其他记录引用，整批没有撤销。")
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("Import %s could not be undone", batch_id)
        _back(batch_id, State.DONE, "撤销时出了意外，没有撤销任何内容。请重试；若再次出现，请联系系统管理员。")
    finally:
        progress.quiet()


def _sheet(batch: ImportBatch) -> Sheet:
    found = find(batch.sheet)
    if found is None:
        raise NotAllowed(GONE)
    return found


def _back(batch_id: int, state: str, problem: str) -> None:
    ImportBatch.objects.filter(pk=batch_id, state__in=ImportBatch.BUSY).update(state=state, problem=problem)


@every(minutes=1)
def release_stuck() -> None:
    """A batch whose job was given up must not say for ever that it is being worked on."""
    for batch in ImportBatch.objects.filter(
        state__in=ImportBatch.BUSY, created_at__lt=timezone.now() - timedelta(minutes=1)
    ):
        waiting = Job.objects.filter(name__startswith="core.imports.", arguments__batch_id=batch.pk)
        if not waiting.filter(done_at=None, failed_at=None).exists():
            after = {State.APPLYING: State.READY, State.UNDOING: State.DONE}.get(State(batch.state), State.REFUSED)
            _back(batch.pk, after, "后台处理多次中断，没有完成，也没有留下半截内容。请重试。")


@every(hours=6)
def forget_old() -> None:
    from core.imports.batches import empty_old

    empty_old()
