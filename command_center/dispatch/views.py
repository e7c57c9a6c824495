"""The buttons of the 力量 part."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest

from command_center.dispatch import services
from command_center.dispatch.models import Assignment
from command_center.dispatch.workflow import ASSIGNMENT
from command_center.incidents.models import Incident
from command_center.incidents.views import acts_on, seen_version
from command_center.resources.models import Team
from core.models import User


@acts_on("forces")
def assign(request: HttpRequest, incident: Incident, user: User) -> str:
    text = request.POST.get("unit", "")
    team = Team.objects.visible_to(user).filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if team is None:
        raise ValidationError("没有这支队伍，或不在您的管辖范围内。")
    reasons = [code for code in request.POST.get("reasons", "").split(",") if code][:10]
    services.assign(incident, team, actor=user, mission=request.POST.get("mission", "")[:200], reasons=reasons)
    return f"已调派并通知“{team}”。"


@acts_on("forces")
def step(request: HttpRequest, incident: Incident, user: User, assignment: int, name: str) -> str:
    row = Assignment.objects.visible_to(user).filter(pk=assignment, incident=incident).select_related("unit").first()
    transition = ASSIGNMENT.by_name.get(name)
    if row is None or transition is None or not user.has_perm("dispatch.view_assignment"):
        raise Http404
    services.take_step(
        row, name, actor=user, note=request.POST.get("note", "")[:500], expected_version=seen_version(request)
    )
    return f"“{row.unit}”：{transition.label}。"
