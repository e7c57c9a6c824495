"""What the worker does for hazard sources: three years are over, flags of lists, counts the population outdated."""

from __future__ import annotations

from core.jobs import every
from supervision.hazard_sources import flags, persons, reviews


@every(minutes=5)
def lapse_due() -> None:
    reviews.lapse_due()


@every(minutes=5)
def refresh_flags() -> None:
    """The clock and other modules move what these say."""
    flags.refresh()


@every(hours=1)
def compare_with_the_map() -> None:
    """Counts that the population layer would give otherwise today."""
    flags.refresh(moved=persons.moved())
