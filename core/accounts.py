"""Logging in and out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, credentials: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer to a log-in from a user and address that failed too often (等保 8.1.4.1: lock after repeated failures)."""
    return render(request, "layers/login.html", {"locked": True}, status=429)
