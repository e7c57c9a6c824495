"""The papers of a major hazard source: filing certificate, request to complete, 基本特征表, striking off.

There is no national form set for these (令40 names them only); the layout is the platform's own.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.documents import registry
from core.documents import service as documents
from core.documents.declaration import Cell, Column, DocumentType, Field, Form, Listing, Table, Text
from core.models import Document, User
from supervision.hazard_sources import assessing, facilities, people
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.models import Cancellation, Filing, HazardSource

UNIT = (
    Field(key="unit", label="危险化学品单位", required=True),
    Field(key="credit_code", label="统一社会信用代码"),
    Field(key="address", label="地址"),
    Field(key="source", label="重大危险源名称", required=True),
    Field(key="kind", label="单元类型"),
    Field(key="grade", label="级别"),
)
RESULT = (
    Field(key="s", label="S"),
    Field(key="r", label="R"),
    Field(key="alpha", label="α"),
    Field(key="persons", label="厂界外500米人口"),
    Field(key="assessed", label="评估"),
    Field(key="review_due", label="应复评日期"),
)
INVENTORY = Field(
    key="inventory",
    label="存量",
    kind="rows",
    columns=(
        Column(key="substance", title="危险化学品", width=6),
        Column(key="class", title="危险性类别", width=3),
        Column(key="quantity_t", title="设计最大量（吨）", width=3),
    ),
)
HEAD = (
    (Cell(label="单位名称", text="{unit}", span=3),),
    (Cell(label="信用代码", text="{credit_code}", span=3),),
    (Cell(label="地址", text="{address}", span=3),),
    (Cell(label="重大危险源", text="{source}"), Cell(label="单元类型", text="{kind}")),
)
FIGURES = (
    (Cell(label="级别", text="{grade}"), Cell(label="R", text="{r}")),
    (Cell(label="S", text="{s}"), Cell(label="α", text="{alpha}")),
    (Cell(label="厂界外500米", text="{persons}", span=3),),
    (Cell(label="评估", text="{assessed}", span=3),),
    (Cell(label="应复评", text="{review_due}", span=3),),
)

CERTIFICATE = DocumentType(
    key="hazard_sources.filing",
    title="危险化学品重大危险源备案登记表",
    code="重危备",
    style="form",
    addressee="unit",
    addressed_to_site=True,
    fields=(
        *UNIT, *RESULT, INVENTORY,
        Field(key="filing_number", label="备案编号", required=True),
        Field(key="filed_on", label="备案日期", kind="date", required=True),
        Field(key="changes", label="与上次评估相比", kind="list"),
        Field(key="papers", label="备案材料", kind="list"),
    ),
    body=(
        Form(lines=(
            *HEAD, *FIGURES,
            (Cell(label="备案编号", text="{filing_number}"), Cell(label="备案日期", text="{filed_on}")),
        )),
        Text(text="危险化学品存量", level=1),
        Table(key="inventory"),
        Text(text="与上次评估相比", level=1, when="changes"),
        Listing(key="changes"),
        Text(text="备案材料", level=1),
        Listing(key="papers"),
        Text(
            text="依据《危险化学品重大危险源监督管理暂行规定》第二十三条，准予备案。出现第十一条所列情形的，"
            "应当及时重新辨识、评估分级并更新备案。"
        ),
    ),
    copies="本表一式两份：一份由{agency}存档，一份交备案单位。",
)  # fmt: skip

RETURN = DocumentType(
    key="hazard_sources.return",
    title="重大危险源备案材料补正告知书",
    code="重危补",
    style="form",
    addressee="unit",
    addressed_to_site=True,
    fields=(*UNIT, Field(key="missing", label="需要补正的内容", kind="list", required=True),
            Field(key="due", label="应备案日期", kind="date")),
    body=(
        Text(text="你单位提交的“{source}”重大危险源备案材料收悉。经审查，需要补正下列内容："),
        Listing(key="missing"),
        Text(text="请补正后重新提交。备案应当在完成评估报告后十五日内办理，期限至{due}，补正时间计算在内。"),
    ),
    copies="本告知书一式两份：一份由{agency}存档，一份交备案单位。",
)  # fmt: skip

FEATURES = DocumentType(
    key="hazard_sources.features",
    title="危险化学品重大危险源基本特征表",
    style="form",
    pattern="",
    sealed=False,
    addressed_to_site=True,
    fields=(
        *UNIT, *RESULT, INVENTORY,
        Field(key="place", label="所在位置"),
        Field(key="commissioned", label="投用日期"),
        Field(key="park", label="是否位于化工园区"),
        Field(key="nearest", label="周边最近防护目标"),
        Field(key="coordinates", label="坐标"),
        Field(key="people", label="包保责任人", kind="rows",
              columns=(Column(key="role", title="责任", width=3), Column(key="name", title="姓名", width=3),
                       Column(key="post", title="职务", width=4), Column(key="phone", title="电话", width=4))),
        Field(key="facilities", label="安全设施", kind="rows",
              columns=(Column(key="label", title="安全设施", width=7), Column(key="state", title="情况", width=3),
                       Column(key="evidence", title="依据", width=4))),
        Field(key="points", label="监测点", kind="rows",
              columns=(Column(key="tag", title="位号", width=3), Column(key="kind", title="类型", width=3),
                       Column(key="device", title="设备", width=4), Column(key="thresholds", title="报警值", width=6))),
        Field(key="derivation", label="计算过程", kind="list"),
        Field(key="changes", label="与上次评估相比", kind="list"),
    ),
    body=(
        Form(lines=(
            *HEAD,
            (Cell(label="所在位置", text="{place}"), Cell(label="投用日期", text="{commissioned}")),
            (Cell(label="化工园区", text="{park}"), Cell(label="坐标", text="{coordinates}")),
            (Cell(label="最近防护目标", text="{nearest}", span=3),),
            *FIGURES,
        )),
        Text(text="危险化学品存量", level=1),
        Table(key="inventory"),
        Text(text="辨识分级计算过程（GB 18218-2018）", level=1),
        Listing(key="derivation"),
        Text(text="与上次评估相比", level=1, when="changes"),
        Listing(key="changes"),
        Text(text="安全包保责任人", level=1),
        Table(key="people"),
        Text(text="安全设施", level=1),
        Table(key="facilities"),
        Text(text="监测点", level=1, when="points"),
        Table(key="points"),
    ),
)  # fmt: skip

CANCELLED = DocumentType(
    key="hazard_sources.cancelled",
    title="危险化学品重大危险源核销证明",
    code="重危销",
    style="form",
    addressee="unit",
    addressed_to_site=True,
    fields=(*UNIT, Field(key="reason", label="核销理由", kind="long", required=True),
            Field(key="report", label="评估报告"), Field(key="findings", label="审查意见", kind="long")),
    body=(
        Text(text="你单位“{source}”（{grade}）的核销事项，经审查，依据《危险化学品重大危险源监督管理暂行规定》"
                  "第二十八条，决定予以核销。"),
        Form(lines=(
            *HEAD,
            (Cell(label="核销理由", text="{reason}", span=3),), (Cell(label="评估报告", text="{report}", span=3),),
            (Cell(label="审查意见", text="{findings}", span=3),),
        )),
    ),
    copies="本证明一式两份：一份由{agency}存档，一份交申请单位。",
)  # fmt: skip

REFUSED = DocumentType(
    key="hazard_sources.cancel_refused",
    title="重大危险源不予核销告知书",
    code="重危告",
    style="form",
    addressee="unit",
    addressed_to_site=True,
    fields=(*UNIT, Field(key="reason", label="申请理由", kind="long"),
            Field(key="findings", label="不予核销的理由", kind="long", required=True)),
    body=(
        Text(text="你单位申请核销“{source}”（{grade}）重大危险源，申请理由：{reason}"),
        Text(text="经审查，不符合核销条件，理由如下：{findings}"),
        Text(text="该重大危险源仍应按《危险化学品重大危险源监督管理暂行规定》管理。"),
    ),
    copies="本告知书一式两份：一份由{agency}存档，一份交申请单位。",
)  # fmt: skip

for declared in (CERTIFICATE, RETURN, FEATURES, CANCELLED, REFUSED):
    registry.add(declared)


def issue_certificate(source: HazardSource, filing: Filing, *, actor: User) -> Document:
    given = [f"{paper.label}（{paper.get_state_display()}）" for paper in filing.papers.order_by("pk")]
    return documents.issue(
        CERTIFICATE, subject=source, actor=actor,
        fields={
            **unit(source), **result(source), "inventory": inventory(source), "changes": changes(source),
            "papers": given, "filing_number": filing.number, "filed_on": source.filed_on,
        },
    )  # fmt: skip


def issue_return(source: HazardSource, filing: Filing, *, actor: User) -> Document:
    missing = [line for line in filing.returned_note.splitlines() if line.strip()]
    return documents.issue(
        RETURN, subject=source, actor=actor, fields={**unit(source), "missing": missing, "due": filing.due_on}
    )


def issue_features(source: HazardSource, *, actor: User) -> Document:
    """The unit as it stands today, on paper; asked again, another one of another day."""
    return documents.issue(FEATURES, subject=source, actor=actor, fields=features(source))


def issue_cancelled(source: HazardSource, row: Cancellation, *, actor: User) -> Document:
    report = f"{row.report_number}（{_day(row.report_on)}）" if row.report_number else "—"
    return documents.issue(
        CANCELLED, subject=source, actor=actor,
        fields={**unit(source), "reason": row.reason, "report": report, "findings": row.findings},
    )  # fmt: skip


def issue_refused(source: HazardSource, row: Cancellation, *, actor: User) -> Document:
    return documents.issue(
        REFUSED, subject=source, actor=actor, fields={**unit(source), "reason": row.reason, "findings": row.findings}
    )


def unit(source: HazardSource) -> dict[str, Any]:
    return {
        "unit": source.site.name, "credit_code": source.site.enterprise.credit_code, "address": source.site.address,
        "source": source.name, "kind": source.get_unit_display(),
        "grade": GRADES.get(source.grade or 0, "未构成重大危险源"),
    }  # fmt: skip


def result(source: HazardSource) -> dict[str, Any]:
    last = source.assessments.first()
    if last is None:
        return {"persons": f"{source.exposed_persons} 人"}
    by = f"，{last.assessor}" if last.assessor else ""
    return {
        "s": last.s_text, "r": last.r_text, "alpha": str(last.alpha),
        "persons": last.persons_said or f"{last.persons} 人",
        "assessed": f"{_day(last.on)}，{last.get_assessor_kind_display()}{by}", "review_due": _day(last.review_due_on),
    }  # fmt: skip


def features(source: HazardSource) -> dict[str, Any]:
    target = source.nearest_target
    distance = f"，{source.nearest_target_m} 米" if source.nearest_target_m is not None else ""
    return {
        **unit(source), **result(source), "inventory": inventory(source), "derivation": list(source.derivation),
        "changes": changes(source), "place": source.place or "—", "commissioned": _day(source.commissioned_on),
        "park": {True: "是", False: "否", None: "未填"}[source.in_park],
        "nearest": f"{target}{distance}" if target else "未填",
        "coordinates": f"{source.geom.x:.6f}, {source.geom.y:.6f}（CGCS2000）",
        "people": [
            {"role": line["duty"].label, "name": p.name, "post": p.post, "phone": p.phone}
            for line in people.board(source)
            if (p := line["person"])
        ],
        "facilities": [
            {"label": line.requirement.label, "state": line.label, "evidence": line.evidence}
            for line in facilities.lines(source) if line.applies
        ],
        "points": [
            {"tag": p.tag, "kind": p.get_kind_display(), "device": p.device, "thresholds": p.thresholds}
            for p in source.points.filter(removed_on=None)
        ],
    }  # fmt: skip


def inventory(source: HazardSource) -> list[dict[str, str]]:
    return [item.as_kept() for item in source.items.all()]


def changes(source: HazardSource) -> list[str]:
    """与上次评估相比: nothing to say at the first."""
    rows = list(source.assessments.all()[:2])
    return assessing.difference(rows[1], rows[0]).lines() if len(rows) == 2 else []


def _day(day: dt.date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else "—"


def issued(source: HazardSource) -> list[Document]:
    """The papers on a source, newest first."""
    return list(documents.of(source))
