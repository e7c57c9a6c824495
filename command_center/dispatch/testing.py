"""Assignments for tests, made through the services."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from command_center.dispatch import services
from command_center.dispatch.models import Assignment
from command_center.incidents.testing import make_incident
from command_center.resources.testing import make_team
from core.models import User
from geo.models import Region


def make_assignment(region: Region, actor: User, **fields: Any) -> Assignment:
    return services.assign(make_incident(region, actor), make_team(region), actor=actor, **fields)


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    """One assignment; the module has no layer or list of its own."""
    return {"assignment": make_assignment(region, actor)}
