"""What the worker does by itself for the enterprise files."""

from __future__ import annotations

from core.jobs import every
from supervision.enterprises import contradictions, duplicates, lifecycle, score
from supervision.enterprises.papers import due


@every(hours=24)
def renew_scores() -> None:
    """A file loses points by the day although nobody writes to it."""
    score.renew()


@every(hours=1)
def lapse() -> None:
    lifecycle.lapse_overdue()


@every(hours=24)
def renew_due_dates() -> None:
    """Every verb keeps them; once a day they are worked out anew for all, whatever wrote to the rows."""
    due.refresh_all()


@every(hours=6)
def find_contradictions() -> None:
    """Licences expire and rules change although nobody writes to the file."""
    contradictions.check()


@every(hours=24)
def find_duplicates() -> None:
    """Besides the look after every registration: names, places and telephones change too."""
    duplicates.find_duplicates()
