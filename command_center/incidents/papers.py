"""The papers an incident ends in. Content of a report: 令493 §12."""

from __future__ import annotations

from core.documents import registry
from core.documents.declaration import Column, DocumentType, Field, Table, Text

FINAL_REPORT = DocumentType(
    key="incidents.final_report",
    title="突发事件处置终报",
    code="终报",
    style="letter",
    fields=(
        Field(key="incident_number", label="事件编号", required=True),
        Field(key="incident_title", label="事件", required=True),
        Field(key="unit", label="事故发生单位概况", kind="long"),
        Field(key="when_where", label="发生的时间、地点以及现场情况", kind="long", required=True),
        Field(key="course", label="简要经过", kind="long", required=True),
        Field(key="casualties", label="伤亡和失踪人数、直接经济损失", kind="long", required=True),
        Field(key="measures", label="已经采取的措施", kind="long", required=True),
        Field(key="other", label="其他应当报告的情况", kind="long"),
        Field(
            key="timeline",
            label="处置时间线",
            kind="rows",
            columns=(
                Column(key="at", title="时间", width=3),
                Column(key="kind", title="类型", width=2),
                Column(key="text", title="内容", width=9),
                Column(key="actor", title="记录人", width=2),
            ),
        ),
        Field(key="attachment_names", label="附件", kind="list"),
    ),
    body=(
        Text(text="现将{incident_title}（编号{incident_number}）处置终结情况报告如下。"),
        Text(text="事故发生单位概况", level=1),
        Text(text="{unit}"),
        Text(text="发生的时间、地点以及现场情况", level=1),
        Text(text="{when_where}"),
        Text(text="简要经过", level=1),
        Text(text="{course}"),
        Text(text="伤亡和失踪人数、直接经济损失", level=1),
        Text(text="{casualties}"),
        Text(text="已经采取的措施", level=1),
        Text(text="{measures}"),
        Text(text="其他应当报告的情况", level=1),
        Text(text="{other}"),
        Text(text="处置时间线", level=1),
        Table(key="timeline"),
    ),
    attachments="attachment_names",
)

registry.add(FINAL_REPORT)
