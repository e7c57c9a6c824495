"""Incidents for tests, raised through the services."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from command_center.incidents import intake, services
from command_center.incidents.models import Incident
from core.models import User
from geo.models import Region, Site

PHONE = "13912345678"


def make_incident(region: Region, actor: User, **fields: Any) -> Incident:
    return intake.raise_incident(
        **{
            "actor": actor,
            "kind": "leak",
            "title": "储罐区泄漏",
            "narrative": "法兰处泄漏，有刺激性气味",
            "point": region.label_point,
            "reporter_name": "孙报警",
            "reporter_phone": PHONE,
            **fields,
        }
    )


def bring_to(incident: Incident, state: str, *, actor: User) -> Incident:
    """Walk the main line up to a state."""
    path = ("verify", "grade", "respond", "control", "end", "review", "archive")
    targets = ("verified", "graded", "responding", "controlled", "ended", "reviewed", "archived")
    values: dict[str, dict[str, Any]] = {
        "respond": {"level": 3},
        "end": {"disposition": "泄漏点已封堵"},
        "review": {"lessons": "备足堵漏器材"},
    }
    for name, target in zip(path, targets, strict=True):
        if incident.state == state:
            break
        services.take_step(incident, name, actor=actor, **values.get(name, {}))
        assert incident.state == target
    return incident


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    """One incident at a site, with a task."""
    assert region.label_point is not None
    site = Site.objects.create(region=region, name=f"涉事单位{number}", geom=region.label_point)
    incident = make_incident(region, actor, title=f"泄漏{number}号", site=site)
    services.add_task(incident, actor=actor, title="疏散下风向")
    return {"incidents": incident, "incidents/incidents": incident, "site": site}
