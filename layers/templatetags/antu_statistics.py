"""The cells of a cross table. A page has about a thousand: they are put together here, not by the template engine."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import ModelChoiceField
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from layers.statistics.answering import TOTAL, Answer, Cell, Line

register = template.Library()


@register.filter
def chosen_label(field: Any, value: str) -> str:
    """What a value of a hidden filter is called."""
    if isinstance(field, ModelChoiceField):
        found = field.queryset.filter(**{field.to_field_name or "pk": value}).first() if field.queryset else None
        return str(found or value)
    return str(dict(getattr(field, "choices", ())).get(value, value))


@register.simple_tag
def cross_cells(line: Line, answer: Answer) -> SafeString:
    pairs = zip(answer.heads, line.cells, strict=True)
    return mark_safe("".join(cell_html(cell, line.label, *head) for head, cell in pairs))  # every part is escaped below


def cell_html(cell: Cell, row: str, key: str, column: str) -> str:
    kind = "num total" if key == TOTAL else "num"
    if not cell.list_url:
        return f'<td class="{kind} none">{escape(cell.text)}</td>'
    bar = f'<svg class="bar" aria-hidden="true"><rect width="{cell.share}%" height="100%"/></svg>' if cell.share else ""
    what = escape(f"{row} · {column}：{cell.text}")
    link = f'<a class="n" href="{escape(cell.list_url)}" title="{what}，列出这些记录">{escape(cell.text)}</a>'
    pin = '<svg class="icon" aria-hidden="true"><use href="#i-pin"/></svg>'
    seen = f"{what}，在地图上看"
    place = '<span class="pin"></span>'
    if cell.map_url:
        place = f'<a class="pin" href="{escape(cell.map_url)}" title="{seen}" aria-label="{seen}">{pin}</a>'
    return f'<td class="{kind}">{bar}{link}{place}</td>'
