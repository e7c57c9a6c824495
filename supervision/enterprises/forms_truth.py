"""Forms of confirmation, correction, doubt, hand-over, decision and acceptance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from geo.coordinates import Datum
from geo.models import Region
from supervision.enterprises.corrections import COUNTS, LISTS
from supervision.enterprises.facts import CHOICES, CONTACTS, VISITED, title, value_of
from supervision.enterprises.forms import day_input
from supervision.enterprises.handover import ITEMS
from supervision.enterprises.models import Confirmation, Enterprise

CHANNELS = [(key, label) for key, label in Confirmation.Channel.choices if key != Confirmation.Channel.ENTERPRISE]


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field: each is looked at as a single one would be."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ManyFiles(attrs={"accept": "image/*,.pdf,.docx"}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = [super(FilesField, self).clean(each, initial) for each in data or [None]]
        return [each for each in given if each]


class FactForm(forms.Form):
    """The right value of one fact; why, and what proves it, when the office decides."""

    def __init__(
        self, *args: Any, enterprise: Enterprise, key: str, is_asked: bool, channel: str, **kwargs: Any
    ) -> None:
        kwargs |= {"initial": {"channel": channel, **first_values(enterprise, key)}, "label_suffix": ""}
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields.update(fields_for(key))
        if is_asked or key == "status":
            self.fields["reason"] = forms.CharField(label="变更理由", max_length=200)
        if is_asked:
            self.fields["files"] = FilesField(label="证明材料（照片或文件）", required=False)
        if channel != Confirmation.Channel.ENTERPRISE:
            self.fields["channel"] = forms.ChoiceField(label="怎样得知", choices=CHANNELS)

    def value(self) -> Any:
        given = self.cleaned_data
        if self.key == "place":
            return {name: given[name] for name in ("lon", "lat", "datum")}
        if self.key in CONTACTS:
            return {"name": given["name"], "phone": given["phone"]}
        if self.key == "registered_region":
            return given["value"].code
        return given["value"]


def fields_for(key: str) -> dict[str, forms.Field]:
    name = title(key)
    if key == "place":
        return {
            "lon": forms.CharField(label="经度", max_length=20, widget=forms.TextInput({"inputmode": "decimal"})),
            "lat": forms.CharField(label="纬度", max_length=20, widget=forms.TextInput({"inputmode": "decimal"})),
            "datum": forms.ChoiceField(label="坐标系", choices=Datum.choices),
        }
    if key in CONTACTS:
        return {
            "name": forms.CharField(label=f"{name}姓名", max_length=40),
            "phone": forms.CharField(label="电话", max_length=20, widget=forms.TextInput({"inputmode": "tel"})),
        }
    if key == "registered_region":
        return {"value": forms.ModelChoiceField(Region.objects.defer("geom").order_by("path"), label=name)}
    if key in LISTS:
        return {
            "value": forms.MultipleChoiceField(
                label=name, choices=CHOICES[key][0], widget=forms.CheckboxSelectMultiple, required=key != "tags"
            )
        }
    if key in CHOICES:
        return {"value": forms.ChoiceField(label=name, choices=CHOICES[key][0])}
    if key in COUNTS:
        return {"value": forms.IntegerField(label=name, min_value=0, max_value=1_000_000)}
    if key == "founded_on":
        return {"value": forms.DateField(label=name, widget=day_input())}
    if key == "capital_wan":
        return {"value": forms.DecimalField(label=name, min_value=0, max_digits=14, decimal_places=2)}
    return {"value": forms.CharField(label=name, max_length=200)}


def first_values(enterprise: Enterprise, key: str) -> dict[str, Any]:
    if key in CONTACTS:
        held = enterprise.contacts.filter(role=key.removeprefix("contact_"), left_on__isnull=True).first()
        return {"name": held.name, "phone": held.phone} if held else {}
    now = value_of(enterprise, key)
    if key == "place":
        return {"lon": f"{now['lon']:.6f}", "lat": f"{now['lat']:.6f}", "datum": Datum.CGCS2000}
    if key == "registered_region":
        return {"value": enterprise.registered_region_id}
    return {"value": now}


class DoubtForm(forms.Form):
    facts = forms.MultipleChoiceField(
        label="哪几项可疑", choices=[(key, title(key)) for key in VISITED], widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(
        label="疑点", max_length=200, widget=forms.TextInput({"placeholder": "例如：电话打不通，门卫说已换人"})
    )
    channel = forms.ChoiceField(label="怎样得知", choices=CHANNELS)


class HandOverForm(forms.Form):
    name = forms.CharField(label="接任人姓名", max_length=40, required=False)
    phone = forms.CharField(
        label="接任人电话", max_length=20, required=False, widget=forms.TextInput({"inputmode": "tel"})
    )
    on = forms.DateField(label="交接日期", widget=day_input(), initial=timezone.localdate)
    items = forms.MultipleChoiceField(
        label="已交接的事项", choices=list(ITEMS.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    note = forms.CharField(label="说明", max_length=200, required=False)


class DecisionForm(forms.Form):
    note = forms.CharField(label="审核意见", max_length=200, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.JSONField(required=False, widget=forms.HiddenInput)


class AcceptForm(forms.Form):
    reason = forms.CharField(label="为什么属实", max_length=200)
