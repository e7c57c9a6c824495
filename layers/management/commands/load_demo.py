"""`manage.py load_demo --seed 1 --scale 1`: the demo city, fictional, at the size the city published."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from fixtures.demo.people import PASSWORD
from layers import demo_city


class Shown:
    """Progress as bars on a terminal, as a line now and then elsewhere."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stdout)
        self.bars: Bars | None = None
        self.tasks: dict[str, TaskID] = {}
        self.last = ("", 0.0)

    def __enter__(self) -> Shown:
        if self.console.is_terminal:
            columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.bars = Bars(*columns, console=self.console)
            self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.bars:
            self.bars.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.bars:
            if what not in self.tasks:
                self.tasks[what] = self.bars.add_task(what, total=total)
            self.bars.update(self.tasks[what], completed=done, total=total)
            return
        label, at = self.last
        if done >= total or (what == label and time.monotonic() - at > 5):
            print(f"  {what} {done}/{total}", flush=True)
            self.last = (what, time.monotonic())
        elif what != label:
            self.last = (what, time.monotonic())


class Command(BaseCommand):
    help = "Load the demo city: fictional enterprises, resources, plans and incidents, and the demo accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="same seed, same city")
        parser.add_argument("--scale", type=int, default=1, help="so many times the published counts (1 to 100)")
        parser.add_argument("--status", action="store_true", help="say as JSON whether it is loaded, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        status = demo_city.status()
        if options["status"]:
            self.stdout.write(json.dumps(status, ensure_ascii=False))
            return
        if not settings.DEMO:
            raise CommandError("ANTU_DEMO=0：此系统不允许装载演示数据（演示账号的密码是公开的）。")
        if not 1 <= options["scale"] <= 100:
            raise CommandError(f"--scale {options['scale']}：应为 1 到 100 的整数。")
        if status["state"] == "loaded":
            self.stdout.write(f"演示城市已经装载（seed {status['seed']}，scale {status['scale']}），没有改动。")
            return
        if status["state"] == "foreign":
            rows = "，".join(f"{name} {n}" for name, n in status["rows"].items())
            raise CommandError(f"数据库里已有别的数据（{rows}），不会混入演示数据。请换一个空数据库。")
        self._load(seed=options["seed"], scale=options["scale"])

    def _load(self, *, seed: int, scale: int) -> None:
        try:
            with Shown() as progress:
                loaded = demo_city.load(seed=seed, scale=scale, progress=progress)
        except demo_city.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"演示城市已装载，用时 {loaded['seconds']} 秒。账号 duty、leader、inspector 等，密码 {PASSWORD}。"
        )
