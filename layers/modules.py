"""Which ES modules the pages may import: every `<app>/static/<app>/js/*.js` and the vendored files, by name."""

import json
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

LOCK = Path(__file__).with_name("vendor.lock.json")
IMPORT = re.compile(r"""(?:from|import)\s+["']([^"']+)["']""")


def module_files() -> list[str]:
    """Static paths such as `layers/js/map.js`: each is imported by others as `layers/map.js`."""
    found = (path for finder in finders.get_finders() for path, _ in finder.list([]))
    return sorted({path for path in found if re.fullmatch(r"\w+/js/.+\.js", path)})


@cache
def packages() -> dict[str, Any]:
    return dict(json.loads(LOCK.read_text(encoding="utf-8"))["packages"])


def vendored_file(package: str, file: str) -> str:
    return f"vendor/{package}@{packages()[package]['version']}/{file}"


def vendored() -> dict[str, str]:
    """Bare name -> static path."""
    return {
        name: vendored_file(package, file)
        for package, entry in packages().items()
        for name, file in entry.get("import", {}).items()
    }


def _imports() -> dict[str, str]:
    entries = {name: static(path) for name, path in vendored().items()}
    for path in module_files():
        address = static(path)
        entries[path.replace("/js/", "/", 1)] = address
        plain = settings.STATIC_URL + path
        if plain != address:  # hashed names: `./dom.js` inside a module resolves to the plain address first
            entries[plain] = address
    return entries


@cache
def _cached_imports() -> dict[str, str]:
    return _imports()


def import_map() -> dict[str, dict[str, str]]:
    return {"imports": _imports() if settings.DEBUG else _cached_imports()}


def _needed_by(path: str, seen: dict[str, None]) -> None:
    if path in seen:
        return
    seen[path] = None
    source = finders.find(path)
    if not source or path.startswith("vendor/"):
        return
    folder = path.rsplit("/", 1)[0]
    for name in IMPORT.findall(Path(str(source)).read_text(encoding="utf-8")):
        if name.startswith("."):
            _needed_by(posixpath.normpath(f"{folder}/{name}"), seen)
        elif name in (known := vendored()):
            _needed_by(known[name], seen)


@cache
def _cached_graph(path: str) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    _needed_by(path, seen)
    return tuple(seen)


def graph(path: str) -> tuple[str, ...]:
    """`path` and everything it imports, so that a page can ask for all of it at once instead of step by step."""
    if settings.DEBUG:
        _cached_graph.cache_clear()
    return _cached_graph(path)
