"""Draws the map: folium makes the page, Leaflet and the data are put inside it, nothing is left to fetch.

folium's own popups are JavaScript template strings, which a backtick in a name breaks out of, and whatever an element
prints is compiled once more as a Jinja template, which would run a name such as {{ 7*7 }}. So no data passes through
folium: it prints fixed marks, and the data takes their place afterwards as JSON, every word of which reaches the page
as text.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import folium
from branca.element import MacroElement
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.staticfiles import finders
from django.utils import timezone
from folium.template import Template

from geo.models import Region

HERE = Path(__file__).parent
VENDOR = "vendor/leaflet@1.9.4"
CODE_MARK, DATA_MARK, TITLE_MARK = "SITUATION_CODE", "SITUATION_DATA", "SITUATION_TITLE"
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]{3,20}")
MOST_FEATURES = 20_000
TOLERANCE = 0.001  # degrees; about 100 m, invisible at the scale of a district
EXTERNAL = re.compile(r"""(?:(?:src|href)\s*=|url\()\s*["']?\s*(?:https?:)?//|@import""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One thing on the map. `geometry` is GeoJSON or GEOS in lon, lat; `facts` are the lines of its popup."""

    geometry: Mapping[str, Any] | GEOSGeometry
    label: str
    facts: Sequence[tuple[str, str]] = ()
    radius_m: float = 0  # a circle around a point
    color: str = ""  # otherwise the layer's


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Features drawn alike; the legend can hide them."""

    title: str
    features: Sequence[Feature]
    color: str = "#e5484d"
    symbol: str = "●"
    labelled: bool = False  # names stand on the map, not only in popups
    dashed: bool = False


class _OfflineMap(folium.Map):
    """Own lists: folium.Map's are class-level, shared by every map of the process."""

    default_js: list[tuple[str, str]] = [("leaflet", "leaflet.js")]
    default_css: list[tuple[str, str]] = [("leaflet_css", "leaflet.css")]


class _Situation(MacroElement):
    """The place of the script that draws the data onto the map."""

    _template = Template(
        f"{{% macro script(this, kwargs) %}}{CODE_MARK}\n"
        f"situation({{{{ this._parent.get_name() }}}}, {DATA_MARK});{{% endmacro %}}"
    )


def render(
    layers: Sequence[Layer],
    *,
    center: tuple[float, float],
    title: str,
    at: datetime,
    operator: str,
    zoom: int = 13,
    boundaries: bool = True,
    exercise: bool = False,
) -> str:
    """The whole page as text. `center` is lon, lat."""
    if sum(len(layer.features) for layer in layers) > MOST_FEATURES:
        raise ValueError(f"a situation map holds at most {MOST_FEATURES} features")
    place = [center[1], center[0]]
    page = _OfflineMap(place, zoom_start=zoom, tiles=None, attribution_control=False, min_zoom=7, max_zoom=18)
    data = {
        "title": title,
        "note": f"{timezone.localtime(at):%Y年%-m月%-d日 %H:%M}　制图：{operator}",
        "approval": settings.CITY.get("approval_number", ""),
        "exercise": exercise,
        "layers": [_layer(layer) for layer in layers],
        "regions": list(_regions()) if boundaries else [],
    }
    marks: Any = _Situation  # branca leaves its constructors untyped
    marks().add_to(page)
    root: Any = page.get_root()
    root.title = TITLE_MARK
    parts = {
        '<link rel="stylesheet" href="leaflet.css"/>': f"<style>{_css()}</style>",
        '<script src="leaflet.js"></script>': f"<script>{_leaflet()}</script>",
        CODE_MARK: (HERE / "situation.js").read_text("utf-8"),
        TITLE_MARK: html.escape(title),
        DATA_MARK: _json(data),
    }
    return _assembled(root.render(), parts)


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "title": layer.title,
        "color": _color(layer.color),
        "symbol": layer.symbol[:2],
        "labelled": layer.labelled,
        "dashed": layer.dashed,
        "features": [
            {
                "geometry": _geometry(f.geometry),
                "label": f.label,
                "facts": [[str(name), str(value)] for name, value in f.facts],
                "radius": f.radius_m,
                "color": _color(f.color or layer.color),
            }
            for f in layer.features
        ],
    }


def _color(color: str) -> str:
    if not COLOR.fullmatch(color):
        raise ValueError(f"colour {color!r}: expected #rrggbb or a CSS name")
    return color


def _geometry(geometry: Mapping[str, Any] | GEOSGeometry) -> Any:
    if isinstance(geometry, GEOSGeometry):
        return json.loads(geometry.json)
    return geometry


def _regions() -> Iterable[dict[str, Any]]:
    """Outlines of counties and zones, for orientation only."""
    for region in Region.objects.filter(kind__in=(Region.Kind.COUNTY, Region.Kind.ZONE), geom__isnull=False):
        geom: Any = region.geom
        outline = geom.simplify(TOLERANCE, preserve_topology=True)
        point = region.label_point or geom.point_on_surface
        yield {"name": region.name, "geometry": json.loads(outline.json), "at": [point.y, point.x]}


def _json(data: Any) -> str:
    """JSON that is inert inside a script element: no tag, no entity, no line separator survives as such."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&'`":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _vendored(name: str) -> str:
    found = finders.find(f"{VENDOR}/{name}")
    if not found:
        raise FileNotFoundError(f"static file {VENDOR}/{name} is missing; restore it from VENDORED.txt")
    return Path(found).read_text("utf-8")


def _css() -> str:
    # Only the layer toggle and the default marker use pictures; neither is on this map.
    plain = re.sub(r"url\(images/[^)]+\)", "none", _vendored("leaflet.css.txt"))
    return plain + (HERE / "situation.css").read_text("utf-8")


def _leaflet() -> str:
    return _vendored("leaflet.js").replace("</script", "<\\/script").replace("https://leafletjs.com", "#")


def _assembled(page: str, parts: Mapping[str, str]) -> str:
    """Each mark once, in one pass, so no part is searched for marks. What would still fetch something is refused."""
    for mark in parts:
        if page.count(mark) != 1:
            raise ValueError(f"folium's page has {page.count(mark)} of {mark!r}, expected 1")
    page = page.replace("<html>", '<html lang="zh-CN">', 1)
    written = {mark: "" if mark in (DATA_MARK, TITLE_MARK) else part for mark, part in parts.items()}
    if left := EXTERNAL.search(_put(page, written)):  # words of the data may look like addresses; they are only shown
        raise ValueError(f"the situation map still refers to the network: {left[0]!r}")
    return _put(page, parts)


def _put(page: str, parts: Mapping[str, str]) -> str:
    return re.sub("|".join(map(re.escape, parts)), lambda match: parts[match[0]], page)
