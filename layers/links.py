"""Addresses that open the map, or a list, on a selection: what a number in a table is made of, say.

The map's hash:
`#map=z/lat/lon&layers=a,b&sel=<layer>:<id>&region=<code>&theme=<layer>:<theme>&f=<layer>:<query>&heat=<layer>`.
`theme`, `f` and `heat` may stand once for each layer; `query` is a URL-encoded query string of that layer's filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from django.urls import reverse

Filters = Mapping[str, Any] | str


def query_of(filters: Filters) -> str:
    """The filters as a query string, in one order: equal filters make equal links. Empty ones say nothing."""
    pairs: Iterable[tuple[str, Any]]
    pairs = parse_qsl(filters.lstrip("?")) if isinstance(filters, str) else filters.items()
    return urlencode(sorted((name, str(value)) for name, value in pairs if value not in ("", None)))


def map_link(layer: str, *, filters: Filters = "", region: str = "", theme: str = "", sel: str = "") -> str:
    """The map with this one layer: filtered, coloured by a theme, in a region, with a feature of it opened."""
    parts = [f"layers={layer}"]
    if sel:
        parts.append(f"sel={layer}:{quote(str(sel), safe='')}")
    if region:
        parts.append(f"region={quote(region, safe='')}")
    if theme:
        parts.append(f"theme={layer}:{theme}")
    if query := query_of(filters):
        parts.append(f"f={layer}:{quote(query, safe='')}")
    return f"{reverse('map')}#{'&'.join(parts)}"


def list_link(module: str, records: str, filters: Filters = "", region: str = "") -> str:
    """The list of the same rows: its filters have the names of the layer's."""
    query = query_of(filters)
    if region:
        query = "&".join(part for part in (query, urlencode({"region": region})) if part)
    return reverse("records:list", args=[module, records]) + (f"?{query}" if query else "")
