"""Forms of the resources: their own fields and a point given as longitude and latitude."""

from __future__ import annotations

from typing import Any

from django import forms

from command_center.resources.models import (
    Capability,
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from geo.parsing import given_point

COMMON = ("name", "organisation", "address", "contact_name", "contact_phone", "remark", "interval_days")


class PlacedForm(forms.ModelForm):
    """A record with a point: lon and lat become `geom`."""

    lon = forms.FloatField(label="经度", min_value=114, max_value=124)
    lat = forms.FloatField(label="纬度", min_value=33, max_value=39)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["lon"].initial, self.fields["lat"].initial = self.instance.geom.x, self.instance.geom.y

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lon, lat = cleaned.pop("lon", None), cleaned.pop("lat", None)
        if lon is not None and lat is not None:
            cleaned["geom"] = given_point(lon, lat)
        return cleaned


class TeamForm(PlacedForm):
    capabilities = forms.MultipleChoiceField(
        label="能力", choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Team
        fields = ("kind", *COMMON, "capabilities", "people", "vehicles", "vehicle_list", "kit")


class SupplyForm(PlacedForm):
    class Meta:
        model = Supply
        fields = ("kind", *COMMON, "quantity", "unit", "expires_on", "store")
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class ShelterForm(PlacedForm):
    class Meta:
        model = Shelter
        fields = ("kind", *COMMON, "capacity_day", "capacity_night", "occupants", "facilities", "status")


class MedicalPointForm(PlacedForm):
    class Meta:
        model = MedicalPoint
        fields = ("level", *COMMON, "beds", "ambulances", "specialties", "status")


class CommunicationAssetForm(PlacedForm):
    class Meta:
        model = CommunicationAsset
        fields = ("kind", *COMMON, "quantity", "channel", "status")


class TransportAssetForm(PlacedForm):
    class Meta:
        model = TransportAsset
        fields = ("kind", *COMMON, "quantity", "capacity", "status")


def confirm_form(record: Resource, data: Any = None) -> forms.ModelForm:
    """The few fields that the owner may correct on the no-login page."""
    fields = (*record.CORRECTABLE, "contact_name", "contact_phone")
    widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
    kind = forms.modelform_factory(
        type(record), fields=fields, widgets={k: v for k, v in widgets.items() if k in fields}
    )
    return kind(data, instance=record)
