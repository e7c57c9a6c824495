"""What every request passes: the actor for the audit trail, and clear answers to malformed input."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import FieldDoesNotExist, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render

from core import audit
from core.workflow import Incomplete, NotAllowed, Stale
from geo.parsing import BadGeometry

SAFE = ("GET", "HEAD", "OPTIONS")


class ActorMiddleware:
    """Names the person to the database for the length of a writing request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE or not request.user.is_authenticated:
            return self.get_response(request)
        with audit.acting_as(request.user):
            return self.get_response(request)


class BadInputMiddleware:
    """Input no view should have to think of: NUL bytes, numbers out of range, geometry that is none, slow queries."""

    ANSWERS: tuple[tuple[type[Exception], int, str], ...] = (
        (BadGeometry, 400, ""),
        (Incomplete, 400, ""),
        (NotAllowed, 409, ""),
        (Stale, 412, ""),
        (DataError, 400, "请求中有数值超出范围或格式不对，请检查后重试。"),
        (RequestDataTooBig, 413, "提交的内容太大，请减少后重试。"),
        (UnreadablePostError, 400, "提交中途断开，内容不完整，请重试。"),
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return answer(request, 400, "请求地址中含有空字符，请去掉后重试。")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (Http404, PermissionDenied)):
            return None
        for kind, status, text in self.ANSWERS:
            if isinstance(error, kind):
                return answer(request, status, text or str(error))
        if isinstance(error, ValidationError):
            return answer(request, 400, "；".join(error.messages))
        if isinstance(error, FieldDoesNotExist) and request.path.startswith("/admin/"):  # an empty ?_to_field=
            return answer(request, 400, "地址中的字段名不对，请从列表重新进入。")
        if isinstance(error, OperationalError) and "statement timeout" in str(error):
            return answer(request, 503, "查询用时过长已中止，请缩小范围后重试。")
        if isinstance(error, OperationalError) and "lock timeout" in str(error):
            return answer(request, 503, "他人正在处理同一事项，请稍后重试。")
        if isinstance(error, ValueError) and "NUL" in str(error):
            return answer(request, 400, "提交的文字中含有空字符，请去掉后重试。")
        return None


def answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """JSON for programs, a page for people."""
    if request.path.startswith(("/api/", "/tiles/")) or "json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": CODES.get(status, "error"), "detail": detail}, status=status)
    return render(request, "layers/error.html", {"status": status, "detail": detail}, status=status)


CODES = {400: "bad_input", 409: "not_allowed", 412: "stale", 413: "too_large", 503: "too_slow"}
