"""The divisions as the map needs them: the tree to choose from, and the outlines to draw."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import FloatField, Func, QuerySet, TextField

from core.models import User
from geo.models import Region
from layers import versions
from layers.caches import Kept

# About 50 m: less than a pixel at the zooms at which whole districts are seen.
TOLERANCE = 0.0005

_outlines: Kept[bytes] = Kept(8)


def tree(user: User) -> list[dict[str, Any]]:
    """Every division, parents first; `in_scope` where this user's rows may lie."""
    scope = user.scope
    box = {
        f"m_{side}": Func("geom", template=f"ST_{side}(%(expressions)s)", output_field=FloatField())
        for side in ("XMin", "YMin", "XMax", "YMax")
    }
    rows = Region.objects.annotate(**box).select_related("parent", "admin_parent")
    found = rows.defer("geom", "parent__geom", "admin_parent__geom").order_by("path")
    return [
        {
            "code": r.code,
            "name": r.name,
            "short_name": r.short_name,
            "kind": r.kind,
            "parent": r.parent.code if r.parent else None,
            "admin_parent": r.admin_parent.code if r.admin_parent else None,
            "bbox": [round(v, 5) for v in corners] if None not in (corners := corners_of(r)) else None,
            "is_illustrative": r.is_illustrative,
            "in_scope": scope.covers_region(r.pk),
        }
        for r in sorted(found, key=lambda r: (r.path.count("/"), r.order, r.code))
    ]


def corners_of(region: Any) -> list[float]:
    return [region.m_XMin, region.m_YMin, region.m_XMax, region.m_YMax]


def version() -> str:
    return versions.version(["geo_region"])


def etag(version: str) -> str:
    return f'"{hashlib.sha1(f"regions.{version}".encode(), usedforsecurity=False).hexdigest()[:20]}"'


def boundaries(version: str) -> bytes:
    """A GeoJSON FeatureCollection of city, counties, zones and those townships that have an outline."""
    known = _outlines.get(version)
    return known if known is not None else _outlines.put(version, drawn(Region.objects.exclude(geom=None)))


def drawn(regions: QuerySet[Region]) -> bytes:
    shape = Func(
        "geom",
        template=f"ST_AsGeoJSON(ST_SimplifyPreserveTopology(%(expressions)s, {TOLERANCE}), 5)::text",
        output_field=TextField(),
    )
    label = Func("label_point", template="ST_AsGeoJSON(%(expressions)s, 5)::text", output_field=TextField())
    rows = regions.annotate(m_shape=shape, m_label=label).values(
        "code", "name", "short_name", "kind", "parent__code", "is_illustrative", "m_shape", "m_label"
    )
    features = [
        {
            "type": "Feature",
            "id": row["code"],
            "geometry": json.loads(row["m_shape"]),
            "properties": {
                "code": row["code"],
                "name": row["name"],
                "short_name": row["short_name"],
                "kind": row["kind"],
                "parent": row["parent__code"],
                "is_illustrative": row["is_illustrative"],
                "label": json.loads(row["m_label"])["coordinates"] if row["m_label"] else None,
            },
        }
        for row in rows.order_by("path")
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
    ).encode()
