"""Steps of a file, verdicts, merges and splits for programs: the same grammar as everywhere."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import etag, expected_version
from core.idempotency import idempotent
from layers.signed_in import SignedIn
from supervision.enterprises import duplicates, lifecycle, selectors
from supervision.enterprises.merging import merge
from supervision.enterprises.models import Duplicate, Enterprise, Merge
from supervision.enterprises.splitting import split
from supervision.enterprises.views_lifecycle import STEPS
from supervision.enterprises.views_merging import RIGHT, as_json
from supervision.enterprises.workflow import ENTERPRISE


class FileView(SignedIn):
    """A view about one file that the user may see."""

    def file(self, pk: Any) -> Enterprise:
        right = self.user.has_perm("enterprises.view_enterprise")
        row = selectors.visible(self.user).filter(pk=pk).first() if right and isinstance(pk, int) else None
        if row is None:
            raise Http404
        return row

    def demand(self, permission: str, what: str) -> None:
        if not self.user.has_perm(permission):
            raise PermissionDenied(f"您没有“{what}”的权限。")


def given(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise ValidationError("请求体应是一个 JSON 对象。")
    return dict(request.data)


def words(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise ValidationError({name: "应是文字。"})
    return value


class FileStep(FileView):
    """POST /api/v1/enterprises/<id>/transitions/<name>/ with If-Match: "<version>"; body {"note"?}."""

    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        enterprise, transition = self.file(pk), ENTERPRISE.by_name.get(name)
        if transition is None or name not in STEPS:
            raise Http404
        self.demand(transition.permission, transition.label)
        note = words(given(request), "note")
        lifecycle.take(enterprise, name, actor=self.user, note=note, version=expected_version(request))
        return Response(
            {"id": enterprise.pk, "state": enterprise.state, "state_label": enterprise.get_state_display(),
             "version": enterprise.version}, headers={"ETag": etag(enterprise.version)},
        )  # fmt: skip


class MergeInto(FileView):
    """POST /api/v1/enterprises/<id>/merge/ with If-Match of the survivor; body {"absorbed", "absorbed_version",
    "reason", "choices": {fact: "survivor"|"absorbed"|"both"}?}. The file of the address stays."""

    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        keep = self.file(pk)
        self.demand(RIGHT, "合并企业档案")
        body = given(request)
        version, choices = body.get("absorbed_version"), body.get("choices", {})
        if not isinstance(body.get("absorbed"), int) or isinstance(body["absorbed"], bool):
            raise ValidationError({"absorbed": "请给出并入档案的 id。"})
        if not isinstance(version, int) or isinstance(version, bool):
            raise ValidationError({"absorbed_version": "请给出您看到的并入档案的版本号。"})
        if not isinstance(choices, dict) or not all(isinstance(side, str) for side in choices.values()):
            raise ValidationError({"choices": "应是 {项目: survivor、absorbed 或 both}。"})
        record = merge(
            keep, self.file(body["absorbed"]), actor=self.user, reason=words(body, "reason"), choices=choices,
            seen=(expected_version(request), version),
        )  # fmt: skip
        return Response(as_json(record), status=201)


class Judge(SignedIn):
    """POST /api/v1/enterprises/duplicates/<id>/transitions/distinct|open/: not the same enterprise, or taken back."""

    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        right = self.user.has_perm("enterprises.view_duplicate")
        pair: Duplicate | None = duplicates.visible(self.user).filter(pk=pk).first() if right else None
        if pair is None or name not in ("distinct", "open"):
            raise Http404
        row = (duplicates.judge_distinct if name == "distinct" else duplicates.judge_again)(pair, actor=self.user)
        return Response({"id": row.pk, "verdict": row.verdict, "verdict_label": row.get_verdict_display()})


class Split(FileView):
    """POST /api/v1/enterprises/merges/<id>/split/; body {"reason", "take": {reference: [ids]}?}."""

    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        right = self.user.has_perm("enterprises.view_merge")
        record: Merge | None = Merge.objects.visible_to(self.user).filter(pk=pk).first() if right else None
        if record is None:
            raise Http404
        self.file(record.absorbed_id)
        body = given(request)
        take = body.get("take", {})
        if not isinstance(take, dict) or not all(
            isinstance(pks, list) and all(isinstance(one, int) for one in pks) for pks in take.values()
        ):
            raise ValidationError({"take": "应是 {记录种类: [id]}。"})
        left = split(record, actor=self.user, reason=words(body, "reason"), take=take)
        return Response({**as_json(record), "left": left})
