"""Correcting single facts of a file: who may, from which text or JSON, and through which service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_date

from core.models import User
from geo.coordinates import Datum
from geo.models import Region
from geo.parsing import given_point
from geo.regions import region_of
from supervision.enterprises import contacts, services
from supervision.enterprises.facts import BY_KEY, CONTACTS, OFFICE, ROWS, SELF, title, value_of
from supervision.enterprises.models import Enterprise

COUNTS = ("employees", "safety_officers", "certified_staff")
LISTS = ("categories", "tags")


def may_change(actor: User, key: str) -> bool:
    """Straight, without asking anybody."""
    if key in CONTACTS:
        return actor.has_perm("enterprises.change_contact")
    if key == "status":
        return actor.has_perm("enterprises.set_status_enterprise")
    kept_by = BY_KEY[key].kept_by
    if kept_by == ROWS or not actor.has_perm("enterprises.change_enterprise"):
        return False
    return kept_by == SELF or actor.site_id is None


def may_ask(actor: User, key: str) -> bool:
    """By a change request: what the office decides, and for grid workers also what the enterprise keeps."""
    return BY_KEY[key].kept_by in (OFFICE, SELF) and actor.has_perm("enterprises.add_changerequest")


def parse(key: str, value: Any) -> Any:
    """The value as the services take it; what makes no sense is refused at its fact."""
    if key not in BY_KEY or (BY_KEY[key].kept_by == ROWS and key not in CONTACTS):
        raise ValidationError({key: f"不能这样更正“{title(key)}”。"})
    if key == "place":
        return _place(value)
    if key in CONTACTS:
        if not isinstance(value, Mapping) or not str(value.get("name") or "").strip():
            raise ValidationError({key: "请填联系人姓名和电话。"})
        return {"name": str(value["name"]).strip(), "phone": str(value.get("phone") or "").strip()}
    if key == "registered_region":
        region = Region.objects.filter(code=str(value)).first()
        if region is None:
            raise ValidationError({key: f"没有代码为“{value}”的区划。"})
        return region
    if key in LISTS:
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise ValidationError({key: f"{title(key)}应是一组代码。"})
        return list(value)
    return _plain(key, value)


def _place(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or value.get("lon") in (None, "") or value.get("lat") in (None, ""):
        raise ValidationError({"place": "请给出经度 lon 和纬度 lat。"})
    return {"lon": value["lon"], "lat": value["lat"], "datum": value.get("datum") or Datum.CGCS2000}


def _plain(key: str, value: Any) -> Any:
    name = title(key)
    if key in COUNTS:
        if isinstance(value, bool) or not str(value).strip().isdecimal():
            raise ValidationError({key: f"{name}应是 0 到 1000000 的整数。"})
        return int(value)
    if key == "founded_on":
        day = value if isinstance(value, dt.date) or value in (None, "") else _day(str(value))
        return day or None
    if key == "capital_wan":
        return _number(key, name, value)
    if not isinstance(value, str):
        raise ValidationError({key: f"{name}应是文字。"})
    return value.strip()


def _number(key: str, name: str, value: Any) -> Decimal | None:
    try:
        number = None if value in (None, "") else Decimal(str(value))
    except InvalidOperation as error:
        raise ValidationError({key: f"{name}应是数字。"}) from error
    if number is not None and not number.is_finite():  # NaN can be neither compared nor stored
        raise ValidationError({key: f"{name}应是数字。"})
    return number


def _day(text: str) -> dt.date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ValidationError({"founded_on": "日期应写成 2020-01-31 这样。"})
    return day


def stored(enterprise: Enterprise, key: str, value: Any) -> Any:
    """A parsed value, looked at as if it were written, as `value_of` would then give it."""
    if key == "place":
        point = given_point(value["lon"], value["lat"], datum=value["datum"], field="place")
        if region_of(point) is None:
            raise ValidationError({"place": "这个位置不在本市范围内，请核对坐标和坐标系。"})
        return {"lon": round(point.x, 6), "lat": round(point.y, 6)}
    if key == "status":
        if value not in Enterprise.Status.values:
            raise ValidationError({"status": "经营状态应是营业、停产停业或关闭。"})
        return value
    value = services.check_fact(enterprise, key, value)
    if isinstance(value, Region):
        return value.code
    return value if isinstance(value, (str, int, list, type(None))) else str(value)


@transaction.atomic
def apply(enterprise: Enterprise, *, actor: User, changes: Mapping[str, Any], reason: str) -> None:
    """Write parsed values through the services that own them: all of them or none."""
    facts: dict[str, Any] = {}
    for key, value in changes.items():
        if key in CONTACTS:
            contacts.set_contact(enterprise, actor=actor, role=key.removeprefix("contact_"), **value)
        elif key == "status":
            if value != value_of(enterprise, "status"):
                services.set_status(enterprise, actor=actor, status=value, reason=reason)
        elif key == "place":
            facts |= value
        else:
            facts[key] = value
    if facts:
        services.update_enterprise(enterprise, actor=actor, **facts)
    enterprise.refresh_from_db()
