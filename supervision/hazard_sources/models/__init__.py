"""Major hazard sources: units and what they hold, how they were assessed, filed, sent upward, and who answers."""

from supervision.hazard_sources.models.assessment import Assessment, InventoryChange, PersonsCount
from supervision.hazard_sources.models.filing import Cancellation, Filing, FilingPaper, Transmission, TransmittedRow
from supervision.hazard_sources.models.safety import MonitoringPoint, ResponsiblePerson, SafetyCheck
from supervision.hazard_sources.models.source import HazardSource, InventoryItem, OfSource, plain

__all__ = [
    "Assessment",
    "Cancellation",
    "Filing",
    "FilingPaper",
    "HazardSource",
    "InventoryChange",
    "InventoryItem",
    "MonitoringPoint",
    "OfSource",
    "PersonsCount",
    "ResponsiblePerson",
    "SafetyCheck",
    "Transmission",
    "TransmittedRow",
    "plain",
]
