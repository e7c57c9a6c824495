"""A repeated command does the work once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from core.idempotency import idempotent
from core.models import Organisation, StoredAnswer
from core.tests.conftest import run_together

pytestmark = pytest.mark.django_db


class Offices(APIView):
    """Makes an office; `fail` in the body says how it should not."""

    @idempotent
    def post(self, request: Any) -> Response:
        made = Organisation.objects.create(
            name=request.data["name"], kind="rescue", region=request.user.region, phone=request.data.get("phone", "")
        )
        if request.data.get("fail") == "raise":
            raise ValidationError("不行")
        if request.data.get("fail") == "answer":
            return Response({"code": "bad_input"}, status=400)
        body = {"id": made.pk, "on": date(2026, 3, 2), "amount": Decimal("1.50")}
        return Response(body, status=201, headers={"ETag": '"1"'})


def post(user: Any, body: dict[str, Any], key: str | None = "k1", path: str = "/api/v1/offices/") -> Response:
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key is not None else {}
    request = APIRequestFactory().post(path, body, format="json", **headers)
    force_authenticate(request, user)
    response = Offices.as_view()(request)
    response.render()
    return response


def count() -> int:
    return Organisation.objects.filter(kind="rescue").count()


def test_the_same_command_again_gets_the_same_answer(cast: SimpleNamespace) -> None:
    first, again = post(cast.city, {"name": "甲"}), post(cast.city, {"name": "甲"})
    assert (first.status_code, again.status_code, count()) == (201, 201, 1)
    assert first.content == again.content
    assert again["ETag"] == '"1"'
    assert again["Idempotent-Replay"] == "1"
    assert "Idempotent-Replay" not in first


def test_another_body_under_the_same_key_is_refused(cast: SimpleNamespace) -> None:
    post(cast.city, {"name": "甲"})
    answer = post(cast.city, {"name": "乙"})
    assert (answer.status_code, answer.data["code"], count()) == (409, "key_reuse", 1)


def test_the_same_key_on_another_address_is_refused(cast: SimpleNamespace) -> None:
    post(cast.city, {"name": "甲"})
    assert post(cast.city, {"name": "甲"}, path="/api/v1/other/").status_code == 409


def test_keys_belong_to_persons(cast: SimpleNamespace) -> None:
    post(cast.city, {"name": "甲"})
    assert post(cast.district, {"name": "乙"}).status_code == 201
    assert count() == 2


@pytest.mark.parametrize("how", ["raise", "answer"])
def test_a_failure_stores_nothing_and_may_be_tried_again(cast: SimpleNamespace, how: str) -> None:
    assert post(cast.city, {"name": "甲", "fail": how}).status_code == 400
    assert (count(), StoredAnswer.objects.count()) == (0, 0)
    assert post(cast.city, {"name": "甲"}).status_code == 201


def test_without_a_key_the_command_simply_runs(cast: SimpleNamespace) -> None:
    for name in ("甲", "乙"):
        assert post(cast.city, {"name": name}, key=None).status_code == 201
    assert (count(), StoredAnswer.objects.count()) == (2, 0)


def test_a_key_too_long_is_refused(cast: SimpleNamespace) -> None:
    assert post(cast.city, {"name": "甲"}, key="x" * 101).status_code == 400
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_the_same_command_sent_at_once_one_works_and_all_get_its_answer(cast: SimpleNamespace) -> None:
    cast.city.region  # noqa: B018  # read before the threads share it
    answers = run_together(*[lambda: post(cast.city, {"name": "甲"})] * 6)
    assert [a.status_code for a in answers] == [201] * 6
    assert len({a.content for a in answers}) == 1
    assert count() == 1
