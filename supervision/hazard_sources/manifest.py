"""重大危险源 on the map: coloured by grade, a tab on every site, the list, and who may do what."""

from __future__ import annotations

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Coalesce

from geo.models import Site
from layers.registry import Column, Layer, Module, Nav, Records, State, Tab, registry
from supervision.hazard_sources import forms, selectors, services
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.statistics import TABLES
from supervision.hazard_sources.workflow import HAZARD_SOURCE

# The shape repeats the grade: the fewer the corners, the graver.
STATES = (
    State(key="none", label="未分级", color="slate", shape="ring", rank=0),
    State(key="4", label="四级", color="blue", shape="hexagon", rank=1),
    State(key="3", label="三级", color="yellow", shape="pentagon", rank=2),
    State(key="2", label="二级", color="orange", shape="diamond", rank=3),
    State(key="1", label="一级", color="red", shape="triangle", rank=4),
)

LAYER = Layer(
    key="hazard_sources",
    title="重大危险源",
    group="安全监管",
    model=HazardSource,
    subtitle_path="site__name",
    state=Coalesce(Cast("grade", CharField()), Value("none")),
    states=STATES,
    fields=("grade",),
    search=("name", "site__name", "filing_number"),
    filters=("grade", "unit"),
    is_default=True,
    in_nearby=True,
    order=11,
)

HEAD = (
    Column(title="名称", path="name", kind="link", width=22, sort="name"),
    Column(title="企业", path="site.name", key="site", width=30, sort="site__name"),
    Column(title="级别", path="get_grade_display", key="grade", kind="chip", width=8, sort="grade"),
    Column(title="S", path="s_text", key="s", width=14, sort="s"),
    Column(title="R", path="r_text", key="r", width=14, sort="r"),
    Column(title="状态", path="get_state_display", key="state", kind="chip", width=10, sort="state"),
    Column(title="单元", path="get_unit_display", key="unit", width=10),
    Column(title="区划", path="region.name", key="region", width=14, sort="region__path"),
    Column(title="评估日期", path="assessed_on", kind="date", width=12, sort="assessed_on"),
    Column(title="应复评", path="review_due_on", kind="date", width=12, sort="review_due_on"),
)
MORE = (
    Column(title="α", path="alpha"),
    Column(title="厂界外 500 米内常住人口", path="exposed_persons", kind="number"),
    Column(title="存量", path=lambda source: "；".join(map(str, source.items.all())), key="inventory", width=40),
    Column(title="计算过程", path=lambda source: "；\n".join(source.derivation), key="derivation", width=60),
    Column(title="备案编号", path="filing_number", kind="code"),
    Column(title="备案日期", path="filed_on", kind="date"),
    Column(title="经度", path="geom.x", key="lon", kind="number"),
    Column(title="纬度", path="geom.y", key="lat", kind="number"),
)

RECORDS = Records(
    key="sources",
    title="重大危险源",
    model=HazardSource,
    columns=HEAD,
    detail=(*HEAD, *MORE),
    filters=("grade", "state", "unit", "review_due_on"),
    search=("name", "site__name", "filing_number", "site__pinyin"),
    order_by=("grade", "-r"),
    layer="hazard_sources",
    form=forms.HazardSourceForm,
    create=forms.create,
    update=services.update_source,
    visible=selectors.with_items,
)

APP = "hazard_sources."
VIEW = f"{APP}view_hazardsource"
KEEP = tuple(f"{APP}{verb}_hazardsource" for verb in ("add", "change", "identify", "assess"))
OFFICE = tuple(f"{APP}{verb}_hazardsource" for verb in ("file", "recall", "cancel"))

registry.add(
    Module(
        key="hazard_sources",
        title="重大危险源",
        layers=(LAYER,),
        tabs=(
            Tab(
                key="hazard-source",
                title="分级与存量",
                on=HazardSource,
                template="hazard_sources/tab.html",
                context=selectors.own_tab,
                permission=VIEW,
                order=5,
            ),
            Tab(
                key="hazard-sources",
                title="重大危险源",
                on=Site,
                template="hazard_sources/tab.html",
                context=selectors.tab,
                badge=selectors.badge,
                permission=VIEW,
                order=54,
            ),
        ),
        records=(RECORDS,),
        workflows=(HAZARD_SOURCE,),
        nav=(
            Nav(
                title="重大危险源",
                url_name="records:list",
                args=("hazard_sources", "sources"),
                permission=VIEW,
                order=21,
            ),
        ),
        statistics=TABLES,
        urls="supervision.hazard_sources.urls",
        api_urls="supervision.hazard_sources.api_urls",
        grants={
            "*": (VIEW,),
            "expert": (VIEW,),
            "enterprise": (VIEW, *KEEP),
            "inspector": (*KEEP, *OFFICE),
            "approver": (*KEEP, *OFFICE),
        },
        order=11,
    )
)
