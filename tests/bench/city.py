"""The demo city, and as many twins of its enterprises as a benchmark wants."""

from __future__ import annotations

import math
import random
from typing import Any

from django.core.management import call_command
from django.db import connection

from core.models import User
from supervision.enterprises.models import Enterprise
from tests.bench import ground

STEP = 20_000
TWINS = """
    INSERT INTO {table} ({columns}) SELECT {values} FROM twin JOIN {table} was ON was.{key} = twin.source
"""


def demo() -> User:
    """The city at scale 1, once, and an officer of it who sees everything."""
    if not Enterprise.objects.exists():
        call_command("load_demo", verbosity=0)
    ground.people()
    return User.objects.get(username="bench")


def enterprises(wanted: int) -> None:
    """Twins of the demo's enterprises within about a kilometre of them, so that ports and towns keep their shape."""
    demo()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('antu.audit', 'bulk', false), setseed(0.5)")
        for table in ("geo_site", "enterprises_enterprise"):
            drop_text_indexes(cursor, table)
        while (missing := wanted - Enterprise.objects.count()) > 0:
            add(cursor, min(missing, STEP))
        cursor.execute("VACUUM ANALYZE geo_site")
        cursor.execute("VACUUM ANALYZE enterprises_enterprise")


def drop_text_indexes(cursor: Any, table: str) -> None:
    """Of no use to tiles, and most of the time it takes to fill the table."""
    cursor.execute(
        "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%USING gin%%'", [table]
    )  # fmt: skip
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP INDEX "{name}"')


def add(cursor: Any, count: int) -> None:
    cursor.execute("DROP TABLE IF EXISTS twin")
    cursor.execute(
        "CREATE TEMP TABLE twin AS SELECT nextval(pg_get_serial_sequence('geo_site', 'id')) AS id, site_id AS source"
        " FROM (SELECT site_id FROM enterprises_enterprise ORDER BY site_id LIMIT 2359) e,"
        " generate_series(1, %s) LIMIT %s",
        [count // 2000 + 1, count],
    )
    copy(cursor, Enterprise._meta.get_field("site").related_model, "id", {
        "id": "twin.id",
        "geom": "ST_SetSRID(ST_MakePoint(ST_X(was.geom) + (random() - 0.5) * 0.02,"
                " ST_Y(was.geom) + (random() - 0.5) * 0.016), 4490)",
    })  # fmt: skip
    copy(cursor, Enterprise, "site_id", {
        "site_id": "twin.id", "credit_code": "upper(lpad(to_hex(twin.id), 18, '0'))",
    })  # fmt: skip


def copy(cursor: Any, model: Any, key: str, other: dict[str, str]) -> None:
    columns = [f.column for f in model._meta.local_concrete_fields if not f.generated]
    cursor.execute(
        TWINS.format(
            table=f'"{model._meta.db_table}"',
            columns=", ".join(f'"{c}"' for c in columns),
            values=", ".join(other.get(c, f'was."{c}"') for c in columns),
            key=key,
        )
    )


def tiles_with_features(zooms: tuple[int, ...], most: int) -> list[tuple[int, int, int]]:
    """Tile addresses in which at least one enterprise lies, at random but always the same."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_X(geom), ST_Y(geom) FROM geo_site WHERE kind = 'enterprise'")
        for lon, lat in cursor:
            for z in zooms:
                y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
                found.add((z, int((lon + 180) / 360 * 2**z), int(y * 2**z)))
    chosen = sorted(found)
    random.Random(1).shuffle(chosen)
    return chosen[:most]
