"""The form of a hazard source: the unit, and its inventory as lines of text that a spreadsheet can be pasted into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from core.models import User
from geo.coordinates import Datum
from supervision.enterprises.models import Enterprise
from supervision.hazard_sources import gb18218, inventory, services
from supervision.hazard_sources.gb18218 import BadInventory
from supervision.hazard_sources.models import HazardSource, InventoryItem

HELP = "每行一种：物质名称或 CAS 号，数量（吨）；不在表1的，中间加危险性类别，如“柴油 W5.4 25.2”。可从表格粘贴。"
# Names hold commas (1,3-丁二烯), so columns are parted by blanks, tabs or Chinese commas.
_PARTS = re.compile(r"[\s，；;]+")
_SYMBOLS = re.compile(r"[JWjw][0-9][0-9.]*(、[JWjw][0-9][0-9.]*)*")


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def read_lines(text: str) -> list[dict[str, Any]]:
    """Lines of "substance [class] tonnes" as the engine reads them; the engine says what is wrong with each."""
    items = []
    for line in filter(None, map(str.strip, text.splitlines())):
        *words, quantity = _PARTS.split(line)
        symbol = words.pop() if words and _SYMBOLS.fullmatch(words[-1]) else ""
        if not words and not symbol:
            words, quantity = [quantity], ""
        items.append({"substance": " ".join(words), "class": symbol, "quantity_t": quantity})
    return items


def write_lines(items: Sequence[InventoryItem]) -> str:
    return "\n".join(" ".join(filter(None, (item.substance, item.symbol, item.quantity_text))) for item in items)


def as_validation_error(error: BadInventory) -> ValidationError:
    """The engine's problems at the fields of the form."""
    lines = [
        f"第 {problem.index + 1} 行：{problem.message}{_choices(problem)}"
        if problem.index is not None
        else problem.message
        for problem in error.problems
        if problem.field != "exposed_persons"
    ]
    persons = [problem.message for problem in error.problems if problem.field == "exposed_persons"]
    found = {"inventory": lines, "exposed_persons": persons}
    return ValidationError({field: messages for field, messages in found.items() if messages})


def _choices(problem: gb18218.Problem) -> str:
    return f"可选：{'；'.join(problem.choices)}。" if problem.choices and problem.field == "substance" else ""


class OfEnterprise(forms.ModelForm):
    """`credit_code` names the enterprise when the record is new; later it stays where it is."""

    fixed: ClassVar[tuple[str, ...]] = ("credit_code",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in self.fixed:
                self.fields[name].disabled = True
                self.initial[name] = getattr(self.instance, name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk:
            for name in self.fixed:
                cleaned.pop(name, None)
        return cleaned


class HazardSourceForm(OfEnterprise):
    """The unit with its inventory. Persons left empty are counted on the map, when the plant has its boundary."""

    credit_code = forms.CharField(label="企业统一社会信用代码", max_length=18)
    exposed_persons = forms.IntegerField(
        label="厂界外 500 米内常住人口", required=False, min_value=0, max_value=gb18218.MAX_PERSONS,
        help_text="已画厂界的不用填，由地图计算；没有厂界的填人工统计数。",
    )  # fmt: skip
    inventory = forms.CharField(
        label="存量清单", max_length=20_000, help_text=HELP, widget=forms.Textarea(attrs={"rows": 6})
    )
    reason = forms.CharField(
        label="变更原因", max_length=300, required=False, help_text="评估之后再改存量的，必须写明原因。"
    )
    lon = forms.FloatField(label="经度", required=False, help_text="不填则用企业的位置。")
    lat = forms.FloatField(label="纬度", required=False)
    datum = forms.ChoiceField(label="坐标系", choices=Datum.choices, initial=Datum.CGCS2000)

    field_order = (
        "credit_code", "name", "unit", "exposed_persons", "inventory", "reason", "place", "commissioned_on", "in_park",
        "nearest_target", "nearest_target_m", "lon", "lat", "datum",
    )  # fmt: skip

    class Meta:
        model = HazardSource
        fields = (
            "name", "unit", "exposed_persons", "place", "commissioned_on", "in_park", "nearest_target",
            "nearest_target_m",
        )  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {"commissioned_on": day_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["lon"].help_text = "不填则位置不变。"
            self.initial["inventory"] = write_lines(list(self.instance.items.all()))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["items"] = read_lines(cleaned.pop("inventory", ""))
        if "exposed_persons" in cleaned and not self.errors.get("inventory"):
            try:
                inventory.read_inventory(cleaned["exposed_persons"] or 0, cleaned["items"])
            except BadInventory as error:
                raise as_validation_error(error) from error
        return cleaned


def create(*, actor: User, credit_code: str, **cleaned: Any) -> HazardSource:
    """What the form gives, as the service takes it."""
    enterprise = (
        Enterprise.objects.visible_to(actor).select_related("site").filter(credit_code=credit_code.strip()).first()
    )
    if enterprise is None:
        raise ValidationError({"credit_code": "没有找到这家企业，或不在您的管辖范围内。"})
    return services.add_source(actor=actor, site=enterprise.site, **cleaned)
