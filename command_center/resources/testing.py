"""One row of each resource in a region, for tests that concern every module and for this package's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from command_center.resources.models import (
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from core.models import Organisation, User
from core.pinyin import initials
from geo.models import Region

PHONE = "13800007654"


def office_of(region: Region) -> Organisation:
    found, _ = Organisation.objects.get_or_create(
        region=region, name=f"{region.name}应急管理局", defaults={"kind": "authority", "short_name": "鲁东"}
    )
    return found


def common(region: Region, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "pinyin": initials(name),
        "organisation": office_of(region),
        "region": region,
        "geom": region.label_point or Point(118.5, 37.4, srid=4490),
        "contact_name": "赵连山",
        "contact_phone": PHONE,
        "verified_at": timezone.now() - dt.timedelta(days=1),
        **fields,
    }


def make_team(region: Region, name: str = "危化救援一队", **fields: Any) -> Team:
    fields = {"kind": "hazmat", "capabilities": ["hazmat", "fire"], "people": 20, "vehicles": 3, **fields}
    return Team.objects.create(**common(region, name, **fields))


def make_supply(region: Region, name: str = "抗溶泡沫液", **fields: Any) -> Supply:
    fields = {"kind": "firefighting", "quantity": 10, "unit": "吨", "store": "一号库", **fields}
    return Supply.objects.create(**common(region, name, **fields))


def make_shelter(region: Region, name: str = "人民广场避难场所", **fields: Any) -> Shelter:
    return Shelter.objects.create(**common(region, name, **{"capacity_day": 2000, "capacity_night": 900, **fields}))


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Resource]:
    """One of each, by layer and by list; made directly, because rights are what those tests examine."""
    made: dict[str, Resource] = {
        "teams": make_team(region, f"救援{number}队"),
        "supplies": make_supply(region, f"泡沫液{number}号"),
        "shelters": make_shelter(region, f"广场{number}避难场所"),
        "medical": MedicalPoint.objects.create(**common(region, f"第{number}医院", level="secondary", beds=300)),
        "communication": CommunicationAsset.objects.create(**common(region, f"通信车{number}号", kind="vehicle")),
        "transport": TransportAsset.objects.create(**common(region, f"客车{number}队", kind="bus", quantity=6)),
    }
    return made | {f"resources/{key}": row for key, row in made.items()}
