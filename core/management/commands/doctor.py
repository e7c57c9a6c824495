"""`manage.py doctor`: one line for each thing that must be right, with its cure when it is not."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from core import health, outside
from core.documents import pdf

GOOD, DOUBTFUL, BAD = "✓", "!", "✗"
FULL, OVERFULL = 85, 95  # per cent of the disk
CLOCK_TOLERANCE = timedelta(seconds=2)


class Finding(NamedTuple):
    mark: str
    what: str
    value: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.what}：{self.value}" + (f"。{self.cure}" if self.cure else "")


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None


def database() -> Iterator[Finding]:
    version = ask("SHOW server_version")
    yield Finding(GOOD, "PostgreSQL", str(version).split()[0])
    for name, title in (("postgis", "PostGIS"), ("pgrouting", "pgRouting"), ("pg_trgm", "pg_trgm")):
        installed = ask(f"SELECT extversion FROM pg_extension WHERE extname = '{name}'")
        if installed:
            yield Finding(GOOD, title, installed)
        else:
            cure = f"请由数据库管理员在此库执行 CREATE EXTENSION {name};（先安装其软件包）"
            yield Finding(BAD, title, "没有安装", cure)


def migrations() -> Iterator[Finding]:
    waiting = health.unapplied()
    if waiting:
        yield Finding(BAD, "数据库结构", f"差 {len(waiting)} 项迁移（{waiting[0]} 等）", "请执行 manage.py migrate")
    else:
        yield Finding(GOOD, "数据库结构", "与代码一致")


def worker() -> Iterator[Finding]:
    age = health.worker_age()
    if age is None or age > health.STALE_AFTER:
        value = "从未运行" if age is None else f"{int(age.total_seconds())} 秒没有心跳"
        cure = "时限不会触发、PDF 不会生成：请用 bin/serve 启动，或单独运行 manage.py work"
        yield Finding(DOUBTFUL, "后台任务", value, cure)
    else:
        yield Finding(GOOD, "后台任务", f"{age.total_seconds():.1f} 秒前有心跳")


def clocks() -> Iterator[Finding]:
    there: datetime = ask("SELECT clock_timestamp()")
    difference = abs(timezone.now() - there)
    value = f"与数据库相差 {difference.total_seconds():.1f} 秒"
    if difference > CLOCK_TOLERANCE:
        yield Finding(BAD, "时钟", value, "时限会算错：请在两台机器上启用 NTP（timedatectl set-ntp true）")
    else:
        yield Finding(GOOD, "时钟", value)
    # Django itself talks to the database in UTC; what counts is what SQL written by hand gets.
    zone = ask("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")
    if zone == settings.TIME_ZONE == "Asia/Shanghai":
        yield Finding(GOOD, "时区", zone)
    else:
        yield Finding(BAD, "时区", f"程序 {settings.TIME_ZONE}，数据库 {zone}", "两者都应是 Asia/Shanghai")


def documents() -> Iterator[Finding]:
    problems = pdf.problems()
    if program := pdf.office():
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, env=pdf.environment())
        yield Finding(GOOD, "LibreOffice", " ".join(ran.stdout.split()[:2]) or program)
    yield from (Finding(DOUBTFUL, "公文", problem.rstrip("。")) for problem in problems)
    if not problems:
        yield Finding(GOOD, "公文字体", "仿宋_GB2312、小标宋、黑体、楷体齐全")


def disk() -> Iterator[Finding]:
    place: Path = settings.DATA
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    percent = round(100 * usage.used / (usage.used + usage.free))  # as df counts: without what is reserved for root
    value = f"已用 {percent}%，余 {usage.free / 1024**3:.0f} GB（{place}）"
    mark = GOOD if percent < FULL else DOUBTFUL if percent < OVERFULL else BAD
    yield Finding(mark, "磁盘", value, "" if mark == GOOD else "磁盘写满时数据库会停止：请清理或扩容")


def secret() -> Iterator[Finding]:
    file = settings.DATA / "secret.key"
    if settings.SECRET_KEY.startswith("development-only"):
        yield Finding(BAD, "密钥", "用的是开发密钥", "请用 bin/serve 启动（自动生成），或设 ANTU_SECRET_KEY")
    elif "ANTU_SECRET_KEY" not in os.environ and file.stat().st_mode & 0o077:
        yield Finding(BAD, "密钥", f"{file} 可被他人读取", f"请执行 chmod 600 {file}")
    else:
        yield Finding(GOOD, "密钥", f"{len(settings.SECRET_KEY)} 个字符")


def exposure() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(BAD, "DEBUG", "开着", "出错页会泄露数据：正式使用请去掉 ANTU_DEBUG=1")
    else:
        yield Finding(GOOD, "DEBUG", "关着")
    if settings.DEMO:
        yield Finding(DOUBTFUL, "演示账户", "允许", "密码是公开的：正式使用请设 ANTU_DEMO=0")
    if not settings.HTTPS:
        yield Finding(DOUBTFUL, "HTTPS", "没有", "跨机器使用请放在 HTTPS 反向代理之后并设 ANTU_HTTPS=1")


def addresses() -> Iterator[Finding]:
    found = outside.scan(settings.ROOT)
    for one in found:
        where = f"{one.file.relative_to(settings.ROOT)}:{one.line} {one.address}"
        yield Finding(BAD, "外部地址", where, "页面不得向外部服务器要东西：请改为本地文件")
    if not found:
        yield Finding(GOOD, "外部地址", "页面与静态文件中没有")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    database, migrations, worker, clocks, documents, disk, secret, exposure, addresses,
)  # fmt: skip
NEED_DATABASE = (database, migrations, worker, clocks)


def examine() -> Iterator[Finding]:
    """Goes on when the database is away: the rest can still be told."""
    try:
        connection.ensure_connection()
        away = ""
    except DatabaseError as error:
        away = str(error).strip().splitlines()[0]
        yield Finding(BAD, "数据库", f"连不上（{away}）", "请启动数据库，或检查 DATABASE_URL")
    for check in CHECKS:
        if away and check in NEED_DATABASE:
            continue
        try:
            yield from check()
        except (DatabaseError, OSError, subprocess.SubprocessError) as error:
            reason = str(error).strip().splitlines()[0]
            yield Finding(BAD, check.__name__, reason, "这一项没有查成")


class Command(BaseCommand):
    help = "自查：数据库、扩展、字体、磁盘、时钟、密钥、外部地址、后台任务。有 ✗ 时退出码为 1。"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        marks = set()
        for finding in examine():
            marks.add(finding.mark)
            self.stdout.write(str(finding))
        if BAD in marks:
            raise SystemExit(1)
