"""The rows of all files as lists: filters, search, pages, sheets and the interface for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from core.freshness import Verified
from core.models import User
from layers.registry import Action, Column, Records
from supervision.enterprises.models import Boundary, Contact, Drill, HealthFactor, LedgerEntry, Licence, RescueFact
from supervision.enterprises.papers import forms, outlines, people, services

KEPT = Q(withdrawn_at__isnull=True)
SEARCH = ("enterprise__site__name", "enterprise__credit_code", "enterprise__site__pinyin")
SELECT = ("enterprise__site__region",)
CODE = Column(title="信用代码", path="enterprise.credit_code", key="credit_code", kind="code", width=21)
# A list keeps to what fits beside each other on a desk; the sheet and the row's own page also have what follows.
OF = (
    Column(title="企业", path="enterprise.name", key="enterprise", width=30, sort="enterprise__site__name"),
    Column(title="区划", path="region.name", key="region", width=14, sort="enterprise__site__region__path"),
)
VERIFIED = (
    Column(title="来源", path="source", width=12),
    Column(title="核实", path="freshness", kind="age", width=22, sort="verified_at"),
)
RECORDED = (
    Column(title="来源", path="source", width=12),
    Column(title="登记时间", path="recorded_at", kind="datetime", width=18, sort="recorded_at"),
)
RECORDED_BY = Column(title="登记人", path="recorded_by", width=12)

LICENCES_HEAD = (
    Column(title="证照", path="get_kind_display", key="kind", kind="link", width=26, sort="kind"),
    Column(title="编号", path="number", kind="code", width=24, sort="number"),
    *OF,
    Column(title="有效期至", path="expires_on", kind="date", width=12, sort="expires_on"),
    Column(title="有效状态", path="validity", kind="chip", width=16),
    *VERIFIED,
)
LICENCES = Records(
    key="licences",
    dossier=20,
    dossier_columns=("kind", "number", "issuer", "issued_on", "expires_on", "validity", "source", "freshness"),
    title="资质证照",
    model=Licence,
    columns=LICENCES_HEAD,
    detail=(
        *LICENCES_HEAD,
        CODE,
        Column(title="发证日期", path="issued_on", kind="date", width=12, sort="issued_on"),
        Column(title="发证机关", path="issuer", width=24),
    ),
    filters=("kind", "is_current", "expires_on", "issued_on", "verified_at", "enterprise__categories"),
    search=("number", *SEARCH),
    order_by=("-is_current", "expires_on"),
    form=forms.LicenceForm,
    create=services.add_licence,
    update=services.correct,
    select=(*SELECT, "verified_by"),
    only=KEPT,
    identity=("credit_code", "kind", "number"),
)

LEDGER_HEAD = (
    Column(title="事项", path="title", kind="link", width=28, sort="title"),
    Column(title="类别", path="get_kind_display", key="kind", kind="chip", width=16, sort="kind"),
    *OF,
    Column(title="日期", path="happened_on", kind="date", width=12, sort="happened_on"),
    Column(title="人数", path="persons", kind="number", width=8, sort="persons"),
    Column(title="金额（元）", path="amount_yuan", kind="number", width=14, sort="amount_yuan"),
    Column(title="有效期至", path="valid_until", kind="date", width=12, sort="valid_until"),
    *RECORDED,
)
LEDGER = Records(
    key="ledger",
    dossier=60,
    title="安全管理台账",
    model=LedgerEntry,
    columns=LEDGER_HEAD,
    detail=(
        *LEDGER_HEAD,
        CODE,
        RECORDED_BY,
    ),
    filters=("kind", "happened_on", "valid_until", "amount_yuan", "enterprise__categories"),
    search=("title", *SEARCH),
    order_by=("-happened_on",),
    form=forms.LedgerForm,
    create=services.add_ledger_entry,
    update=services.correct,
    select=(*SELECT, "recorded_by"),
    only=KEPT,
    identity=("credit_code", "kind", "title", "happened_on"),
)

HEALTH_HEAD = (
    Column(title="危害因素", path="factor", kind="link", width=18, sort="factor"),
    Column(title="类别", path="get_kind_display", key="kind", kind="chip", width=12, sort="kind"),
    Column(title="工作场所", path="workplace", width=22, sort="workplace"),
    *OF,
    Column(title="接触人数", path="exposed_persons", kind="number", width=10, sort="exposed_persons"),
    Column(title="最近检测", path="tested_on", kind="date", width=12, sort="tested_on"),
    Column(title="检测合格", path="is_within_limit", width=10, sort="is_within_limit"),
    Column(title="最近体检", path="examined_on", kind="date", width=12, sort="examined_on"),
    *VERIFIED,
)
HEALTH = Records(
    key="health",
    dossier=50,
    title="职业健康",
    model=HealthFactor,
    columns=HEALTH_HEAD,
    detail=(
        *HEALTH_HEAD,
        CODE,
        Column(title="体检人数", path="examined_persons", kind="number", width=10),
    ),
    filters=("kind", "is_within_limit", "tested_on", "examined_on", "exposed_persons", "enterprise__categories"),
    search=("factor", "workplace", *SEARCH),
    form=forms.HealthForm,
    create=services.add_health_factor,
    update=services.correct,
    select=(*SELECT, "verified_by"),
    only=KEPT,
    identity=("credit_code", "factor", "workplace"),
)

RESCUE_HEAD = (
    Column(title="名称", path="title", kind="link", width=22, sort="title"),
    Column(title="类别", path="get_kind_display", key="kind", kind="chip", width=12, sort="kind"),
    *OF,
    Column(title="内容", path="detail", width=40),
    *VERIFIED,
)
RESCUE = Records(
    key="rescue",
    dossier=40,
    title="应急救援信息",
    model=RescueFact,
    columns=RESCUE_HEAD,
    detail=(
        *RESCUE_HEAD,
        CODE,
        Column(title="经度", path="geom.x", key="lon", kind="number"),
        Column(title="纬度", path="geom.y", key="lat", kind="number"),
    ),
    filters=("kind", "verified_at", "enterprise__categories"),
    search=("title", "detail", *SEARCH),
    form=forms.RescueForm,
    create=services.add_rescue_fact,
    update=services.correct,
    select=(*SELECT, "verified_by"),
    only=KEPT,
    identity=("credit_code", "kind", "title"),
)

DRILLS_HEAD = (
    Column(title="演练内容", path="subject", kind="link", width=28, sort="subject"),
    Column(title="种类", path="get_kind_display", key="kind", kind="chip", width=18, sort="kind"),
    Column(title="形式", path="get_form_display", key="form", width=10, sort="form"),
    *OF,
    Column(title="演练日期", path="held_on", kind="date", width=12, sort="held_on"),
    Column(title="参加人数", path="participants", kind="number", width=10, sort="participants"),
    Column(title="评估结论", path="get_result_display", key="result", kind="chip", width=10, sort="result"),
    Column(
        title="企业下次应演练",
        path="enterprise.drill_due_on",
        key="drill_due_on",
        kind="date",
        width=14,
        sort="enterprise__drill_due_on",
    ),
    *RECORDED,
)
DRILLS = Records(
    key="drills",
    dossier=45,
    dossier_columns=("subject", "kind", "form", "held_on", "participants", "result", "evaluation", "source"),
    title="应急演练",
    model=Drill,
    columns=DRILLS_HEAD,
    detail=(
        *DRILLS_HEAD,
        CODE,
        RECORDED_BY,
        Column(title="依据预案", path="plan_name", width=24),
        Column(title="评估意见", path="evaluation", width=30),
        Column(title="评估日期", path="evaluated_on", kind="date", width=12),
    ),
    filters=("kind", "form", "result", "held_on", "enterprise__drill_due_on", "enterprise__categories"),
    search=("subject", "plan_name", *SEARCH),
    order_by=("-held_on",),
    form=forms.DrillForm,
    create=services.add_drill,
    update=services.correct,
    select=(*SELECT, "recorded_by"),
    only=KEPT,
    identity=("credit_code", "kind", "held_on", "subject"),
)  # fmt: skip

CONTACTS = Records(
    key="contacts",
    dossier=15,
    title="企业联系人",
    model=Contact,
    columns=(
        Column(title="身份", path="get_role_display", key="role", kind="link", width=18, sort="role"),
        Column(title="姓名", path="name", width=12, is_personal=True),
        Column(title="电话", path="phone", kind="code", width=16, is_personal=True),
        Column(title="企业", path="enterprise.name", key="enterprise", width=30, sort="enterprise__site__name"),
        Column(title="区划", path="enterprise.site.region.name", key="region", width=14),
        Column(title="任职起", path="since", kind="date", width=12, sort="since"),
        Column(title="离任", path="left_on", kind="date", width=12, sort="left_on"),
        *VERIFIED,
    ),
    filters=("role", "left_on__isnull", "since", "verified_at"),
    search=SEARCH,
    order_by=("-since",),
    form=forms.ContactRowForm,
    create=people.add_contact,
    update=people.correct_contact,
    select=(*SELECT, "verified_by"),
    identity=("credit_code", "role"),
)

BOUNDARIES = Records(
    key="boundaries",
    title="厂界",
    model=Boundary,
    columns=(
        Column(title="企业", path="enterprise.name", key="enterprise", kind="link", width=30,
               sort="enterprise__site__name"),
        Column(title="区划", path="region.name", key="region", width=14, sort="region__path"),
        Column(title="面积（平方米）", path="area_m2", kind="number", width=14, sort="area_m2"),
        Column(title="来源坐标系", path="get_datum_display", key="datum", width=20),
        *VERIFIED,
        Column(title="绘制人", path="drawn_by", width=12),
        Column(title="绘制时间", path="drawn_at", kind="datetime", width=18, sort="drawn_at"),
    ),
    filters=("datum", "area_m2", "drawn_at"),
    search=SEARCH,
    layer="boundaries",
    form=forms.BoundaryForm,
    create=outlines.add_boundary,
    update=outlines.change_boundary,
    identity=("credit_code",),
    select=("enterprise__site", "region", "drawn_by", "verified_by"),
    only=Q(replaced_at__isnull=True),
)  # fmt: skip

ALL = (LICENCES, LEDGER, HEALTH, RESCUE, DRILLS, CONTACTS, BOUNDARIES)
ROWS: dict[str, type[Any]] = {r.key: r.model for r in (LICENCES, LEDGER, HEALTH, RESCUE, DRILLS)}


def actions() -> tuple[Action, ...]:
    """Verify and withdraw, on the page of each row."""
    found = []
    for key, model in ROWS.items():
        permission = f"enterprises.change_{model._meta.model_name}"
        if issubclass(model, Verified):
            found.append(
                Action(key=f"enterprises.{key}.verify", title="核实", on=model, url=_page("row-verify", key),
                       method="post", permission=permission, is_primary=True, when=_is_kept, order=10)
            )  # fmt: skip
        found.append(
            Action(key=f"enterprises.{key}.withdraw", title="撤下", on=model, url=_page("row-withdraw", key),
                   permission=permission, when=_is_kept, order=30)
        )  # fmt: skip
    return tuple(found)


def _page(name: str, key: str) -> Callable[[Any], str]:
    def url(row: Any) -> str:
        return reverse(f"enterprises:{name}", args=[key, row.pk])

    return url


def _is_kept(row: Any, user: User) -> bool:
    return row.withdrawn_at is None


def grants(*verbs: str) -> tuple[str, ...]:
    return tuple(f"enterprises.{verb}_{model._meta.model_name}" for verb in verbs for model in ROWS.values())
