"""What other modules ask before an incident may be closed, dismissed or handed over. Each answers "" or why not yet."""

from __future__ import annotations

from collections.abc import Callable

from command_center.incidents.models import Incident

Gate = Callable[[Incident], str]
_before_closing: list[Gate] = []


def before_closing(gate: Gate) -> Gate:
    _before_closing.append(gate)
    return gate


def why_not_close(incident: Incident) -> str:
    return next((reason for gate in _before_closing if (reason := gate(incident))), "")
