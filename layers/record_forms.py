"""Making and changing a record by its declared form and service. Mistakes come back beside their fields."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.db.models import BLANK_CHOICE_DASH, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from core import audit
from core.models import User
from layers.asked import REFUSALS, blame, is_fragment
from layers.records import instance_of, module_of, of_records, url, urls
from layers.registry import Records

SEEN = "seen"
NOTHING = BLANK_CHOICE_DASH[0][1]


def mark(instance: Model) -> int:
    """The last write to this row: a form carries it, so that two people cannot overwrite each other unseen."""
    return audit.history(instance).values_list("pk", flat=True).first() or 0


def form_of(
    records: Records, user: User, *, data: Any = None, files: Any = None, instance: Any = None
) -> forms.ModelForm[Any]:
    """The declared form; what it lets choose from is what this user may see."""
    assert records.form is not None
    # The form writes into its instance while it checks; the service must get the row as it is.
    form = records.form(data, files, instance=copy.copy(instance) if instance is not None else None)
    for name, field in form.fields.items():
        if name.endswith("phone"):
            field.widget.attrs.setdefault("inputmode", "tel")
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs.setdefault("rows", 4)
            field.widget.attrs["rows"] = min(int(field.widget.attrs["rows"]), 6)
        if (
            isinstance(field, forms.ModelChoiceField)
            and field.queryset is not None
            and hasattr(field.queryset, "visible_to")
        ):
            field.queryset = field.queryset.visible_to(user)
            field.empty_label = "请选择" if field.empty_label else None
        elif isinstance(field, forms.ChoiceField):
            pairs: Any = field.choices
            field.choices = [(value, "请选择" if label == NOTHING else label) for value, label in pairs]
    return form


def saved(form: forms.ModelForm[Any], save: Callable[[], Any]) -> tuple[bool, Any]:
    """Whether the service did it, and what it gave back; otherwise the form carries what the service objected to."""
    try:
        with transaction.atomic():
            return True, save()
    except REFUSALS as refused:
        blame(form, refused)
    return False, None


@require_http_methods(["GET", "HEAD", "POST"])
@of_records("add")
def new(request: HttpRequest, records: Records, user: User) -> HttpResponse:
    if records.form is None or records.create is None:
        raise Http404
    create = records.create
    if request.method != "POST":
        initial = {name: value for name, value in request.GET.items() if name in records.form.base_fields}
        form = form_of(records, user)
        form.initial.update(initial)
        return answer(request, records, form, None)
    form = form_of(records, user, data=request.POST, files=request.FILES)
    is_done, made = saved(form, lambda: create(actor=user, **form.cleaned_data)) if form.is_valid() else (False, None)
    return (
        done(request, records, made, f"已登记：{made}") if is_done else answer(request, records, form, None, status=400)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_records("change")
def edit(request: HttpRequest, records: Records, user: User, pk: str) -> HttpResponse:
    if records.form is None or records.update is None:
        raise Http404
    update, row = records.update, instance_of(records, user, pk)
    if request.method != "POST":
        return answer(request, records, form_of(records, user, instance=row), row)
    form = form_of(records, user, data=request.POST, files=request.FILES, instance=row)
    if form.is_valid() and request.POST.get(SEEN, "") not in ("", str(mark(row))):
        form.add_error(None, "您填写期间，此记录已被他人修改。请核对下面的内容，确认无误后再次保存。")
    is_done, _ = saved(form, lambda: update(row, actor=user, **form.cleaned_data)) if form.is_valid() else (False, None)
    return done(request, records, row, f"已保存：{row}") if is_done else answer(request, records, form, row, status=400)


def answer(
    request: HttpRequest, records: Records, form: forms.ModelForm[Any], row: Any, status: int = 200
) -> HttpResponse:
    module = module_of(request)
    context = {
        "records": records,
        "module": module,
        "urls": urls(module, records),
        "form": form,
        "row": row,
        "seen": mark(row) if row is not None else "",
        "action": request.get_full_path(),
        "cancel_url": url("detail", module, records, row.pk) if row is not None else urls(module, records)["list"],
        "general": form.errors.get(NON_FIELD_ERRORS, []) if form.is_bound else [],
    }
    in_dialog = is_fragment(request)
    template = "layers/records/_form.html" if in_dialog else "layers/records/form.html"
    return render(request, template, context | {"in_dialog": in_dialog}, status=status)


def done(request: HttpRequest, records: Records, row: Any, words: str) -> HttpResponse:
    messages.success(request, words)
    target = url("detail", module_of(request), records, row.pk)
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)
