"""How a client's copy is known to be current: the version of a query is how often the tables it reads have changed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from django.apps import apps
from django.db import connection, models, transaction

from layers.models import Change

# Divisions change with a decree, not with a click: they have a version of their own, whatever layer joins them.
UNCOUNTED = {"geo_region"}
COUNTED = ("geo.", "supervision.", "command_center.", "core.models.accounts.")
# What an expression makes of the clock shows at the latest after so many seconds.
CLOCK_STEP = 600


def counted_models() -> list[type[models.Model]]:
    """Every table that a layer may read: the modules', places, people and organisations."""
    return [
        m
        for m in apps.get_models(include_auto_created=True)
        if f"{m.__module__}.".startswith(COUNTED) and m._meta.managed and not m._meta.proxy
    ]


def attach_triggers(**_: object) -> None:
    """After every migrate: a statement that writes to a counted table leaves a row in layers_change."""
    if Change._meta.db_table not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for model in counted_models():
            cursor.execute(
                "CREATE OR REPLACE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "
                f'"{model._meta.db_table}" FOR EACH STATEMENT EXECUTE FUNCTION layers_count_change()'
            )


def index_tile_geometry(**_: object) -> None:
    """After every migrate: Django makes spatial indexes for geometry fields, but none for generated ones."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if table in present and any(f.name == "geom_3857" for f in model._meta.local_fields):
                cursor.execute(f'CREATE INDEX IF NOT EXISTS "{table}_geom_3857" ON "{table}" USING gist (geom_3857)')


def tables_in(sql: str) -> tuple[str, ...]:
    """The counted tables a statement reads, joins and subqueries included."""
    known = {m._meta.db_table for m in counted_models()} - UNCOUNTED
    return tuple(sorted(known & set(re.findall(r'"(\w+)"', sql))))


def version(tables: Iterable[str]) -> str:
    """Read it before the data: then a copy may be newer than its version says, never older."""
    with connection.cursor() as cursor:
        # The feed's epoch changes after a restore, when the counts go back and would come to mean something else.
        cursor.execute(
            "SELECT coalesce(sum(n), 0), (SELECT left(epoch::text, 8) FROM core_feed WHERE id = 1) "
            'FROM layers_change WHERE "table" = ANY(%s)',
            [list(tables)],
        )
        count, epoch = cursor.fetchone()
    return f"{epoch or '0'}.{count}"


def clock() -> str:
    """A part of the version for statements that compare with now."""
    return f".{int(time.time() // CLOCK_STEP)}"


def compact() -> int:
    """Sum up the rows of each table into one; how many rows went. A reader sees the rows before or the sum after."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM layers_change RETURNING "table", n),
                 kept AS (INSERT INTO layers_change ("table", n)
                          SELECT "table", sum(n) FROM gone GROUP BY "table" RETURNING 1)
            SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)
            """
        )
        (gone,) = cursor.fetchone()
    return int(gone)
