"""Forms of what belongs to one source: an inventory line, a responsible person, a monitoring point.

The source is named by its enterprise's code and its own name, so that a row of a sheet can name it too.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from core.models import User
from supervision.hazard_sources import inventory, people, points
from supervision.hazard_sources.forms import OfEnterprise, day_input
from supervision.hazard_sources.models import HazardSource, InventoryItem, MonitoringPoint, ResponsiblePerson


class OfSourceForm(OfEnterprise):
    """`credit_code` and `source_name` name the source when the record is new."""

    fixed: ClassVar[tuple[str, ...]] = ("credit_code", "source_name")

    credit_code = forms.CharField(label="企业统一社会信用代码", max_length=18)
    source_name = forms.CharField(label="重大危险源名称", max_length=80)


class InventoryForm(OfSourceForm):
    """One substance; the name, or a class symbol where Table 1 does not have it."""

    fixed: ClassVar[tuple[str, ...]] = ("credit_code", "source_name", "substance", "symbol")

    reason = forms.CharField(
        label="变更原因", max_length=300, required=False, help_text="评估之后再改存量的，必须写明原因。"
    )
    field_order = ("credit_code", "source_name", "substance", "symbol", "quantity_t", "reason")

    class Meta:
        model = InventoryItem
        fields = ("substance", "symbol", "quantity_t")
        help_texts: ClassVar[dict[str, str]] = {
            "substance": "名称、别名或 CAS 号。", "symbol": "不在表1的填危险性类别，如 W5.4。",
        }  # fmt: skip


class PersonForm(OfSourceForm):
    """The one in a role from a day on; who is in it already leaves on that day."""

    left_on = forms.DateField(label="离任", required=False, widget=day_input(), help_text="离任必须同时填写接任者。")
    successor_name = forms.CharField(label="接任者姓名", max_length=40, required=False)
    successor_phone = forms.CharField(label="接任者电话", max_length=20, required=False)
    successor_post = forms.CharField(label="接任者职务", max_length=40, required=False)
    field_order = ("credit_code", "source_name", "role", "name", "post", "phone", "since", "left_on")

    class Meta:
        model = ResponsiblePerson
        fields = ("role", "name", "post", "phone", "since")
        widgets: ClassVar[dict[str, Any]] = {"since": day_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].required = False
        self.fields["since"].help_text = "不填为今天。"
        if self.instance.pk:
            self.fields["role"].disabled = True
            self.initial["left_on"] = self.instance.left_on
        if not self.instance.pk or self.instance.left_on:
            for name in ("left_on", "successor_name", "successor_phone", "successor_post"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk:
            cleaned.pop("role", None)
        return cleaned


class PointForm(OfSourceForm):
    """One instrument with its four limits; an empty limit is none."""

    field_order = ("credit_code", "source_name", *points.FACTS)

    class Meta:
        model = MonitoringPoint
        fields = points.FACTS
        widgets: ClassVar[dict[str, Any]] = {"installed_on": day_input(), "removed_on": day_input()}

    def _post_clean(self) -> None:
        """The service says what is wrong with the limits, at their fields."""


def source_of(actor: User, credit_code: str, source_name: str) -> HazardSource:
    rows = HazardSource.objects.visible_to(actor).filter(
        site__enterprise__credit_code=credit_code.strip(), name=source_name.strip()
    )
    found: HazardSource | None = rows.first()
    if found is None:
        raise ValidationError({"source_name": "这家企业没有这个名称的重大危险源，或不在您的管辖范围内。"})
    return found


def add_item(*, actor: User, credit_code: str, source_name: str, **facts: Any) -> InventoryItem:
    made = inventory.set_line(source_of(actor, credit_code, source_name), actor=actor, **facts)
    assert made is not None  # it was given a quantity
    return made


def change_item(item: InventoryItem, *, actor: User, **facts: Any) -> InventoryItem:
    """By its substance: the lines of a changed inventory are written anew."""
    made = inventory.set_line(item.source, actor=actor, substance=item.substance, symbol=item.symbol, **facts)
    assert made is not None  # as above
    item.pk = made.pk
    return made


def add_person(*, actor: User, credit_code: str, source_name: str, **facts: Any) -> ResponsiblePerson:
    return people.appoint(source_of(actor, credit_code, source_name), actor=actor, **facts)


def add_point(*, actor: User, credit_code: str, source_name: str, **facts: Any) -> MonitoringPoint:
    return points.add_point(source_of(actor, credit_code, source_name), actor=actor, **facts)
