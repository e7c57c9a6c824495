"""应急预案: a list of its own, and a page on every place that has plans. Plans have no place, so no layer."""

from __future__ import annotations

from django.urls import reverse

from command_center.plans import selectors, services
from command_center.plans.forms import PlanForm
from command_center.plans.models import Plan
from geo.models import Site
from layers.registry import Action, Column, Module, Nav, Records, Tab, registry

COLUMNS = (
    Column(title="名称", path="title", kind="link", width=34, sort="title"),
    Column(title="种类", path="get_kind_display", key="kind", kind="chip", width=12, sort="kind"),
    Column(title="级别", path="get_level_display", key="level", kind="chip", width=8, sort="level"),
    Column(title="编制单位", path=lambda plan: str(plan.site or plan.organisation or ""), key="owner", width=26),
    Column(title="区划", path="region.name", width=12, sort="region__path"),
    Column(title="状况", path=selectors.standing_label, key="standing", kind="chip", width=12),
    Column(title="发布", path="issued_on", kind="date", width=12, sort="issued_on"),
    Column(title="备案", path="filed_on", kind="date", width=12, sort="filed_on"),
    Column(title="下次评估", path="review_due_on", kind="date", width=12, sort="review_due_on"),
    Column(title="核实", path="freshness", kind="age", width=16, sort="verified_at"),
)
DETAIL = (
    *COLUMNS,
    Column(title="预案编号", path="number", kind="code", width=22),
    Column(title="备案编号", path="filing_number", kind="code", width=22),
    Column(title="备案截止", path="filing_due_on", kind="date", width=12),
    Column(title="最近评估", path="reviewed_on", kind="date", width=12),
    Column(title="废止日期", path="abolished_on", kind="date", width=12),
    Column(title="备注", path="remark", width=30),
)


def new_plan_of(site: Site) -> str:
    return f"{reverse('records:new', args=['plans', 'plans'])}?site={site.pk}&level=enterprise&kind=comprehensive"


VIEW = ("plans.view_plan",)
KEEP = (*VIEW, "plans.add_plan", "plans.change_plan", "plans.verify_plan", "plans.review_plan")

registry.add(
    Module(
        key="plans",
        title="应急预案",
        tabs=(
            Tab(key="plans", title="应急预案", on=Site, template="plans/tab.html", context=selectors.tab,
                badge=selectors.badge, permission="plans.view_plan", order=60),
            Tab(key="plan", title="办理", on=Plan, template="plans/plan_tab.html", context=selectors.plan_tab,
                permission="plans.view_plan", order=1),
        ),
        actions=(
            Action(
                key="plans.add",
                title="登记预案",
                on=Site,
                url=new_plan_of,
                permission="plans.add_plan",
                when=lambda site, user: site.kind == Site.Kind.ENTERPRISE,
                order=60,
            ),
        ),
        records=(
            Records(key="plans", title="应急预案", model=Plan, columns=COLUMNS, detail=DETAIL, dossier=70,
                    dossier_columns=("title", "kind", "standing", "issued_on", "filed_on", "review_due_on"),
                    filters=("kind", "level", "review_due_on", "filed_on__isnull"),
                    search=("title", "number", "site__name", "pinyin"),
                    order_by=("level", "region__path", "title", "pk"), form=PlanForm, create=services.add_plan,
                    update=services.change_plan, identity=("title", "site"),
                    select=("region", "site", "organisation", "verified_by")),
        ),
        nav=(
            Nav(title="预案", url_name="records:list", args=("plans", "plans"), permission="plans.view_plan", order=40),
        ),
        urls="command_center.plans.urls",
        api_urls="command_center.plans.api_urls",
        grants={
            "*": VIEW,
            "duty": KEEP,
            "coordinator": KEEP,
            "leader": (*VIEW, "plans.verify_plan"),
            "approver": (*KEEP, "plans.file_plan"),
            "inspector": (*VIEW, "plans.verify_plan"),
            "enterprise": (*VIEW, "plans.add_plan", "plans.change_plan", "plans.review_plan", "plans.verify_plan"),
            "expert": VIEW,
        },
        order=40,
    )
)  # fmt: skip
