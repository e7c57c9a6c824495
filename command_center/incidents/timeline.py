"""Adding to an incident's timeline and telling every screen, inside the transaction that makes the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Max
from django.utils import timezone

from command_center.incidents.models import Incident, IncidentEntry
from core import events
from core.models import User


def add(
    incident: Incident,
    kind: IncidentEntry.Kind,
    text: str,
    *,
    actor: User | None,
    place: Point | None = None,
    at: datetime | None = None,
    **data: Any,
) -> IncidentEntry:
    """The next entry. The incident's row is held to commit, so numbers have no gap and no twin."""
    hold = Incident.objects.select_for_update(no_key=True).only("pk")
    hold.get(pk=incident.pk)
    last = IncidentEntry.objects.filter(incident=incident).aggregate(n=Max("n"))["n"] or 0
    return IncidentEntry.objects.create(
        incident=incident,
        n=last + 1,
        kind=kind,
        at=at or timezone.now(),
        actor=actor,
        text=text,
        place=place,
        data=data,
    )


def tell(incident: Incident, verb: str, *, actor: User | None, **data: Any) -> None:
    """The event of a change that is no step: the same facts that every step's event carries."""
    events.append(
        f"incidents.{verb}",
        subject=incident,
        region=incident.region,
        actor=actor,
        site_id=incident.site_id,
        shared_with=incident.shared_with,
        state=incident.state,
        state_label=incident.state_label,
        version=incident.version,
        **incident.event_facts(),
        **data,
    )
