"""The audit list speaks of records and fields by their names, in local time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client

from tests.cast import make_site

pytestmark = pytest.mark.django_db
Browse = Callable[..., Client]


def test_the_auditor_reads_names_not_columns(cast: SimpleNamespace, regions: SimpleNamespace, browse: Browse) -> None:
    site = make_site(regions.town, "城东化工厂")
    site.name, site.address = "城东新材料厂", "东一路 1 号"
    site.save()
    page = browse(cast.auditor).get("/system/audit/", {"row": str(site.pk), "action": "update"}).content.decode()
    assert "场所" in page and "geo_site" not in page.split("<tbody")[1]
    assert "名称：城东化工厂 → 城东新材料厂" in page
    assert "地址：（空） → 东一路 1 号" in page or "地址：" in page


def test_a_moment_in_the_audit_list_is_local_time(
    cast: SimpleNamespace, regions: SimpleNamespace, browse: Browse
) -> None:
    site = make_site(regions.town, "城西仓库")
    page = browse(cast.auditor).get("/system/audit/", {"row": str(site.pk)}).content.decode()
    assert "+00:00" not in page.split("<tbody")[1].split("</tbody")[0]
