"""The roles people have. What a role may do is declared by each module's manifest and synced to Django groups."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

ROLES = {
    "duty": "值班员",
    "leader": "指挥长",
    "coordinator": "救援协调员",
    "inspector": "执法员",
    "approver": "审批负责人",
    "grid": "网格员",
    "complaints": "投诉受理员",
    "enterprise": "企业安全员",
    "expert": "专家",
    "auditor": "审计员",
    "admin": "系统管理员",
}
OFFICIALS = ("duty", "leader", "coordinator", "inspector", "approver", "grid", "complaints", "auditor")
CORE_GRANTS = {
    "approver": ("core.revoke_document",),
    "auditor": ("core.view_auditentry", "core.view_user", "core.view_organisation"),
    "admin": (
        *(f"core.{verb}_{model}" for model in ("user", "organisation") for verb in ("add", "change", "view")),
        *(f"core.{verb}_{model}" for model in ("holiday", "deadlinerule") for verb in ("add", "change", "view")),
    ),
}
grants: dict[str, set[str]] = {role: set(CORE_GRANTS.get(role, ())) for role in ROLES}


def grant(role: str, *permissions: str) -> None:
    """`grant("duty", "incidents.add_incident")`; the role "*" means every official, not enterprises or experts."""
    for key in OFFICIALS if role == "*" else (role,):
        if key not in grants:
            raise ValueError(f"Unknown role {key!r}: expected one of {', '.join(ROLES)} or *.")
        grants[key].update(permissions)


def sync_groups(**_: object) -> None:
    """After migrate: groups have exactly the declared permissions. Permissions that do not exist are an error."""
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for role, wanted in grants.items():
        group, _created = Group.objects.get_or_create(name=role)
        if missing := wanted - known.keys():
            raise ValueError(f"Role {role}: no such permission: {', '.join(sorted(missing))}.")
        group.permissions.set([known[p] for p in wanted])
