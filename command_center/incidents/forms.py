"""Forms of the incident pages. Nothing of the intake is required: what is missing is flagged."""

from __future__ import annotations

from typing import Any

from django import forms

from command_center.incidents.intake import COUNTS
from command_center.incidents.models import Incident
from geo.parsing import given_point

MOMENT = {"type": "datetime-local"}


class PlaceMixin(forms.Form):
    """Longitude and latitude, both or neither, as `point`."""

    lon = forms.CharField(label="经度", required=False, max_length=20)
    lat = forms.CharField(label="纬度", required=False, max_length=20)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lon, lat = cleaned.pop("lon", ""), cleaned.pop("lat", "")
        cleaned["point"] = None
        if lon or lat:
            cleaned["point"] = given_point(lon, lat)
        return cleaned


class IntakeForm(PlaceMixin):
    narrative = forms.CharField(
        label="情况描述",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True, "placeholder": "谁、在哪里、发生了什么"}),
    )
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "待判断"), *Incident.Kind.choices])
    reporter_phone = forms.CharField(label="报警电话", required=False, max_length=30)
    title = forms.CharField(label="标题", required=False, max_length=120)
    address = forms.CharField(label="地点", required=False, max_length=200)
    uncertainty_m = forms.IntegerField(label="位置误差（米）", required=False, min_value=0, max_value=200_000)
    reporter_name = forms.CharField(label="报警人", required=False, max_length=40)
    source = forms.ChoiceField(label="来源", required=False, choices=Incident.Source.choices)
    occurred_at = forms.DateTimeField(
        label="发生时间", required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")
    )
    trapped = forms.IntegerField(label="被困", required=False, min_value=0)
    serious_injuries = forms.IntegerField(label="重伤", required=False, min_value=0)
    deaths = forms.IntegerField(label="死亡", required=False, min_value=0)
    is_drill = forms.BooleanField(label="演练", required=False)
    site = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AmendForm(PlaceMixin, forms.ModelForm):
    class Meta:
        model = Incident
        fields = (
            "title",
            "kind",
            "narrative",
            "address",
            "uncertainty_m",
            "occurred_at",
            "reporter_name",
            "reporter_phone",
        )
        widgets = {"occurred_at": forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")}


class CasualtyForm(forms.ModelForm):
    note = forms.CharField(label="说明", required=False, max_length=500)

    class Meta:
        model = Incident
        fields = (*COUNTS, "direct_loss_wan")


class TaskForm(forms.Form):
    title = forms.CharField(label="任务", max_length=120)
    detail = forms.CharField(label="要求", required=False, max_length=2000)
    organisation = forms.IntegerField(label="责任单位", required=False)
    minutes = forms.IntegerField(label="时限（分钟）", required=False, min_value=1, max_value=14 * 24 * 60)
