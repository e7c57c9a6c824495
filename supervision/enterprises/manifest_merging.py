"""Applications, cancelled files, suspected duplicates and merges, as the manifest of the module declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from core.models import User
from layers.registry import Action, Card, Column, Records, Strip, Tab
from supervision.enterprises import duplicates, lifecycle, merge_pages
from supervision.enterprises.forms import EnterpriseForm
from supervision.enterprises.lifecycle import APPLYING
from supervision.enterprises.models import Duplicate, Enterprise, Merge
from supervision.enterprises.models.enterprise import IN_REGISTER
from supervision.enterprises.references import authoritative

APP = "enterprises."
APPLY, APPROVE, MERGE = f"{APP}apply_enterprise", f"{APP}approve_enterprise", f"{APP}merge_enterprise"


@dataclass(frozen=True, kw_only=True)
class Applications(Records):
    """Whoever may apply makes and changes drafts; whether they may register is another right."""

    def permission(self, verb: str) -> str:
        return APPLY if verb in ("add", "change") else super().permission(verb)


FILE = (
    Column(title="企业名称", path="name", kind="link", width=32, sort="site__name"),
    Column(title="信用代码", path="credit_code", kind="code", width=21, sort="credit_code"),
    Column(title="档案状态", path="get_state_display", key="state", kind="chip", width=10, sort="state"),
    Column(title="监管分类", path="category_labels", key="categories", kind="chip", width=14),
    Column(title="区划", path="region.name", key="region", width=14, sort="site__region__path"),
    Column(title="自", path="state_since", kind="datetime", width=16, sort="state_since"),
)
FILE_DETAIL = (
    *FILE,
    Column(title="行业", path="industry", width=22),
    Column(title="从业人数", path="employees", kind="number"),
    Column(title="主要业务", path="business", width=24),
    Column(title="成立日期", path="founded_on", kind="date"),
    Column(title="地址", path="site.address", key="address", width=30),
    Column(title="经度", path="geom.x", key="lon", kind="number"),
    Column(title="纬度", path="geom.y", key="lat", kind="number"),
    Column(title="信息来源", path="source"),
)
APPLICATIONS = Applications(
    key="applications", title="入库申请", model=Enterprise, columns=FILE, detail=FILE_DETAIL, filters=("state",),
    search=("site__name", "credit_code", "site__address", "site__pinyin"), order_by=("-state", "state_since"),
    form=EnterpriseForm, create=lifecycle.draft_enterprise, update=lifecycle.revise, select=("site__region",),
    only=Q(state__in=APPLYING),
)  # fmt: skip
CANCELLED = Records(
    key="cancelled", title="已注销档案", model=Enterprise,
    columns=(*FILE, Column(title="并入", path=lambda e: e.merged_into.name if e.merged_into else "", key="merged_into",
                           width=30)),
    detail=FILE_DETAIL, search=("site__name", "credit_code", "site__pinyin"), order_by=("-state_since",),
    select=("site__region", "merged_into__site"), only=Q(state="cancelled"),
)  # fmt: skip
DUPLICATES = Records(
    key="duplicates", title="疑似重复", model=Duplicate, visible=duplicates.visible, filters=("verdict",),
    columns=(
        Column(title="相似度", path=lambda pair: f"{pair.score:.0%}", key="score", width=8, sort="score"),
        Column(title="档案一", path="first.name", key="first", kind="link", width=30, sort="first__site__name"),
        Column(title="档案二", path="second.name", key="second", width=30, sort="second__site__name"),
        Column(title="依据", path=lambda pair: "；".join(pair.reasons), key="reasons", width=40),
        Column(title="区划", path="first.region.name", key="region", width=12),
        Column(title="判定", path="get_verdict_display", key="verdict", kind="chip", width=10, sort="verdict"),
        Column(title="发现时间", path="found_at", kind="datetime", width=16, sort="found_at"),
    ),
    search=("first__site__name", "second__site__name", "first__credit_code", "second__credit_code"),
    order_by=("-verdict", "-score"),
)  # fmt: skip
MERGES = Records(
    key="merges", title="档案合并记录", model=Merge,
    columns=(
        Column(title="合并", path=str, key="name", kind="link", width=50),
        Column(title="理由", path="reason", width=30),
        Column(title="合并人", path="actor", width=10),
        Column(title="时间", path="at", kind="datetime", width=16, sort="at"),
        Column(title="移动记录", path=merge_pages.moved_count, key="moved", kind="number", width=10),
        Column(title="拆分", path="undone_at", kind="datetime", width=16, sort="undone_at"),
    ),
    search=("survivor__site__name", "absorbed__site__name", "absorbed__credit_code"),
    select=("survivor__site__region", "absorbed__site", "actor", "undone_by"),
)  # fmt: skip
RECORDS = (APPLICATIONS, CANCELLED, DUPLICATES, MERGES)

TABS = (
    Tab(key="pair", title="两份档案", on=Duplicate, template="enterprises/merging/pair.html",
        context=merge_pages.pair, permission=f"{APP}view_duplicate", order=10),
    Tab(key="merge", title="合并内容", on=Merge, template="enterprises/merging/merge.html",
        context=merge_pages.merged, permission=f"{APP}view_merge", order=10),
)  # fmt: skip
STRIPS = (
    Strip(key="life", on=Enterprise, template="enterprises/lifecycle/strip.html", context=merge_pages.strip,
          permission=f"{APP}view_enterprise", order=5),
)  # fmt: skip
CARDS = (
    Card(key="applications", template="enterprises/lifecycle/card.html", context=merge_pages.card,
         permission=APPLY, order=30),
)  # fmt: skip


def successor(pk: int) -> int | None:
    """The file that a merged one went into, at the end of the chain."""
    row = Enterprise.objects.filter(pk=pk, merged_into__isnull=False).first()
    return authoritative(row).pk if row else None


def step(name: str) -> Any:
    def url(enterprise: Enterprise) -> str:
        return reverse("enterprises:step", args=[enterprise.pk, name])

    return url


def when(*states: str) -> Any:
    def is_open(enterprise: Enterprise, user: User) -> bool:
        return enterprise.state in states and enterprise.merged_into_id is None

    return is_open


def judged(verdict: str) -> Any:
    return lambda pair: reverse("enterprises:verdict", args=[pair.pk, verdict])


ACTIONS = (
    Action(key="enterprises.submit", title="提交审核", on=Enterprise, url=step("submit"), permission=APPLY,
           when=when("draft"), is_primary=True, order=10),
    Action(key="enterprises.approve", title="审核入库", on=Enterprise, url=step("approve"), permission=APPROVE,
           when=when("pending"), is_primary=True, order=10),
    Action(key="enterprises.return", title="退回补正", on=Enterprise, url=step("return"), permission=APPROVE,
           when=when("pending"), order=11),
    Action(key="enterprises.reopen", title="恢复档案", on=Enterprise, url=step("reopen"),
           permission=f"{APP}set_status_enterprise", when=when("cancelled"), is_primary=True, order=12),
    Action(key="enterprises.merge", title="合并", on=Enterprise,
           url=lambda e: reverse("enterprises:merge-with", args=[e.pk]), permission=MERGE,
           when=when(*IN_REGISTER, *APPLYING), opens_page=True, order=80),
    Action(key="enterprises.cancel", title="注销档案", on=Enterprise, url=step("cancel"), permission=APPROVE,
           when=when(*IN_REGISTER, *APPLYING), order=90),
    Action(key="enterprises.merge-pair", title="合并这两份", on=Duplicate,
           url=lambda pair: reverse("enterprises:merge", args=[pair.first_id, pair.second_id]), permission=MERGE,
           when=lambda pair, user: pair.verdict == "open", opens_page=True, is_primary=True, order=10),
    Action(key="enterprises.distinct", title="不是同一家", on=Duplicate, url=judged("distinct"), permission=MERGE,
           when=lambda pair, user: pair.verdict == "open", method="post", order=20),
    Action(key="enterprises.again", title="撤回判定", on=Duplicate, url=judged("open"), permission=MERGE,
           when=lambda pair, user: pair.verdict == "distinct", method="post", order=20),
    Action(key="enterprises.split", title="拆分", on=Merge, url=lambda m: reverse("enterprises:split", args=[m.pk]),
           permission=MERGE, when=lambda m, user: m.undone_at is None, opens_page=True, order=10),
)  # fmt: skip

MERGING_GRANTS = {
    "applicant": (APPLY,),
    "office": (APPLY, APPROVE, MERGE, f"{APP}view_duplicate", f"{APP}view_merge"),
}
