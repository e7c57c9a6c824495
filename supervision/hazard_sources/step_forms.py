"""What a step, a count, a paper or a facility asks of people. Whether it is enough, the service says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from supervision.hazard_sources import gb18218
from supervision.hazard_sources.forms import day_input
from supervision.hazard_sources.models import Assessment, FilingPaper, HazardSource, SafetyCheck
from supervision.hazard_sources.statutory import FIRST, TRIGGER_CHOICES

AGAIN = [choice for choice in TRIGGER_CHOICES if choice[0] != FIRST]


def long_text(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}), **more
    )


class StepForm(forms.Form):
    """A step's fields; `source` sets what stands in them at first."""

    def begin(self, source: HazardSource) -> None:
        """Prefill from the source."""


class AssessForm(StepForm):
    trigger = forms.ChoiceField(label="评估原因", choices=TRIGGER_CHOICES, required=False)
    on = forms.DateField(label="评估报告完成日期", required=False, widget=day_input())
    assessor_kind = forms.ChoiceField(label="评估方式", choices=Assessment.By.choices, required=False)
    assessor = forms.CharField(label="评估单位", max_length=100, required=False, help_text="由安全评价机构评估的必填。")
    report_number = forms.CharField(label="报告编号", max_length=60, required=False)

    def begin(self, source: HazardSource) -> None:
        last = source.assessments.first()
        self.fields["trigger"].choices = AGAIN if last else [TRIGGER_CHOICES[0]]  # type: ignore[attr-defined]  # a ChoiceField
        self.initial.update(
            trigger=source.review_reason or ("other" if last else FIRST),
            on=timezone.localdate(),
            assessor_kind=last.assessor_kind if last else Assessment.By.AGENCY,
            assessor=last.assessor if last else "",
        )

    def clean_assessor_kind(self) -> str:
        return str(self.cleaned_data.get("assessor_kind") or Assessment.By.SELF)


class NoteForm(StepForm):
    note = long_text("理由")


class ReturnForm(StepForm):
    note = long_text("需要补正的内容", help_text="每行一项，写入补正告知书。")


class FileForm(StepForm):
    filing_number = forms.CharField(label="备案编号", max_length=40, required=False)

    def begin(self, source: HazardSource) -> None:
        self.initial["filing_number"] = source.filing_number


class RecallForm(StepForm):
    trigger = forms.ChoiceField(label="复评原因（令40 第十一条）", choices=AGAIN, required=False)
    note = long_text("具体情况")

    def clean_trigger(self) -> str:
        return str(self.cleaned_data.get("trigger") or "other")


class CancelForm(StepForm):
    note = long_text("核销理由", help_text="如装置拆除、存量减少后 S < 1。")
    report_number = forms.CharField(label="安全评估或评价报告编号", max_length=60, required=False)
    report_on = forms.DateField(label="报告日期", required=False, widget=day_input())


class OverrideForm(StepForm):
    persons = forms.IntegerField(label="采用人数", min_value=0, max_value=gb18218.MAX_PERSONS)
    reason = forms.CharField(
        label="理由或统计方法", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如：村庄已于某年某月搬迁，附搬迁文件编号。理由随评估记录保存。",
    )  # fmt: skip

    def begin(self, source: HazardSource) -> None:
        self.initial["persons"] = source.exposed_persons


class PaperForm(StepForm):
    state = forms.ChoiceField(label="提供情况", choices=FilingPaper.State.choices)
    note = forms.CharField(label="说明", max_length=200, required=False, help_text="不涉及的，说明原因。")


class FacilityForm(StepForm):
    state = forms.ChoiceField(label="情况", choices=SafetyCheck.State.choices)
    evidence = forms.CharField(label="依据或说明", max_length=200, required=False)
