"""Who wrote what: attaches the audit trigger to every table of the project and names the actor to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from core.models.accounts import User
from core.models.audit import AuditEntry

PACKAGES = ("geo", "core", "layers", "supervision.", "command_center.")
# Insert-only or transient tables are their own record.
UNAUDITED = {
    "event",
    "feed",
    "signal",
    "step",
    "auditentry",
    "job",
    "periodic",
    "heartbeat",
    "storedanswer",
    "change",
    "rollup",
    "cell",
    "importbatch",
    "importrow",
    "importwrite",
}
HIDDEN_COLUMNS = {"core_user": ("password", "last_login")}


def audited_models() -> list[type[models.Model]]:
    """Every table of the project whose writes are recorded, many-to-many tables included."""
    return [
        m
        for m in apps.get_models(include_auto_created=True)
        if f"{m.__module__}.".startswith(PACKAGES)
        and m._meta.managed
        and not m._meta.proxy
        and m._meta.model_name not in UNAUDITED
    ]


def attach_triggers(**_: object) -> None:
    """After every migrate: `CREATE OR REPLACE TRIGGER audit` on each audited table."""
    with connection.cursor() as cursor:
        for model in audited_models():
            table = model._meta.db_table
            pk = model._meta.pk
            arguments = ", ".join(f"'{c}'" for c in (pk.column if pk else "id", *HIDDEN_COLUMNS.get(table, ())))
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
                f"FOR EACH ROW EXECUTE FUNCTION core_audit({arguments})"
            )


def set_actor(user_id: int | str | None) -> str:
    """Returns who it was before, as `set_actor` takes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('antu.actor', true), ''), set_config('antu.actor', %s, false)",
            [str(user_id or "")],
        )
        before: str = cursor.fetchone()[0]
    return before


@contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """Writes inside are recorded as this person's; commands and workers use it, requests have the middleware."""
    before = set_actor(user.pk if user else None)
    try:
        yield
    finally:
        set_actor(before)


@contextmanager
def bulk(table: str, *, actor: User | None = None, **summary: Any) -> Iterator[None]:
    """Inside, rows of any table are written without an entry each; one summary entry takes their place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('antu.audit', 'bulk', false)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('antu.audit', '', false)")
    AuditEntry.objects.create(
        at=timezone.now(), actor=actor, table=table, row="*", action=AuditEntry.Action.BULK, after=summary
    )


def history(instance: models.Model) -> models.QuerySet[AuditEntry]:
    """What was written to this row, newest first."""
    return AuditEntry.objects.filter(table=instance._meta.db_table, row=str(instance.pk)).select_related("actor")
