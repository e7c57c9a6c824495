"""One line of the table: what was measured, against which goal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` None: it could not be measured here, and `detail` says why."""

    what: str
    goal: str
    value: str | None
    is_met: bool
    detail: str = ""

    @property
    def line(self) -> str:
        verdict = "not measured" if self.value is None else "met" if self.is_met else "NOT MET"
        return f"| {self.what} | {self.goal} | {self.value or '–'} | {verdict} | {self.detail} |"


def table(figures: list[Figure]) -> str:
    return "\n".join(["| what | goal | measured | | detail |", "|---|---|---|---|---|", *(f.line for f in figures)])
