"""Which kind of incident asks for which capabilities and which stock."""

from __future__ import annotations

from collections.abc import Iterable

# By incident kind, most important first. A team with any of them suits; the first is looked for above all.
CAPABILITIES: dict[str, tuple[str, ...]] = {
    "fire": ("fire",),
    "explosion": ("fire", "hazmat", "collapse"),
    "leak": ("hazmat", "environment"),
    "poisoning": ("confined", "hazmat", "medical"),
    "gas": ("gas", "fire"),
    "blowout": ("oilfield", "fire"),
    "collapse": ("collapse", "earthwork"),
    "traffic": ("traffic", "collapse", "hazmat"),
    "injury": ("collapse", "medical"),
    "flood": ("flood", "water"),
    "pollution": ("environment", "hazmat"),
    "other": (),
}
SUPPLIES: dict[str, tuple[str, ...]] = {
    "fire": ("firefighting", "protection"),
    "explosion": ("firefighting", "protection", "rescue"),
    "leak": ("protection", "leak", "absorbent", "neutraliser"),
    "poisoning": ("protection", "medicine"),
    "gas": ("leak", "protection"),
    "blowout": ("firefighting", "protection"),
    "collapse": ("rescue", "lighting"),
    "traffic": ("rescue", "absorbent"),
    "injury": ("rescue", "medicine"),
    "flood": ("flood", "lighting", "living"),
    "pollution": ("absorbent", "neutraliser"),
    "other": (),
}


def suits(kind: str, capabilities: Iterable[str]) -> bool | None:
    """Whether a team can do something about such an incident; None when the kind asks for nothing in particular."""
    wanted = CAPABILITIES.get(kind, ())
    return bool(set(wanted) & set(capabilities)) if wanted else None
