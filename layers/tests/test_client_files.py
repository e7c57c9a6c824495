"""The rules of the map client that a browser would not notice: who may know what, and what was vendored."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from layers import modules

LAYERS = Path(__file__).resolve().parents[1]
STATIC = LAYERS / "static"
SCRIPTS = sorted((STATIC / "layers" / "js").rglob("*.js"))
VENDOR = STATIC / "vendor"


def named(path: Path) -> str:
    return str(path.relative_to(STATIC))


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_a_script_is_short_and_puts_data_in_as_text(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400
    assert not re.search(r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_only_the_map_knows_the_engine_and_only_events_the_socket(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    is_engine = script.name == "map.js" or script.parent.name == "engine"
    assert is_engine or "from 'ol'" not in source
    assert script.name == "events.js" or "WebSocket(" not in source


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_every_import_leads_somewhere(script: Path) -> None:
    known = modules.vendored()
    for name in modules.IMPORT.findall(script.read_text(encoding="utf-8")):
        assert name in known or (name.startswith(".") and (script.parent / name).resolve().is_file()), name


def test_a_page_asks_at_once_for_everything_its_module_imports() -> None:
    graph = modules.graph("layers/js/start_map.js")
    assert "layers/js/engine/tiles.js" in graph
    assert {modules.vendored_file("ol", "ol.js"), modules.vendored_file("htmx.org", "htmx.js")} <= set(graph)


def vendored_rows() -> list[list[str]]:
    lines = (VENDOR / "VENDORED.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def test_vendored_files_are_exactly_those_listed_with_their_hashes() -> None:
    rows = vendored_rows()
    found = {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file() and p.name != "VENDORED.txt"}
    assert {row[0] for row in rows} == found
    for file, version, source, licence, digest in rows:
        assert version and source.startswith(("https://", "npm:")) and licence
        assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == digest, file


def test_no_vendored_file_points_at_a_source_map() -> None:
    for file in VENDOR.rglob("*"):
        if file.suffix in (".js", ".css"):
            assert not re.search(r"^/[/*]# sourceMappingURL=", file.read_text(encoding="utf-8"), re.M), file.name


def test_no_style_sheet_loads_from_another_host() -> None:
    for sheet in STATIC.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_logic_of_the_client() -> None:
    tests = sorted(str(path) for path in (LAYERS / "tests" / "js").glob("*.test.mjs"))
    ran = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout[-3000:]
