"""How far a batch is, said from inside its transaction.

Nothing written in a transaction is seen before it ends, and a second connection could not take part in its locks. The
name of a session is seen at once by everybody, ends with the session, and costs one statement.
"""

from __future__ import annotations

from django.db import connection

PREFIX = "antu-import"


def tell(batch: int, stage: str, done: int, total: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [f"{PREFIX} {batch} {stage} {done} {total}"])


def quiet() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', '', false)")


def read(batch: int) -> tuple[str, int, int] | None:
    """(stage, done, total), or None when no session works on it now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE %s LIMIT 1",
            [f"{PREFIX} {batch} %"],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    _prefix, _batch, stage, done, total = str(row[0]).split(" ")
    return stage, int(done), int(total)
