"""Samples for the tests that concern every module."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Model

from core.models import User
from core.pinyin import initials
from geo.identifiers import make_credit_code
from geo.models import Region, Site
from supervision.enterprises import boundaries, contradictions
from supervision.enterprises.models import ChangeRequest, Contact, Duplicate, Enterprise, Merge, StatusChange
from supervision.enterprises.papers import services


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
    return {
        "enterprises": enterprise,
        "enterprises/enterprises": enterprise,
        "site": enterprise.site,
        **rows_of(enterprise, actor),
        **merging_rows(region, enterprise, actor, number),
        **truth_rows(enterprise, actor),
    }


def truth_rows(enterprise: Enterprise, actor: User) -> dict[str, Model]:
    """Something asked, something that cannot be: founded after it joined."""
    Enterprise.objects.filter(pk=enterprise.pk).update(founded_on="2020-01-01")
    contradictions.check(enterprise.pk)
    lie = enterprise.contradictions.get(rule="dates.founded_later")
    name = {"name": {"before": enterprise.name, "after": f"{enterprise.name}新名"}}
    return {
        "contradictions": lie,
        "enterprises/contradictions": lie,
        "enterprises/change_requests": ChangeRequest.objects.create(
            enterprise=enterprise, state="submitted", changes=name, reason="更名", submitted_by=actor
        ),
        "enterprises/contact": enterprise.contacts.get(role="emergency"),
    }


def rows_of(enterprise: Enterprise, actor: User) -> dict[str, Model]:
    """One row of every kind in the file, and a boundary."""
    code: dict[str, Any] = {"actor": actor, "credit_code": enterprise.credit_code}
    boundary = boundaries.draw(enterprise, actor=actor, geometry=square_around(enterprise))
    return {
        "boundaries": boundary,
        "enterprises/boundaries": boundary,
        "enterprises/licences": services.add_licence(
            kind="chemical_trade", number=f"鲁东危化经字{enterprise.pk}", issued_on=dt.date(2025, 3, 1),
            expires_on=dt.date(2028, 2, 29), **code,
        ),
        "enterprises/ledger": services.add_ledger_entry(
            kind="training", title="三级安全教育", happened_on=dt.date(2026, 3, 1), persons=20, **code
        ),
        "enterprises/health": services.add_health_factor(
            kind="physical", factor="噪声", workplace="一车间", exposed_persons=12, **code
        ),
        "enterprises/rescue": services.add_rescue_fact(kind="gate", title="东门", detail="消防车由此进", **code),
        "enterprises/drills": services.add_drill(
            kind="special", form="field", plan_name="泄漏专项预案", subject="储罐泄漏", held_on=dt.date(2026, 5, 8),
            participants=30, **code,
        ),
        "enterprises/contacts": enterprise.contacts.get(),
    }  # fmt: skip


def square_around(enterprise: Enterprise, half: float = 0.001) -> dict[str, object]:
    x, y = enterprise.site.geom.coords
    ring = [
        [x - half, y - half],
        [x + half, y - half],
        [x + half, y + half],
        [x - half, y + half],
        [x - half, y - half],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def merging_rows(region: Region, enterprise: Enterprise, actor: User, number: int) -> dict[str, Model]:
    """An application, a suspected pair, and a file that was merged into the enterprise."""
    pending = make_enterprise(region, 100 + number, state="pending")
    absorbed = make_enterprise(region, 200 + number)
    first, second = sorted((enterprise, pending), key=lambda row: row.pk)
    pair = Duplicate.objects.create(first=first, second=second, score=0.7, reasons=["名称相似 80%"])
    record = Merge.objects.create(
        survivor=enterprise, absorbed=absorbed, moved=[], before={"facts": [], "state": "valid"}, reason="重复登记",
        actor=actor,
    )  # fmt: skip
    absorbed.state, absorbed.merged_into = "cancelled", enterprise
    absorbed.save()
    return {
        "enterprises/applications": pending, "enterprises/duplicates": pair, "enterprises/merges": record,
        "enterprises/cancelled": absorbed,
    }  # fmt: skip
