"""Records for programs: /api/v1/<module>/<records>/ with the list's filters, and one of them, made and changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import model_to_dict
from django.http import Http404, QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Pages, etag, expected_version
from core.idempotency import idempotent
from layers import columns, record_list
from layers.record_forms import form_of, mark, saved
from layers.records import instance_of
from layers.registry import Records, registry
from layers.signed_in import SignedIn


class RecordsView(SignedIn):
    """A view of records that this user may see; rights are asked by verb."""

    def records(self, verb: str) -> Records:
        found = registry.records(self.kwargs["module"], self.kwargs["key"])
        if found is None:
            raise Http404
        if not self.user.has_perm(found.permission(verb)):
            raise PermissionDenied("您的账号没有这项权限。需要时请联系系统管理员开通。")
        return found

    def shown(self, records: Records, row: Any) -> dict[str, Any]:
        in_full = columns.may_see_personal(records, self.user)
        return columns.as_json(records.detail or records.columns, row, in_full=in_full)


class RecordList(RecordsView):
    def get(self, request: Request, module: str, key: str) -> Response:
        records = self.records("view")
        given = record_list.given(request.query_params)
        rows = record_list.ordered(records, record_list.chosen(records, self.user, given), given.get("sort", ""))
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([self.shown(records, row) for row in page])

    @idempotent
    def post(self, request: Request, module: str, key: str) -> Response:
        records = self.records("add")
        if records.form is None or records.create is None:
            raise Http404
        create = records.create
        form = form_of(records, self.user, data=as_form(body(request)))
        is_done, made = (
            saved(form, lambda: create(actor=self.user, **form.cleaned_data)) if form.is_valid() else (False, None)
        )
        if not is_done:
            return refused(form)
        assert made is not None
        headers = {"Location": f"{request.path}{made.pk}/", "ETag": etag(mark(made))}
        return Response(self.shown(records, made), status=201, headers=headers)


class Record(RecordsView):
    def get(self, request: Request, module: str, key: str, pk: str) -> Response:
        records = self.records("view")
        row = instance_of(records, self.user, pk)
        return Response(self.shown(records, row), headers={"ETag": etag(mark(row))})

    def patch(self, request: Request, module: str, key: str, pk: str) -> Response:
        """Changes the fields that are given. With If-Match only when nobody wrote to the record since."""
        records = self.records("change")
        if records.form is None or records.update is None:
            raise Http404
        update, row = records.update, instance_of(records, self.user, pk)
        if "If-Match" in request.headers and (known := expected_version(request)) != (now := mark(row)):
            return Response(
                {"code": "stale", "detail": "此记录已被他人修改，请重新读取后再试。", "version": now, "seen": known},
                status=412,
                headers={"ETag": etag(now)},
            )
        form = form_of(records, self.user, instance=row)
        form = form_of(records, self.user, data=as_form(current(form, row) | body(request)), instance=row)
        is_done, _ = (
            saved(form, lambda: update(row, actor=self.user, **form.cleaned_data)) if form.is_valid() else (False, None)
        )
        if not is_done:
            return refused(form)
        row = instance_of(records, self.user, pk)
        return Response(self.shown(records, row), headers={"ETag": etag(mark(row))})


def body(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, (dict, QueryDict)):
        raise ValidationError("请求体应是一个 JSON 对象。")
    return dict(request.data.items())


def current(form: forms.ModelForm[Any], row: Any) -> dict[str, Any]:
    """What the form would show of the record as it is, so that a change need only name what changes."""
    stored = model_to_dict(row, fields=list(form.fields))
    return {
        name: field.prepare_value(stored.get(name, form.get_initial_for_field(field, name)))
        for name, field in form.fields.items()
    }


def as_form(values: dict[str, Any]) -> QueryDict:
    """JSON values as a form submits them."""
    found = QueryDict(mutable=True)
    for name, value in values.items():
        if value is None or value is False:
            continue
        if isinstance(value, dict):
            raise ValidationError({name: ["应是文字、数或数组。"]})
        parts = value if isinstance(value, list) else [value]
        found.setlist(name, [str(getattr(part, "pk", part)) for part in parts])
    return found


def refused(form: forms.ModelForm[Any]) -> Response:
    fields = {name: "；".join(str(e) for e in errors) for name, errors in form.errors.items() if name != "__all__"}
    general = [str(e) for e in form.non_field_errors()]
    labels = {name: str(field.label or name) for name, field in form.fields.items()}
    detail = "；".join([*general, *(f"{labels.get(name, name)}：{text}" for name, text in fields.items())])
    return Response({"code": "bad_input", "detail": detail, "fields": fields}, status=400)
