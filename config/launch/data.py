"""The data directory: who uses it, how far its first start has come, and the few secrets it holds."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

from config.launch.say import Trouble


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by the owner alone from its first moment."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class DataDirectory:
    """`state.json` says what has been completed; what it does not say is done again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state: dict[str, Any] = {}
        self.lock: IO[str] | None = None
        self.was_cut_short = False  # the last user had no time to take its word away: its children may still be ending

    def open(self) -> None:
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise Trouble(
                f"不能使用数据目录 {self.path}（{error.strerror}）。",
                "请换一个可写的目录：bin/serve --data 目录，或改正此目录的所有者与权限后重试。",
                "The data directory cannot be used: choose another with --data, or mend its owner and permissions.",
            ) from error
        self.hold(lock)
        self.state = self.read()

    def hold(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "另一个进程"
            lock.close()
            raise Trouble(
                f"数据目录 {self.path} 正被占用：{holder}。",
                "请先停止它（在它的窗口按 Ctrl-C），或用 --data 指定另一个目录。",
                "Another bin/serve or bin/test uses this data directory: stop it, or choose another with --data.",
            ) from error
        self.lock = lock
        lock.seek(0)
        self.was_cut_short = bool(lock.read())
        self.sign("正在准备")

    def sign(self, what: str) -> None:
        """Leave word for whoever finds the directory taken."""
        assert self.lock is not None
        self.lock.seek(0)
        self.lock.truncate()
        self.lock.write(f"进程 {os.getpid()}，{what}")
        self.lock.flush()

    def read(self) -> dict[str, Any]:
        file = self.path / "state.json"
        if not file.exists():
            return {}
        try:
            state = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(state, dict):
                raise ValueError("not an object")
        except (OSError, ValueError) as error:
            raise Trouble(
                f"{file} 读不出来，它记着数据库的密码与装载进度。",
                f"请从备份恢复此文件；若 {self.path} 里没有要保留的数据，删除整个目录后重试。",
                "state.json is unreadable: restore it from a backup, or remove the directory if nothing in it matters.",
            ) from error
        return state

    def note(self, **facts: Any) -> None:
        self.state.update(facts)
        write_private(self.path / "state.json", json.dumps(self.state, ensure_ascii=False, indent=1))

    def ensure_secret_key(self) -> None:
        file = self.path / "secret.key"
        if not file.exists() or len(file.read_text().strip()) < 40:
            write_private(file, secrets.token_urlsafe(50) + "\n")

    def close(self) -> None:
        if self.lock is not None:
            self.lock.seek(0)
            self.lock.truncate()
            self.lock.close()
            self.lock = None
