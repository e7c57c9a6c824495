"""An enterprise file is not cancelled while its hazard sources are in force."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.workflow import NotAllowed
from supervision.enterprises import lifecycle
from supervision.hazard_sources.models import HazardSource

pytestmark = pytest.mark.django_db


def test_a_source_in_force_keeps_the_file_in_the_register(cast: SimpleNamespace, filed: HazardSource) -> None:
    enterprise = filed.site.enterprise
    with pytest.raises(NotAllowed, match="1 个重大危险源未核销"):
        lifecycle.take(enterprise, "cancel", actor=cast.district, note="登记错误")
    enterprise.refresh_from_db()
    assert enterprise.state == "valid"


def test_a_draft_that_is_no_source_yet_does_not(cast: SimpleNamespace, source: HazardSource) -> None:
    enterprise = source.site.enterprise
    lifecycle.take(enterprise, "cancel", actor=cast.district, note="登记错误")
    assert enterprise.state == "cancelled"
