"""The form of a plan. Whether its place is within the user's reach is the service's to check."""

from __future__ import annotations

from django import forms

from command_center.plans.models import Plan
from geo.models import Region


class PlanForm(forms.ModelForm):
    # An enterprise's plan takes level and region from its site; the service asks for them otherwise.
    level = forms.ChoiceField(label="级别", choices=[("", "---------"), *Plan.Level.choices], required=False)
    region = forms.ModelChoiceField(Region.objects.defer("geom"), label="所属区划", required=False)
    text = forms.FileField(label="预案文本", required=False, help_text="PDF、Word 或图片。")

    class Meta:
        model = Plan
        fields = ("title", "number", "kind", "level", "region", "organisation", "site", "issued_on", "interval_days",
                  "remark")  # fmt: skip
        widgets = {
            "issued_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            # There are thousands of sites: the number is filled in from the enterprise's panel.
            "site": forms.NumberInput(),
        }
        help_texts = {"site": "企业预案填企业编号（在企业面板点“登记预案”会自动填好），政府预案不填。"}
