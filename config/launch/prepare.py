"""Brings database and static files up to the code; a stamp skips what has not changed since the last start."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from config.launch import ROOT, environment
from config.launch.data import DataDirectory
from config.launch.processes import ends_with_us
from config.launch.say import Trouble, line, step

PACKAGES = ("geo", "core", "layers", "supervision", "command_center", "config")
STATIC_PACKAGES = ("core", "layers", "supervision", "command_center")
# Migrating and loading may take long: the limits that guard requests do not apply.
UNHURRIED = {"ANTU_STATEMENT_TIMEOUT": "0", "ANTU_IDLE_TIMEOUT": "0"}


def digest(files: Iterable[Path], *, contents: bool) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        facts = file.read_bytes() if contents else repr((file.stat().st_size, file.stat().st_mtime_ns)).encode()
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + facts)
    return total.hexdigest()


def code_digest() -> str:
    """Roles and grants are synchronised after migrating too, so every line of Python counts, not only migrations."""
    files = [f for package in PACKAGES for f in (ROOT / package).rglob("*.py") if "tests" not in f.parts]
    return digest([*files, environment.LOCKS["base"]], contents=True)


def static_digest() -> str:
    folders = [folder for package in STATIC_PACKAGES for folder in (ROOT / package).rglob("static") if folder.is_dir()]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return digest([*files, environment.LOCKS["base"]], contents=False)


def reason(output: str) -> str:
    """The line that says why; a traceback's other lines help nobody at the terminal."""
    rows = [
        row
        for row in output.strip().splitlines()
        if row and not row.startswith((" ", "Traceback", "The above", "During"))
    ]
    return "\n".join(rows[-3:])


def manage(*words: str, wrong: str, variables: dict[str, str]) -> str:
    ran = subprocess.run(
        environment.manage(*words), env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=ends_with_us(signal.SIGTERM),
    )  # fmt: skip
    if ran.returncode:
        raise Trouble(
            wrong,
            "请看下面的原因，改正后重试。",
            f"manage.py {' '.join(words)} failed; the reason is above.",
            reason(ran.stdout),
        )
    return ran.stdout


def migrate(data: DataDirectory, variables: dict[str, str], *, is_private: bool) -> None:
    """A database of somebody else's may have been restored from a backup meanwhile: there, always ask Django."""
    now = code_digest()
    if is_private and data.state.get("migrated") == now:
        return
    with step("建立或升级数据库结构"):
        manage(
            "migrate", "--no-input", "-v", "0", wrong="数据库结构没有升级成功。", variables={**variables, **UNHURRIED}
        )
        manage("load_reference", wrong="区划、节假日与时限规则没有装入。", variables={**variables, **UNHURRIED})
    data.note(migrated=now)


def collect_static(data: DataDirectory, variables: dict[str, str]) -> None:
    now = static_digest()
    if data.state.get("static") == now and (data.path / "static/staticfiles.json").exists():
        return
    with step("整理静态文件"):
        words = ("collectstatic", "--no-input", "--clear", "-v", "0")
        manage(*words, wrong="静态文件没有整理成功。", variables=variables)
    data.note(static=now)


def make_pdfs(variables: dict[str, str]) -> None:
    """Papers issued before LibreOffice was there get their PDF now; the worker does the work."""
    manage("make_pdfs", wrong="补做 PDF 没有排上队。", variables=variables)


def load_demo(data: DataDirectory, variables: dict[str, str]) -> None:
    """Shows the loader's own progress; it says better than we could how far it is."""
    line("… 装载演示城市（虚构数据，约一分钟）")
    ran = subprocess.run(
        environment.manage("load_demo", "--seed", "1", "--scale", "1"),
        env={**os.environ, **variables, **UNHURRIED},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ends_with_us(signal.SIGTERM),
    )
    if ran.returncode:
        raise Trouble(
            "演示数据没有装载成功。",
            "请看下面的原因，改正后重试；只要空库时用 bin/serve --empty。",
            "load_demo failed; the reason is above. bin/serve --empty starts without demo data.",
            reason(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.stderr)),
        )
