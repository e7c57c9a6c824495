"""What the benchmarks stand on: a database of their own, a web process of their own, and the table they fill."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
NAME = "antu_bench"


def url_of(name: str) -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(url._replace(path=f"/{name}"))


@contextmanager
def own_database() -> Iterator[None]:
    """Made beside the one DATABASE_URL names, migrated, dropped at the end; meanwhile DATABASE_URL means it."""
    maintenance = url_of("postgres")
    run_sql(maintenance, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # What is worth keeping between runs stays under the data directory; what the demo writes goes with its database.
    home = Path(os.environ.get("ANTU_DATA", ROOT / "var")).resolve() / "bench"
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    os.environ.update(ANTU_BENCH_HOME=str(home), ANTU_DATA=str(data))
    os.environ.update(
        DATABASE_URL=url_of(NAME), ANTU_DEBUG="0", ANTU_SECRET_KEY="bench-" * 10, ANTU_STATEMENT_TIMEOUT="120s"
    )
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        run_sql(maintenance, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        shutil.rmtree(data)


def run_sql(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def more_files() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def web(application: str = "config.asgi:application") -> Iterator[int]:
    """uvicorn as bin/serve runs it; yields the port."""
    port = free_port()
    options = "--ws websockets-sansio --ws-per-message-deflate false --ws-max-size 65536 --lifespan off"
    command = f"uvicorn {application} --port {port} {options} --no-access-log --log-level warning"
    with process("-m", *command.split()):
        wait_for(port)
        yield port


@contextmanager
def process(
    *arguments: str, environment: dict[str, str] | None = None, **pipes: Any
) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, preexec_fn=more_files, text=True, **pipes)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def people() -> tuple[Any, list[str]]:
    """A city officer who may read everything that is told, and twenty of that person's sessions."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from core.models import User
    from geo.models import Region

    city, _ = Region.objects.get_or_create(
        code="370500", defaults={"name": "东营市", "short_name": "东营", "kind": "city", "path": "37/3705/"}
    )
    user, is_new = User.objects.get_or_create(username="bench", defaults={"name": "测", "region": city})
    if is_new:
        from django.contrib.auth.models import Group

        user.groups.set(Group.objects.all())
    keys = []
    for _ in range(20):
        store = SessionStore()
        store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store.create()
        keys.append(str(store.session_key))
    return city, keys
