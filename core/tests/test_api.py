"""The grammar of the API: strict JSON, versions, and refusals that say what was wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from core import api
from core.tests.papers import FLOW, Paper
from core.workflow import Incomplete, NotAllowed, Stale
from geo.parsing import BadGeometry


def parse(body: bytes | str) -> Any:
    return api.StrictJSONParser().parse(io.BytesIO(body if isinstance(body, bytes) else body.encode()))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", {}),
        ("", {}),
        ("  ", {}),
        ('{"a":1,"b":[1.5,null,true,"氯"]}', {"a": 1, "b": [1.5, None, True, "氯"]}),
        ('"\\ud83d\\ude92"', "🚒"),
        (str(2**63 - 1), 2**63 - 1),
        ("[" * 30 + "]" * 30, None),
        ('"𠀀 生僻字"', "𠀀 生僻字"),
    ],
)
def test_json_is_read(body: str, expected: Any) -> None:
    found = parse(body)
    assert expected is None or found == expected


@pytest.mark.parametrize(
    "body",
    [
        "{", "{]", "nul", "{'a':1}", '{"a":1,}', "[1,]", '{"a":1} x', "NaN", "[NaN]", "Infinity", "-Infinity", "1e400",
        "-1e400", '{"a":NaN}', '"\\u0000"', '{"a\\u0000":1}', '"\\ud800"', '"\\udfff x"', '{"\\ud800":1}', '"\x00"',
        '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', str(2**63), str(-(2**63) - 1), "1" * 5000, "[" * 40 + "]" * 40,
        "[" * 2000 + "]" * 2000, '{"a":' * 2000 + "1" + "}" * 2000, "[" * 100_000, b"\xef\xbb\xbf{}", b"\xff\xfe{}",
        b'"\xc3\x28"', '{"a":1}'.encode("utf-16"), '{"a":"氯"}'.encode("gbk"), b"\x00", b"\xed\xa0\x80",
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused_with_a_reason(body: bytes | str) -> None:
    with pytest.raises(exceptions.ParseError) as refused:
        parse(body)
    assert any("\u4e00" <= c <= "\u9fff" for c in str(refused.value.detail))


def asked(**headers: str) -> Request:
    return Request(APIRequestFactory().post("/", **headers))


@pytest.mark.parametrize("value", ['"3"', "3", 'W/"3"', ' "3" '])
def test_the_expected_version_is_read_from_if_match(value: str) -> None:
    assert api.expected_version(asked(HTTP_IF_MATCH=value)) == 3


def test_without_if_match_it_is_428() -> None:
    with pytest.raises(api.PreconditionRequired) as refused:
        api.expected_version(asked())
    assert refused.value.status_code == 428


@pytest.mark.parametrize("value", ["*", '"a"', '"-1"', '"1.5"', '"１"', '"1", "2"', "x" * 5000, '"9999999999"'])
def test_an_if_match_that_is_none_of_ours_is_400(value: str) -> None:
    with pytest.raises(exceptions.ParseError):
        api.expected_version(asked(HTTP_IF_MATCH=value))


def answer(error: Exception) -> Response:
    response = api.answer_exception(error, {"request": asked(), "view": None})
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotAllowed("不行"), 409, "not_allowed"),
        (Incomplete("还缺", {"note": "请写"}), 400, "incomplete"),
        (BadGeometry("坏"), 400, "bad_geometry"),
        (ValidationError("坏"), 400, "bad_input"),
        (ValidationError({"name": ["坏"]}), 400, "bad_input"),
        (exceptions.ValidationError({"name": ["坏"]}), 400, "bad_input"),
        (exceptions.ValidationError(["坏"]), 400, "bad_input"),
        (exceptions.ValidationError({"a": {"b": ["坏"]}}), 400, "bad_input"),
        (PermissionDenied("您没有权限"), 403, "forbidden"),
        (PermissionDenied(), 403, "forbidden"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (Http404(), 404, "not_found"),
        (Paper.DoesNotExist(), 404, "not_found"),
        (exceptions.NotFound("没有这一页：9。"), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (exceptions.Throttled(), 429, "throttled"),
        (api.PreconditionRequired(), 428, "precondition_required"),
    ],
)
def test_every_refusal_has_a_code_and_a_sentence(error: Exception, status: int, code: str) -> None:
    response = answer(error)
    assert (response.status_code, response.data["code"]) == (status, code)
    assert any("\u4e00" <= c <= "\u9fff" for c in response.data["detail"]), response.data["detail"]
    assert set(response.data) <= {"code", "detail", "fields"}


def test_an_error_that_is_none_of_these_is_not_hidden() -> None:
    assert api.answer_exception(ZeroDivisionError(), {"request": asked(), "view": None}) is None


def test_a_stale_command_is_told_what_happened_since(papers: Callable[..., Paper], cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region)
    FLOW.advance(paper, "file", actor=cast.city)
    FLOW.advance(paper, "decide", actor=cast.city, decision="罚款")
    response = answer(Stale(paper, 2))
    assert (response.status_code, response.data["code"], response.data["version"]) == (412, "stale", 3)
    assert [e["kind"] for e in response.data["events"]] == ["papers.decide"]
    assert response["ETag"] == '"3"'
