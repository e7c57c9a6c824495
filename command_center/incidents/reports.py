"""The final report 终报 and the situation map beside it: made once when the incident ends, numbered, kept."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from command_center.incidents import selectors, timeline
from command_center.incidents.models import Incident, IncidentEntry
from command_center.incidents.papers import FINAL_REPORT
from core import files, situation_map
from core.documents import service as documents
from core.models import Attachment, Document, User
from core.situation_map import Feature, Layer
from core.workflow import NotAllowed

log = logging.getLogger(__name__)
MAP_KIND = "situation_map"
REPORTABLE = ("ended", "reviewed", "archived")
MOST_LINES = 200


def final_report(incident: Incident) -> Document | None:
    return documents.of(incident).filter(type_key=FINAL_REPORT.key, revoked_at=None).first()


def maps(incident: Incident) -> Any:
    return files.of(incident, kind=MAP_KIND)


def issue_final_report(incident: Incident, *, actor: User) -> Document:
    """The report and its map, once: asked again, the one there is is answered."""
    if not actor.has_perm("incidents.end_incident") and not actor.has_perm("incidents.review_incident"):
        raise PermissionDenied("您没有“出具终报”的权限。")
    with transaction.atomic():
        visible = Incident.objects.visible_to(actor).values("pk").get(pk=incident.pk)["pk"]
        row = Incident.objects.select_for_update(no_key=True).get(pk=visible)
        if row.state not in REPORTABLE:
            raise NotAllowed(f"终报在终止响应之后出具，现为“{row.state_label}”。")
        if (made := final_report(row)) is not None:
            return made
        drawn = attach_map(row, actor)
        document = documents.issue(
            FINAL_REPORT, subject=row, actor=actor, fields=contents(row, attachment_names=[drawn.name])
        )
        timeline.add(
            row,
            IncidentEntry.Kind.DOCUMENT,
            f"终报 {document.number}，附态势图",
            actor=actor,
            document=document.pk,
            attachment=drawn.pk,
        )
        timeline.tell(row, "document", actor=actor, document=document.pk)
    return document


def issue_when_ended(incident: Incident, *, actor: User) -> None:
    """Right after the step, in its own transaction: the step stands even when the paper cannot be made yet."""
    try:
        issue_final_report(incident, actor=actor)
    except ValidationError as error:
        # Such as an agency without its 文号简称: people must be told where they look.
        log.warning("Final report of incident %s not issued", incident.pk)
        with transaction.atomic():
            timeline.add(incident, IncidentEntry.Kind.DOCUMENT, f"终报未出具：{'；'.join(error.messages)}", actor=None)
            timeline.tell(incident, "document", actor=None)


def contents(incident: Incident, **more: Any) -> dict[str, Any]:
    """The fields of the report as the timeline and the facts have them now."""
    local = timezone.localtime
    happened = incident.occurred_at or incident.received_at
    place = incident.address or incident.region.name
    rows = list(IncidentEntry.objects.filter(incident=incident).select_related("actor").order_by("n"))
    steps = [e for e in rows if e.kind in ("step", "level")]
    sent = [e for e in rows if e.kind in ("assignment", "message", "task", "report")]
    return {
        "incident_number": incident.number,
        "incident_title": incident.title,
        "unit": f"{incident.site.name}，{incident.site.address or '地址待补充'}。"
        if incident.site
        else "未涉及登记企业。",
        "when_where": f"{local(happened):%Y年%-m月%-d日%H时%M分}，{place}"
        f"（东经{incident.geom.x:.5f}°，北纬{incident.geom.y:.5f}°）。"
        f"{incident.narrative or '现场情况未记录。'}",
        "course": "\n".join(f"{local(e.at):%-m月%-d日%H时%M分}，{e.text}。" for e in steps) or "无流程记录。",
        "casualties": casualties(incident),
        "measures": "\n".join(
            [*filter(None, [incident.measures]), *(f"{local(e.at):%H时%M分}，{e.text}。" for e in sent)]
        )
        or "无调派记录。",
        "other": "；".join(filter(None, [incident.disposition, incident.closing_reason])) or "无。",
        "timeline": [
            {
                "at": f"{local(e.at):%m-%d %H:%M}",
                "kind": e.get_kind_display(),
                "text": e.text,
                "actor": str(e.actor or "系统"),
            }
            for e in rows[:MOST_LINES]
        ],
        **more,
    }


def casualties(incident: Incident) -> str:
    numbers = "，".join(
        f"{Incident._meta.get_field(key).verbose_name}{getattr(incident, key)}人"  # type: ignore[union-attr]  # plain fields
        for key in ("deaths", "serious_injuries", "minor_injuries", "missing", "trapped", "evacuated")
    )
    return (
        f"{numbers}；初步估计直接经济损失{incident.direct_loss_wan}万元。"
        f"按国务院令第493号第三条属{incident.get_grade_display()}事故（{'；'.join(selectors.reasons(incident))}）。"
    )


def attach_map(incident: Incident, actor: User) -> Attachment:
    page = situation_map.render(
        drawn_layers(incident),
        center=(incident.geom.x, incident.geom.y),
        title=f"{incident.title} 态势图（{incident.number}）",
        at=timezone.now(),
        operator=str(actor),
        exercise=incident.is_drill,
    )
    name = f"{incident.number} 态势图.html"
    return files.attach(incident, page.encode(), name=name, actor=actor, kind=MAP_KIND, own_html=True)


def drawn_layers(incident: Incident) -> list[Layer]:
    """The incident with the circle it lies in, and everything on its timeline that has a place."""
    facts = (
        ("类型", incident.get_kind_display()),
        ("状态", incident.state_label),
        ("响应级别", incident.get_level_display() or "未启动"),
        ("事故等级", incident.get_grade_display()),
        ("地点", incident.address or incident.region.name),
    )
    here = [Feature(geometry=incident.geom, label=incident.title, facts=facts)]
    around = [Feature(geometry=incident.geom, label="位置误差范围", radius_m=incident.uncertainty_m)]
    placed = IncidentEntry.objects.filter(incident=incident, place__isnull=False).exclude(kind="raised").order_by("n")
    units: dict[str, Feature] = {}
    notes = []
    for entry in placed:
        when = f"{timezone.localtime(entry.at):%m-%d %H:%M}"
        said = ((when, entry.text),)
        if unit := entry.data.get("unit_name"):
            before = units[unit].facts if unit in units else ()
            units[unit] = Feature(geometry=entry.place, label=unit, facts=(*before, *said))
        else:
            notes.append(Feature(geometry=entry.place, label=when, facts=said))
    return [
        Layer(title="事件", features=here, color="#d92d20", symbol="▲", labelled=True),
        Layer(title="位置误差范围", features=around if incident.uncertainty_m else [], color="#d92d20", dashed=True),
        Layer(title="出动队伍（驻地）", features=list(units.values()), color="#0f766e", symbol="■", labelled=True),
        Layer(title="现场记录", features=notes, color="#6741d9"),
    ]
