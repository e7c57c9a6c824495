"""突发事件 on the map: the live layer, the tabs that drive an incident, the list, and who may do what."""

from __future__ import annotations

from django.db.models import Case, CharField, Value, When
from django.urls import reverse

from command_center.incidents import selectors
from command_center.incidents.models import Incident
from command_center.incidents.states import OPEN
from command_center.incidents.workflow import INCIDENT
from core.models import User
from geo.models import Site
from layers.registry import Action, Column, Layer, Module, Nav, Records, State, Tab, registry

# 突发事件应对法（2024）§63: 一级红 二级橙 三级黄 四级蓝. No other state wears these colours.
STATES = (
    State(key="closed", label="已结束", color="slate", shape="circle"),
    State(key="verified", label="已核实，未启动响应", color="white", shape="ring", rank=1),
    State(key="received", label="新接报", color="white", shape="ring", rank=2),
    State(key="level4", label="Ⅳ级响应", color="blue", shape="circle", rank=3),
    State(key="level3", label="Ⅲ级响应", color="yellow", shape="square", rank=4),
    State(key="level2", label="Ⅱ级响应", color="orange", shape="diamond", rank=5),
    State(key="level1", label="Ⅰ级响应", color="red", shape="triangle", rank=6),
)
SHOWN_STATE = Case(
    *(When(state__in=("responding", "controlled"), level=n, then=Value(f"level{n}")) for n in range(1, 5)),
    When(state="received", then=Value("received")),
    When(state__in=OPEN, then=Value("verified")),
    default=Value("closed"),
    output_field=CharField(),
)
LAYER = Layer(
    key="incidents",
    title="突发事件",
    group="应急指挥",
    model=Incident,
    title_path="title",
    subtitle_path="number",
    state=SHOWN_STATE,
    states=STATES,
    fields=("number", "kind", "level", "grade", "is_drill", "received_at", "uncertainty_m"),
    search=("title", "number", "address"),
    filters=("kind", "level", "is_drill"),
    is_default=True,
    is_live=True,
    label_from_zoom=8,
    order=1,
)


def tab(key: str, title: str, context: object, order: int, **more: object) -> Tab:
    return Tab(
        key=key,
        title=title,
        on=Incident,
        template=f"incidents/tab_{key}.html",
        context=context,  # type: ignore[arg-type]  # one of selectors' *_tab
        order=order,
        **{"permission": "incidents.view_incident", **more},  # type: ignore[arg-type]  # as Tab declares
    )


TABS = (
    tab("overview", "概况", selectors.overview_tab, 10),
    tab("timeline", "时间线", selectors.timeline_tab, 20, badge=selectors.entry_count),
    tab("tasks", "任务", selectors.tasks_tab, 40, badge=selectors.open_task_count, permission="incidents.view_task"),
    tab("documents", "文书", selectors.documents_tab, 50, badge=selectors.paper_count),
    Tab(
        key="incidents",
        title="事件",
        on=Site,
        template="incidents/tab_site.html",
        context=selectors.site_tab,
        badge=selectors.site_count,
        permission="incidents.view_incident",
        every_site=True,
        order=70,
    ),
)


def own_site(site: Site, user: User) -> bool:
    return user.scope.site_id == site.pk


ACTIONS = (
    Action(key="page", title="指挥页", on=Incident, url=lambda i: reverse("incidents:page", args=[i.pk]),
           permission="incidents.view_incident", opens_page=True, order=10),
    Action(key="report_here", title="登记事件", on=Site, url=lambda s: f"{reverse('incidents:new')}?site={s.pk}",
           permission="incidents.add_incident", order=40),
    Action(key="alarm", title="一键报警", on=Site, url=lambda s: reverse("incidents:alarm"), when=own_site,
           permission="incidents.raise_alarm", opens_page=True, is_primary=True, order=1),
)  # fmt: skip

RECORDS = Records(
    key="incidents",
    title="事件",
    model=Incident,
    dossier=80,
    dossier_columns=("number", "title", "kind", "state", "level", "received_at"),
    columns=(
        Column(title="编号", path="number", kind="code", width=14, sort="number"),
        Column(title="标题", path="title", kind="link", width=30, sort="title"),
        Column(title="类型", path="get_kind_display", key="kind", kind="chip", width=10, sort="kind"),
        Column(title="状态", path="state_label", key="state", kind="chip", width=10, sort="state"),
        Column(title="响应级别", path="get_level_display", key="level", kind="chip", width=8, sort="level"),
        Column(title="事故等级", path="get_grade_display", key="grade", width=8, sort="grade"),
        Column(title="区划", path="region.name", width=12, sort="region__path"),
        Column(title="地点", path="address", width=30),
        Column(title="接报时间", path="received_at", kind="datetime", width=17, sort="received_at"),
        Column(title="死亡", path="deaths", kind="number", width=6),
        Column(title="重伤", path="serious_injuries", kind="number", width=6),
        Column(title="演练", path=lambda i: "演练" if i.is_drill else "", key="is_drill", width=6),
    ),
    filters=("state", "kind", "level", "is_drill"),
    search=("title", "number", "address"),
    order_by=("-received_at", "-pk"),
    layer="incidents",
    select=("region",),
)

VIEW = ("incidents.view_incident", "incidents.view_incidententry")
TASKS = ("incidents.view_task", "incidents.add_task", "incidents.change_task")
RAISE = ("incidents.add_incident", "incidents.note_incident")
HANDLE = (
    "incidents.change_incident",
    "incidents.verify_incident",
    "incidents.respond_incident",
    "incidents.view_reporter",
)

registry.add(
    Module(
        key="incidents",
        title="突发事件",
        layers=(LAYER,),
        tabs=TABS,
        actions=ACTIONS,
        records=(RECORDS,),
        workflows=(INCIDENT,),
        nav=(
            Nav(title="值班", url_name="incidents:board", permission="incidents.view_incident", order=10),
            Nav(title="一键报警", url_name="incidents:alarm", permission="incidents.raise_alarm", order=5),
        ),
        urls="command_center.incidents.urls",
        api_urls="command_center.incidents.api_urls",
        grants={
            "*": (*VIEW, "incidents.view_task", "incidents.change_task"),
            "duty": (*RAISE, *HANDLE, *TASKS, "incidents.review_incident"),
            "leader": (*RAISE, *HANDLE, *TASKS, "incidents.level_incident", "incidents.end_incident",
                       "incidents.review_incident"),
            "coordinator": (*RAISE, *TASKS, "incidents.view_reporter"),
            "inspector": RAISE,
            "grid": RAISE,
            # An enterprise sees what concerns its own site, may call for help and say what it sees.
            "enterprise": (*VIEW, "incidents.raise_alarm", "incidents.note_incident"),
        },
        order=10,
    )
)  # fmt: skip
