"""A PostgreSQL that somebody else runs, named by DATABASE_URL."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any
from urllib.parse import urlparse

from config.launch import environment
from config.launch.say import Trouble

OLDEST = 140000


def shown(url: str) -> str:
    password = urlparse(url).password
    return url.replace(f":{password}@", ":***@") if password else url


def check(url: str) -> dict[str, Any]:
    """What the map needs of it, or trouble that says what it lacks."""
    probe = environment.HOME.parent / "config/launch/probe.py"
    ran = subprocess.run(
        environment.python(probe), env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True
    )
    try:
        answer: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        answer = {"error": ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else "no answer"}
    if "error" in answer:
        raise Trouble(
            f"连不上 DATABASE_URL 指定的数据库 {shown(url)}。",
            "请确认它已启动、地址和密码正确、数据库已建立；不设 DATABASE_URL 时 bin/serve 会用自己的数据库。",
            "DATABASE_URL cannot be reached: start it, correct the address, or unset it to use a private cluster.",
            answer["error"],
        )
    if answer["version"] < OLDEST:
        raise Trouble(
            f"DATABASE_URL 指定的 PostgreSQL 版本太旧（{answer['version'] // 10000}）。",
            "请升级到 14 以上，或不设 DATABASE_URL。",
            "That PostgreSQL is older than 14: upgrade it, or unset DATABASE_URL.",
        )
    if answer["lacking"]:
        names = "、".join(answer["lacking"])
        raise Trouble(
            f"DATABASE_URL 指定的 PostgreSQL 没有安装扩展 {names}。",
            "请在数据库服务器上安装 postgresql-*-postgis-3、postgresql-*-pgrouting（pg_trgm 在 contrib 里）后重试，"
            "或不设 DATABASE_URL。",
            f"The server has no {', '.join(answer['lacking'])}: install the packages there, or unset DATABASE_URL.",
        )
    if answer["uncreated"]:
        statements = " ".join(f"CREATE EXTENSION {name};" for name in answer["uncreated"])
        raise Trouble(
            "DATABASE_URL 的账户不是超级用户，建不了扩展。",
            f"请由数据库管理员在此库执行后重试：{statements}",
            f"The account cannot create extensions; have an administrator run: {statements}",
        )
    return answer
