"""Reads of the enterprise file: for the panel's tabs, for other modules, and counts."""

from __future__ import annotations

from typing import Any, TypedDict

from django.db.models import QuerySet

from core import audit
from core.models import User
from core.models.audit import AuditEntry
from core.workflow import steps_of
from geo.coordinates import Datum
from geo.models import Site
from supervision.enterprises.models import Contact, Enterprise, StatusChange
from supervision.enterprises.provenance import provenance_of
from supervision.enterprises.references import absorbed_by
from supervision.enterprises.references import kept as kept_references


class Change(TypedDict):
    """One line of the history: when, who, what happened."""

    at: Any
    actor: str
    what: str


def visible(user: User) -> QuerySet[Enterprise]:
    rows: QuerySet[Enterprise] = Enterprise.objects.visible_to(user).select_related("site__region")
    return rows


def of_site(site: Site, user: User) -> Enterprise | None:
    """The enterprise that stands on a site, if there is one and the user may see it."""
    return visible(user).filter(site=site).select_related("verified_by").first()


def current_contacts(enterprise: Enterprise) -> QuerySet[Contact]:
    return enterprise.contacts.filter(left_on__isnull=True).order_by("role")


def basic_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    return {"enterprise": enterprise, "origins": {origin.key: origin for origin in provenance_of(enterprise)}}


def contacts_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    former = enterprise.contacts.filter(left_on__isnull=False).order_by("-left_on")
    origins = {origin.key: origin for origin in provenance_of(enterprise)}
    contacts = list(current_contacts(enterprise))
    for contact in contacts:
        contact.origin = origins.get(f"contact_{contact.role}")  # type: ignore[attr-defined]  # for the template
    return {
        "enterprise": enterprise, "contacts": contacts, "former": former,
        "can_hand_over": user.has_perm("enterprises.add_handover"),
    }  # fmt: skip


def history_tab(site: Site, user: User) -> dict[str, Any]:
    enterprise = of_site(site, user)
    if enterprise is None:
        return {"enterprise": None}
    files = [enterprise, *absorbed_by(enterprise)]
    changes = StatusChange.objects.filter(enterprise__in=files).select_related("actor", "enterprise__site")
    lines = sorted((line for file in files for line in recent_changes(file)), key=lambda line: line["at"], reverse=True)
    return {
        "enterprise": enterprise, "status_changes": changes, "changes": lines[:20], "absorbed": files[1:],
        "steps": [(file, step) for file in files for step in steps_of(file).order_by("-pk")[:20]],
        "kept": [(file, kept_rows(file)) for file in files[1:]],
    }  # fmt: skip


def kept_rows(absorbed: Enterprise) -> list[str]:
    """What stays with a file that was merged because it cannot be rewritten: confirmations, papers, attachments."""
    wanted = {"Confirmation", "Document", "Attachment"}
    found = []
    for model in {r.model for r in kept_references() if r.model.__name__ in wanted}:
        keys = {
            pk for r in kept_references() if r.model is model for pk in r.rows(absorbed.pk).values_list("pk", flat=True)
        }
        if keys:
            found.append(f"{model._meta.verbose_name} {len(keys)}")
    return sorted(found)


def recent_changes(enterprise: Enterprise, *, limit: int = 20) -> list[Change]:
    """What was corrected lately, field by field, from the audit trail of the file and of its site."""
    entries = [*audit.history(enterprise)[:limit], *audit.history(enterprise.site)[:limit]]
    lines = [(entry, _in_words(entry, model)) for entry in entries if (model := _MODELS.get(entry.table))]
    found: list[Change] = [
        {"at": entry.at, "actor": str(entry.actor or "系统"), "what": what} for entry, what in lines if what
    ]
    return sorted(found, key=lambda change: change["at"], reverse=True)[:limit]


_MODELS: dict[str, Any] = {Enterprise._meta.db_table: Enterprise, Site._meta.db_table: Site}
# The operating status has its own list; the region follows from the place.
_SILENT = {
    "version", "pinyin", "category", "created_at", "verified_by_id", "verified_note", "status", "region_id",
    "provenance", "freshness_score",
}  # fmt: skip
_WHOLE = {"verified_at": "核实信息", "geom": "位置更正"}


def _in_words(entry: AuditEntry, model: Any) -> str:
    if entry.action == AuditEntry.Action.INSERT:
        return "建立档案" if model is Enterprise else ""
    before, after = entry.before or {}, entry.after or {}
    names = {field.column: field.verbose_name for field in model._meta.concrete_fields}
    changed = [key for key in after if key in names and key not in _SILENT and before.get(key) != after[key]]
    return "；".join(
        _WHOLE.get(key) or f"{names[key]}：{_shown(before.get(key))} → {_shown(after[key])}" for key in changed
    )


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "（空）"
    labels = dict((*Enterprise.Category.choices, *Datum.choices))
    values = value if isinstance(value, list) else [value]
    return "、".join(str(labels.get(one, one)) for one in values)[:60]
