"""Raising an incident: what is known is taken, what is missing is flagged, nothing is refused for being incomplete."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal

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


def raise_incident(
    *,
    actor: User,
    title: str = "",
    kind: str = "",
    narrative: str = "",
    point: Point | None = None,
    uncertainty_m: int = 0,
    address: str = "",
    site: Site | None = None,
    source: str = Incident.Source.PHONE,
    reporter_name: str = "",
    reporter_phone: str = "",
    occurred_at: datetime | None = None,
    is_drill: bool = False,
    direct_loss_wan: Decimal = Decimal(0),
    **counts: int,
) -> Incident:
    """Take an alarm. Its region is where it lies; without a place it is its site's or the actor's own."""
    if actor.scope.site_id is not None:  # an enterprise raises alarms for its own site only
        site = Site.objects.visible_to(actor).get(pk=actor.scope.site_id)
    needed = "raise_alarm" if actor.scope.site_id is not None else "add_incident"
    if not actor.has_perm(f"incidents.{needed}"):
        raise PermissionDenied("您没有“登记事件”的权限。")
    if unknown := set(counts) - set(COUNTS):
        raise TypeError(f"raise_incident() got unexpected {', '.join(sorted(unknown))}")
    place, region, flags = locate(point or (site.geom if site else None), site, actor)
    known_kind = kind in Incident.Kind.values
    incident = Incident(
        kind=kind if known_kind else Incident.Kind.OTHER,
        narrative=narrative.strip(),
        address=address.strip() or (site.address if site else ""),
        source=source,
        reporter_name=reporter_name.strip(),
        reporter_phone=reporter_phone.strip(),
        geom=place,
        region=region,
        site=site,
        uncertainty_m=uncertainty_m if "location" not in flags else reach_of(region),
        is_located="location" not in flags,
        is_drill=is_drill,
        occurred_at=occurred_at,
        received_at=timezone.now(),
        raised_by=actor,
        state=START,
        shared_with=[] if actor.scope.covers_region(region.pk) or actor.region_id is None else [actor.region_id],
        direct_loss_wan=direct_loss_wan,
        **counts,
    )
    incident.title = title.strip() or title_of(incident)
    incident.flags = [*flags, *missing(incident), *([] if known_kind else ["kind"])]
    with transaction.atomic():
        incident.number = next_number(is_drill)
        incident.full_clean(exclude=["geom_3857", "number"])
        incident.save()
        record(incident, actor)
    return incident


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
