"""Forms of the enterprise file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from geo.coordinates import Datum
from supervision.enterprises.industries import all_industries, code_for
from supervision.enterprises.models import Contact, Enterprise


def day_input() -> forms.DateInput:
    """Browsers take the value of a date field in ISO form only, whatever the language."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


OPTIONAL_COUNTS = ("safety_officers", "certified_staff")


class IndustryInput(forms.TextInput):
    """A code, or words of the industry's name: the browser proposes what matches either."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": "industries", "autocomplete": "off"}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', all_industries())
        return format_html('{}<datalist id="industries">{}</datalist>', field, options)


class NameInput(forms.TextInput):
    """The name, and under it the files that may be of the same enterprise, looked up while it is typed."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<div id="likely" aria-live="polite"></div>', field)


def watched(form: forms.BaseForm) -> None:
    """Before anything is saved: name, code and place are looked up whenever one of them changes."""
    form.fields["name"].widget = NameInput(attrs={"minlength": 2, "maxlength": 120})
    for key in ("name", "credit_code", "lon", "lat"):
        form.fields[key].widget.attrs |= {
            "hx-get": reverse("enterprises:check"),
            "hx-trigger": "input changed delay:400ms",
            "hx-include": "closest form",
            "hx-params": "name,credit_code,lon,lat,datum",
            "hx-target": "#likely",
            "hx-swap": "innerHTML",
        }


class EnterpriseForm(forms.ModelForm):
    """The main facts; the site's name, address and place are edited with them."""

    name = forms.CharField(label="企业名称", min_length=2, max_length=120)
    category = forms.ChoiceField(label="主要监管分类", choices=Enterprise.Category.choices)
    also = forms.MultipleChoiceField(
        label="兼有的监管分类", choices=Enterprise.Category.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    tags = forms.MultipleChoiceField(
        label="风险标签", choices=Enterprise.Tag.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    industry_code = forms.CharField(
        label="国民经济行业", max_length=60, widget=IndustryInput(),
        help_text="GB/T 4754-2017：输入代码或行业名称里的字，从提示里选。",
    )  # fmt: skip
    address = forms.CharField(label="地址", max_length=200, required=False)
    lon = forms.FloatField(label="经度", min_value=-180, max_value=1_000_000)
    lat = forms.FloatField(label="纬度", min_value=-90, max_value=10_000_000)
    datum = forms.ChoiceField(label="坐标系", choices=Datum.choices, initial=Datum.CGCS2000)

    field_order = (
        "name", "credit_code", "category", "industry_code", "also", "tags", "business", "legal_form", "scale",
        "capital_wan", "founded_on", "employees", "safety_officers", "certified_staff", "registered_region", "address",
        "lon", "lat", "datum",
    )  # fmt: skip

    class Meta:
        model = Enterprise
        fields = (
            "credit_code", "industry_code", "employees", "founded_on", "business", "legal_form", "scale", "capital_wan",
            "safety_officers", "certified_staff", "registered_region",
        )  # fmt: skip
        widgets = {"founded_on": day_input()}
        help_texts = {
            "credit_code": "18 位，按营业执照填写。",
            "registered_region": "营业执照登记机关所在区划，与实际位置不同时填写。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            site = self.instance.site
            main, *also = self.instance.categories
            self.initial.update({
                "name": site.name, "address": site.address, "lon": site.geom.x, "lat": site.geom.y,
                "category": main, "also": also, "tags": self.instance.tags,
            })  # fmt: skip

        for key in OPTIONAL_COUNTS:
            self.fields[key].required = False
        if not self.instance.pk:
            watched(self)

    def clean_industry_code(self) -> str:
        code, problem = code_for(self.cleaned_data["industry_code"])
        if problem:
            raise forms.ValidationError(problem)
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for key in OPTIONAL_COUNTS:
            if key in cleaned and cleaned[key] is None:
                cleaned[key] = 0
        main, also = cleaned.pop("category", None), cleaned.pop("also", [])
        if main:
            cleaned["categories"] = [main, *(key for key in also if key != main)]
        if self.instance.pk and not {"lon", "lat", "datum"} & set(self.changed_data):
            # The point was not touched: it must not be read again in another datum.
            for key in ("lon", "lat", "datum"):
                cleaned.pop(key, None)
        return cleaned


class StatusForm(forms.Form):
    status = forms.ChoiceField(label="变更为", choices=Enterprise.Status.choices)
    since = forms.DateField(label="自", widget=day_input(), initial=timezone.localdate)
    reason = forms.CharField(label="原因", max_length=200)


class ContactForm(forms.Form):
    role = forms.ChoiceField(label="身份", choices=Contact.Role.choices)
    name = forms.CharField(label="姓名", max_length=40)
    phone = forms.CharField(label="电话", max_length=20, required=False, widget=forms.TextInput({"inputmode": "tel"}))
    since = forms.DateField(label="任职起", widget=day_input(), initial=timezone.localdate)
