"""Raising an incident: what is known is taken, what is missing is flagged, nothing is refused for being incomplete."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from command_center.incidents import clocks, timeline
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.states import START
from core.documents import numbering
from core.models import User
from geo.measure import metres_between
from geo.models import Region, Site
from geo.regions import region_of

FLAGS = {
    "location": "位置",
    "kind": "事件类型",
    "narrative": "情况描述",
    "reporter_phone": "报警电话",
    "occurred_at": "发生时间",
    "outside": "位置在市域外，请核对",
    "disposition": "处置结果",
}
BY_PHONE = (Incident.Source.PHONE, Incident.Source.API, Incident.Source.TRANSFER)
COUNTS = ("deaths", "serious_injuries", "minor_injuries", "missing", "trapped", "evacuated")
FACTS = (
    "narrative", "address", "uncertainty_m", "source", "reporter_name", "reporter_phone", "occurred_at", "is_drill",
    "direct_loss_wan", *COUNTS,
)  # fmt: skip


def raise_incident(
    *,
    actor: User,
    title: str = "",
    kind: str = "",
    point: Point | None = None,
    site: Site | None = None,
    **facts: Any,
) -> Incident:
    """Take an alarm with whatever of FACTS is known. Without a place its region is its site's or the actor's own."""
    if actor.scope.site_id is not None:  # an enterprise raises alarms for its own site only
        site = Site.objects.visible_to(actor).get(pk=actor.scope.site_id)
    needed = "raise_alarm" if actor.scope.site_id is not None else "add_incident"
    if not actor.has_perm(f"incidents.{needed}"):
        raise PermissionDenied("您没有“登记事件”的权限。")
    if unknown := set(facts) - set(FACTS):
        raise TypeError(f"raise_incident() got unexpected {', '.join(sorted(unknown))}")
    place, region, flags = locate(point or (site.geom if site else None), site, actor)
    incident = Incident(
        state=START,
        kind=kind if kind in Incident.Kind.values else Incident.Kind.OTHER,
        geom=place,
        region=region,
        site=site,
        raised_by=actor,
        received_at=timezone.now(),
        **{key: value.strip() if isinstance(value, str) else value for key, value in facts.items()},
    )
    complete(incident, actor, title=title.strip(), flags=flags + ([] if kind in Incident.Kind.values else ["kind"]))
    with transaction.atomic():
        incident.number = next_number(incident.is_drill)
        incident.full_clean(exclude=["geom_3857", "number"])
        incident.save()
        record(incident, actor)
    return incident


def complete(incident: Incident, actor: User, *, title: str, flags: list[str]) -> None:
    """What follows from what is known: a title, an address, how far off the place may be, who else keeps seeing it."""
    region = incident.region
    if incident.site and not incident.address:
        incident.address = incident.site.address
    if "location" in flags:
        incident.is_located, incident.uncertainty_m = False, reach_of(region)
    if actor.region_id not in (None, region.pk) and not actor.scope.covers_region(region.pk):
        incident.shared_with = [actor.region_id]
    incident.title = title or title_of(incident)
    incident.flags = [*flags, *missing(incident)]


def record(incident: Incident, actor: User) -> None:
    """The first line of the timeline, the clocks that run from receipt, the event."""
    text = f"{incident.get_source_display()}接报：{incident.title}"
    timeline.add(
        incident,
        IncidentEntry.Kind.RAISED,
        f"{text}。{incident.narrative}" if incident.narrative else text,
        actor=actor,
        place=incident.geom if incident.is_located else None,
        at=incident.received_at,
        flags=incident.flags,
    )
    clocks.start(clocks.AT_RECEIPT, incident, at=incident.received_at)
    timeline.tell(incident, "raise", actor=actor)


def locate(point: Point | None, site: Site | None, actor: User) -> tuple[Point, Region, list[str]]:
    """Where it is drawn, whose it is, and what is wrong with that."""
    if point is not None:
        region = region_of(point)
        if region is not None:
            return point, region, []
        return point, site.region if site else home(actor), ["outside"]
    region = home(actor)
    middle = region.label_point or (region.geom.point_on_surface if region.geom else None)
    if middle is None:
        raise ValidationError({"lon": "没有位置，而您的辖区也没有边界：请在地图上选点。"})
    return middle, region, ["location"]


def home(actor: User) -> Region:
    region = actor.region or Region.objects.filter(kind=Region.Kind.CITY).first()
    if region is None:
        raise ValidationError("还没有行政区划数据，请管理员先加载。")
    return region


def reach_of(region: Region) -> int:
    """How far from the label point an incident of unknown place may be: half the region's diagonal."""
    if region.geom is None:
        return 0
    xmin, ymin, xmax, ymax = region.geom.extent
    return math.ceil(metres_between(xmin, ymin, xmax, ymax) / 2)


def title_of(incident: Incident) -> str:
    where = incident.site.name if incident.site else incident.address or incident.region.name
    return f"{where}{incident.get_kind_display() if incident.kind != Incident.Kind.OTHER else '突发事件'}"[:120]


def missing(incident: Incident) -> list[str]:
    """Flags of what is still to be asked, apart from place and kind."""
    found = []
    if not incident.narrative:
        found.append("narrative")
    if incident.source in BY_PHONE and not incident.reporter_phone:
        found.append("reporter_phone")
    if incident.occurred_at is None:
        found.append("occurred_at")
    return found


def next_number(is_drill: bool) -> str:
    """2026-000123; drills count apart: 演2026-000007."""
    year = timezone.localdate().year
    series = f"{'演' if is_drill else ''}{year}-{{n}}"
    head, n = numbering.take(series).rsplit("-", 1)
    return f"{head}-{int(n):06d}"


def one_touch(*, actor: User, kind: str = "", narrative: str = "") -> Incident:
    """An enterprise's alarm by one press: the place is its own site, everything else may follow."""
    if not actor.has_perm("incidents.raise_alarm") or actor.scope.site_id is None:
        raise PermissionDenied("一键报警只供企业账号使用。")
    site = Site.objects.visible_to(actor).get(pk=actor.scope.site_id)
    return raise_incident(
        actor=actor,
        kind=kind,
        narrative=narrative,
        site=site,
        source=Incident.Source.ENTERPRISE,
        reporter_name=actor.name,
        reporter_phone=actor.phone,
    )
