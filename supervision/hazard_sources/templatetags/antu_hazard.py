"""Filters of the hazard source templates."""

from django import template

from layers import columns

register = template.Library()


@register.filter
def masked(text: str) -> str:
    """Enough of a name or number to recognise, not enough to call."""
    return columns.masked(str(text))
