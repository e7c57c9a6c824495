"""The same file as a docx on the sheet of official papers: a working print, without number and seal."""

from __future__ import annotations

import io
from collections.abc import Sequence

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as Align
from docx.shared import Mm

from core.documents import page, tables
from core.documents.layout import chinese
from core.documents.page import paragraph
from supervision.enterprises import dossier_map
from supervision.enterprises.dossier import Dossier, Section
from supervision.enterprises.workflow import ENTERPRISE

TITLE = "企业安全生产档案"


def render(dossier: Dossier) -> bytes:
    enterprise = dossier.enterprise
    docx = page.new_page(title=f"{TITLE}：{enterprise.name}", author=str(dossier.reader))
    _head(docx, dossier)
    counter = 1
    _heading(docx, counter, "基本情况")
    _facts(docx, dossier)
    counter += 1
    _heading(docx, counter, "位置与厂界")
    _map(docx, dossier)
    for section in dossier.sections:
        counter += 1
        _heading(docx, counter, section.title)
        if section.key == "drills":
            _due(docx, dossier)
        _section(docx, section)
    _foot(docx, dossier)
    stream = io.BytesIO()
    docx.save(stream)
    return stream.getvalue()


def _head(docx: Docx, dossier: Dossier) -> None:
    enterprise = dossier.enterprise
    centre = Align.CENTER
    paragraph(docx, TITLE, font=page.XIAOBIAOSONG, size=page.SIZE_2, align=centre, line=36)
    paragraph(docx, enterprise.name, font=page.KAI, size=page.SIZE_3, align=centre)
    at = timezone.localtime(dossier.as_of)
    line = f"统一社会信用代码 {enterprise.credit_code}　　数据截至 {at:%Y-%m-%d %H:%M}"
    page.rule(paragraph(docx, line, size=page.SMALL_4, align=centre, line=tables.CELL_LINE), eighths=8, space=6)
    state = ENTERPRISE.states.get(enterprise.state, enterprise.state)
    line = (
        f"档案状态：{state}　　经营状态：{enterprise.get_status_display()}　　"
        f"鲜活度：{enterprise.freshness_score} 分　　{enterprise.freshness['label']}"
    )
    paragraph(docx, line, size=page.SMALL_4, align=centre, line=tables.CELL_LINE)


def _heading(docx: Docx, number: int, text: str) -> None:
    page.gap(docx, 6)
    made = paragraph(docx, f"{chinese(number)}、{text}", font=page.HEI, size=page.SIZE_4)
    page.keep_with_next(made)


def _facts(docx: Docx, dossier: Dossier) -> None:
    """Each fact with where it comes from and who verified it when: that is what makes it a file."""
    rows = []
    for origin in dossier.origins:
        at = f"{timezone.localtime(origin.at):%Y-%m-%d}" if origin.at else "从未核实"
        doubt = f"（存疑：{origin.doubt}）" if origin.doubt else ""
        rows.append([origin.fact.title, f"{origin.text}{doubt}", origin.source or "—", origin.by or "—", at])
    _table(docx, ["项目", "内容", "来源", "核实人", "核实日期"], [18, 44, 14, 14, 15], rows)


def _map(docx: Docx, dossier: Dossier) -> None:
    holder = paragraph(docx, align=Align.CENTER)
    page.make_room(holder)
    holder.add_run().add_picture(io.BytesIO(dossier_map.png(dossier.ground)), width=Mm(150))
    outline = dossier.boundary
    place = dossier.enterprise.site.geom
    words = f"点位 {place.x:.6f}, {place.y:.6f}（CGCS2000；来源坐标系 {dossier.enterprise.site.get_datum_display()}）。"
    if outline:
        day = timezone.localtime(outline.drawn_at)
        words += f"紫线为厂界，{outline.area_m2:,.0f} 平方米，{outline.source or '来源不详'}，{day:%Y-%m-%d} 绘制。"
    else:
        words += "尚未绘制厂界。"
    if dossier.ground.legend:
        words += f"圆点为应急救援信息：{'；'.join(dossier.ground.legend)}。"
    _small(docx, f"{words}示意图，不作权属、勘界依据。")


def _due(docx: Docx, dossier: Dossier) -> None:
    for due in dossier.due:
        last = f"上次 {due.last:%Y-%m-%d}" if due.last else "没有演练记录"
        _small(docx, f"{due.title}：{due.every}，{last}，下次应演练 {due.on:%Y-%m-%d}（{due.words}）。")


def _section(docx: Docx, section: Section) -> None:
    if not section.rows:
        _small(docx, "无登记。")
        return
    _table(docx, section.heads, section.shares, section.rows)
    if section.note:
        _small(docx, section.note)


def _small(docx: Docx, text: str) -> None:
    paragraph(docx, text, size=page.SIZE_5, align=Align.LEFT, line=16)


def _table(docx: Docx, heads: Sequence[str], shares: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
    table = tables.ruled(docx, shares)
    header = tables.add_row(table, shares, header=True)
    for cell, title in zip(header.cells, heads, strict=True):
        tables.put(cell, title, font=page.HEI, align=Align.CENTER, size=page.SIZE_5)
    for values in rows:
        row = tables.add_row(table, shares)
        for cell, value in zip(row.cells, values, strict=True):
            short = len(value) <= 5 or (len(value) <= 10 and value[:4].isdigit())
            tables.put(cell, value or "—", align=Align.CENTER if short else Align.LEFT, size=page.SIZE_5)


def _foot(docx: Docx, dossier: Dossier) -> None:
    address = f"{str(getattr(settings, 'PUBLIC_URL', '') or 'http://127.0.0.1:8000').rstrip('/')}"
    address += reverse("enterprises:dossier", args=[dossier.enterprise.pk])
    page.gap(docx, 10)
    table = tables.ruled(docx, (3, 13), bordered=False)
    row = tables.add_row(table, (3, 13))
    stream = io.BytesIO()
    segno.make(address, error="m").save(stream, kind="png", scale=6, border=2)
    holder = row.cells[0].paragraphs[0]
    page.make_room(holder)
    holder.add_run().add_picture(io.BytesIO(stream.getvalue()), width=Mm(22))
    at = timezone.localtime(dossier.as_of)
    words = (
        f"打印人：{dossier.reader}　　{at:%Y-%m-%d %H:%M}\n"
        f"本件由平台按当时登记的信息生成，供工作使用，不编号、不盖章。扫码登录后查看最新内容：\n{address}"
    )
    tables.put(row.cells[1], words, size=page.SIZE_5)
