"""Samples for the tests that concern every module."""

from __future__ import annotations

from django.db.models import Model

from core.models import User
from core.pinyin import initials
from geo.identifiers import make_credit_code
from geo.models import Region, Site
from supervision.enterprises.models import Contact, Enterprise, StatusChange


def make_enterprise(region: Region, number: int = 0, *, site: Site | None = None, **fields: object) -> Enterprise:
    """An enterprise in this very region. `register_enterprise` finds the region by itself, so it is not used here."""
    name = f"{region.short_name}样例化工{number}厂"
    assert region.label_point is not None
    site = site or Site.objects.create(region=region, name=name, pinyin=initials(name), geom=region.label_point)
    defaults: dict[str, object] = {
        "credit_code": make_credit_code(region.code[:6], region.pk * 1000 + number),
        "categories": ["chemical"],
        "industry_code": "2614",
        "employees": 40,
        "platform_joined_on": "2015-05-01",
    }
    enterprise = Enterprise.objects.create(site=site, **(defaults | fields))
    enterprise.refresh_from_db()
    return enterprise


def samples(region: Region, actor: User, number: int = 0) -> dict[str, Model]:
    enterprise = make_enterprise(region, number)
    Contact.objects.create(
        enterprise=enterprise, role="emergency", name="张样例", phone="13800001234", since="2020-01-01"
    )
    StatusChange.objects.create(
        enterprise=enterprise, status="operating", since="2015-05-01", reason="登记", actor=actor
    )
    return {"enterprises": enterprise, "enterprises/enterprises": enterprise, "site": enterprise.site}
