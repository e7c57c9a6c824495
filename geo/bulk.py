"""Writing many rows at once by COPY: what INSERT would need minutes for."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

_NULL = "\\N"


def copy(rows: Sequence[models.Model]) -> None:
    """COPY unsaved instances of one model into its table. Instances without a pk are given one from its sequence.

    Defaults, `auto_now` and conversions are those of the fields; `save()` and signals are not run, triggers and
    constraints are.
    """
    if not rows:
        return
    model = type(rows[0])
    give_pks(rows)
    fields = [f for f in model._meta.concrete_fields if not f.generated]
    writers = [_writer(f) for f in fields]
    buffer = io.StringIO()
    # Quoting every value keeps an empty text apart from NULL, which is never quoted.
    for row in rows:
        buffer.write(",".join([write(row) for write in writers]))
        buffer.write("\n")
    buffer.seek(0)
    names = ", ".join(connection.ops.quote_name(f.column or "") for f in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '{_NULL}')", buffer)


def give_pks(rows: Sequence[models.Model]) -> None:
    """Take as many numbers from the table's sequence as there are instances without a pk."""
    waiting = [row for row in rows if row.pk is None]
    if not waiting:
        return
    meta = waiting[0]._meta
    assert meta.pk is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{meta.db_table}"', meta.pk.column, len(waiting)],
        )
        for row, (number,) in zip(waiting, cursor.fetchall(), strict=True):
            row.pk = number


def _writer(field: models.Field[Any, Any]) -> Callable[[models.Model], str]:
    convert = _converter(field)

    def write(row: models.Model) -> str:
        value = field.pre_save(row, True)
        if value is None:
            return _NULL
        return '"' + convert(value).replace('"', '""') + '"'

    return write


def _converter(field: models.Field[Any, Any]) -> Callable[[Any], str]:
    if isinstance(field, GeometryField):
        return lambda g: g.hexewkb.decode()
    if isinstance(field, models.JSONField):
        return lambda v: json.dumps(v, cls=field.encoder, ensure_ascii=False)
    if isinstance(field, ArrayField):
        return _array
    if isinstance(field, (models.DateTimeField, models.DateField, models.TimeField)):
        return lambda v: v if isinstance(v, str) else v.isoformat()
    return str


def _array(values: Sequence[Any]) -> str:
    quoted = ['"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values]
    return "{" + ",".join(quoted) + "}"


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these fields of saved instances of one model: by COPY into a passing table, then one UPDATE.

    Triggers and constraints are run, a row at a time; `save()` and signals are not.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    assert meta.pk is not None
    fields = [meta.pk, *(meta.get_field(name) for name in names)]
    writers = [_writer(f) for f in fields]  # type: ignore[arg-type]  # concrete fields
    buffer = io.StringIO("".join(",".join(write(row) for write in writers) + "\n" for row in rows))
    quote = connection.ops.quote_name
    columns = [quote(str(getattr(f, "column", ""))) for f in fields]
    table, key = quote(meta.db_table), columns[0]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS antu_passing")
        cursor.execute(
            f"CREATE TEMP TABLE antu_passing ON COMMIT DROP AS SELECT {', '.join(columns)} FROM {table} WITH NO DATA"
        )
        cursor.copy_expert(f"COPY antu_passing FROM STDIN WITH (FORMAT csv, NULL '{_NULL}')", buffer)
        cursor.execute(
            f"UPDATE {table} t SET {', '.join(f'{c} = p.{c}' for c in columns[1:])} "
            f"FROM antu_passing p WHERE t.{key} = p.{key}"
        )
        cursor.execute("DROP TABLE antu_passing")
