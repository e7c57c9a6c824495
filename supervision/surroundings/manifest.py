"""周边环境与防护目标: protected places, where people live, and what both have to do with dangerous plants."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.freshness import stale_flag
from core.models import User
from geo.models import Population, Site
from layers.registry import Action, Column, Layer, Module, Nav, Records, State, Tab, Theme, registry
from supervision.surroundings import forms, selectors, services
from supervision.surroundings.classes import TargetClass
from supervision.surroundings.models import ProtectedSite

CLASS_STATES = (
    State(key="general_3", label=TargetClass.GENERAL_3.label, color="green", shape="circle", rank=0),
    State(key="general_2", label=TargetClass.GENERAL_2.label, color="cyan", shape="circle", rank=1),
    State(key="general_1", label=TargetClass.GENERAL_1.label, color="teal", shape="square", rank=2),
    State(key="important", label=TargetClass.IMPORTANT.label, color="violet", shape="hexagon", rank=3),
    State(key="high", label=TargetClass.HIGH.label, color="pink", shape="star", rank=4),
)
KIND_STATES = (
    State(key="other", label="其他", color="slate", shape="circle", rank=0),
    State(key="residential", label="居住区", color="teal", shape="square", rank=1),
    State(key="hospital", label="医疗卫生", color="white", shape="cross", rank=2),
    State(key="school", label="学校、幼儿园", color="violet", shape="star", rank=3),
)
DENSITY_STATES = (
    State(key="d1", label="不足 200 人/平方公里", color="slate", shape="square", rank=0),
    State(key="d2", label="200–1000 人/平方公里", color="cyan", shape="square", rank=1),
    State(key="d3", label="1000–5000 人/平方公里", color="teal", shape="square", rank=2),
    State(key="d4", label="5000–15000 人/平方公里", color="violet", shape="square", rank=3),
    State(key="d5", label="15000 人/平方公里以上", color="pink", shape="square", rank=4),
)

PROTECTED = Layer(
    key="protected_sites",
    title="防护目标",
    group="周边环境",
    model=ProtectedSite,
    place_path="site__",
    title_path="site__name",
    subtitle_path="site__address",
    state="target_class",
    states=CLASS_STATES,
    themes=(Theme(key="kind", title="按类型", state="site__kind", states=KIND_STATES),),
    fields=("category", "persons"),
    search=("site__name", "site__address"),
    stale=stale_flag(),
    filters=("category", "persons"),
    order=15,
)
POPULATION = Layer(
    key="population",
    title="人口分布",
    group="周边环境",
    model=Population,
    geometry="polygon",
    subtitle_path="region__name",
    state=selectors.density_class(),
    states=DENSITY_STATES,
    fields=("persons",),
    search=("name",),
    filters=("persons", "is_illustrative"),
    label_from_zoom=16,
    order=16,
)

HEAD = (
    Column(title="名称", path="name", kind="link", width=28, sort="site__name"),
    Column(title="防护目标类别", path="get_target_class_display", key="target_class", kind="chip", width=18,
           sort="target_class"),
    Column(title="类型", path="get_category_display", key="category", width=20, sort="category"),
    Column(title="人数", path="persons", kind="number", width=10, sort="persons"),
    Column(title="区划", path="region.name", key="region", width=12, sort="site__region__path"),
    Column(title="核实", path="freshness", kind="age", width=18, sort="verified_at"),
    Column(title="联系人", path="contact_name", is_personal=True, width=10),
    Column(title="联系电话", path="contact_phone", is_personal=True, width=14),
)  # fmt: skip
MORE = (
    Column(title="户数", path="households", kind="number"),
    Column(title="地址", path="site.address", key="address", width=30),
    Column(title="经度", path="geom.x", key="lon", kind="number"),
    Column(title="纬度", path="geom.y", key="lat", kind="number"),
    Column(title="来源坐标系", path="site.get_datum_display", key="datum"),
    Column(title="信息来源", path="source"),
    Column(title="示意数据", path="is_illustrative"),
    Column(title="备注", path="remark", width=30),
)
AREA_HEAD = (
    Column(title="名称", path="name", kind="link", width=26, sort="name"),
    Column(title="常住人口", path="persons", kind="number", width=12, sort="persons"),
    Column(title="面积（平方公里）", path=lambda area: round(area.area_m2 / 1_000_000, 3), key="km2", kind="number",
           width=16, sort="area_m2"),
    Column(title="密度（人/平方公里）", path=lambda area: round(area.density), key="density", kind="number", width=18),
    Column(title="区划", path="region.name", key="region", width=12, sort="region__path"),
    Column(title="统计日期", path="as_of", kind="date", width=12, sort="as_of"),
    Column(title="数据来源", path="source", width=24),
    Column(title="示意数据", path="is_illustrative", width=8),
)  # fmt: skip

RECORDS = (
    Records(
        key="protected",
        title="防护目标",
        model=ProtectedSite,
        columns=HEAD,
        detail=(*HEAD, *MORE),
        filters=("target_class", "category", "persons"),
        search=("site__name", "site__address", "site__pinyin"),
        order_by=("site__region__path", "site__name"),
        layer="protected_sites",
        form=forms.ProtectedSiteForm,
        create=services.add_site,
        update=services.change_site,
        identity=("name",),
        select=("site__region", "verified_by"),
    ),
    Records(
        key="population",
        title="人口分布",
        model=Population,
        columns=AREA_HEAD,
        filters=("persons", "as_of", "is_illustrative"),
        search=("name", "pinyin"),
        order_by=("region__path", "name"),
        layer="population",
        form=forms.PopulationForm,
        create=services.add_population,
        update=services.change_population,
        identity=("name",),
        select=("region",),
    ),
)

APP = "surroundings."
VIEW, VIEW_AREAS = f"{APP}view_protectedsite", "geo.view_population"
KEEP = (
    *(f"{APP}{verb}_protectedsite" for verb in ("add", "change", "verify")),
    "geo.add_population",
    "geo.change_population",
)


def verify_url(row: ProtectedSite) -> str:
    return reverse("surroundings:verify", args=[row.pk])


def is_official(_row: Any, user: User) -> bool:
    return user.scope.site_id is None


TABS = (
    Tab(key="protected", title="概况", on=ProtectedSite, template="surroundings/protected.html",
        context=selectors.own_tab, permission=VIEW, order=10),
    Tab(key="dangers", title="周边危险源", on=ProtectedSite, template="surroundings/near.html",
        context=selectors.dangers_tab, badge=selectors.dangers_badge, permission=VIEW, order=20),
    Tab(key="surroundings", title="周边环境", on=Site, template="surroundings/near.html",
        context=selectors.surroundings_tab, permission=VIEW, order=58),
    Tab(key="population", title="概况", on=Population, template="surroundings/population.html",
        context=selectors.population_tab, permission=VIEW_AREAS, order=10),
)  # fmt: skip

registry.add(
    Module(
        key="surroundings",
        title="周边环境与防护目标",
        layers=(PROTECTED, POPULATION),
        tabs=TABS,
        actions=(
            Action(
                key="surroundings.verify",
                title="核实",
                on=ProtectedSite,
                url=verify_url,
                method="post",
                permission=f"{APP}verify_protectedsite",
                when=is_official,
                is_primary=True,
                order=10,
            ),
        ),
        records=RECORDS,
        nav=(
            Nav(
                title="周边环境", url_name="records:list", args=("surroundings", "protected"), permission=VIEW, order=24
            ),
        ),
        urls="supervision.surroundings.urls",
        grants={
            "*": (VIEW, VIEW_AREAS),
            "expert": (VIEW, VIEW_AREAS),
            "inspector": KEEP,
            "approver": KEEP,
            "grid": (f"{APP}verify_protectedsite",),
        },
        order=15,
    )
)
