"""Where the cluster's files may lie and who they belong to: PostgreSQL refuses to run as root."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from config.launch.processes import account_of
from config.launch.say import Trouble, line

ELSEWHERE = Path("/var/lib/antu")


def unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble(
        "以 root 启动时需要一个普通账户来运行 PostgreSQL，本机没有 postgres 账户。",
        "请执行 useradd --system postgres 后重试，或改用普通用户运行 bin/serve。",
        "PostgreSQL does not run as root and there is no account 'postgres': create it, or run as an ordinary user.",
    )


def can_enter(folder: Path, owner: pwd.struct_passwd) -> bool:
    return subprocess.run(["test", "-x", str(folder)], cwd="/", **account_of(owner)).returncode == 0


def choose_place(data: Path, *, for_tests: bool) -> tuple[pwd.struct_passwd | None, Path]:
    """The account that will own a new cluster, and the folder to make it in."""
    if os.geteuid() != 0:
        return None, data
    owner = unprivileged()
    if can_enter(data, owner):
        return owner, data
    place = ELSEWHERE / hashlib.sha256(str(data).encode()).hexdigest()[:12]
    if (place / "postgres").exists():
        put_aside(place, for_tests=for_tests)
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    line(f"  账户 {owner.pw_name} 进不了 {data}（上级目录不对外开放），数据库文件放在 {place}。")
    return owner, place


def put_aside(place: Path, *, for_tests: bool) -> None:
    """A cluster of a data directory that has been removed since: tests drop it, anything else is kept."""
    if for_tests:
        shutil.rmtree(place)
        return
    kept = place.with_name(f"{place.name}.old-{int(time.time())}")
    place.rename(kept)
    line(f"! 发现旧的数据库文件（其数据目录已被删除），已移到 {kept}；不再需要时请自行删除。")


def owner_of(files: Path) -> pwd.struct_passwd | None:
    """The account PostgreSQL has to run as for these files; None means the present one."""
    uid = files.stat().st_uid
    if uid == os.geteuid() and uid != 0:
        return None
    if os.geteuid() == 0 and uid != 0:
        return pwd.getpwuid(uid)
    name = "root" if uid == 0 else pwd.getpwuid(uid).pw_name
    raise Trouble(
        f"数据库目录 {files} 属于 {name}，当前用户不能用它启动 PostgreSQL。",
        "请用 sudo bin/serve 运行，或用 --data 指定自己的数据目录。",
        f"The database files belong to {name}: run with sudo, or choose a directory of your own with --data.",
    )
