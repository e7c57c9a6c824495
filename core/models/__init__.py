"""The tables behind `core`, one file a noun."""

from core.models.accounts import Organisation, User
from core.models.audit import AuditEntry
from core.models.deadlines import Deadline, DeadlineRule, Holiday
from core.models.documents import Document, DocumentCounter
from core.models.feed import Event, Feed, Signal
from core.models.files import Attachment, StoredFile
from core.models.idempotency import StoredAnswer
from core.models.imports import ImportBatch, ImportRow, ImportWrite
from core.models.jobs import Heartbeat, Job, Periodic
from core.models.workflow import Case, Step

__all__ = [
    "Attachment",
    "AuditEntry",
    "Case",
    "Deadline",
    "DeadlineRule",
    "Document",
    "DocumentCounter",
    "Event",
    "Feed",
    "Heartbeat",
    "Holiday",
    "ImportBatch",
    "ImportRow",
    "ImportWrite",
    "Job",
    "Organisation",
    "Periodic",
    "Signal",
    "Step",
    "StoredAnswer",
    "StoredFile",
    "User",
]
