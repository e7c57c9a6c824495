"""What the whole tree promises: nothing from outside, vendored files as recorded, locks that name no host."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from core import outside

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "layers/static/vendor"
TEMPLATES = sorted(f for f in ROOT.glob("*/**/templates/**/*.html") if ".venv" not in f.parts)


def vendored() -> dict[str, str]:
    rows = (VENDOR / "VENDORED.txt").read_text().splitlines()
    fields = [row.split("\t") for row in rows if row and not row.startswith("#")]
    return {row[0]: row[-1] for row in fields}


def test_every_vendored_file_is_recorded_and_unchanged():
    found = {
        str(file.relative_to(VENDOR)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "VENDORED.txt"
    }
    assert found == vendored()


def test_no_page_asks_another_server_for_anything():
    assert outside.scan(ROOT) == []


@pytest.mark.parametrize(
    "row",
    [
        '<script src="https://cdn.example.com/x.js"></script>',
        "<img src='//tiles.example.com/1.png'>",
        "a { background: url(http://example.com/a.png) }",
        'const socket = new WebSocket("wss://example.com/ws")',
    ],
)
def test_the_scan_finds_what_would_load_from_outside(row, tmp_path):
    for kind in ("html", "css", "js"):
        file = tmp_path / f"x.{kind}"
        file.write_text(row)
        assert list(outside.addresses(file)), kind


def test_the_scan_lets_namespaces_and_comments_be(tmp_path):
    file = tmp_path / "x.js"
    file.write_text('// see https://example.com/\nconst svg = "http://www.w3.org/2000/svg"\nconst half = a // b\n')
    assert list(outside.addresses(file)) == []


@pytest.mark.parametrize("name", ["base.txt", "test.txt"])
def test_locks_name_no_host_and_pin_every_package_by_hash(name):
    text = (ROOT / "requirements" / name).read_text()
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links|--trusted-host", text)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==\S+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert "--hash=sha256:" in entry


def test_the_database_driver_is_psycopg2_alone():
    """Django takes psycopg 3 as soon as it can be imported, and the code is written and measured on psycopg2."""
    pinned = (ROOT / "requirements/base.txt").read_text() + (ROOT / "requirements/test.txt").read_text()
    assert re.search(r"^psycopg2-binary==", pinned, re.MULTILINE)
    assert not re.search(r"^psycopg(-binary|-c)?==", pinned, re.MULTILINE)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT)))
def test_templates_have_no_inline_script_style_or_handler(file):
    """The content security policy would refuse them, silently for whoever does not look at the console."""
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=.application/json)(?![^>]*nonce)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", text)
