"""The lists of the module: sources, what they hold, who answers for them, what watches them, assessments, filings."""

from __future__ import annotations

from typing import Any

from layers.registry import Column, Records
from supervision.hazard_sources import forms, people, points, selectors, services, source_forms
from supervision.hazard_sources.models import (
    Assessment,
    Filing,
    HazardSource,
    InventoryItem,
    MonitoringPoint,
    ResponsiblePerson,
    Transmission,
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
    Column(title="人数来源", path="get_persons_basis_display", key="persons_basis"),
    Column(title="复评原因", path="get_review_reason_display", key="review_reason", width=24),
    Column(title="复评超期", path="is_overdue"),
    Column(title="包保责任人不全", path="lacks_people"),
    Column(title="缺厂界", path="lacks_boundary"),
    Column(title="人数待重算", path="persons_outdated"),
    Column(title="所在位置", path="place"),
    Column(title="投用日期", path="commissioned_on", kind="date"),
    Column(title="最近防护目标", path="nearest_target"),
    Column(title="防护目标距离（米）", path="nearest_target_m", kind="number"),
    Column(title="存量", path=lambda source: "；".join(map(str, source.items.all())), key="inventory", width=40),
    Column(title="计算过程", path=lambda source: "；\n".join(source.derivation), key="derivation", width=60),
    Column(title="备案编号", path="filing_number", kind="code"),
    Column(title="备案日期", path="filed_on", kind="date"),
    Column(title="经度", path="geom.x", key="lon", kind="number"),
    Column(title="纬度", path="geom.y", key="lat", kind="number"),
)

SOURCES = Records(
    key="sources",
    title="重大危险源",
    dossier=30,
    model=HazardSource,
    columns=HEAD,
    detail=(*HEAD, *MORE),
    filters=(
        "grade", "state", "unit", "is_overdue", "lacks_people", "lacks_boundary", "persons_outdated", "review_due_on",
        "persons_basis",
    ),
    search=("name", "site__name", "filing_number", "site__pinyin"),
    order_by=("grade", "-r"),
    layer="hazard_sources",
    form=forms.HazardSourceForm,
    create=forms.create,
    update=services.update_source,
    identity=("name", "credit_code"),
    visible=selectors.with_items,
)  # fmt: skip


OF_SOURCE = (
    Column(title="企业", path="source.site.name", key="site", width=30, sort="source__site__name"),
    Column(title="重大危险源", path="source.name", key="source", width=22, sort="source__name"),
    Column(title="级别", path="source.get_grade_display", key="grade", kind="chip", width=8, sort="source__grade"),
)
SELECT = ("source__site__enterprise", "source__region")
WORDS = ("source__name", "source__site__name", "source__site__pinyin")


def of_source(key: str, title: str, model: type[Any], columns: tuple[Column, ...], **more: Any) -> Records:
    """A list of what belongs to sources: found by the names of the source and its enterprise."""
    search = (*more.pop("search", ()), *WORDS)
    more.setdefault("select", SELECT)
    return Records(key=key, title=title, model=model, columns=columns, search=search, **more)


INVENTORY = of_source(
    "inventory", "危险源存量", InventoryItem,
    (
        Column(title="物质", path=lambda item: item.substance or item.symbol, key="substance", kind="link", width=24,
               sort="substance"),
        Column(title="危险性类别", path="symbol", width=12),
        Column(title="设计最大量（吨）", path="quantity_text", key="quantity_t", width=16, sort="quantity_t"),
        *OF_SOURCE,
    ),
    filters=("source__grade", "source__state", "quantity_t"), search=("substance",),
    order_by=("source", "position"), form=source_forms.InventoryForm, create=source_forms.add_item,
    update=source_forms.change_item, identity=("substance", "symbol", "source_name", "credit_code"),
)  # fmt: skip

PEOPLE = of_source(
    "people", "包保责任人", ResponsiblePerson,
    (
        Column(title="责任", path="get_role_display", key="role", kind="link", width=12, sort="role"),
        Column(title="姓名", path="name", is_personal=True, width=10),
        Column(title="职务", path="post", width=14),
        Column(title="电话", path="phone", is_personal=True, width=16),
        Column(title="任职起", path="since", kind="date", width=12, sort="since"),
        Column(title="离任", path="left_on", kind="date", width=12, sort="left_on"),
        *OF_SOURCE,
    ),
    filters=("role", "left_on__isnull", "source__grade", "since"), order_by=("source", "role", "-since"),
    form=source_forms.PersonForm, create=source_forms.add_person, update=people.correct,
    identity=("name", "role", "source_name", "credit_code"),
)  # fmt: skip

LIMITS = tuple(Column(title=title, path=key, kind="number", width=10) for key, title in points.ORDER.items())
POINT_HEAD = (
    Column(title="位号", path="tag", kind="link", width=14, sort="tag"),
    Column(title="类型", path="get_kind_display", key="kind", width=10, sort="kind"),
    Column(title="设备", path="device", width=18),
    *LIMITS,
    Column(title="单位", path="unit", width=8),
    *OF_SOURCE,
)
POINTS = of_source(
    "points", "监测点", MonitoringPoint, POINT_HEAD,
    detail=(
        *POINT_HEAD,
        Column(title="安装位置", path="place"),
        Column(title="介质", path="medium"),
        Column(title="量程", path="measuring_range"),
        Column(title="投用日期", path="installed_on", kind="date"),
        Column(title="停用日期", path="removed_on", kind="date"),
    ),
    filters=("kind", "source__grade", "removed_on__isnull"), search=("tag", "device"),
    order_by=("source", "kind", "tag"),
    form=source_forms.PointForm, create=source_forms.add_point, update=points.change_point,
    identity=("tag", "source_name", "credit_code"),
)  # fmt: skip

ASSESSMENT_HEAD = (
    Column(title="评估", path=lambda row: f"第 {row.n} 次", key="n", kind="link", width=8),
    Column(title="评估日期", path="on", kind="date", width=12, sort="on"),
    Column(title="评估级别", path="get_grade_display", key="graded", kind="chip", width=8, sort="grade"),
    Column(title="S", path="s_text", key="s", width=14),
    Column(title="R", path="r_text", key="r", width=14, sort="r"),
    Column(title="α", path="alpha", width=6),
    Column(title="评估原因", path="get_trigger_display", key="trigger", width=24),
    Column(title="评估单位", path="assessor", width=20),
    *OF_SOURCE[:2],
)
ASSESSMENTS = of_source(
    "assessments", "评估记录", Assessment, ASSESSMENT_HEAD,
    detail=(
        *ASSESSMENT_HEAD,
        Column(title="评估方式", path="get_assessor_kind_display", key="assessor_kind"),
        Column(title="报告编号", path="report_number", kind="code"),
        Column(title="厂界外500米人数", path="persons", kind="number"),
        Column(title="人数说明", path="persons_said", width=40),
        Column(title="存量", path=lambda row: "；".join(
            " ".join(filter(None, (i["substance"], i["class"], i["quantity_t"], "t"))) for i in row.inventory
        ), key="inventory", width=40),
        Column(title="计算过程", path=lambda row: "；\n".join(row.derivation), key="derivation", width=60),
        Column(title="应复评", path="review_due_on", kind="date"),
        Column(title="登记人", path="by"),
        Column(title="登记时间", path="at", kind="datetime"),
    ),
    filters=("grade", "trigger", "assessor_kind", "on"), select=(*SELECT, "by"),
    search=("report_number", "assessor"), order_by=("-on",),
)  # fmt: skip

FILINGS = of_source(
    "filings", "备案记录", Filing,
    (
        Column(title="备案", path=lambda row: row.number or "未备案", key="number", kind="link", width=22,
               sort="number"),
        Column(title="依据评估", path="assessment.on", key="assessed_on", kind="date", width=12),
        Column(title="应备案", path="due_on", kind="date", width=12, sort="due_on"),
        Column(title="提交时间", path="submitted_at", kind="datetime", width=18, sort="submitted_at"),
        Column(title="备案时间", path="accepted_at", kind="datetime", width=18, sort="accepted_at"),
        Column(title="逾期天数", path="days_late", kind="number", width=10),
        *OF_SOURCE,
    ),
    filters=("accepted_at__isnull", "submitted_at__isnull", "accepted_at", "due_on", "source__grade"),
    select=(*SELECT, "assessment"),
    search=("number",),
)  # fmt: skip

TRANSMISSIONS = Records(
    key="transmissions", title="上报记录", model=Transmission,
    columns=(
        Column(title="期间", path="period", kind="link", width=18, sort="starts_on"),
        Column(title="层级", path="get_level_display", key="level", width=26),
        Column(title="报送地区", path="region.name", key="region", width=14, sort="region__path"),
        Column(title="条数", path="count", kind="number", width=8),
        Column(title="应报送", path="due_on", kind="date", width=12),
        Column(title="报送时间", path="sent_at", kind="datetime", width=18, sort="sent_at"),
        Column(title="逾期天数", path="days_late", kind="number", width=10),
        Column(title="报送人", path="sent_by", width=12),
        Column(title="内容哈希", path="sha256", kind="code", width=30),
    ),
    filters=("level", "starts_on"), order_by=("-starts_on",), select=("region", "sent_by"),
)  # fmt: skip

RECORDS = (SOURCES, INVENTORY, PEOPLE, POINTS, ASSESSMENTS, FILINGS, TRANSMISSIONS)
