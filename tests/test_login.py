"""Logging in: failures lock one person, each log-in is a new session, nobody is sent elsewhere, headers everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client

from tests.cast import PASSWORD

LOGIN = "/accounts/login/"


def enter(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"username": username, "password": password, **more})


def test_five_failures_lock_this_person_here_and_nobody_else(cast: Any) -> None:
    answers = [enter(Client(), "duty", "wrong") for _ in range(5)]
    assert [a.status_code for a in answers] == [200] * 4 + [429]
    assert "已临时锁定" in answers[-1].content.decode()
    assert enter(Client(), "duty").status_code == 429  # also with the right password
    assert enter(Client(), "district").status_code == 302


def test_success_forgets_the_failures(cast: Any) -> None:
    for _ in range(2):
        for _ in range(4):
            assert enter(Client(), "duty", "wrong").status_code == 200
        assert enter(Client(), "duty").status_code == 302


def test_a_session_from_before_the_log_in_is_not_the_one_after(cast: Any) -> None:
    client = Client()
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert enter(client, "duty").status_code == 302
    assert client.session.session_key != planted and client.session[SESSION_KEY]
    fixed = Client()
    fixed.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert fixed.get("/").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(cast: Any, target: str) -> None:
    assert enter(Client(), "duty", next=target)["Location"] == "/"


def test_cookies_are_kept_from_scripts_and_other_sites(cast: Any) -> None:
    answer = enter(Client(), "duty")
    cookie = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"


@pytest.mark.parametrize("url", ["/", LOGIN, "/nowhere/", "/api/v1/layers/", "/incidents/", "/api/docs/"])
def test_every_answer_carries_its_headers(cast: Any, browse: Any, url: str) -> None:
    answer = browse(cast.duty).get(url)
    policy = answer["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy and "base-uri 'none'" in policy
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_log_out_ends_the_session_and_wants_to_be_meant(cast: Any, browse: Any) -> None:
    client = browse(cast.duty)
    key = client.session.session_key
    assert client.get("/accounts/logout/").status_code == 405  # a picture's address must not log out
    assert client.post("/accounts/logout/").status_code == 302
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = key
    assert stolen.get("/").status_code == 302


def test_a_deactivated_account_is_out_at_the_next_click(cast: Any, browse: Any) -> None:
    client = browse(cast.duty)
    cast.duty.is_active = False
    cast.duty.save()
    assert client.get("/").status_code == 302 and client.get("/api/v1/layers/").status_code == 403
