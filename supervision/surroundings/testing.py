"""Samples for the tests that concern every module, and for this package's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.models import Model
from django.utils import timezone

from core.models import User
from core.pinyin import initials
from geo.models import Population, Region, Site
from supervision.surroundings.classes import proposed, site_kind
from supervision.surroundings.models import ProtectedSite


def make_protected(region: Region, name: str = "大王镇中心小学", **fields: Any) -> ProtectedSite:
    facts = {"category": "education", "persons": 800, "households": None, **fields}
    geom = facts.pop("geom", region.label_point)
    site = Site.objects.create(
        region=region, geom=geom, name=name, pinyin=initials(name), kind=site_kind(facts["category"])
    )
    facts.setdefault(
        "target_class", proposed(facts["category"], persons=facts["persons"], households=facts["households"])
    )
    facts.setdefault("verified_at", timezone.now() - dt.timedelta(days=1))
    return ProtectedSite.objects.create(site=site, contact_name="赵连山", contact_phone="13800007654", **facts)


def make_population(region: Region, name: str = "大王村", *, side: float = 0.004, **fields: Any) -> Population:
    centre = fields.pop("centre", region.label_point)
    x, y, half = centre.x, centre.y, side / 2
    area = Polygon.from_bbox((x - half, y - half, x + half, y + half))
    area.srid = centre.srid
    facts = {"persons": 600, "as_of": dt.date(2020, 11, 1), "source": "测试", **fields}
    return Population.objects.create(
        region=region, name=name, pinyin=initials(name), geom=MultiPolygon(area, srid=centre.srid), **facts
    )


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    place, area = make_protected(region, f"第{number}小学"), make_population(region, f"第{number}村")
    return {
        "protected_sites": place,
        "surroundings/protected": place,
        "population": area,
        "surroundings/population": area,
    }
