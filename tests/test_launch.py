"""bin/serve as a newcomer meets it: it starts, it stays, it says what is wrong, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launch.environment import PYTHON
from config.launch.processes import MISCONFIGURED
from tests.launched import ROOT, Served, clean_environment, descendants, free_port, is_running, serve, wait_until


def refused(ran: object, *words: str) -> None:
    """Exit code, plain words in Chinese with the cure, and no traceback."""
    said = ran.stdout + ran.stderr  # type: ignore[attr-defined]  # a CompletedProcess
    assert ran.returncode != 0, said  # type: ignore[attr-defined]  # as above
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Started on a directory in which an earlier initdb was killed half-way."""
    data = tmp_path_factory.mktemp("launch") / "data"
    (data / "postgres.new/base").mkdir(parents=True)
    one = Served(data)
    one.start()
    yield one
    one.remove()


# --- what is wrong is said


@pytest.mark.parametrize("words", [("--port", "eight"), ("--port", "70000"), ("--workers", "0"), ("--workers", "-1")])
def test_a_wrong_number_is_named_with_its_range(words, tmp_path):
    refused(serve(*words, "--data", str(tmp_path / "d")), words[0], "整数" if words[1] != "-1" else "")


def test_an_unknown_option_shows_the_usage(tmp_path):
    refused(serve("--prot", "80", "--data", str(tmp_path / "d")), "bin/serve")


def test_a_port_in_use_is_said_before_anything_is_made(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(serve("--port", str(port), "--data", str(tmp_path / "d")), str(port), "占用", "--port")
    assert not (tmp_path / "d/postgres").exists()


def test_a_data_directory_that_is_a_file_is_named(tmp_path):
    (tmp_path / "d").write_text("")
    refused(serve("--data", str(tmp_path / "d")), str(tmp_path / "d"), "--data")


@pytest.mark.parametrize(
    ("made", "lacking"),
    [
        ({"postgres/base/1": ""}, "state.json"),
        ({"postgres/PG_VERSION": "15", "postgres/base/1": ""}, "state.json"),
        ({"postgres/base/1": "", "state.json": '{"password": "x"}'}, "PG_VERSION"),
        ({"state.json": '{"password": "x", "loaded": "demo"}'}, "postgres"),
        ({"state.json": '{"password": '}, "state.json"),
    ],
)
def test_a_data_directory_with_a_part_missing_is_left_alone_and_explained(made, lacking, tmp_path):
    data = tmp_path / "d"
    for name, text in made.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text)
    refused(serve("--data", str(data), "--port", str(free_port())), lacking, "备份")
    assert all((data / name).read_text() == text for name, text in made.items())


def test_a_database_that_is_down_is_said_without_its_password(tmp_path):
    url = f"postgres://antu:geheim@127.0.0.1:{free_port()}/antu"
    ran = serve("--data", str(tmp_path / "d"), "--port", str(free_port()), DATABASE_URL=url)
    refused(ran, "连不上", "DATABASE_URL", "***")
    assert "geheim" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "mysql://x/y"), ("ANTU_DEMO", "yes"), ("ANTU_DEBUG", "maybe")]
)
def test_a_wrong_setting_is_named(name, value, served, tmp_path):
    more = {name: value}
    if name != "DATABASE_URL":
        more["DATABASE_URL"] = (served.data / "database.url").read_text().strip()
    refused(serve("--empty", "--data", str(tmp_path / "d"), "--port", str(free_port()), **more), name)


def test_the_web_process_names_a_wrong_setting_and_is_not_started_over(served):
    more = {"DATABASE_URL": (served.data / "database.url").read_text().strip(), "ANTU_DATA": str(served.data)}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        ran = subprocess.run(
            [PYTHON, "-m", "config.launch.web", str(listener.fileno()), "1"],
            env=clean_environment(ANTU_THREADS="many", **more),
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    refused(ran, "ANTU_THREADS")
    assert ran.returncode == MISCONFIGURED


# --- it runs


def test_pages_and_health_are_answered(served):
    assert [served.status(path) for path in ("/accounts/login/", "/healthz", "/readyz", "/no-such-page")] == [
        200,
        200,
        200,
        404,
    ]


def test_the_interrupted_first_start_was_cleared_away(served):
    assert not (served.data / "postgres.new").exists()


def test_secrets_are_readable_by_the_owner_alone(served):
    for name in ("database.url", "superuser.url", "secret.key", "state.json"):
        assert (served.data / name).stat().st_mode & 0o777 == 0o600, name


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("log_statement", "none"),
        ("log_min_error_statement", "panic"),
        ("TimeZone", "Asia/Shanghai"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
    ],
)
def test_the_cluster_is_safe_by_its_settings(setting, value, served):
    assert served.sql(f"SHOW {setting}") == value


def test_the_application_is_no_superuser(served):
    assert (
        served.sql("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user") == "f"
    )


def test_a_wrong_password_does_not_open_the_database(served):
    state = json.loads((served.data / "state.json").read_text())
    served_url = (served.data / "database.url").read_text().strip()
    wrong = served_url.replace(state["password"], "wrong")
    assert wrong != served_url
    assert os.system(f"psql -X '{wrong}' -c 'SELECT 1' >/dev/null 2>&1") != 0


def test_a_second_start_on_the_same_data_names_the_first(served):
    ran = serve("--data", str(served.data), "--port", str(free_port()))
    refused(ran, str(served.pid), str(served.port), "--data")
    assert served.status("/healthz") == 200


@pytest.mark.parametrize("word", ["config.launch.web", "work"])
def test_a_killed_child_is_started_again(word, served):
    killed = served.child(word)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not is_running(killed) and "意外退出" in served.said, seconds=10, what="the death noticed")
    wait_until(lambda: served.status("/healthz") == 200 and served.has_child(word), seconds=20, what="the child back")


def test_a_killed_database_comes_back_with_its_data(served):
    served.sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    os.kill(served.child("postgres"), signal.SIGKILL)
    wait_until(lambda: "数据库已恢复" in served.said, seconds=30, what="the database back")
    assert served.sql("SELECT n FROM kept") == "7"
    wait_until(lambda: served.status("/readyz") == 200, seconds=20, what="ready again")


# --- it ends (these come last: they stop what the others use)


def test_ctrl_c_leaves_no_process_and_the_second_start_is_quick(served):
    below = descendants(served.pid)
    assert len(below) > 3
    assert served.stop(signal.SIGINT) == 0
    assert [pid for pid in below if is_running(pid)] == []
    assert served.start("--workers", "2") < 8


def test_a_hard_kill_leaves_no_process_and_the_next_start_mends_it(served):
    below = descendants(served.pid)
    served.stop(signal.SIGKILL)
    wait_until(lambda: not any(map(is_running, below)), seconds=15, what="the kernel ending the children")
    served.start()
    assert served.sql("SELECT n FROM kept") == "7"


def test_a_first_load_cut_short_starts_from_an_empty_database(served):
    """As if power had failed while the demo city was being loaded."""
    served.stop(signal.SIGTERM)
    file = Path(served.data / "state.json")
    state = json.loads(file.read_text())
    del state["loaded"]
    file.write_text(json.dumps({**state, "loading": True}))
    served.start()
    assert "从头再来" in served.said
    assert served.sql("SELECT to_regclass('kept') IS NULL AND to_regclass('core_user') IS NOT NULL") == "t"
