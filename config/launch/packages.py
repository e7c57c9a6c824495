"""What the operating system must have, and getting it through apt."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launch.processes import follow
from config.launch.say import Trouble, line, step

POSTGRES_HOMES = Path("/usr/lib/postgresql")
EXTENSIONS = ("postgis", "pgrouting", "pg_trgm")
OLDEST_POSTGRES = 14
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CREATE_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/antu.conf")


def complete_postgres() -> dict[int, Path]:
    """Major version -> bin directory of each installed PostgreSQL that has everything the map needs."""
    found = {}
    for home in POSTGRES_HOMES.glob("[0-9]*"):
        controls = Path("/usr/share/postgresql", home.name, "extension")
        if all((controls / f"{name}.control").is_file() for name in EXTENSIONS) and (home / "bin/initdb").is_file():
            found[int(home.name)] = home / "bin"
    return found


def chromium() -> str | None:
    return os.environ.get("ANTU_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def has_cjk_font() -> bool:
    found = (
        subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True) if shutil.which("fc-list") else None
    )
    return bool(found and found.stdout.strip())


def for_the_map(*, own_database: bool) -> list[str]:
    """Packages still missing before the first map can be shown."""
    names: list[str] = []
    if importlib.util.find_spec("ensurepip") is None:
        names.append(
            "python3-venv" if sys.executable == "/usr/bin/python3" else f"python3.{sys.version_info.minor}-venv"
        )
    if not own_database and not complete_postgres():
        names += postgres_names()
    elif not (ctypes.util.find_library("gdal") and ctypes.util.find_library("geos_c")):
        names.append("gdal-bin")  # brings the GDAL, GEOS and PROJ libraries under whatever name this release gives them
    return names


def for_documents() -> list[str]:
    """Packages still missing for PDF and for Chinese text on what the server draws."""
    names = [] if shutil.which("fc-match") else ["fontconfig"]
    if not has_cjk_font():
        names.append("fonts-noto-cjk")
    if not shutil.which("soffice"):
        names.append("libreoffice-writer-nogui" if known("libreoffice-writer-nogui") else "libreoffice-writer")
    return names


def for_browser_tests() -> list[str]:
    return [] if chromium() else ["chromium"]


def postgres_names() -> list[str]:
    """This release's newest PostgreSQL for which it has both PostGIS and pgRouting."""
    names = set(apt_names("postgresql-"))
    if not names:
        refresh()
        names = set(apt_names("postgresql-"))
    majors = {int(m[1]) for name in names if (m := re.fullmatch(r"postgresql-(\d+)-pgrouting", name))}
    usable = [n for n in majors if f"postgresql-{n}-postgis-3" in names and n >= OLDEST_POSTGRES]
    if not usable:
        raise Trouble(
            "软件源里没有带 PostGIS 与 pgRouting 的 PostgreSQL 14 以上版本。",
            "请在 Debian 12、Ubuntu 24.04 或更新的系统上运行，检查网络与 /etc/apt 软件源后重试；"
            "或用环境变量 DATABASE_URL 指定已有的 PostgreSQL。",
            "apt offers no PostgreSQL with PostGIS and pgRouting: check the network, or set DATABASE_URL.",
        )
    major = max(usable)
    return [f"postgresql-{major}", f"postgresql-{major}-postgis-3", f"postgresql-{major}-pgrouting"]


def apt_names(prefix: str) -> list[str]:
    if not shutil.which("apt-cache"):
        return []
    return subprocess.run(["apt-cache", "pkgnames", prefix], capture_output=True, text=True).stdout.split()


def known(name: str) -> bool:
    return name in apt_names(name)


def install_command(names: Iterable[str]) -> str:
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"


def missing(names: list[str], why: str, detail: str = "") -> Trouble:
    return Trouble(
        f"缺少系统软件包 {' '.join(names)}，{why}。",
        f"请联网并由管理员执行后重试：\n    {install_command(names)}\n",
        "System packages are missing and could not be installed; run the command above as an administrator.",
        detail,
    )


def as_root(*, ask: bool) -> list[str] | None:
    """The words to put before a command to run it as root, or None when that cannot be had."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    if ask and sys.stdin.isatty():
        line("安装系统软件包需要管理员权限，请输入 sudo 密码：")
        if subprocess.run(["sudo", "-v"]).returncode == 0:
            return ["sudo", "-n"]
    return None


def apt(prefix: list[str], *words: str) -> list[str]:
    """Progress comes on descriptor 9, joined to the output behind sudo, which closes what it does not know. Not on 1:
    dpkg closes the one it reports on, and a package's script that prints then fails."""
    settings = ("-o", "DPkg::Lock::Timeout=180", "-o", "Dpkg::Use-Pty=0", "-o", "APT::Status-Fd=9")
    shell = ("sh", "-c", 'exec apt-get "$@" 9>&1', "apt-get")
    return [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *shell, "-q", "-y", *settings, *words]


def run_apt(command: list[str], progress: Callable[[str], None]) -> tuple[int, str]:
    """Exit code and what apt said; its progress lines are shown as a percentage."""
    said: list[str] = []
    stage = "dl"

    def heard(row: str) -> None:
        nonlocal stage
        if m := re.match(r"(dl|pm)status:[^:]*:([\d.]+):", row):
            stage = m[1]
            progress(f"{'下载' if stage == 'dl' else '安装'} {float(m[2]):.0f}%")
        else:
            said.append(row)

    code = follow(command, heard, may_cut=lambda: stage == "dl")
    return code, "".join(s for s in said if s.startswith(("E:", "W:", "Err")) or "dpkg" in s)


def refresh() -> None:
    """Bring apt's lists up to date; without them it knows no package on a bare machine."""
    prefix = as_root(ask=True)
    if prefix is not None and shutil.which("apt-get"):
        with step("更新软件源目录") as progress:
            run_apt(apt(prefix, "update"), progress)


def install(names: list[str], title: str) -> None:
    """Install now, or say exactly what an administrator has to do."""
    if os.environ.get("ANTU_INSTALL", "1") == "0":
        raise missing(names, "而 ANTU_INSTALL=0 不允许自动安装")
    if not shutil.which("apt-get"):
        raise missing(names, "而本机没有 apt-get（只支持在 Debian、Ubuntu 上自动安装）")
    prefix = as_root(ask=True)
    if prefix is None:
        raise missing(names, "而当前用户不是 root，也不能使用 sudo")
    if not all(known(name) for name in names):
        refresh()
    with step(f"{title}（{' '.join(names)}）") as progress, no_system_cluster(prefix):
        words = ("install", "--no-install-recommends", *names)
        code, said = run_apt(apt(prefix, *words), progress)
        if code:  # most often an old list that names files the mirror no longer has
            run_apt(apt(prefix, "update"), progress)
            code, said = run_apt(apt(prefix, *words), progress)
        if code:
            raise missing(names, "自动安装没有成功（多半是没有网络，或软件源不可用）", said)


@contextmanager
def no_system_cluster(prefix: list[str]) -> Iterator[None]:
    """Keeps a first installation of PostgreSQL from making and starting a cluster of its own on port 5432."""
    if Path("/usr/share/postgresql-common").exists():
        yield
        return
    subprocess.run([*prefix, "mkdir", "-p", str(CREATE_NO_CLUSTER.parent)])
    rule = b"create_main_cluster = false\n"
    subprocess.run([*prefix, "tee", str(CREATE_NO_CLUSTER)], input=rule, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(CREATE_NO_CLUSTER)])


class Background:
    """Installs the document tools while the map is already being served. Only the download is cut short by a stop:
    a half-unpacked package would leave the machine's dpkg broken."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.names = for_documents()
        self.stage = "download"
        self.process: subprocess.Popen[bytes] | None = None
        self.prefix: list[str] | None = None

    def start(self) -> None:
        if not self.names:
            return
        allowed = os.environ.get("ANTU_INSTALL", "1") != "0" and shutil.which("apt-get")
        self.prefix = as_root(ask=False) if allowed else None
        if self.prefix is None:
            line(f"! 公文转 PDF 还缺 {' '.join(self.names)}，可由管理员安装：{install_command(self.names)}")
            return
        line("… 后台安装公文转 PDF 用的字体与 LibreOffice，不影响使用地图")
        self.run("install", "--download-only", "--no-install-recommends", *self.names)

    def run(self, *words: str) -> None:
        assert self.prefix is not None
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                apt(self.prefix, *words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def watch(self) -> bool:
        """True at the moment everything has been installed."""
        if self.process is None or (code := self.process.poll()) is None:
            return False
        self.process = None
        if code:
            line(f"! 字体与 LibreOffice 没有装上（原因见 {self.log}），公文暂时只有 docx。")
            line(f"  可由管理员执行：{install_command(self.names)}")
        elif self.stage == "download":
            self.stage = "install"
            self.run("install", "--no-install-recommends", *self.names)
        else:
            line("✓ 公文转 PDF 已可用")
            return True
        return False

    def stop(self) -> None:
        if self.process is None:
            return
        if self.stage == "download" and os.geteuid() == 0:
            self.process.terminate()
        else:
            line("  等待正在进行的软件包安装结束（中断会损坏 dpkg）…")
        self.process.wait()
        self.process = None
