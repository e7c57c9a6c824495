"""A real server on the test database and a real Chromium in front of it."""

from __future__ import annotations

import importlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.models import User

CHROMIUM = os.environ.get("ANTU_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright's synchronous door runs a loop in this thread; Django would take it for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def application(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """config.asgi with static files straight from the apps, as no collectstatic has run."""
    with override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True), django_db_blocker.unblock():
        import config.asgi
        import config.wsgi

        importlib.reload(config.wsgi)
        yield importlib.reload(config.asgi).application
        with connection.cursor() as cursor:  # the server's threads keep theirs; the database could not be dropped
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()


@pytest.fixture
def server(application: Any, transactional_db: None) -> Iterator[str]:
    """The address of a uvicorn that serves this test. It ends before the tables are emptied."""
    import uvicorn

    port = free_port()
    options = uvicorn.Config(application, port=port, lifespan="off", log_level="error", timeout_graceful_shutdown=2)
    running = uvicorn.Server(options)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not running.started:
        assert time.monotonic() < until, "uvicorn did not start"
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def open_page(chromium: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """`open_page(user, "/wall/", width=…)`: a browser of its own, logged in as this person; fails on script errors."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_as(user: User, path: str = "/", *, width: int = 1366, height: int = 768, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", **options
        )
        contexts.append(context)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = next(iter(client.cookies.values()))
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(server + path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not wrong, wrong
