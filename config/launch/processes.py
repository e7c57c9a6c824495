"""Children that end with this process, whatever ends it."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from config.launch.say import Trouble, line

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
HEALTHY_AFTER = 60  # seconds: from then on a death counts as the first one again
GIVE_UP_AFTER = 5  # deaths in a row before a child has ever been ready
MISCONFIGURED = 78  # EX_CONFIG: a wrong setting; starting again would not mend it


def ends_with_us(number: int) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends the child this signal when the launcher dies, even by kill -9."""
    launcher = os.getpid()

    def arrange() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != launcher:
            os._exit(1)

    return arrange


def account_of(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """For Popen: run as this account; None is the present one."""
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}


def launch(
    command: Sequence[str],
    *,
    on_death: int = signal.SIGTERM,
    owner: pwd.struct_passwd | None = None,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    keep: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start a long-lived child in a process group of its own, so that Ctrl-C reaches the launcher alone."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=keep,
        preexec_fn=ends_with_us(on_death),
        **account_of(owner),
    )


def follow(command: Sequence[str], heard: Callable[[str], None], *, may_cut: Callable[[], bool] = lambda: True) -> int:
    """Run a command, handing on what it prints line by line. Stopping us stops it too, unless `may_cut` says that it
    must be let finish."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for row in process.stdout:
            heard(row)
    except BaseException:
        if may_cut():
            kill_group(process.pid)
        else:
            line("  等待正在进行的软件包安装结束（中断会损坏 dpkg）…")
            process.stdout.read()
        raise
    finally:
        process.wait()
    return process.returncode


def end(process: subprocess.Popen[bytes], *, first: int = signal.SIGTERM, patience: float = 10) -> None:
    """Ask, wait, then kill; the whole group, so that no grandchild stays behind."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            line(f"  进程 {process.pid} 没有按时退出，强制结束。")
    kill_group(process.pid)
    process.wait()


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


class Child:
    """A process that is started again when it dies, a little later each time."""

    def __init__(self, title: str, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.title, self.start = title, start
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.again_at = 0.0
        self.deaths = 0
        self.was_ready = False

    def run(self) -> None:
        self.process, self.started = self.start(), time.monotonic()

    def watch(self) -> None:
        """Called every half second: notices a death, says so, and starts it again when its time has come."""
        if self.process is None:
            if time.monotonic() >= self.again_at:
                self.run()
            return
        code = self.process.poll()
        if code is None:
            return
        kill_group(self.process.pid)
        self.process = None
        self.deaths = 1 if time.monotonic() - self.started > HEALTHY_AFTER else self.deaths + 1
        if code == MISCONFIGURED or (self.deaths >= GIVE_UP_AFTER and not self.was_ready):
            raise Trouble(
                f"{self.title}启动不了（退出码 {code}）。",
                "原因见上面的输出；改正后重新运行 bin/serve，也可先运行 manage.py doctor 自查。",
                f"A process cannot start (exit code {code}); the lines above say why.",
            )
        pause = min(30.0, 0.5 * 2 ** (self.deaths - 1))
        self.again_at = time.monotonic() + pause
        how = f"被信号 {signal.Signals(-code).name} 终止" if code < 0 else f"退出码 {code}"
        line(f"! {self.title}意外退出（{how}），{pause:g} 秒后重新启动。")

    def stop(self, *, patience: float = 10) -> None:
        if self.process is not None:
            end(self.process, patience=patience)
            self.process = None
