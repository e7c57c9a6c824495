"""What a load balancer and a duty administrator are told of the running system."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from core import health, jobs, outside
from core.documents import pdf
from core.management.commands import doctor
from core.models import Heartbeat


@pytest.fixture(autouse=True)
def _asked_afresh():
    health.is_migrated_for_good.cache_clear()


def refuse(*_, **__):
    raise OperationalError("connection refused")


def test_healthz_answers_without_the_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_readyz_tells_database_worker_and_feed(client, db):
    jobs.beat("worker")
    answer = client.get("/readyz")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["ok"], body["database"], body["migrations"]) == (True, "ok", "current")
    assert body["worker"]["state"] == "ok"
    assert set(body["feed"]) == {"feed", "seq"}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("age", "state"), [(None, "never"), (60, "stale")])
def test_a_silent_worker_is_told_and_not_refused(age, state, client, db):
    if age:
        Heartbeat.objects.create(name="worker", seen_at=timezone.now() - timedelta(seconds=age))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]["state"]) == (200, state)


def test_readyz_is_503_while_the_database_is_away(client, db, monkeypatch):
    monkeypatch.setattr(health.events, "cursor", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "database": "down"})


def test_readyz_is_503_while_migrations_are_missing_and_asks_again(client, db, monkeypatch):
    monkeypatch.setattr(health, "unapplied", lambda: ["core.0002_triggers"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, ["core.0002_triggers"])
    monkeypatch.undo()
    assert client.get("/readyz").status_code == 200


@pytest.fixture
def examine(db, monkeypatch, settings, tmp_path):
    """The doctor on a machine that is in order, as far as a test can make it so."""
    jobs.beat("worker")
    settings.DATA = tmp_path
    settings.SECRET_KEY = "k" * 50
    monkeypatch.setenv("ANTU_SECRET_KEY", settings.SECRET_KEY)
    monkeypatch.setattr(pdf, "problems", list)
    monkeypatch.setattr(pdf, "office", lambda: None)
    return lambda: {finding.what: finding for finding in doctor.examine()}


def test_the_doctor_finds_nothing_bad_on_a_machine_in_order(examine):
    assert [str(finding) for finding in examine().values() if finding.mark == "✗"] == []


def test_the_doctor_names_versions(examine):
    found = examine()
    assert found["PostGIS"].value[0].isdigit()
    assert found["pgRouting"].value[0].isdigit()


def test_the_doctor_tells_what_is_wrong_with_its_cure(examine, monkeypatch, settings, tmp_path):
    Heartbeat.objects.all().delete()
    settings.DEBUG = True
    settings.SECRET_KEY = "development-only-key"
    monkeypatch.setattr(health, "unapplied", lambda: ["core.0009_later"])
    monkeypatch.setattr(pdf, "problems", lambda: ["PDF 不会使用“仿宋_GB2312”。"])
    monkeypatch.setattr(outside, "scan", lambda root: [outside.Found(root / "a.html", 3, "https://cdn.example.com/")])
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: doctor.shutil._ntuple_diskusage(100, 90, 10))
    found = examine()
    marks = {what: found[what].mark for what in ("后台任务", "DEBUG", "密钥", "数据库结构", "公文", "外部地址", "磁盘")}
    assert marks == {
        "后台任务": "!",
        "DEBUG": "✗",
        "密钥": "✗",
        "数据库结构": "✗",
        "公文": "!",
        "外部地址": "✗",
        "磁盘": "!",
    }
    assert all(found[what].cure for what in marks if what != "公文")


def test_the_doctor_goes_on_without_a_database(examine, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(doctor.connection, "ensure_connection", refuse)
        found = examine()
    assert found["数据库"].mark == "✗"
    assert "磁盘" in found and "PostGIS" not in found


def test_the_doctors_exit_code_says_whether_anything_is_bad(examine, monkeypatch, capsys):
    call_command("doctor")
    monkeypatch.setattr(health, "unapplied", lambda: ["core.0009_later"])
    with pytest.raises(SystemExit) as left:
        call_command("doctor")
    assert left.value.code == 1
    assert "manage.py migrate" in capsys.readouterr().out
