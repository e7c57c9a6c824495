"""The grammar every API endpoint shares: strict JSON, pages, errors that say what was wrong and how to mend it."""

from __future__ import annotations

import json
import math
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from core import events
from core.workflow import Incomplete, NotAllowed, Stale
from geo.parsing import BadGeometry

MAX_DEPTH = 32


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = "改变状态须带 If-Match：请先读取此件，用其 ETag 再试。"


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 has it: no NaN, infinity, NUL, lone surrogate or duplicate key; bounded depth."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            text = stream.read().decode("utf-8")
            if not text.strip():
                return {}
            data = json.loads(text, parse_constant=self.refuse, object_pairs_hook=self.pairs)
            self.check(data, 0)
        except RecursionError as error:
            raise exceptions.ParseError("JSON 嵌套过深，请精简后重试。") from error
        except ValueError as error:
            raise exceptions.ParseError(f"不是有效的 JSON（UTF-8）：{error}") from error
        return data

    @staticmethod
    def refuse(constant: str) -> None:
        raise ValueError(f"不接受 {constant}")

    @staticmethod
    def pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("同一对象中有重复的键")
        return found

    def check(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError(f"嵌套超过 {MAX_DEPTH} 层")
        if isinstance(value, str):
            if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
                raise ValueError("文字中含有无效字符")
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError("数值超出范围")
        elif isinstance(value, int):
            if abs(value) >= 2**63:
                raise ValueError("整数超出范围")
        elif isinstance(value, dict):
            for key, item in value.items():
                self.check(key, depth + 1)
                self.check(item, depth + 1)
        elif isinstance(value, list):
            for item in value:
                self.check(item, depth + 1)


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 500
    invalid_page_message = "没有这一页：{page_number}。"


def answer_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as {"code", "detail", "fields"?}; 412 also carries the events since the version the client knew."""
    if isinstance(error, Stale):
        return stale(error, context["request"])
    if (refused := refusal(error)) is not None:
        return Response(refused[0], status=refused[1])
    if isinstance(error, ObjectDoesNotExist):  # out of scope, as `advance` says it
        error = Http404()
    # Imported late: rest_framework.views reads the settings that name this module's parser.
    from rest_framework.views import exception_handler

    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404) or response.status_code == 404:
        named = str(error.detail) if isinstance(error, exceptions.NotFound) else ""
        response.data = {"code": "not_found", "detail": named or "没有找到，或不在您的管辖范围内。"}
    elif isinstance(error, exceptions.ValidationError):
        response.data = validation(error.detail)
    elif isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF Failed"):
        detail = "缺少或不认识 X-CSRFToken，为防止冒用没有接受：请刷新页面，取 csrftoken 后再试。"
        response.data = {"code": "csrf", "detail": detail}
    elif isinstance(error, exceptions.APIException):
        response.data = {"code": str(getattr(error.detail, "code", error.default_code)), "detail": str(error.detail)}
    return response


def refusal(error: Exception) -> tuple[dict[str, Any], int] | None:
    """What a service objects to, as a body and its status; None for what is no refusal."""
    if isinstance(error, NotAllowed):
        return {"code": "not_allowed", "detail": str(error)}, 409
    if isinstance(error, Incomplete):
        return {"code": "incomplete", "detail": str(error), "fields": error.fields}, 400
    if isinstance(error, BadGeometry):
        return {"code": "bad_geometry", "detail": str(error)}, 400
    if isinstance(error, ValidationError):
        fields = error.message_dict if hasattr(error, "error_dict") else {}
        return {"code": "bad_input", "detail": "；".join(error.messages), **({"fields": fields} if fields else {})}, 400
    if isinstance(error, PermissionDenied):
        return {"code": "forbidden", "detail": str(error) or "您没有这项权限。"}, 403
    return None


def validation(detail: Any) -> dict[str, Any]:
    """DRF's nested messages as one sentence plus the fields."""
    if isinstance(detail, dict):
        fields = {k: flat(v) for k, v in detail.items() if k != "non_field_errors"}
        sentence = "；".join(f"{k}：{v}" for k, v in fields.items()) or flat(detail.get("non_field_errors"))
        return {"code": "bad_input", "detail": sentence, "fields": fields}
    return {"code": "bad_input", "detail": flat(detail)}


def flat(value: Any) -> str:
    if isinstance(value, dict):
        return "；".join(f"{k}：{flat(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return "；".join(flat(v) for v in value)
    return str(value)


def stale(error: Stale, request: Request) -> Response:
    since = [
        {"seq": e.seq, "kind": e.kind, "at": e.at.isoformat(), "data": e.data}
        for e in events.about(error.case)
        if e.data.get("version", 0) > error.expected
    ]
    body = {"code": "stale", "detail": str(error), "version": error.case.version, "events": since}
    return Response(body, status=412, headers={"ETag": etag(error.case.version)})


def etag(version: int) -> str:
    return f'"{version}"'


def expected_version(request: Request) -> int:
    """The version in If-Match. Raises 428 when the header is missing, 400 when it is not one of our ETags."""
    value = request.headers.get("If-Match", "").strip()
    if not value:
        raise PreconditionRequired()
    number = value.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdecimal()) or len(number) > 9:
        raise exceptions.ParseError(f"If-Match {value[:40]} 不是有效的版本，请用读取时返回的 ETag。")
    return int(number)
