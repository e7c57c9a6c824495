"""Commands that may be repeated: the same Idempotency-Key does the work once and answers the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.models.accounts import User
from core.models.idempotency import StoredAnswer

MAX_KEY = 100


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """For a method of an API view. Work and stored answer commit together; a failure stores nothing.

    Same key with another body: 409. Without the header the command simply runs.
    """

    @wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        user = cast(User, request.user)
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(self, request, *args, **kwargs)
        if len(key) > MAX_KEY:
            return refuse(400, "bad_input", f"Idempotency-Key 最长 {MAX_KEY} 个字符。")
        print_ = fingerprint(request)
        with transaction.atomic():
            # A second request of the same key waits here until the first has committed or rolled back.
            StoredAnswer.objects.bulk_create(
                [StoredAnswer(user=user, key=key, fingerprint=print_)], ignore_conflicts=True
            )
            stored = StoredAnswer.objects.select_for_update().get(user=user, key=key)
            if stored.fingerprint != print_:
                return refuse(409, "key_reuse", "这个 Idempotency-Key 已用于另一条指令，请换一个新的。")
            if stored.status is not None:
                return Response(stored.body, status=stored.status, headers={**stored.headers, "Idempotent-Replay": "1"})
            response = view(self, request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
                return response
            # As it is sent: dates and decimals in it are texts by then.
            stored.status, stored.body = response.status_code, json.loads(JSONRenderer().render(response.data))
            stored.headers = {k: v for k, v in response.headers.items() if k in ("ETag", "Location")}
            stored.save()
            return response

    return once


def fingerprint(request: Request) -> str:
    body: bytes = request._request.body
    return hashlib.sha256(b"\n".join((str(request.method).encode(), request.path.encode(), body))).hexdigest()


def refuse(status: int, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status)
