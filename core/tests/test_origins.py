"""Which pages may open a socket."""

from __future__ import annotations

from typing import Any

import pytest

from core.origins import is_allowed


def scope(origin: str | list[str] | None, *, host: str = "10.1.2.3:8000", scheme: str = "ws", **more: str) -> Any:
    origins = [] if origin is None else [origin] if isinstance(origin, str) else origin
    headers = [(b"host", host.encode()), *((b"origin", o.encode()) for o in origins)]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://10.1.2.3:8000", "10.1.2.3:8000", "ws"),
        ("http://10.1.2.3", "10.1.2.3", "ws"),
        ("http://10.1.2.3:80", "10.1.2.3", "ws"),
        ("https://antu.example", "antu.example", "wss"),
        ("https://antu.example", "antu.example:443", "wss"),
        ("http://ANTU.example:8000", "antu.EXAMPLE:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
    ],
)
def test_our_own_page_is_let_in(origin: str, host: str, scheme: str) -> None:
    assert is_allowed(scope(origin, host=host, scheme=scheme))


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "file://",
        "http://10.1.2.3",
        "http://10.1.2.3:9999",
        "https://10.1.2.3:8000",
        "ftp://10.1.2.3:8000",
        "ws://10.1.2.3:8000",
        "http://10.1.2.3:8000.evil.example",
        "http://10.1.2.3:8000@evil.example",
        "http://evil.example:8000",
        "http://evil10.1.2.3:8000",
        "http://10.1.2.30:8000",
        "http://10.1.2.3:8000/",
        "http://10.1.2.3:8000?x",
        "http://10.1.2.3:8000#x",
        "http://user@10.1.2.3:8000",
        "http://10.1.2.3:80000",
        "http://10.1.2.3:port",
        "http://10.1.2.3:8000 http://evil.example",
        "10.1.2.3:8000",
        "//10.1.2.3:8000",
        "http://",
        "http://:8000",
        "http://[::1",
        ["http://10.1.2.3:8000", "http://evil.example"],
        ["http://10.1.2.3:8000", "http://10.1.2.3:8000"],
    ],
)
def test_any_other_page_is_not(origin: str | list[str] | None) -> None:
    assert not is_allowed(scope(origin))


def test_a_page_named_in_the_settings_is_let_in_exactly(settings: Any) -> None:
    settings.ORIGINS = ["https://map.example:8443"]
    assert is_allowed(scope("https://map.example:8443"))
    for other in ("https://map.example", "http://map.example:8443", "https://sub.map.example:8443"):
        assert not is_allowed(scope(other))


def test_what_a_proxy_says_counts_only_behind_https(settings: Any) -> None:
    asked = scope("https://antu.example", host="antu.example", x_forwarded_proto="https")
    settings.HTTPS = False
    assert not is_allowed(asked)
    settings.HTTPS = True
    assert is_allowed(asked)
    assert not is_allowed(scope("https://antu.example", host="antu.example", x_forwarded_proto="http"))


def test_a_host_the_settings_do_not_allow_is_not_our_own(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["antu.example"]
    assert is_allowed(scope("http://antu.example", host="antu.example"))
    assert not is_allowed(scope("http://rebound.example", host="rebound.example"))
