"""重大危险源 on the map: coloured by grade, a tab on every site, the list, and who may do what."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from geo.models import Site
from layers.registry import Card, Layer, Module, Nav, State, Tab, Theme, registry
from supervision.hazard_sources import asked, selectors
from supervision.hazard_sources import contradictions as contradictions  # its rules declare themselves
from supervision.hazard_sources.lists import RECORDS
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
    filters=("grade", "unit", "is_overdue", "lacks_people", "lacks_boundary"),
    is_default=True,
    in_nearby=True,
    order=11,
)


def worst_grade(path: str) -> Any:
    """The gravest grade of the sources in force at a site, as a state; "none" where there is none."""
    in_force = HazardSource.objects.filter(site=OuterRef(path), grade__isnull=False).exclude(state="cancelled")
    worst = in_force.order_by("grade").values("grade")[:1]
    return Coalesce(Cast(Subquery(worst), CharField()), Value("none"))


def risk(path: str) -> Theme:
    """四色: a plant in the colour of its gravest source."""
    return Theme(
        key="risk", title="重大危险源级别（四色）", state=worst_grade(path),
        states=(State(key="none", label="无重大危险源", color="slate", shape="circle", rank=0), *STATES[1:]),
        permission="hazard_sources.view_hazardsource", order=20,
    )  # fmt: skip


APP = "hazard_sources."
VIEW = f"{APP}view_hazardsource"
SEEN = (
    "hazardsource", "inventoryitem", "responsibleperson", "monitoringpoint", "assessment", "filing", "filingpaper",
    "cancellation", "personscount", "inventorychange", "safetycheck",
)  # fmt: skip
READ = tuple(f"{APP}view_{model}" for model in SEEN)
WRITE = tuple(
    f"{APP}{verb}_{model}"
    for verb in ("add", "change")
    for model in ("responsibleperson", "monitoringpoint", "inventoryitem")
)
KEEP = (
    *(f"{APP}{verb}_hazardsource" for verb in ("add", "change", "identify", "assess", "submit", "apply_cancel")),
    *WRITE,
)  # fmt: skip
SENT = f"{APP}view_transmission"
OFFICE = (*(f"{APP}{verb}_hazardsource" for verb in ("file", "recall", "cancel")), f"{APP}send_transmission")


def tab(key: str, title: str, template: str, context: Any, order: int, badge: Any = None) -> Tab:
    return Tab(
        key=key, title=title, on=HazardSource, template=f"hazard_sources/{template}.html", context=context, badge=badge,
        permission=VIEW, order=order,
    )  # fmt: skip


TABS = (
    tab("hazard-source", "分级与存量", "tab", selectors.own_tab, 5),
    tab("hazard-history", "评估历史", "tab_history", selectors.history_tab, 6),
    tab("hazard-people", "包保责任人", "tab_people", selectors.people_tab, 7, selectors.people_badge),
    tab("hazard-safety", "监测与设施", "tab_safety", selectors.safety_tab, 8, selectors.missing_badge),
    tab("hazard-filing", "备案与核销", "tab_filing", selectors.filing_tab, 9),
    Tab(
        key="hazard-sources", title="重大危险源", on=Site, template="hazard_sources/tab.html", context=selectors.tab,
        badge=selectors.badge, permission=VIEW, order=54,
    ),
)  # fmt: skip

registry.add(
    Module(
        key="hazard_sources",
        title="重大危险源",
        layers=(LAYER,),
        tabs=TABS,
        cards=(
            Card(
                key="hazard-sources", template="hazard_sources/card.html", context=asked.card, permission=VIEW,
                order=40,
            ),
        ),
        themes={"enterprises": (risk("pk"),), "boundaries": (risk("enterprise"),)},
        records=RECORDS,
        workflows=(HAZARD_SOURCE,),
        nav=(
            Nav(
                title="重大危险源", url_name="records:list", args=("hazard_sources", "sources"), permission=VIEW,
                order=21,
            ),
            Nav(title="危险源上报", url_name="hazard_sources:upward", permission=f"{APP}send_transmission", order=22),
        ),
        statistics=TABLES,
        urls="supervision.hazard_sources.urls",
        api_urls="supervision.hazard_sources.api_urls",
        grants={
            "*": (*READ, SENT),
            "expert": READ,
            "enterprise": (*READ, *KEEP),
            "inspector": (*KEEP, *OFFICE),
            "approver": (*KEEP, *OFFICE),
        },
        order=11,
    )
)  # fmt: skip
