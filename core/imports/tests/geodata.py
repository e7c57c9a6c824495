"""What tests of bad geodata share: a file read in the child with its limits, and how it is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from core.imports.reading import Refused, lines, reader_of
from geo.geodata.tests import corpus


@pytest.fixture(name="said")
def asked_child(tmp_path: Path):
    """Write it, read it in the child: (header, rows, end). Refused is raised; seconds and megabytes are watched."""

    def read(content: bytes | Path, *, seconds: float = 20, **options: Any) -> tuple[Any, list[Any], Any]:
        path = tmp_path / "upload"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path = content
        reader = reader_of(path, wants_geometry=True)
        before = time.monotonic()
        try:
            header, *rows, end = lines(path, reader, {"titles": [], **options})
        finally:
            assert time.monotonic() - before < seconds
        assert end["end"]["peak_mb"] < 1_000
        return header, rows, end

    return read


def refused(said: Any, content: Any, *words: str, **options: Any) -> None:
    with pytest.raises(Refused) as found:
        said(content, **options)
    text = str(found.value)
    assert all(word in text for word in words), text


def problem(said: Any, shape: Any, *words: str, **options: Any) -> None:
    """A bad row beside a good one: it alone is refused."""
    good = corpus.rows(options.get("datum", "cgcs2000"))[0]
    _header, rows, _end = said(corpus.geojson([({"名称": "坏"}, shape), good]), **options)
    assert rows[0]["geometry"] is None and all(word in rows[0]["problem"] for word in words), rows[0]
    assert rows[1]["geometry"] and "problem" not in rows[1]
