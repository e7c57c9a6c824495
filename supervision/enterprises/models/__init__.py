"""The tables of the enterprise data centre."""

from supervision.enterprises.models.enterprise import Contact, Enterprise, StatusChange
from supervision.enterprises.models.file import Boundary, Drill, HealthFactor, LedgerEntry, Licence, RescueFact
from supervision.enterprises.models.merging import Duplicate, Merge
from supervision.enterprises.models.truth import ChangeRequest, Confirmation, Contradiction, HandOver

__all__ = [
    "Boundary",
    "ChangeRequest",
    "Confirmation",
    "Contact",
    "Contradiction",
    "Drill",
    "Duplicate",
    "Enterprise",
    "HandOver",
    "HealthFactor",
    "LedgerEntry",
    "Licence",
    "Merge",
    "RescueFact",
    "StatusChange",
]
