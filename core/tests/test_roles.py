"""What each role may do, as declared; and that the groups say exactly that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission

from core import roles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_declared() -> Iterator[None]:
    kept = {role: set(permissions) for role, permissions in roles.grants.items()}
    yield
    roles.grants.clear()
    roles.grants.update(kept)


def rights_of(role: str) -> set[str]:
    permissions = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}


def test_after_migrate_every_role_is_a_group_with_its_rights() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(roles.ROLES)
    assert rights_of("auditor") >= {"core.view_auditentry", "core.view_user"}
    for role, granted in roles.grants.items():
        assert rights_of(role) == granted, role


def test_a_right_no_longer_declared_is_taken_away() -> None:
    Group.objects.get(name="grid").permissions.add(Permission.objects.get(codename="delete_user"))
    roles.sync_groups()
    assert "core.delete_user" not in rights_of("grid")


def test_a_star_means_every_official_and_nobody_else() -> None:
    roles.grant("*", "core.view_heartbeat")
    assert all("core.view_heartbeat" in roles.grants[role] for role in roles.OFFICIALS)
    assert not any("core.view_heartbeat" in roles.grants[role] for role in ("enterprise", "expert", "admin"))


def test_an_unknown_role_or_right_is_an_error() -> None:
    with pytest.raises(ValueError, match="janitor"):
        roles.grant("janitor", "core.view_user")
    roles.grant("duty", "core.fly_user")
    with pytest.raises(ValueError, match="fly_user"):
        roles.sync_groups()


def test_nobody_administers_and_audits_at_once() -> None:
    """等保 8.1.4.1: administrators of system and audit are not the same, and the auditor writes nothing."""
    assert not any(".view_auditentry" in right for right in roles.grants["admin"])
    assert all(right.split(".")[1].startswith("view_") for right in roles.CORE_GRANTS["auditor"])
