"""What the rows of a file and the plant boundary add to the module: layer, lists, tabs, strip, actions, rights."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from core.freshness import stale_flag
from core.models import User
from geo.models import Site
from layers.registry import Action, Layer, State, Strip, Tab
from supervision.enterprises.models import Boundary, Enterprise
from supervision.enterprises.models.file import OfEnterprise
from supervision.enterprises.papers import records, selectors

BOUNDARIES = Layer(
    key="boundaries",
    title="厂界",
    group="安全监管",
    model=Boundary,
    geometry="polygon",
    title_path="enterprise__site__name",
    state="enterprise__category",
    states=(
        State(key="other", label="其他", color="slate", rank=0),
        State(key="trade", label="工矿商贸", color="teal", rank=1),
        State(key="mine", label="非煤矿山", color="cyan", rank=2),
        State(key="fireworks", label="烟花爆竹", color="pink", rank=3),
        State(key="chemical", label="危险化学品", color="violet", rank=4),
    ),
    state_title="主要监管分类",
    fields=("area_m2",),
    search=(),
    stale=stale_flag(),
    filters=("enterprise__categories", "enterprise__tags", "datum"),
    only=Q(replaced_at__isnull=True),
    order=12,
)

TABS = (
    Tab(key="licences", title="证照", on=Site, template="enterprises/tab_licences.html",
        context=selectors.licences_tab, badge=selectors.licences_badge, permission="enterprises.view_licence",
        order=53),
    Tab(key="safety", title="安全管理", on=Site, template="enterprises/tab_safety.html", context=selectors.safety_tab,
        permission="enterprises.view_ledgerentry", order=57),
    Tab(key="rescue", title="应急", on=Site, template="enterprises/tab_rescue.html", context=selectors.rescue_tab,
        badge=selectors.drills_badge, permission="enterprises.view_rescuefact", order=55),
)  # fmt: skip


def of_enterprise(row: OfEnterprise, user: User) -> dict[str, Any] | None:
    return {"enterprise": row.enterprise} if user.has_perm("enterprises.view_enterprise") else None


STRIPS = (
    Strip(key="of-enterprise", on=OfEnterprise, template="enterprises/strip_of_enterprise.html", context=of_enterprise,
          order=1),
)  # fmt: skip


def _page(name: str) -> Any:
    def url(enterprise: Enterprise) -> str:
        return reverse(f"enterprises:{name}", args=[enterprise.pk])

    return url


def _is_kept(enterprise: Enterprise, user: User) -> bool:
    return enterprise.state != "cancelled"


ACTIONS = (
    Action(key="enterprises.dossier", title="一企一档", on=Enterprise, url=_page("dossier"), opens_page=True,
           permission="enterprises.view_enterprise", order=11),
    Action(key="enterprises.boundary", title="绘制厂界", on=Enterprise, url=_page("boundary"), method="draw",
           permission="enterprises.add_boundary", when=_is_kept, order=70),
    *records.actions(),
)  # fmt: skip

VIEW = (*records.grants("view"), "enterprises.view_boundary")
KEEP = (*records.grants("add", "change"), "enterprises.add_contact")
OFFICE = (*KEEP, "enterprises.add_boundary", "enterprises.change_boundary")
