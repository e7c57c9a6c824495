"""Which unit is sent to which incident, and how far it has come."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from command_center.dispatch import states
from command_center.incidents.models import Incident, concerns
from command_center.resources.models import Team
from core.models import Case, User
from geo.models import Region, ScopedQuerySet
from geo.scope import Viewer


class AssignmentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Viewer) -> Self:
        """Whoever sees the incident sees who is sent; a unit's region is among those it is shared with."""
        if user.scope.site_id is not None:
            return self.none()
        return self.filter(concerns(user.scope, "incident__"))

    def live(self) -> Self:
        return self.filter(state__in=states.LIVE)


class Assignment(Case):
    """One unit sent to one incident 调派. A unit has at most one live assignment: the database refuses a second."""

    REGION_PATH: ClassVar[str] = "incident__region"
    SITE_PATH: ClassVar[str] = ""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="assignments", verbose_name="事件")
    unit = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="assignments", verbose_name="队伍")
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="调派人")
    mission = models.CharField("任务", max_length=200, blank=True)
    metres = models.PositiveIntegerField("出动时直线距离（米）", null=True)
    reasons = models.JSONField("选用理由", default=list)
    notified_at = models.DateTimeField("通知时间", null=True)
    accepted_at = models.DateTimeField("接受时间", null=True)
    enroute_at = models.DateTimeField("出动时间", null=True)
    staged_at = models.DateTimeField("集结时间", null=True)
    on_scene_at = models.DateTimeField("到场时间", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)  # declined, released or cancelled

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调派"
        ordering = ["-pk"]
        permissions = [("answer_assignment", "回复和更新调派")]
        constraints = (
            models.UniqueConstraint(
                fields=["unit"], condition=Q(state__in=states.LIVE), name="one_live_assignment_a_unit"
            ),
        )
        indexes = (models.Index(fields=["incident", "state"], name="assignment_by_incident"),)

    def __str__(self) -> str:
        return f"{self.unit} → {self.incident.number}"

    @property
    def region(self) -> Region:
        return self.incident.region

    @property
    def shared_with(self) -> list[int]:
        return sorted({*self.incident.shared_with, self.unit.region_id})

    @property
    def is_live(self) -> bool:
        return self.state in states.LIVE

    @property
    def state_label(self) -> str:
        return states.STATES[self.state]

    def event_facts(self) -> dict[str, Any]:
        return {
            "incident": self.incident_id,
            "number": self.incident.number,
            "unit": self.unit_id,
            "unit_name": self.unit.name,
            "unit_status": self.unit.status,
            "lon": self.unit.geom.x,
            "lat": self.unit.geom.y,
        }
