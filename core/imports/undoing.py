"""Taking a batch back: what it made is removed, what it changed is as before; all, or nothing with the reasons."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.utils import timezone

from core import audit
from core.imports import progress
from core.imports.applying import one_at_a_time
from core.imports.sheet import Doing, Sheet
from core.imports.writes import computed, generic_keys, relations, restored
from core.models import AuditEntry, ImportBatch, ImportWrite

Conflicts = dict[int, str]
State = ImportBatch.State
MOST_SHOWN = 200


class UndoRefused(Exception):
    """Rows of the batch were changed or referred to since."""

    def __init__(self, conflicts: Conflicts) -> None:
        super().__init__(f"{len(conflicts)} rows")
        self.conflicts = conflicts


def undo(batch_id: int, sheet: Sheet) -> None:
    """Does nothing when the batch is not waiting for it any more. Raises UndoRefused."""
    with transaction.atomic():
        one_at_a_time(sheet)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        if batch.state != State.UNDOING:
            return
        with audit.acting_as(batch.undone_by):
            _take_back(batch, sheet)
    progress.quiet()


def _take_back(batch: ImportBatch, sheet: Sheet) -> None:
    assert batch.undone_by is not None
    writes = _Writes(batch, sheet)
    if conflicts := writes.changed_since() | writes.referred_to():
        raise UndoRefused(conflicts)
    doing = Doing(actor=batch.undone_by, options=batch.options)
    targets = list(batch.rows.filter(is_applied=True).values_list("target", flat=True))
    sheet.tell(targets, doing, verb="undo_import")  # while the rows still say where they were
    writes.remove_made()
    writes.restore_changed()
    sheet.settle_after(batch.rows.filter(is_applied=True, state="changed").values_list("target", flat=True))
    batch.rows.filter(is_applied=True, state="new").update(target="")
    batch.rows.filter(is_applied=True).update(is_applied=False)
    batch.writes.all().delete()
    batch.state, batch.undone_at = State.UNDONE, timezone.now()
    batch.save()


class _Writes:
    """What the batch wrote, by table, in the order it was written."""

    def __init__(self, batch: ImportBatch, sheet: Sheet) -> None:
        self.batch, self.sheet = batch, sheet
        self.by_model: dict[type[models.Model], dict[str, ImportWrite]] = defaultdict(dict)
        for write in batch.writes.order_by("pk"):
            self.by_model[apps.get_model(write.model)][write.key] = write

    def made(self, model: type[models.Model]) -> dict[str, ImportWrite]:
        return {key: w for key, w in self.by_model.get(model, {}).items() if w.before is None}

    def changed_since(self) -> Conflicts:
        """The audit trail knows every later write, whoever made it and by whatever way."""
        found: Conflicts = {}
        for model, writes in self.by_model.items():
            later = AuditEntry.objects.filter(
                table=model._meta.db_table, row__in=list(writes), pk__gt=self.batch.audit_mark or 0
            )
            for entry in later.select_related("actor").order_by("pk"):
                if entry.action == "update" and set(entry.after or {}) <= computed(model):
                    continue
                when = timezone.localtime(entry.at)
                who = entry.actor.name if entry.actor else "系统"
                found[writes[entry.row].number] = f"导入之后又有修改（{when:%m-%d %H:%M}，{who}）"
        return found

    def referred_to(self) -> Conflicts:
        """Rows of others that would lose what they point at."""
        found: Conflicts = {}
        for model in self.by_model:
            made = self.made(model)
            if not made:
                continue
            keys = [model._meta.pk.to_python(k) for k in made]
            for relation in relations(model):
                other: Any = relation.related_model
                if issubclass(other, self.sheet.derived):
                    continue
                attname = relation.field.attname
                for pk, at in other._base_manager.filter(**{f"{attname}__in": keys}).values_list("pk", attname):
                    if str(pk) not in self.by_model.get(other, {}):
                        found[made[str(at)].number] = f"已被“{other._meta.verbose_name}”引用"
            found |= self._generic(model, made, keys)
        return found

    def _generic(self, model: type[models.Model], made: dict[str, ImportWrite], keys: list[Any]) -> Conflicts:
        found: Conflicts = {}
        kind = ContentType.objects.get_for_model(model)
        for other, type_field, key_field in generic_keys():
            manager: Any = other._base_manager
            rows = manager.filter(**{type_field: kind, f"{key_field}__in": keys})
            for pk, at in rows.values_list("pk", key_field):
                if str(pk) not in self.by_model.get(other, {}):
                    found[made[str(at)].number] = f"已被“{other._meta.verbose_name}”引用"
        return found

    def remove_made(self) -> None:
        """The last made goes first. One summary entry stands for the removal of rows that one stood for when made."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('antu.undo', '1', true)")
        total = 0
        self._remove_derived()
        for model in reversed(list(self.by_model)):
            keys = [model._meta.pk.to_python(k) for k in self.made(model)]
            if not keys:
                continue
            rows: Any = model._base_manager.filter(pk__in=keys)
            with audit.bulk(model._meta.db_table, actor=self.batch.undone_by, undone_import=self.batch.pk):
                total += rows._raw_delete(rows.db)
            progress.tell(self.batch.pk, "undoing", total, self.batch.writes.count())
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('antu.undo', '', true)")

    def _remove_derived(self) -> None:
        for model in self.by_model:
            for relation in relations(model):
                other: Any = relation.related_model
                if issubclass(other, self.sheet.derived):
                    rows = other._base_manager.filter(**{f"{relation.field.attname}__in": list(self.made(model))})
                    rows._raw_delete(rows.db)

    def restore_changed(self) -> None:
        for model, writes in self.by_model.items():
            manager: Any = model._base_manager
            counted = any(f.name == "version" for f in model._meta.concrete_fields)
            for key, write in writes.items():
                if write.before is None:
                    continue
                values = restored(model, write.before)
                if counted:  # a client that knows the imported version must not take the old one for it
                    values["version"] = models.F("version") + 1
                manager.filter(pk=key).update(**values)


def conflicts_of(error: UndoRefused) -> list[list[Any]]:
    return [[n, text] for n, text in sorted(error.conflicts.items())[:MOST_SHOWN]]
