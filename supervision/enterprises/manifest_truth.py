"""What keeps the enterprise file true, on the map, in panels, on home pages and in lists. Joined in manifest.py."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, Q, Value
from django.urls import reverse

from core.models import User
from geo.models import Site
from layers.registry import Action, Card, Column, Layer, Records, State, Strip, Tab
from supervision.enterprises import selectors_truth
from supervision.enterprises.change_requests import titles
from supervision.enterprises.models import ChangeRequest, Contradiction, Enterprise
from supervision.enterprises.models.enterprise import IN_REGISTER

STATES = (
    State(key="dates", label="日期先后", color="slate", shape="circle", rank=1),
    State(key="people", label="人员数量", color="teal", shape="circle", rank=2),
    State(key="contact", label="联系方式", color="cyan", shape="square", rank=3),
    State(key="place", label="位置区划", color="green", shape="triangle", rank=4),
    State(key="papers", label="资质证照", color="violet", shape="diamond", rank=5),
    State(key="hazard", label="重大危险源", color="white", shape="hexagon", rank=6),
    State(key="status", label="经营状态", color="pink", shape="star", rank=7),
)

LAYER = Layer(
    key="contradictions",
    title="数据矛盾",
    group="安全监管",
    model=Contradiction,
    place_path="enterprise__site__",
    title_path="enterprise__site__name",
    subtitle_path="detail",
    # The part of the rule's key before the dot: a module's further rules need nothing here.
    state=Func(F("rule"), Value("."), Value(1), function="split_part"),
    states=STATES,
    filters=("rule", "found_at"),
    only=Q(resolved_at__isnull=True, accepted_at__isnull=True),
    permission="enterprises.view_contradiction",
    order=60,
)


def standing(row: Contradiction) -> str:
    return "已消除" if row.resolved_at else "已认定属实" if row.accepted_at else "待处理"


CONTRADICTIONS = Records(
    key="contradictions",
    title="数据矛盾",
    model=Contradiction,
    columns=(
        Column(title="企业", path="enterprise.name", key="enterprise", kind="link", width=30,
               sort="enterprise__site__name"),
        Column(title="矛盾", path="get_rule_display", key="rule", width=26, sort="rule"),
        Column(title="说明", path="detail", width=36),
        Column(title="区划", path="region.name", key="region", width=12, sort="enterprise__site__region__path"),
        Column(title="处理", path=standing, key="standing", kind="chip", width=10, sort="accepted_at"),
        Column(title="发现", path="found_at", kind="datetime", width=16, sort="found_at"),
    ),
    detail=(
        Column(title="企业", path="enterprise.name", key="enterprise", width=30),
        Column(title="矛盾", path="get_rule_display", key="rule", width=26),
        Column(title="说明", path="detail", width=36),
        Column(title="处理", path=standing, key="standing", kind="chip", width=10),
        Column(title="发现", path="found_at", kind="datetime", width=16),
        Column(title="消除", path="resolved_at", kind="datetime", width=16),
        Column(title="认定理由", path="accepted_reason", width=30),
    ),
    filters=("rule", "found_at"),
    search=("enterprise__site__name", "enterprise__credit_code", "enterprise__site__pinyin"),
    order_by=("-found_at",),
    layer="contradictions",
    select=("enterprise__site__region", "accepted_by"),
    only=Q(resolved_at__isnull=True),
)  # fmt: skip

REQUESTS = Records(
    key="change_requests",
    title="变更申请",
    model=ChangeRequest,
    columns=(
        Column(title="企业", path="enterprise.name", key="enterprise", kind="link", width=30,
               sort="enterprise__site__name"),
        Column(title="变更事项", path=lambda row: titles(row.changes), key="facts", width=24),
        Column(title="状态", path="get_state_display", key="state", kind="chip", width=10, sort="state"),
        Column(title="区划", path="region.name", key="region", width=12, sort="enterprise__site__region__path"),
        Column(title="理由", path="reason", width=30),
        Column(title="提交", path="created_at", kind="datetime", width=16, sort="created_at"),
        Column(title="审核意见", path="decision_note", width=24),
    ),
    filters=("state", "created_at"),
    search=("enterprise__site__name", "enterprise__credit_code", "enterprise__site__pinyin"),
    order_by=("-created_at", "-pk"),
    select=("enterprise__site__region", "submitted_by", "decided_by"),
)  # fmt: skip

TABS = (
    Tab(key="contradiction", title="矛盾", on=Contradiction, template="enterprises/truth/tab_contradiction.html",
        context=selectors_truth.contradiction_tab, permission="enterprises.view_contradiction", order=1),
    Tab(key="truth", title="真实性", on=Site, template="enterprises/truth/tab.html", context=selectors_truth.tab,
        badge=selectors_truth.tab_badge, permission="enterprises.view_contradiction", order=88),
)  # fmt: skip

STRIPS = (
    Strip(key="enterprise-facts", on=Site, template="enterprises/truth/strip.html", context=selectors_truth.strip,
          permission="enterprises.verify_enterprise", order=10),
)  # fmt: skip

CARDS = (
    Card(key="enterprise-truth", template="enterprises/truth/card_confirm.html", context=selectors_truth.card,
         permission="enterprises.verify_enterprise", order=10),
    Card(key="change-requests", template="enterprises/truth/card_queue.html", context=selectors_truth.queue,
         permission="enterprises.decide_changerequest", order=20),
)  # fmt: skip


def accept_url(row: Contradiction) -> str:
    return reverse("enterprises:accept", args=[row.pk])


def may_accept(row: Contradiction, user: User) -> bool:
    return row.resolved_at is None and row.accepted_at is None


def confirm_url(enterprise: Enterprise) -> str:
    return reverse("enterprises:confirm", args=[enterprise.pk])


def askable(enterprise: Enterprise, user: User) -> bool:
    return enterprise.state in IN_REGISTER and enterprise.status != Enterprise.Status.CLOSED


ACTIONS = (
    Action(key="enterprises.confirm", title="逐项确认", on=Enterprise, url=confirm_url, opens_page=True,
           permission="enterprises.verify_enterprise", when=askable, order=12),
    Action(key="enterprises.accept", title="认定属实", on=Contradiction, url=accept_url,
           permission="enterprises.accept_contradiction", when=may_accept, order=10),
)  # fmt: skip

SEE = ("enterprises.view_contradiction", "enterprises.view_changerequest", "enterprises.view_confirmation")
DECIDE = (
    "enterprises.decide_changerequest",
    "enterprises.accept_contradiction",
    "enterprises.add_handover",
)
GRANTS: dict[str, tuple[str, ...]] = {
    "inspector": (*SEE, *DECIDE),
    "approver": (*SEE, *DECIDE),
    "grid": (*SEE, "enterprises.add_changerequest"),
    "duty": ("enterprises.view_contradiction",),
    "leader": ("enterprises.view_contradiction",),
    "auditor": SEE,
    "enterprise": (*SEE, "enterprises.add_changerequest", "enterprises.add_handover"),
}


def merged(*grants: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The grants of several parts of a module as one."""
    found: dict[str, Any] = {}
    for each in grants:
        for role, permissions in each.items():
            found[role] = (*found.get(role, ()), *permissions)
    return found
