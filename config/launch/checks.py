"""bin/test: a database of its own, then every check in order and a summary; with arguments, pytest alone with them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import NamedTuple

from config.launch import ROOT, environment, packages
from config.launch import settings as wanted
from config.launch.cluster import Cluster
from config.launch.data import DataDirectory
from config.launch.processes import follow
from config.launch.say import Stopped, Trouble, line, step
from config.launch.say import prepare as prepare_output

DATA = ROOT / "var/test"
MOST_PROCESSES = 4  # each has a database of its own
CLOSING = re.compile(r"\b(passed|failed|errors?|no tests ran|skipped|deselected|warnings?)\b.* in [\d.]+s")


class Check(NamedTuple):
    title: str
    command: list[str]


class Outcome(NamedTuple):
    title: str
    passed: bool
    seconds: float
    closing: str = ""

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '✗'} {self.title:<28}{self.seconds:7.1f} 秒  {self.closing}".rstrip()


def static_checks() -> list[Check]:
    tools = environment.HOME / "bin"
    return [
        Check("ruff check", [str(tools / "ruff"), "check", "."]),
        Check("ruff format --check", [str(tools / "ruff"), "format", "--check", "."]),
        Check("mypy", [str(environment.PYTHON), "-m", "mypy"]),
        Check("lint-imports", [str(tools / "lint-imports"), "--no-logo"]),
        Check("manage.py check", environment.manage("check", "--fail-level", "ERROR")),
        Check("makemigrations --check", environment.manage("makemigrations", "--check", "--dry-run")),
    ]


def run(check: Check) -> Outcome:
    """Says nothing of what is right and everything of what is wrong."""
    started = time.monotonic()
    ran = subprocess.run(
        check.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    outcome = Outcome(check.title, ran.returncode == 0, time.monotonic() - started)
    line(str(outcome))
    if ran.returncode:
        line(ran.stdout.rstrip() + "\n")
    return outcome


def run_pytest(words: list[str]) -> Outcome:
    """Its output as it comes; its closing line is kept for the summary."""
    started, closing = time.monotonic(), ""

    def heard(row: str) -> None:
        nonlocal closing
        sys.stdout.write(row)
        if CLOSING.search(row):
            closing = row.strip()

    os.chdir(ROOT)
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    code = follow([str(environment.PYTHON), "-m", "pytest", *colour, *words], heard)
    return Outcome("pytest", code == 0, time.monotonic() - started, closing)


def prepare_machine(data: DataDirectory, cluster: Cluster) -> None:
    if names := packages.for_the_map(own_database=False) + packages.for_documents() + packages.for_browser_tests():
        packages.install(names, "安装测试所需的系统软件")
    environment.ensure("base", "test")
    data.ensure_secret_key()
    cluster.check_files()
    with step("启动测试数据库") as progress:
        if not cluster.exists:
            cluster.create()
        cluster.start(progress)
        cluster.ensure_database()


def set_environment(cluster: Cluster) -> None:
    os.environ["DATABASE_URL"] = cluster.url()
    os.environ["ANTU_DATA"] = str(cluster.data.path)
    os.environ["ANTU_CHROMIUM"] = packages.chromium() or ""
    for name in ("ANTU_DEBUG", "ANTU_DEMO", "ANTU_HTTPS", "ANTU_BASEMAPS"):  # a developer's .env must not decide
        os.environ.pop(name, None)


def run_all(words: list[str]) -> list[Outcome]:
    if words:
        return [run_pytest(words)]
    outcomes = [run(check) for check in static_checks()]
    processes = str(min(MOST_PROCESSES, os.cpu_count() or 1))
    outcomes.append(run_pytest(["-n", processes, "--dist", "loadgroup", "--no-loadscope-reorder"]))
    line("")
    for outcome in outcomes:
        line(str(outcome))
    return outcomes


def main(words: list[str]) -> int:
    prepare_output()
    if words and words[0] in ("-h", "--help"):
        line("用法：bin/test [pytest 的参数]    不带参数时运行全部检查，带参数时只运行 pytest。")
        return 0

    def on_signal(number: int, frame: FrameType | None) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    data = DataDirectory(DATA)
    cluster = Cluster(data, for_tests=True)
    try:
        wanted.read_env_file()
        data.open()
        prepare_machine(data, cluster)
        set_environment(cluster)
        outcomes = run_all(words)
    except Trouble as trouble:
        trouble.show()
        return 1
    except Stopped:
        line("已停止。")
        return 130
    finally:
        cluster.stop()
        data.close()
    if outcomes[-1].closing and len(outcomes) > 1:
        line(outcomes[-1].closing)
    return 0 if all(outcome.passed for outcome in outcomes) else 1
