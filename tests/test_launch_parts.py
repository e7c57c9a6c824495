"""The launcher's parts that need no process of their own: what apt lacks, what .env says, where files may lie."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from config.launch import own_database, packages, prepare, settings
from config.launch.data import DataDirectory, write_private
from config.launch.processes import Child, follow, launch
from config.launch.say import Trouble


@pytest.fixture
def failing_apt(tmp_path, monkeypatch):
    """A machine without network: apt knows the names and gets nothing."""
    for name, script in {
        "apt-get": 'echo "E: Failed to fetch: Temporary failure resolving"; exit 100',
        "apt-cache": "echo postgresql-15 postgresql-15-postgis-3 postgresql-15-pgrouting",
        "sudo": "exit 1",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "CREATE_NO_CLUSTER", tmp_path / "createcluster.d/antu.conf")
    monkeypatch.delenv("ANTU_INSTALL", raising=False)


def test_without_network_the_missing_packages_and_the_command_are_named(failing_apt, monkeypatch):
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    with pytest.raises(Trouble) as trouble:
        packages.install(["postgresql-15"], "安装")
    assert "网络" in trouble.value.wrong
    assert "apt-get install -y --no-install-recommends postgresql-15" in trouble.value.cure
    assert "resolving" in trouble.value.detail


def test_an_ordinary_user_without_sudo_is_told_what_to_ask_for(failing_apt, monkeypatch):
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    with pytest.raises(Trouble) as trouble:
        packages.install(["postgresql-15"], "安装")
    assert "sudo" in trouble.value.wrong
    assert "postgresql-15" in trouble.value.cure


def test_installing_can_be_forbidden(monkeypatch):
    monkeypatch.setenv("ANTU_INSTALL", "0")
    with pytest.raises(Trouble, match="ANTU_INSTALL=0"):
        packages.install(["postgresql-15"], "安装")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("postgresql-15 postgresql-15-postgis-3 postgresql-15-pgrouting", "postgresql-15"),
        ("postgresql-16-postgis-3 postgresql-16-pgrouting postgresql-17-pgrouting", "postgresql-16"),
        ("postgresql-9.6 postgresql-13-postgis-3 postgresql-13-pgrouting", None),
    ],
)
def test_the_newest_postgresql_with_both_extensions_is_taken(offered, chosen, monkeypatch):
    monkeypatch.setattr(packages, "apt_names", lambda prefix: offered.split())
    if chosen:
        assert packages.postgres_names()[0] == chosen
    else:
        with pytest.raises(Trouble, match="PostGIS"):
            packages.postgres_names()


def answering(monkeypatch, answer):
    ran = subprocess.CompletedProcess([], 0, json.dumps(answer), "")
    monkeypatch.setattr(own_database.subprocess, "run", lambda *_, **__: ran)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"version": 120000, "lacking": [], "uncreated": []}, "12"),
        ({"version": 150000, "lacking": ["postgis"], "uncreated": []}, "postgis"),
        ({"version": 150000, "lacking": [], "uncreated": ["pgrouting"]}, "超级用户"),
        ({"error": "connection refused"}, "连不上"),
    ],
)
def test_a_database_of_ones_own_that_lacks_something_is_refused_with_its_cure(answer, word, monkeypatch):
    answering(monkeypatch, answer)
    with pytest.raises(Trouble, match=word) as trouble:
        own_database.check("postgres://a:geheim@h/d")
    assert trouble.value.cure
    assert "geheim" not in trouble.value.wrong + trouble.value.cure


def test_env_file_completes_the_environment_and_never_overrides_it(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("# note\nexport ANTU_CITY_NAME='东营市'\nANTU_HOSTS=a,b\n")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setenv("ANTU_HOSTS", "mine")
    monkeypatch.setenv("ANTU_CITY_NAME", "")
    monkeypatch.delenv("ANTU_CITY_NAME")
    settings.read_env_file()
    assert (os.environ["ANTU_CITY_NAME"], os.environ["ANTU_HOSTS"]) == ("东营市", "mine")


def test_a_wrong_line_in_env_file_is_named(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ANTU_DEMO=1\nANTU DEBUG\n")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setenv("ANTU_DEMO", "1")
    with pytest.raises(Trouble, match="第 2 行"):
        settings.read_env_file()


def test_secrets_are_private_and_replaced_whole(tmp_path):
    write_private(tmp_path / "key", "one")
    write_private(tmp_path / "key", "two")
    assert (tmp_path / "key").read_text() == "two"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [f.name for f in tmp_path.iterdir()] == ["key"]


def test_a_refused_second_user_does_not_wipe_the_first_ones_word(tmp_path):
    first, second = DataDirectory(tmp_path / "d"), DataDirectory(tmp_path / "d")
    first.open()
    first.sign("bin/serve，地址 http://127.0.0.1:1/")
    for _ in range(2):
        with pytest.raises(Trouble, match=r"http://127\.0\.0\.1:1/"):
            second.open()
        second.close()
    first.close()
    second.open()
    assert not second.was_cut_short
    second.close()


def test_a_child_that_never_comes_up_is_given_up(monkeypatch):
    monkeypatch.setattr("config.launch.processes.GIVE_UP_AFTER", 1)
    child = Child("网页服务", lambda: launch(["false"]))
    child.run()
    child.process.wait()
    with pytest.raises(Trouble, match="启动不了"):
        child.watch()


def test_following_a_command_hands_on_lines_and_the_code():
    heard: list[str] = []
    assert follow(["sh", "-c", "echo one; echo two >&2; exit 3"], heard.append) == 3
    assert sorted(heard) == ["one\n", "two\n"]


def test_the_reason_of_a_failed_command_is_its_last_word_and_no_traceback():
    output = 'Traceback (most recent call last):\n  File "x.py", line 1\nImproperlyConfigured: ANTU_DEMO=2\n'
    assert prepare.reason(output) == "ImproperlyConfigured: ANTU_DEMO=2"


def test_the_code_digest_follows_every_line_but_the_tests(tmp_path, monkeypatch):
    for name in ("core/a.py", "core/tests/test_a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    lock = tmp_path / "base.txt"
    lock.write_text("")
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setitem(prepare.environment.LOCKS, "base", lock)
    before = prepare.code_digest()
    Path(tmp_path, "core/tests/test_a.py").write_text("x = 2\n")
    assert prepare.code_digest() == before
    Path(tmp_path, "core/a.py").write_text("x = 2\n")
    assert prepare.code_digest() != before
