"""The steps of a batch that people take: upload, acknowledge, import, undo, give up. The work itself is in jobs.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import files
from core.files import Upload
from core.imports import jobs, reading
from core.imports.reading import Refused
from core.imports.sheet import Sheet, find
from core.jobs import enqueue
from core.models import ImportBatch, User
from core.workflow import NotAllowed
from geo.coordinates import Datum

State = ImportBatch.State
MOST_BYTES = 50 * 1024 * 1024
KEPT_DAYS = 90


def upload(sheet: Sheet, content: Upload, *, actor: User, options: dict[str, Any] | None = None) -> ImportBatch:
    """Keep the file and queue its reading. Raises ValidationError with what is wrong with the file itself."""
    demand(sheet, actor)
    if (content.size or 0) > MOST_BYTES:
        raise ValidationError({"file": "文件超过 50 MB，请拆成几个文件导入。"})
    try:
        file = files.store(content, name=content.name or "")
        reader = reading.reader_of(files.path_of(file), wants_geometry=sheet.has_geometry)
    except Refused as error:
        raise ValidationError({"file": str(error)}) from error
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            sheet=sheet.key, title=sheet.title, file=file, kind=reader.kind,
            file_name=files.UNWANTED.sub("", content.name or "")[-200:] or "未命名",
            options=_options(options or {}), uploaded_by=actor, region=actor.region,
            is_enterprise=actor.site_id is not None,
        )  # fmt: skip
        enqueue(jobs.read_file, key=f"import-{batch.pk}", batch_id=batch.pk)
    return batch


def _options(given: dict[str, Any]) -> dict[str, Any]:
    datum = str(given.get("datum") or Datum.CGCS2000)
    if datum not in Datum.values:
        raise ValidationError({"datum": f"不认识的坐标系：只接受{'、'.join(Datum.labels)}。"})
    return {"datum": datum}


def demand(sheet: Sheet, actor: User) -> None:
    if not sheet.may(actor):
        raise PermissionDenied(f"您没有导入{sheet.title}的权限。")


def twins(batch: ImportBatch, user: User) -> list[ImportBatch]:
    """Earlier uploads of the same bytes into the same records."""
    same = ImportBatch.objects.visible_to(user).filter(sheet=batch.sheet, file=batch.file_id, pk__lt=batch.pk)
    return list(same.select_related("uploaded_by")[:5])


def sheet_of(batch: ImportBatch) -> Sheet:
    found = find(batch.sheet)
    if found is None:
        raise NotAllowed("这类记录已不能导入。")
    return found


@transaction.atomic
def start(batch: ImportBatch, *, actor: User, mode: str, acknowledged: bool = False) -> ImportBatch:
    """Queue the writing. Whoever comes second, by a double click or another window, is told so."""
    row = locked(batch, actor)
    if row.state in (State.APPLYING, State.DONE):
        raise NotAllowed("这一批已经在导入或已导入，没有重复执行。")
    if row.state != State.READY:
        raise NotAllowed(f"这一批现在是“{row.get_state_display()}”，不能导入。")
    if mode not in ImportBatch.Mode.values:
        raise ValidationError({"mode": "请选择导入方式：全部正确才导入，或只导入正确的行。"})
    if row.must_acknowledge and not acknowledged:
        listed = "、".join(row.unknown[:8])
        raise ValidationError({"acknowledged": f"文件里有 {len(row.unknown)} 列不会导入（{listed}），请先确认。"})
    errors = row.counts.get("error", 0)
    if mode == ImportBatch.Mode.ALL and errors:
        raise NotAllowed(f"还有 {errors} 行错误。请改正后重新上传，或选择“只导入正确的行”。")
    if not row.counts.get("new", 0) + row.counts.get("changed", 0):
        raise NotAllowed("没有要新增或变更的行，不用导入。")
    row.state, row.mode, row.problem = State.APPLYING, mode, ""
    row.is_acknowledged = row.is_acknowledged or acknowledged
    row.applied_by = actor
    row.save()
    enqueue(jobs.apply_batch, key=f"import-{row.pk}", batch_id=row.pk)
    return row


@transaction.atomic
def undo(batch: ImportBatch, *, actor: User) -> ImportBatch:
    row = locked(batch, actor)
    if row.state in (State.UNDOING, State.UNDONE):
        raise NotAllowed("这一批已经在撤销或已撤销。")
    if row.state != State.DONE:
        raise NotAllowed(f"这一批现在是“{row.get_state_display()}”，没有可撤销的内容。")
    if row.emptied_at is not None:
        raise NotAllowed(f"导入已超过 {KEPT_DAYS} 天，明细已清除，不能再撤销。")
    row.state, row.undone_by, row.problem, row.conflicts = State.UNDOING, actor, "", []
    row.save()
    enqueue(jobs.undo_batch, key=f"import-{row.pk}", batch_id=row.pk)
    return row


@transaction.atomic
def discard(batch: ImportBatch, *, actor: User) -> ImportBatch:
    """The upload is not wanted; nothing of it was written."""
    row = locked(batch, actor)
    if row.state not in (State.READY, State.REFUSED):
        raise NotAllowed(f"这一批现在是“{row.get_state_display()}”，不能放弃。")
    row.state = State.DISCARDED
    row.save(update_fields=["state"])
    row.rows.all().delete()
    return row


def locked(batch: ImportBatch, actor: User) -> ImportBatch:
    """The batch as it is now, for somebody who sees it and may still import into it."""
    demand(sheet_of(batch), actor)
    now = ImportBatch.objects.visible_to(actor).get(pk=batch.pk)
    if now.is_busy:  # whoever works on it holds its lock to the end; every step refuses a busy batch anyway
        return now
    return ImportBatch.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=batch.pk)


def empty_old() -> int:
    """Rows of files hold personal data: after a while only the batch's line stays."""
    old = timezone.now() - timedelta(days=KEPT_DAYS)
    done = 0
    for batch in ImportBatch.objects.filter(created_at__lt=old, emptied_at=None).exclude(state__in=ImportBatch.BUSY):
        with transaction.atomic():
            batch.rows.all().delete()
            batch.writes.all().delete()
            batch.emptied_at = timezone.now()
            batch.save(update_fields=["emptied_at"])
        done += 1
    return done
