"""bin/serve as the newcomer runs it: a real process on a data directory of the test's own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ("DATABASE_URL", "PYTEST_VERSION", "PYTEST_CURRENT_TEST", "DJANGO_SETTINGS_MODULE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("ANTU_")}
    return {**kept, "ANTU_INSTALL": "0", **more}


def serve(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """For starts that must fail: what was said, and the exit code."""
    return subprocess.run(
        [ROOT / "bin/serve", *words], env=clean_environment(**more), capture_output=True, text=True, timeout=60
    )


def wait_until(fact: Callable[[], object], *, seconds: float, what: str) -> None:
    until, pause = time.monotonic() + seconds, threading.Event()
    while not fact():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        pause.wait(0.05)


def descendants(pid: int) -> set[int]:
    """Every process below this one now."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Served:
    """One bin/serve --empty, started and stopped by the test."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.output = data.with_name(data.name + ".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> float:
        """Seconds until a page was answered."""
        started = time.monotonic()
        command = [ROOT / "bin/serve", "--empty", "--data", self.data, "--port", str(self.port), *words]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        wait_until(lambda: self.status("/accounts/login/") == 200 or not self.is_alive, seconds=90, what="a page")
        assert self.is_alive, self.said
        wait_until(lambda: "安图已启动" in self.said, seconds=10, what="the address")
        return time.monotonic() - started

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def has_child(self, word: str) -> bool:
        return self.find(word) is not None

    def child(self, word: str) -> int:
        found = self.find(word)
        assert found is not None, f"no child with {word}"
        return found

    def find(self, word: str) -> int | None:
        """The pid of the direct child whose command line has this word or ends a path with it."""
        for pid in descendants(self.pid):
            try:
                fields = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == self.pid and any(f == word.encode() or f.endswith(b"/" + word.encode()) for f in fields):
                return pid
        return None

    def sql(self, statement: str) -> str:
        """Through the address that backup tools use."""
        url = (self.data / "database.url").read_text().strip()
        return subprocess.run(
            ["psql", "-X", "-t", "-A", url, "-c", statement], check=True, capture_output=True, text=True
        ).stdout.strip()

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def remove(self) -> None:
        if self.is_alive:
            self.stop(signal.SIGTERM)
        files = self.data / "postgres"
        if files.is_symlink():  # as root under a closed folder the cluster lies elsewhere
            shutil.rmtree(files.resolve().parent, ignore_errors=True)
