"""An enterprise confirms its file on a phone in three taps, and sees the office decide what it asks to have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from supervision.enterprises import contacts
from supervision.enterprises.models import Confirmation, Enterprise
from supervision.enterprises.testing import make_enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844, "has_touch": True}
THUMB = 44  # CSS pixels, the least side of what is tapped


@pytest.fixture
def enterprise(cast: Any, sites: SimpleNamespace) -> Enterprise:
    made = make_enterprise(sites.own.region, site=sites.own, verified_at=timezone.now() - dt.timedelta(days=86))
    contacts.set_contact(made, actor=cast.district, role="safety", name="王一", phone="13800001111")
    contacts.set_contact(made, actor=cast.district, role="emergency", name="丁值守", phone="13800002222")
    return made


def tap(page: Page, selector: str) -> None:
    """As a thumb does it; what is too small for one fails."""
    target = page.locator(selector)
    box = target.bounding_box()
    assert box and box["height"] >= THUMB and box["width"] >= THUMB, box
    target.tap()


def live(page: Page) -> None:
    expect(page.locator("[data-ref=feed]")).to_have_text("实时", timeout=25000)


def test_nothing_changed_is_three_taps(cast: Any, enterprise: Enterprise, open_page: Open) -> None:
    page = open_page(cast.enterprise, "/app/", **PHONE)
    expect(page.locator("#truth-card")).to_contain_text("还有 4 天到期")
    tap(page, "[data-ref=ask]")
    expect(page.locator(".look-row").first).to_contain_text("王一")
    tap(page, "[data-ref=all-true]")
    tap(page, "[data-ref=confirm]")
    due = timezone.localdate() + dt.timedelta(days=90)
    expect(page.locator(".thanks")).to_contain_text(f"{due.year}年{due.month}月{due.day}日")
    page.reload()
    expect(page.locator(".thanks")).to_contain_text("属实，已记录")
    assert Confirmation.objects.count() == 1
    page.goto(page.url.split("/enterprises/")[0] + "/app/")
    expect(page.locator("#truth-card")).to_contain_text("企业信息已确认")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_change_is_asked_on_the_phone_and_decided_in_the_office(
    cast: Any, enterprise: Enterprise, open_page: Open
) -> None:
    phone = open_page(cast.enterprise, f"/enterprises/{enterprise.pk}/confirm/", **PHONE)
    tap(phone, "a.changed[href$='/correct/name/']")
    phone.locator("[name=value]").fill("大王新名化工有限公司")
    phone.locator("[name=reason]").fill("公司更名")
    tap(phone, "main button[type=submit]")
    expect(phone.locator("#confirm-page")).to_contain_text("已申请变更，待审核")
    phone.goto(phone.url.split("/enterprises/")[0] + "/app/")
    live(phone)
    expect(phone.locator("#truth-card")).to_contain_text("待审核")

    office = open_page(cast.district, "/app/")
    office.locator("#queue-card .row-link").first.click()
    expect(office.locator(".compare .after")).to_have_text("大王新名化工有限公司")
    office.get_by_role("button", name="批准变更").click()
    expect(office.locator(".page-head [data-state]")).to_have_attribute("data-state", "approved")

    expect(phone.locator(".toast")).to_contain_text("已批准", timeout=10000)
    expect(phone.locator("#truth-card")).to_contain_text("已批准", timeout=10000)
    assert Enterprise.objects.get(pk=enterprise.pk).name == "大王新名化工有限公司"
