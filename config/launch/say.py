"""What the person at the terminal is told: steps with their seconds, and trouble with its cure."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Trouble(Exception):
    """Something the person can mend: what is wrong and what to do, shown as it stands and without a traceback."""

    def __init__(self, wrong: str, cure: str, english: str, detail: str = "") -> None:
        super().__init__(wrong)
        self.wrong, self.cure, self.english, self.detail = wrong, cure, english, detail

    def show(self) -> None:
        tail = "".join(f"    {line}\n" for line in self.detail.strip().splitlines()[-6:])
        print(f"\n✗ {self.wrong}{self.cure}\n{tail}  {self.english}", file=sys.stderr, flush=True)


class Stopped(BaseException):
    """The person or the system asked to stop while something was still being prepared."""


def prepare() -> None:
    """Chinese must come out whatever the locale is, and at once when the output is a pipe."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)  # type: ignore[union-attr]  # typed TextIO


def line(text: str) -> None:
    print(text, flush=True)


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """One line that spins while it lasts and ends with its seconds; call what it yields to show how far it is."""
    started, note, done = time.monotonic(), [""], threading.Event()

    def turn() -> None:
        for number in range(1_000_000):
            seconds = time.monotonic() - started
            text = f"{SPINNER[number % len(SPINNER)]} {title} {note[0]}"[: shutil.get_terminal_size().columns - 14]
            sys.stdout.write(f"\r\x1b[K{text} {seconds:.0f} 秒")
            sys.stdout.flush()
            if done.wait(0.2):
                return

    spinner = threading.Thread(target=turn, daemon=True) if is_terminal() else None
    if spinner:
        spinner.start()
    else:
        line(f"… {title}")
    mark = "✗"
    try:
        yield lambda text: note.__setitem__(0, text)
        mark = "✓"
    finally:
        done.set()
        if spinner:
            spinner.join()
            sys.stdout.write("\r\x1b[K")
        line(f"{mark} {title}  {time.monotonic() - started:.1f} 秒")
