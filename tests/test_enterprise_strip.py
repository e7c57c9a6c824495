"""Whoever has an incident or a hazard source before them is asked about the enterprise it stands on."""

from __future__ import annotations

from typing import Any

from command_center.incidents.testing import make_incident
from supervision.enterprises import contacts
from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources.testing import samples as hazard_samples


def test_the_strip_stands_above_an_incident_on_the_site(cast: Any, browse: Any, sites: Any) -> None:
    enterprise = make_enterprise(sites.own.region, site=sites.own)
    contacts.set_contact(enterprise, actor=cast.district, role="safety", name="王一", phone="13800001111")
    case = make_incident(enterprise.region, cast.city)
    case.site = enterprise.site
    case.save()
    page = browse(cast.district).get(f"/panel/incidents/{case.pk}/").content.decode()
    assert "请核对企业信息" in page and "王一" in page and "尚未登记" in page
    # Who may not verify is not asked.
    assert "请核对企业信息" not in browse(cast.duty).get(f"/panel/incidents/{case.pk}/").content.decode()


def test_the_strip_stands_above_a_hazard_source(cast: Any, browse: Any, regions: Any) -> None:
    made = hazard_samples(regions.town, cast.city, 1)["hazard_sources"]
    page = browse(cast.district).get(f"/panel/hazard_sources/{made.pk}/").content.decode()
    assert "请核对企业信息" in page
