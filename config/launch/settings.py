"""The few settings the launcher itself reads: the environment, completed by an `.env` file in the checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable

from config.launch import ROOT
from config.launch.say import Trouble


def read_env_file() -> None:
    """KEY=value a line; what the environment already says wins."""
    file = ROOT / ".env"
    if not file.is_file():
        return
    for number, row in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        row = row.strip().removeprefix("export ")
        if not row or row.startswith("#"):
            continue
        name, equals, value = row.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Trouble(
                f"{file} 第 {number} 行写错了：{row.split('=')[0][:40]!r}。",
                "每行应是 名称=值，以 # 开头的是说明；参见 .env.example。",
                f".env line {number}: expected NAME=value.",
            )
        os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "1" if default else "0")
    if value not in ("0", "1"):
        raise Trouble(f"{name}={value!r} 写错了。", "只能是 0 或 1。", f"{name}: expected 0 or 1.")
    return value == "1"


def whole(name: str, value: str, *, allowed: range) -> int:
    if not value.isdecimal() or int(value) not in allowed:
        raise Trouble(
            f"{name} 的值 {value!r} 不对。",
            f"应是 {allowed.start} 到 {allowed.stop - 1} 之间的整数。",
            f"{name}: expected a whole number from {allowed.start} to {allowed.stop - 1}.",
        )
    return int(value)


def without(names: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in set(names)}
