"""bin/serve: from a bare machine to a served map, then keeping it served until told to stop."""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from config.launch import ROOT, environment, own_database, packages, prepare
from config.launch import settings as wanted
from config.launch.cluster import Cluster
from config.launch.data import DataDirectory
from config.launch.processes import MISCONFIGURED, Child, launch
from config.launch.say import Stopped, Trouble, line, step
from config.launch.say import prepare as prepare_output

SAME_SIGNAL = 1.0  # seconds: `timeout` and some terminals deliver one wish to stop twice
DEMO_PASSWORD = "antu-demo-2026"
DEMO_ACCOUNTS = (
    "duty 市值班员   leader 市指挥长   coordinator 救援协调员   inspector 市执法员   approver 审批负责人",
    "guangrao_duty 广饶县值班员   guangrao_inspector 广饶县执法员   dawang_grid 大王镇网格员",
    "complaints 投诉受理员   enterprise 企业安全员   expert 专家   auditor 审计员   admin 系统管理员",
)


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/serve", description="启动安图：首次运行会安装所缺的软件、建立数据库并装载演示城市。Ctrl-C 停止。"
    )
    parser.add_argument("--port", default="8000", help="网页端口，默认 8000")
    parser.add_argument("--workers", default="1", help="网页进程数，默认 1")
    parser.add_argument("--data", type=Path, default=ROOT / "var", metavar="DIR", help="数据目录，默认 var/")
    parser.add_argument("--empty", action="store_true", help="首次运行不装载演示数据")
    given = parser.parse_args(words)
    given.port = wanted.whole("--port", given.port, allowed=range(1, 65536))
    given.workers = wanted.whole("--workers", given.workers, allowed=range(1, 65))
    given.data = given.data.expanduser().resolve()
    return given


def reserve(port: int, *, after_crash: bool) -> socket.socket:
    """Take the port first: better to hear of a conflict now than after minutes of installing. It listens later."""
    host = os.environ.get("ANTU_BIND", "127.0.0.1")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bind(listener, (host, port), patience=5 if after_crash else 0)
    except PermissionError as error:
        raise Trouble(
            f"普通用户不能使用端口 {port}。",
            "请用 1024 以上的端口，例如 bin/serve --port 8000。",
            f"Port {port} needs root: choose one above 1023.",
        ) from error
    except OSError as error:
        raise Trouble(
            f"不能使用 {host} 的端口 {port}：{error.strerror}（多半已被另一个程序占用）。",
            f"请停止那个程序（用 ss -ltnp 可查是谁），或换一个端口：bin/serve --port {port % 65535 + 1}。",
            f"Port {port} is in use: stop the other program or choose another port.",
        ) from error
    return listener


def bind(listener: socket.socket, address: tuple[str, int], *, patience: float) -> None:
    """After kill -9 the last run's web process may need a moment to let go of the port."""
    until = time.monotonic() + patience
    while True:
        try:
            return listener.bind(address)
        except OSError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.2)


class Serve:
    """Everything one bin/serve holds: made in order by `start`, given back in reverse by `stop`."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.data = DataDirectory(given.data)
        self.url = os.environ.get("DATABASE_URL", "")
        self.cluster = None if self.url else Cluster(self.data)
        self.children: list[Child] = []
        self.tools: packages.Background | None = None
        self.stopping = threading.Event()

    def start(self) -> None:
        self.data.open()
        self.listener = reserve(self.given.port, after_crash=self.data.was_cut_short)
        if self.cluster:
            self.cluster.check_files()
        if names := packages.for_the_map(own_database=not self.cluster):
            packages.install(names, "安装地图所需的系统软件")
        environment.ensure("base")
        self.data.ensure_secret_key()
        has_users = self.open_database()
        variables = self.variables = {"DATABASE_URL": self.url, "ANTU_DATA": str(self.data.path)}
        prepare.migrate(self.data, variables, is_private=self.cluster is not None)
        self.load(variables, has_users=has_users)
        prepare.collect_static(self.data, variables)
        self.start_children({**os.environ, **variables})

    def open_database(self) -> bool:
        """Whether somebody is already in it."""
        if self.cluster is None:
            return self.look_into_own_database()
        if not self.cluster.exists:
            with step("建立数据库"):
                self.cluster.create()
        with step("启动数据库") as progress:
            self.cluster.start(progress)
            self.cluster.ensure_database()
        self.url = self.cluster.url()
        if self.data.state.get("loading"):  # web was never started on it, so nobody's work is lost
            line("! 上次首次装载没有完成，从头再来")
            self.cluster.forget_half_loaded()
            self.data.note(migrated=None, loading=None)
        return bool(self.data.state.get("loaded"))

    def look_into_own_database(self) -> bool:
        has_users = bool(own_database.check(self.url)["has_users"])
        if has_users and self.data.state.get("loading_elsewhere"):
            raise Trouble(
                "上次向 DATABASE_URL 指定的数据库装载演示数据没有完成。",
                "请由管理员删除并重建此数据库（dropdb、createdb）后重试；这里不会替你清空别处的数据库。",
                "The first load into DATABASE_URL did not finish: drop and create that database, then try again.",
            )
        return has_users or bool(self.data.state.get("loaded_elsewhere"))

    def load(self, variables: dict[str, str], *, has_users: bool) -> None:
        """The first start decides what is in the database; later ones leave it alone."""
        if has_users:
            return
        where = "" if self.cluster else "_elsewhere"
        if self.given.empty or not wanted.flag("ANTU_DEMO", True):
            self.data.note(**{f"loaded{where}": "empty"})
            return
        self.data.note(**{f"loading{where}": True})
        prepare.load_demo(self.data, variables)
        self.data.note(**{f"loaded{where}": "demo", f"loading{where}": None})

    def start_children(self, variables: dict[str, str]) -> None:
        number = self.listener.fileno()
        web = [str(environment.PYTHON), "-m", "config.launch.web", str(number), str(self.given.workers)]
        self.children = [
            Child("网页服务", lambda: launch(web, environment=variables, cwd=ROOT, keep=(number,))),
            Child(
                "后台任务", lambda: launch(environment.manage("work", "--skip-checks"), environment=variables, cwd=ROOT)
            ),
        ]
        with step("启动网页与后台任务"):
            for child in self.children:
                child.run()
            self.wait_for_answer()

    def wait_for_answer(self) -> None:
        web, until = self.children[0], time.monotonic() + 60
        while not self.answers():
            if (web.process and web.process.poll() == MISCONFIGURED) or time.monotonic() > until:
                raise Trouble(
                    "网页服务没有启动。",
                    "原因见上面的输出，改正后重试。",
                    "The web process does not answer; the lines above say why.",
                )
            for child in self.children:
                child.watch()
            if self.stopping.wait(0.1):
                raise Stopped
        for child in self.children:
            child.was_ready = True

    def answers(self) -> bool:
        host, port = self.listener.getsockname()[:2]
        connection = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def announce(self) -> None:
        host, port = self.listener.getsockname()[:2]
        address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/"
        self.data.sign(f"bin/serve，地址 {address}")
        line(f"\n  安图已启动：{address}    （Ctrl-C 停止）\n")
        if "demo" in (self.data.state.get("loaded"), self.data.state.get("loaded_elsewhere")):
            line(f"  演示账户（密码都是 {DEMO_PASSWORD}；人和企业均为虚构）：")
            for row in DEMO_ACCOUNTS:
                line(f"    {row}")
        else:
            url = f'"$(cat {self.data.path}/database.url)"' if self.cluster else '"$DATABASE_URL"'
            line("  还没有账户时，先在另一个窗口建立管理员：")
            line(f"    DATABASE_URL={url} ANTU_DATA={self.data.path} .venv/bin/python manage.py createsuperuser")
        line("")

    def supervise(self) -> None:
        self.tools = packages.Background(self.data.path / "packages.log")
        self.tools.start()
        while not self.stopping.wait(0.5):
            self.watch_database()
            for child in self.children:
                child.watch()
            if self.tools.watch():
                prepare.make_pdfs(self.variables)

    def watch_database(self) -> None:
        if self.cluster and self.cluster.process and self.cluster.process.poll() is not None:
            line("! 数据库意外退出，正在重新启动（已确认的数据都在磁盘上）")
            self.cluster.start_again()
            line("✓ 数据库已恢复")

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
        if self.tools:
            self.tools.stop()
        if self.cluster:
            self.cluster.stop()
        self.data.close()


def catch_signals(serve: Serve) -> None:
    """The first signal stops in order, wherever we are; after a second one the kernel ends the children."""
    first: float | None = None

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if first is not None:
            if time.monotonic() - first > SAME_SIGNAL:
                os._exit(130)
            return
        first = time.monotonic()
        if serve.stopping.is_set():  # already on the way out because of some trouble
            return
        serve.stopping.set()
        if not serve.children:  # still preparing: leave whatever is under way
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)


def main(words: list[str]) -> int:
    prepare_output()
    serve = None
    try:
        wanted.read_env_file()
        serve = Serve(arguments(words))
        catch_signals(serve)
        serve.start()
        serve.announce()
        serve.supervise()
    except Trouble as trouble:
        trouble.show()
        return 1
    except Stopped:
        line("已停止。")
        return 130
    finally:
        if serve:
            serve.stopping.set()
            serve.stop()
    line("已停止，没有留下进程。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
