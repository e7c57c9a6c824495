"""Settings come from the environment; a wrong value stops the start and says which, what and how to mend it."""

import os
from pathlib import Path
from urllib.parse import unquote, urlparse

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "1" if default else "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name}={value!r}: expected 0 or 1.")
    return value == "1"


def number(name: str, default: int, *, least: int = 0) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number of at least {least}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [w.strip() for w in os.environ.get(name, default).split(",") if w.strip()]


def database(name: str, default: str = "") -> dict[str, object]:
    """`postgres://user:password@host:port/name`, or `postgres:///name?host=/socket/dir`."""
    value = os.environ.get(name, default)
    url = urlparse(value)
    if url.scheme not in ("postgres", "postgresql") or not url.path.strip("/"):
        shown = value.replace(url.password, "***") if url.password else value
        raise ImproperlyConfigured(f"{name}={shown!r}: expected postgres://user:password@host:port/name.")
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(query.get("host", url.hostname or "")),
        "PORT": str(url.port or query.get("port", "")),
    }


def secret(name: str, *, file: Path, debug: bool) -> str:
    """The secret key: from the environment, else from the data directory's file."""
    if value := os.environ.get(name):
        if len(value) < 40:
            raise ImproperlyConfigured(f"{name}: {len(value)} characters are too few; give at least 40 random ones.")
        return value
    if file.is_file():
        return file.read_text().strip()
    if debug:
        return "development-only-key-never-used-by-bin-serve-0123456789"
    raise ImproperlyConfigured(f"{name} is not set and {file} does not exist. Start with bin/serve, or set {name}.")
