"""The Python packages: one virtual environment, filled from the lock files and from nothing else."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launch import ROOT
from config.launch.processes import follow
from config.launch.say import Trouble, step

HOME = ROOT / ".venv"
PYTHON = HOME / "bin/python"
LOCKS = {"base": ROOT / "requirements/base.txt", "test": ROOT / "requirements/test.txt"}


@contextmanager
def alone() -> Iterator[None]:
    """bin/serve and bin/test may be started together; one of them installs at a time."""
    try:
        lock = (ROOT / ".venv.lock").open("w")
    except OSError as error:
        raise Trouble(
            f"当前用户不能写入 {ROOT}（{error.strerror}）。",
            "请用此目录的所有者运行，或把代码复制到自己的目录后重试。",
            "The checkout is not writable: run as its owner or copy it.",
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(name: str) -> str:
    return hashlib.sha256(LOCKS[name].read_bytes()).hexdigest()


def stamp(name: str) -> Path:
    return HOME / f".installed-{name}"


def is_current(name: str) -> bool:
    return stamp(name).is_file() and stamp(name).read_text() == digest(name)


def works() -> bool:
    """A moved checkout or an upgraded system Python leaves an environment that cannot start."""
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def ensure(*names: str) -> None:
    """Make the environment, or bring it up to the lock files; does nothing when they have not changed."""
    with alone():
        if PYTHON.exists() and all(map(is_current, names)):
            return
        if not works():
            create()
        fill([name for name in names if not is_current(name)])


def create() -> None:
    with step("建立 Python 环境 .venv"):
        shutil.rmtree(HOME, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", HOME], capture_output=True, text=True)
    if made.returncode:
        raise Trouble(
            f"不能建立 Python 环境 {HOME}。",
            "请看下面的原因；缺 venv 时执行 sudo apt-get install -y python3-venv，磁盘满时请清理后重试。",
            "The virtual environment could not be made.",
            made.stdout + made.stderr,
        )


def fill(names: list[str]) -> None:
    wanted = sum(len(re.findall(r"^\S+==", LOCKS[name].read_text(), re.MULTILINE)) for name in names)
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    for name in names:
        command += ["-r", str(LOCKS[name])]
    with step("安装 Python 依赖（按锁定文件校验哈希）") as progress:
        code, said = run_pip([*command, "--progress-bar", "off"], wanted, progress)
    if code:
        raise Trouble(
            "Python 依赖没有装上，多半是没有网络，或软件源里缺包。",
            "请联网后重试；内网可先设 PIP_INDEX_URL 指向内部镜像，或用 PIP_FIND_LINKS 指向存放安装包的目录。",
            "pip could not install the locked packages: check the network, or set PIP_INDEX_URL / PIP_FIND_LINKS.",
            "\n".join(row for row in said if row.startswith("ERROR") or "Hash" in row or "error" in row.lower()),
        )
    for name in names:
        stamp(name).write_text(digest(name))


def run_pip(command: list[str], wanted: int, progress: Callable[[str], None]) -> tuple[int, list[str]]:
    said: list[str] = []
    seen = 0

    def heard(row: str) -> None:
        nonlocal seen
        said.append(row.rstrip())
        if row.startswith(("Collecting", "Requirement already")):
            seen += 1
            progress(f"{seen}/{wanted}")
        elif row.startswith("Installing"):
            progress("写入磁盘")

    return follow(command, heard), said


def python(path: Path) -> list[str]:
    return [str(PYTHON), str(path)]


def manage(*words: str) -> list[str]:
    return [str(PYTHON), str(ROOT / "manage.py"), *words]
