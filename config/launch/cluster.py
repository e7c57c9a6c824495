"""A PostgreSQL of our own: made, started and stopped with bin/serve, listening on this machine only."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from config.launch import packages
from config.launch.data import DataDirectory, write_private
from config.launch.place import choose_place, owner_of
from config.launch.processes import account_of, end, launch
from config.launch.say import Trouble

HOST = "127.0.0.1"
ROLE = DATABASE = "antu"
READY = "ready"  # the eighth line of postmaster.pid once connections are accepted

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "120",
    "synchronous_commit": "on",  # an answered command is on disk
    "password_encryption": "scram-sha-256",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "idle_in_transaction_session_timeout": "5min",  # for forgotten psql sessions; the application asks for less
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "lc_messages": "C",
    # Statements carry names and telephone numbers, so none is ever logged.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_file_mode": "0600",
}
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "256MB"}


def memory() -> int:
    """Megabytes of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2


class Cluster:
    def __init__(self, data: DataDirectory, *, for_tests: bool = False) -> None:
        self.data, self.for_tests = data, for_tests
        self.bin = Path()
        self.owner: pwd.struct_passwd | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def files(self) -> Path:
        return self.data.path / "postgres"

    @property
    def exists(self) -> bool:
        return self.files.is_dir()

    def url(self, role: str = ROLE, database: str = DATABASE) -> str:
        password = self.data.state["password" if role == ROLE else "superuser_password"]
        return f"postgres://{role}:{quote(password)}@{HOST}:{self.data.state['port']}/{database}"

    # --- making it

    def create(self) -> None:
        """initdb beside the final place, then one rename: a crash leaves nothing that looks like a cluster."""
        self.bin = self.newest_bin()
        self.owner, place = choose_place(self.data.path, for_tests=self.for_tests)
        fresh = place / "postgres.new"
        for half_made in (fresh, self.data.path / "postgres.new"):
            shutil.rmtree(half_made, ignore_errors=True)
        self.data.note(password=secrets.token_urlsafe(24), superuser_password=secrets.token_urlsafe(24), database=None)
        self.run_initdb(fresh)
        final = place / "postgres"
        fresh.rename(final)
        if place != self.data.path:
            self.files.unlink(missing_ok=True)
            self.files.symlink_to(final)

    def check_files(self) -> None:
        """What we did not half-make ourselves nobody but its owner may throw away."""
        if self.files.is_dir() and not self.files.is_symlink() and not any(self.files.iterdir()):
            self.files.rmdir()
        if self.exists and (self.files / "PG_VERSION").is_file() and self.data.state.get("password"):
            return
        if self.exists:
            lacking = (
                "PG_VERSION（数据库目录没有建完）"
                if self.data.state.get("password")
                else "state.json（记着密码与进度）"
            )
        elif self.data.state.get("loaded"):
            lacking = "postgres（数据库文件），而以前已装载过数据"
        else:
            return
        raise Trouble(
            f"数据目录 {self.data.path} 不完整：缺少 {lacking}。",
            f"请从备份恢复；若里面没有要保留的数据，执行 rm -r {self.data.path} 后重试，或用 --data 另指定目录。",
            "The data directory is incomplete: restore it, or remove it if nothing in it matters, or choose another.",
        )

    def newest_bin(self) -> Path:
        found = packages.complete_postgres()
        return found[max(found)]

    def run_initdb(self, fresh: Path) -> None:
        fresh.mkdir(mode=0o700)
        password = fresh.parent / "postgres.password"
        write_private(password, self.data.state["superuser_password"])
        if self.owner:
            for path in (fresh, password):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        command: list[str | Path] = [self.bin / "initdb", "-D", fresh, "--username=postgres", "--auth=scram-sha-256"]
        command += [f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        command += ["--no-sync"] if self.for_tests else ["--data-checksums"]
        try:
            made = subprocess.run(command, capture_output=True, text=True, cwd=fresh, **account_of(self.owner))
        finally:
            password.unlink()
        if made.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise Trouble(
                "数据库目录没有建成。",
                f"请看下面的原因；最常见的是磁盘已满或 {fresh.parent} 不可写，处理后重试。",
                "initdb failed; the reason is above. Most often the disk is full or the directory not writable.",
                made.stderr,
            )

    # --- running it

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        self.owner = owner_of(self.files)
        self.bin = self.matching_bin()
        self.end_orphan()
        self.data.note(port=self.choose_port())
        log = self.data.path / "postgres-start.log"
        with log.open("wb") as output:
            self.process = launch(
                self.command(),
                on_death=signal.SIGINT,
                owner=self.owner,
                cwd=self.files,
                output=output.fileno(),
                environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            )
        self.wait(log, progress)
        write_private(self.data.path / "database.url", self.url() + "\n")

    def start_again(self) -> None:
        """After a crash the dead server's own children may hold its shared memory for a moment longer."""
        for attempt in range(5):
            time.sleep(attempt)
            try:
                return self.start()
            except Trouble:
                if attempt == 4:
                    raise

    def command(self) -> list[str]:
        settings = dict(SETTINGS, port=str(self.data.state["port"]))
        settings["shared_buffers"] = f"{max(128, min(1024, memory() // 8))}MB"
        settings["effective_cache_size"] = f"{max(256, memory() // 2)}MB"
        if self.for_tests:
            settings.update(FOR_TESTS)
        words = [str(self.bin / "postgres"), "-D", str(self.files.resolve())]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        return words

    def matching_bin(self) -> Path:
        major = (self.files / "PG_VERSION").read_text().strip()
        found = packages.complete_postgres()
        if int(major) not in found:
            have = "、".join(map(str, sorted(found))) or "无"
            raise Trouble(
                f"{self.files} 是 PostgreSQL {major} 的数据，本机可用的是：{have}。",
                f"请安装 postgresql-{major}、postgresql-{major}-postgis-3、postgresql-{major}-pgrouting 后重试，"
                "或按 docs/operations.md「升级 PostgreSQL」导出再导入。",
                f"The data are PostgreSQL {major}'s: install that version, or dump and restore (docs/operations.md).",
            )
        return found[int(major)]

    def end_orphan(self) -> None:
        """After kill -9 or a power cut: stop a server that is still on these files, forget one that is not."""
        pid_file = self.files / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
            is_ours = os.readlink(f"/proc/{pid}/cwd") == str(self.files.resolve())
            is_postgres = os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("postgres")
        except (OSError, ValueError, IndexError):
            return  # nobody has that number: PostgreSQL itself sees that the file is stale
        if not is_ours:
            if not is_postgres:  # after a reboot the number may be anybody's, and PostgreSQL would refuse to start
                pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        until = time.monotonic() + 30
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > until:
                raise Trouble(
                    f"上次留下的数据库进程 {pid} 没有在 30 秒内退出。",
                    f"请执行 kill -QUIT {pid}，稍候重试。",
                    f"A database process of the last run does not end: kill -QUIT {pid}, then try again.",
                )
            time.sleep(0.1)

    def choose_port(self) -> int:
        """The last one, so that backup tools find it again; another only if that is taken."""
        for port in (self.data.state.get("port", 0), 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    continue
                return int(probe.getsockname()[1])
        raise AssertionError("the kernel gave no free port")

    def wait(self, log: Path, progress: Callable[[str], None]) -> None:
        assert self.process is not None
        while not self.is_ready():
            if self.process.poll() is not None:
                raise Trouble(
                    "数据库没有启动。",
                    f"请看下面的原因；完整记录在 {log} 与 {self.files}/log/。磁盘满或内存不足时请清理后重试。",
                    "PostgreSQL did not start; the reason is above.",
                    log.read_text(errors="replace") + self.last_log(),
                )
            progress("正在恢复" if self.process and self.is_recovering() else "")
            time.sleep(0.05)

    def last_log(self) -> str:
        logs = sorted((self.files / "log").glob("*.log"), key=lambda f: f.stat().st_mtime)
        return "\n".join(logs[-1].read_text(errors="replace").splitlines()[-4:]) if logs else ""

    def is_ready(self) -> bool:
        try:
            rows = (self.files / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(rows) > 7 and rows[7].strip() == READY and rows[0] == str(self.process and self.process.pid)

    def is_recovering(self) -> bool:
        return (self.files / "postmaster.pid").exists()

    def stop(self) -> None:
        """SIGINT is PostgreSQL's fast shutdown: connections are cut, everything acknowledged is on disk."""
        if self.process is not None:
            end(self.process, first=signal.SIGINT, patience=60)
            self.process = None

    # --- filling it

    def sql(self, text: str, *, database: str = "postgres") -> str:
        where = ["-h", HOST, "-p", str(self.data.state["port"]), "-U", "postgres", "-d", database]
        ran = subprocess.run(
            [self.bin / "psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", *where],
            env={**os.environ, "PGPASSWORD": self.data.state["superuser_password"]},
            input=text,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise Trouble(
                "数据库准备失败。", "请看下面的原因，处理后重试。", "Preparing the database failed.", ran.stderr
            )
        return ran.stdout

    def ensure_database(self) -> None:
        """The application's role owns its database and nothing else; the extensions need a superuser, so they are made
        here, in template1, from which test databases get them too."""
        if self.data.state.get("database") == DATABASE:
            return
        password = self.data.state["password"]
        make = "\n".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in packages.EXTENSIONS)
        self.sql(make, database="template1")
        create_databases = "CREATEDB" if self.for_tests else "NOCREATEDB"
        self.sql(f"""
            DROP DATABASE IF EXISTS {DATABASE};
            DROP ROLE IF EXISTS {ROLE};
            CREATE ROLE {ROLE} LOGIN {create_databases} PASSWORD '{password}';
            CREATE DATABASE {DATABASE} OWNER {ROLE};
        """)
        if self.for_tests:
            self.let_tests_truncate()
        self.data.note(database=DATABASE)
        write_private(self.data.path / "superuser.url", self.url("postgres", DATABASE) + "\n")

    def let_tests_truncate(self) -> None:
        """Insert-only tables refuse TRUNCATE unless the database says otherwise; since PostgreSQL 15 saying so is a
        privilege of its own."""
        if int((self.files / "PG_VERSION").read_text()) >= 15:
            self.sql(f'GRANT SET ON PARAMETER "antu.may_truncate" TO {ROLE};')

    def forget_half_loaded(self) -> None:
        """The first load did not finish and nobody has worked in it: begin again with an empty database."""
        self.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE); CREATE DATABASE {DATABASE} OWNER {ROLE};")
