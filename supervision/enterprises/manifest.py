"""企业数据中心 on the map: the layer, the tabs of every site, the list, and who may do what."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from core.freshness import stale_flag
from core.models import User
from geo.models import Site
from layers import record_sheets
from layers.registry import Action, Column, Layer, Module, Nav, Records, State, Tab, registry
from supervision.enterprises import manifest_merging as merging
from supervision.enterprises import manifest_papers as papers
from supervision.enterprises import manifest_truth as truth
from supervision.enterprises import selectors, services
from supervision.enterprises.forms import EnterpriseForm
from supervision.enterprises.manifest_merging import MERGING_GRANTS
from supervision.enterprises.models import Enterprise
from supervision.enterprises.models.enterprise import IN_REGISTER
from supervision.enterprises.sheet import EnterpriseSheet
from supervision.enterprises.statistics import TABLES
from supervision.enterprises.themes import THEMES
from supervision.enterprises.workflow import CHANGE_REQUEST, ENTERPRISE

STATES = (
    State(key="other", label="其他", color="slate", shape="circle", rank=0),
    State(key="trade", label="工矿商贸", color="teal", shape="circle", rank=1),
    State(key="mine", label="非煤矿山", color="cyan", shape="square", rank=2),
    State(key="fireworks", label="烟花爆竹", color="pink", shape="star", rank=3),
    State(key="chemical", label="危险化学品", color="violet", shape="diamond", rank=4),
)

# The same for map and list: a number in one leads to the rows in the other.
FILTERS = (
    "categories",
    "tags",
    "status",
    "state",
    "scale",
    "industry_code",
    "employees",
    "platform_joined_on",
    "verified_at",
    "freshness_score",
    "licence_expires_on",
    "drill_due_on",
)

LAYER = Layer(
    key="enterprises",
    title="企业",
    group="安全监管",
    model=Enterprise,
    place_path="site__",
    title_path="site__name",
    subtitle_path="site__address",
    state="category",
    states=STATES,
    state_title="主要监管分类",
    themes=THEMES,
    fields=("status",),
    search=("site__name", "credit_code", "site__address", "former"),
    stale=stale_flag(),
    filters=FILTERS,
    is_default=True,
    only=Q(state__in=IN_REGISTER),
    order=10,
    successor=merging.successor,
)

HEAD = (
    Column(title="企业名称", path="name", kind="link", width=32, sort="site__name"),
    Column(title="信用代码", path="credit_code", kind="code", width=21, sort="credit_code"),
    Column(title="监管分类", path="category_labels", key="categories", kind="chip", width=14, sort="category"),
    Column(title="经营状态", path="get_status_display", key="status", kind="chip", width=10, sort="status"),
    Column(title="区划", path="region.name", key="region", width=14, sort="site__region__path"),
    Column(title="行业", path="industry", width=22, sort="industry_code"),
    Column(title="从业人数", path="employees", kind="number", width=10, sort="employees"),
    Column(title="纳入平台", path="platform_joined_on", kind="date", width=12, sort="platform_joined_on"),
    Column(title="核实", path="freshness", kind="age", width=20, sort="verified_at"),
)
MORE = (
    Column(title="主要业务", path="business", width=24),
    Column(title="成立日期", path="founded_on", kind="date", width=12),
    Column(title="地址", path="site.address", key="address", width=30),
    Column(title="经度", path="geom.x", key="lon", kind="number"),
    Column(title="纬度", path="geom.y", key="lat", kind="number"),
    Column(title="来源坐标系", path="site.get_datum_display", key="datum"),
    Column(title="信息来源", path="source"),
)

RECORDS = Records(
    key="enterprises",
    title="企业",
    model=Enterprise,
    columns=HEAD,
    detail=(*HEAD, *MORE),
    filters=FILTERS,
    search=("site__name", "credit_code", "site__address", "site__pinyin", "former"),
    order_by=("-platform_joined_on",),
    layer="enterprises",
    form=EnterpriseForm,
    create=services.register_enterprise,
    update=services.update_enterprise,
    select=("site__region", "verified_by"),
    only=Q(state__in=IN_REGISTER),
    identity=("credit_code",),
)

# After the tabs of what stands on the site itself: an incident or a hazard source shows its own first.
TABS = (
    Tab(key="enterprise", title="基本情况", on=Site, template="enterprises/tab_basic.html", context=selectors.basic_tab,
        permission="enterprises.view_enterprise", order=52),
    Tab(key="contacts", title="联系人", on=Site, template="enterprises/tab_contacts.html",
        context=selectors.contacts_tab, permission="enterprises.view_contact", order=56),
    Tab(key="enterprise-history", title="历史", on=Site, template="enterprises/tab_history.html",
        context=selectors.history_tab, permission="enterprises.view_enterprise", order=90),
)  # fmt: skip


def page(name: str) -> Any:
    def url(enterprise: Enterprise) -> str:
        return reverse(f"enterprises:{name}", args=[enterprise.pk])

    return url


def is_open(enterprise: Enterprise, user: User) -> bool:
    """One tap is for the office; an enterprise looks its facts through (确认)."""
    return enterprise.status != Enterprise.Status.CLOSED and user.site_id is None


ACTIONS = (
    Action(key="enterprises.verify", title="核实", on=Enterprise, url=page("verify"), method="post",
           permission="enterprises.verify_enterprise", when=is_open, is_primary=True, order=10),
    Action(key="enterprises.status", title="变更经营状态", on=Enterprise, url=page("status"),
           permission="enterprises.set_status_enterprise", order=20),
    Action(key="enterprises.contact", title="变更联系人", on=Enterprise, url=page("contact"),
           permission="enterprises.change_contact", order=30),
)  # fmt: skip

VIEW = ("enterprises.view_enterprise",)
KEEP = (
    "enterprises.add_enterprise",
    "enterprises.change_enterprise",
    "enterprises.verify_enterprise",
    "enterprises.set_status_enterprise",
    "enterprises.view_contact",
    "enterprises.change_contact",
)

record_sheets.give(EnterpriseSheet.key, EnterpriseSheet(RECORDS))

registry.add(
    Module(
        key="enterprises",
        title="企业数据中心",
        layers=(LAYER, papers.BOUNDARIES, truth.LAYER),
        tabs=(*TABS, *papers.TABS, *truth.TABS, *merging.TABS),
        actions=(*ACTIONS, *papers.ACTIONS, *truth.ACTIONS, *merging.ACTIONS),
        strips=(*merging.STRIPS, *papers.STRIPS, *truth.STRIPS),
        cards=(*truth.CARDS, *merging.CARDS),
        records=(RECORDS, *papers.records.ALL, truth.CONTRADICTIONS, truth.REQUESTS, *merging.RECORDS),
        workflows=(ENTERPRISE, CHANGE_REQUEST),
        nav=(
            Nav(
                title="企业", url_name="records:list", args=("enterprises", "enterprises"), permission=VIEW[0], order=20
            ),
            Nav(
                title="统计",
                url_name="statistics",
                args=("enterprises",),
                permission=VIEW[0],
                order=28,
                officials_only=True,
            ),
        ),
        statistics=TABLES,
        urls="supervision.enterprises.urls",
        api_urls="supervision.enterprises.api_urls",
        grants=truth.merged(
            {
                "*": (*VIEW, *papers.VIEW),
                "duty": ("enterprises.view_contact",),
                "leader": ("enterprises.view_contact",),
                "coordinator": ("enterprises.view_contact",),
                "inspector": (*KEEP, *papers.OFFICE, *MERGING_GRANTS["office"]),
                "approver": (*KEEP, *papers.OFFICE, *MERGING_GRANTS["office"]),
                "grid": ("enterprises.verify_enterprise", "enterprises.view_contact", *MERGING_GRANTS["applicant"]),
                "enterprise": (
                    *VIEW,
                    *papers.VIEW,
                    *papers.KEEP,
                    *MERGING_GRANTS["applicant"],
                    "enterprises.change_enterprise",
                    "enterprises.verify_enterprise",
                    "enterprises.view_contact",
                    "enterprises.change_contact",
                ),
            },
            truth.GRANTS,
        ),
        order=10,
    )
)
