"""What the map, the lists and other modules ask about resources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import Now, TruncDate

from command_center.resources.models import (
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from command_center.resources.services import BUSY
from core.freshness import stale_before
from core.models import User
from layers.columns import masked

EXPIRES_SOON = timedelta(days=30)
KEYS: dict[str, type[Resource]] = {
    "teams": Team,
    "supplies": Supply,
    "shelters": Shelter,
    "medical": MedicalPoint,
    "communication": CommunicationAsset,
    "transport": TransportAsset,
}


class Fact(TypedDict):
    title: str
    value: str


def supply_state() -> Case:
    """usable, expiring within 30 days, expired, or empty: what the map colours a stock by."""
    today = TruncDate(Now())
    return Case(
        When(quantity__lte=0, then=Value("empty")),
        When(expires_on__lt=today, then=Value("expired")),
        When(expires_on__lt=TruncDate(Now() + EXPIRES_SOON), then=Value("expiring")),
        default=Value("usable"),
        output_field=CharField(),
    )


def visible(model: type[Resource], user: User) -> QuerySet[Any]:
    return model.objects.visible_to(user).select_related("organisation", "verified_by", "region")


def may_see_contact(user: User) -> bool:
    """Whom a contact's name and number are shown to in full: those who call them."""
    return user.has_perm("resources.verify_resource")


def contact(record: Resource, user: User) -> dict[str, str]:
    if may_see_contact(user):
        return {"name": record.contact_name, "phone": record.contact_phone}
    return {"name": masked(record.contact_name), "phone": masked(record.contact_phone)}


SHOWN: dict[str, tuple[str, ...]] = {
    "team": ("kind", "status", "people", "vehicles", "vehicle_list", "kit"),
    "supply": ("kind", "quantity", "unit", "expires_on", "store"),
    "shelter": ("kind", "status", "capacity_day", "capacity_night", "occupants", "facilities"),
    "medicalpoint": ("level", "status", "beds", "ambulances", "specialties"),
    "communicationasset": ("kind", "status", "quantity", "channel"),
    "transportasset": ("kind", "status", "quantity", "capacity"),
}


def facts(record: Resource) -> list[Fact]:
    """The record's own fields in words, for the panel and the confirm page."""
    name = str(record._meta.model_name)
    found: list[Fact] = []
    for key in SHOWN[name]:
        field = record._meta.get_field(key)
        display = getattr(record, f"get_{key}_display", None)
        value = display() if display else getattr(record, key)
        found.append({"title": str(getattr(field, "verbose_name", key)), "value": shown(value)})
    if isinstance(record, Team):
        found.insert(1, {"title": "能力", "value": "、".join(record.capability_labels)})
    return [fact for fact in found if fact["value"] != ""]


def shown(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "", 1).isdigit() else text


def tab(record: Resource, user: User) -> dict[str, Any]:
    """The panel's first page."""
    may_set = isinstance(record, Team) and record.status not in BUSY and user.has_perm("resources.set_team_status")
    return {
        "record": record,
        "facts": facts(record),
        "contact": contact(record, user),
        "fresh": record.freshness,
        "statuses": [c for c in Team.Status.choices if c[0] not in BUSY] if may_set else [],
    }


class Share(TypedDict):
    key: str
    title: str
    total: int
    stale: int
    never: int


def shares(user: User) -> list[Share]:
    """How many of each sort this user sees, how many are past their interval, how many nobody ever confirmed."""
    found: list[Share] = []
    for key, model in KEYS.items():
        if not user.has_perm(f"resources.view_{model._meta.model_name}"):
            continue
        rows = model.objects.visible_to(user)
        counts = rows.aggregate(
            total=Count("pk"),
            stale=Count("pk", filter=stale_before()),
            never=Count("pk", filter=Q(verified_at__isnull=True)),
        )
        title = str(model._meta.verbose_name)
        found.append(
            {"key": key, "title": title, "total": counts["total"], "stale": counts["stale"], "never": counts["never"]}
        )
    return found
