"""A page of statistics at the server, against the bare SQL of the same grouping.

`python -m tests.bench statistics` makes a city of 235,900 enterprises for it; `python -m tests.bench.tabulating` asks
the database that DATABASE_URL names, as it is (of `load_demo --scale 100`, say), and writes nothing but a session
and the counts it would keep anyway.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from tests.bench.figures import Figure, table

# Pages are measured here, not files: those need not have been collected.
PLAIN_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

ENTERPRISES = 235_900
ROUNDS = 7


def timed(act: Callable[[], Any], rounds: int = 1, before: Callable[[], Any] = lambda: None) -> float:
    """Milliseconds, the median."""
    took = []
    for _ in range(rounds):
        before()
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return 1000 * median(took)


def bare(user: Any, module: str) -> Callable[[], None]:
    """The passes of a page as plain statements, made beforehand: nothing of forms, rights, folding or HTML."""
    from django.db import connection, transaction
    from django.utils import timezone

    from layers.statistics import answering, asking, counting

    asked = asking.asked(user, module, {}, timezone.localdate())
    plans = answering.plans(answering.whole(asked), asked).values()
    statements = [(plan.sql, list(plan.statement.params)) for plan in plans]

    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{counting.WORK_MEMORY}'")
            for sql, params in statements:
                cursor.execute(sql, params)
                cursor.fetchall()

    return run


def measured(user: Any, module: str, rows: int) -> list[Figure]:
    from django.conf import settings
    from django.test import Client, override_settings

    from layers import caches
    from layers.models import Tally

    client = Client(HTTP_HOST="127.0.0.1", HTTP_ACCEPT="text/html")
    client.force_login(user)
    path = f"/{module}/statistics/"

    def page() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.status_code

    def forget() -> None:
        caches.forget_everything()
        Tally.objects.all().delete()

    plain = bare(user, module)
    with override_settings(STORAGES=settings.STORAGES | PLAIN_FILES):
        page()
        sql = timed(plain, 3)
        cold = timed(page, 3, before=forget)
        first = timed(page, 3, before=caches.forget_everything)
        warm = timed(page, ROUNDS)
    what = f"{path} of {rows:,} rows"
    detail = f"bare SQL {sql:.0f} ms"
    return [
        Figure(f"{what}, nothing counted ÷ its bare SQL", "≤ 1.5", f"{cold / sql:.2f}", cold <= 1.5 * sql + 150,
               f"{cold:.0f} ms; {detail}"),
        Figure(f"{what}, at the server, first of a process", "≤ 300 ms", f"{first:.0f} ms", first <= 300, detail),
        Figure(f"{what}, at the server, then", "≤ 300 ms", f"{warm:.0f} ms", warm <= 300, detail),
    ]  # fmt: skip


def page() -> list[Figure]:
    from supervision.enterprises.models import Enterprise
    from tests.bench import city

    city.enterprises(ENTERPRISES)
    return measured(city.demo(), "enterprises", Enterprise.objects.count())


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from core.models import User
    from layers.registry import registry

    user = User.objects.filter(username__in=("bench", "duty")).order_by("username").first()
    if user is None:
        print("No account bench or duty: load the demo city first.", file=sys.stderr)
        return 1
    figures: list[Figure] = []
    for module in registry:
        if module.statistics:
            figures += measured(user, module.key, module.layers[0].rows(user).count() if module.layers else 0)
    print(table(figures))
    return 0 if all(f.is_met for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
