"""Forms of the rows of a file: pages, the interface for programs and uploaded sheets all read them."""

from __future__ import annotations

from typing import Any

from django import forms

from geo.coordinates import Datum
from supervision.enterprises.forms import day_input
from supervision.enterprises.models import Boundary, Contact, Drill, HealthFactor, LedgerEntry, Licence, RescueFact

OWN_CODE = "按营业执照填写 18 位。企业账号登记本企业的可以不填。"


class OfEnterpriseForm(forms.ModelForm):
    """`credit_code` names the enterprise; a row that is there stays with it."""

    credit_code = forms.CharField(label="企业统一社会信用代码", max_length=18, required=False, help_text=OWN_CODE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["credit_code"])
        if self.instance.pk:
            field = self.fields["credit_code"]
            self.initial["credit_code"] = self.instance.enterprise.credit_code
            field.disabled, field.help_text = True, str(self.instance.enterprise)

    def _post_clean(self) -> None:
        """The service checks the whole row, and says what is wrong with it in words."""


class LicenceForm(OfEnterpriseForm):
    class Meta:
        model = Licence
        fields = ("kind", "number", "issuer", "scope", "issued_on", "expires_on", "revoked_on")
        widgets = {"issued_on": day_input(), "expires_on": day_input(), "revoked_on": day_input()}
        help_texts = {"revoked_on": "证照被注销或吊销时填写；换证不用填，直接登记新证。"}


class LedgerForm(OfEnterpriseForm):
    class Meta:
        model = LedgerEntry
        fields = ("kind", "title", "happened_on", "persons", "amount_yuan", "valid_until", "note")
        widgets = {
            "happened_on": day_input(), "valid_until": day_input(), "note": forms.Textarea(attrs={"rows": 3}),
        }  # fmt: skip
        help_texts = {"amount_yuan": "安全投入必填。", "persons": "参加或涉及的人数。"}


class HealthForm(OfEnterpriseForm):
    class Meta:
        model = HealthFactor
        fields = (
            "kind", "factor", "workplace", "exposed_persons", "tested_on", "is_within_limit", "examined_persons",
            "examined_on",
        )  # fmt: skip
        widgets = {"tested_on": day_input(), "examined_on": day_input()}
        help_texts = {"factor": "如 噪声、苯、电焊烟尘。", "workplace": "如 一车间打磨岗位。"}


class RescueForm(OfEnterpriseForm):
    lon = forms.FloatField(label="经度", required=False, help_text="有确切位置的填；不填则不在地图上标出。")
    lat = forms.FloatField(label="纬度", required=False)
    datum = forms.ChoiceField(label="坐标系", choices=Datum.choices, initial=Datum.CGCS2000, required=False)

    class Meta:
        model = RescueFact
        fields = ("kind", "title", "detail")
        widgets = {"detail": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"title": "如 东门、1 号罐区、消防水池。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.geom:
            self.initial.update({"lon": self.instance.geom.x, "lat": self.instance.geom.y})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and not {"lon", "lat", "datum"} & set(self.changed_data):
            # The point was not touched: it must not be read again in another datum.
            for key in ("lon", "lat", "datum"):
                cleaned.pop(key, None)
        return cleaned


class DrillForm(OfEnterpriseForm):
    class Meta:
        model = Drill
        fields = (
            "kind", "form", "plan_name", "subject", "held_on", "participants", "result", "evaluation", "evaluated_on",
        )  # fmt: skip
        widgets = {
            "held_on": day_input(), "evaluated_on": day_input(), "evaluation": forms.Textarea(attrs={"rows": 3}),
        }  # fmt: skip


class ContactRowForm(OfEnterpriseForm):
    """A person who answers for an enterprise. Another person is not a correction: that is a hand-over."""

    class Meta:
        model = Contact
        fields = ("role", "name", "phone", "since")
        widgets = {"since": day_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for key in ("role", "name", "since"):
                self.fields[key].disabled = True
            self.fields["phone"].required = True
            self.fields["name"].help_text = "换人请在企业页点“变更联系人”，办理交接。"


class BoundaryForm(OfEnterpriseForm):
    """An outline given as text or by a geodata file; on the map it is drawn instead."""

    geom = forms.CharField(
        label="厂界",
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text='GeoJSON 多边形，如 {"type":"Polygon","coordinates":[…]}。也可在地图的企业面板里绘制。',
    )
    datum = forms.ChoiceField(label="坐标系", choices=Datum.choices, initial=Datum.CGCS2000)

    class Meta:
        model = Boundary
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["geom"] = self.instance.geom.geojson

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "geom" in cleaned:
            cleaned["geometry"] = cleaned.pop("geom")
        return cleaned


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="撤下原因", max_length=200, help_text="如 重复登记、登记错误、已拆除。")
