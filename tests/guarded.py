"""Addresses of every pattern of the project, filled in with samples."""

from __future__ import annotations

import re
from typing import Any

# How a pattern starts, and the sample it is about: the last that fits.
ABOUT = (
    ("files/", "file"), ("^documents/", "document"), ("api/v1/assignments/", "assignment"), ("dispatch/", "a-inc"),
    ("api/v1/views/", "view"),
    ("api/v1/incidents/", "incidents"), ("incidents/", "incidents"), ("panel/", "incidents"),
    ("api/v1/features/", "incidents"), ("tiles/", "incidents"), ("api/v1/enterprises/", "enterprises"),
    ("enterprises/", "enterprises"), ("enterprises/rows/", "enterprises/licences"),
    ("api/v1/enterprises/change-requests/", "enterprises/change_requests"),
    ("enterprises/change_requests/", "enterprises/change_requests"),
    ("enterprises/contacts/", "enterprises/contact"), ("enterprises/contradictions/", "contradictions"),
    ("api/v1/enterprises/duplicates/", "enterprises/duplicates"),
    ("api/v1/enterprises/merges/", "enterprises/merges"),
    ("enterprises/duplicates/", "enterprises/duplicates"), ("enterprises/merges/", "enterprises/merges"),
    ("api/v1/hazard-sources/", "hazard_sources"),
    ("surroundings/", "protected_sites"),
    ("hazard_sources/", "hazard_sources"), ("api/v1/plans/", "plans/plans"), ("plans/", "plans/plans"),
)  # fmt: skip


def filled(address: str, made: dict[str, Any]) -> str:
    """The address of the sample that this pattern is about."""
    about = "teams"
    for start, key in ABOUT:
        if address.startswith(start):
            about = key
    subject = made["assignment"].incident if about == "a-inc" else made[about]
    words = words_of(address, made, about, subject)
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", address).strip("^$").replace("\\.", ".")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(words[m[1]]), plain)


def words_of(address: str, made: dict[str, Any], about: str, subject: Any) -> dict[str, Any]:
    words = {
        "pk": subject.pk, "name": "verify", "kind": "docx", "code": "ABCDEFGH", "layer": "incidents", "z": 8, "x": 212,
        "y": 98, "module": "resources", "model": "team", "token": "1:forged", "task": made["task"].pk,
        "assignment": made["assignment"].pk, "verb": "verify", "key": "timeline" if about == "incidents" else "teams",
    }  # fmt: skip
    if address.startswith("enterprises/rows/"):
        words["key"] = "licences"
    words["other"] = made["enterprises/applications"].pk
    if "enterprises/duplicates/" in address:
        words["name"] = "distinct"
    elif "enterprises/<int:pk>/" in address:
        words["name"] = "close"
    if "change" in address and "enterprises/" in address:
        words["name"] = "approve"
    if "correct/" in address:
        words["key"] = "name"
    if "assignments" in address:
        words["name"] = "accept"
    if "statistics/" in address:
        words["module"] = "enterprises"
    if "hazard" in address:
        words |= {"name": "assess", "paper": "msds", "facility": "shutdown", "period": "city-370523-20160101"}
    if "wall/<" in address:
        words["key"] = "main"
    if "import" in address:
        words |= {"verb": "discard", "batch": made["batch"].pk}
    if "clock/" in address:
        words["key"] = "x"
    return words
