"""Finds what would make a page ask another server for something: in a closed network it would hang or leak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KINDS = {".html", ".css", ".js", ".mjs", ".svg", ".json", ".txt", ".webmanifest"}
ADDRESS = re.compile(r"""(?:https?:|wss?:)?//(?=[a-z0-9-]+\.[a-z])[^\s"'`)<>]+""", re.IGNORECASE)
# In scripts and styles of others, addresses in comments and namespaces are harmless; what loads is not.
LOADING = re.compile(r"""(?:@import\s+|url\(\s*)["']?((?:https?:)?//[^\s"')]+)""", re.IGNORECASE)
HARMLESS = ("http://www.w3.org/", "https://www.w3.org/")  # namespaces, never fetched
FOLDERS = ("core", "layers", "supervision", "command_center")


class Found(NamedTuple):
    file: Path
    line: int
    address: str


def scan(root: Path) -> list[Found]:
    """Every outside address in our own templates and static files, and every loading one in vendored files."""
    return [found for package in FOLDERS for file in files(root / package) for found in addresses(file)]


def files(folder: Path) -> Iterator[Path]:
    for kind in ("templates", "static"):
        for place in sorted(folder.rglob(kind)):
            yield from (f for f in sorted(place.rglob("*")) if f.is_file() and f.suffix in KINDS)


def addresses(file: Path) -> Iterator[Found]:
    is_vendored = "vendor" in file.parts
    if is_vendored and file.suffix not in (".css", ".html"):
        return
    for number, row in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        matches = LOADING.findall(row) if is_vendored else ADDRESS.findall(without_comment(row))
        yield from (Found(file, number, a) for a in matches if not a.startswith(HARMLESS))


def without_comment(row: str) -> str:
    """A whole-line comment loads nothing."""
    return "" if row.lstrip().startswith(("//", "/*", "*", "{#")) else row
