"""The reporting clocks of an incident. Lengths and laws are deadline rules; one not entered starts nothing."""

from __future__ import annotations

from datetime import datetime

from command_center.incidents.models import Incident
from core import deadlines
from core.deadlines import NoRule

# 令493 §11: each level within 2 h. 山东省安全生产条例 §65: to the province within 30 min; 较大 and above also in
# writing within 1 h.
AT_RECEIPT = ("incident.county_report", "incident.city_phone", "incident.city_written")
AT_VERIFICATION = ("incident.province_flash",)
WHEN_LARGE = ("incident.province_written",)


def start(keys: tuple[str, ...], incident: Incident, *, at: datetime) -> None:
    """Start those clocks whose rule is in force and that do not run yet."""
    running = set(deadlines.of(incident).values_list("rule__key", flat=True))
    for key in keys:
        if key in running:
            continue
        try:
            deadlines.start(key, case=incident, at=at)
        except NoRule:
            continue  # the city has not entered this rule: nothing to count


def follow_grade(incident: Incident, *, at: datetime) -> None:
    if incident.grade != Incident.Grade.ORDINARY:
        start(WHEN_LARGE, incident, at=at)
