"""Test set-up of the whole project; the cast is in tests/cast.py."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

pytest_plugins = ["tests.cast"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps a loop running in this thread, in which no coroutine test can run."""
    items.sort(key=is_of_a_browser)
    for item in items:  # side by side, a file stays on one process
        item.add_marker(pytest.mark.xdist_group(str(item.path)))


def is_of_a_browser(item: pytest.Item) -> bool:
    return "browser" in item.path.parts


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Insert-only tables refuse TRUNCATE; a test database may be emptied between transactional tests."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET antu.may_truncate = '1'")
        connection.close()
