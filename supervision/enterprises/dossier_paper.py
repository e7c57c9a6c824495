"""The same file as a docx on the sheet of official papers: a working print, without number and seal."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as Align
from docx.shared import Mm, Pt

from core.documents import page, tables
from core.documents.layout import chinese
from core.documents.page import paragraph
from supervision.enterprises import dossier_map
from supervision.enterprises.dossier import Dossier, Section
from supervision.enterprises.workflow import ENTERPRISE

TITLE = "企业安全生产档案"
SMALL_5 = 9.0  # 小五: a file of tables, not a letter
CLOSE = 15.0  # points a line in a table
NARROW = 240  # tenths of a millimetre: a date, a short word
DAY = re.compile(r"\d{4}-\d\d-\d\d")
UNBROKEN = "\N{NON-BREAKING HYPHEN}"


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
        f"档案状态：{state}　经营状态：{enterprise.get_status_display()}　"
        f"鲜活度：{enterprise.freshness_score} 分　{enterprise.freshness['label']}"
    )
    paragraph(docx, line, size=page.SIZE_5, align=centre, line=tables.CELL_LINE)


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
    _table(docx, ["项目", "内容", "来源", "核实人", "核实日期"], rows)


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
    _table(docx, section.heads, section.rows)
    if section.note:
        _small(docx, section.note)


def _small(docx: Docx, text: str) -> None:
    paragraph(docx, text, size=page.SIZE_5, align=Align.LEFT, line=16)


def _table(docx: Docx, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    shares = _widths(heads, rows)
    table = tables.ruled(docx, shares)
    header = tables.add_row(table, shares, header=True)
    for cell, title in zip(header.cells, heads, strict=True):
        tables.put(cell, title, font=page.HEI, align=Align.CENTER, size=SMALL_5)
    for values in rows:
        row = tables.add_row(table, shares)
        for cell, value in zip(row.cells, values, strict=True):
            short = _length(value) <= 10
            text = DAY.sub(lambda day: day[0].replace("-", UNBROKEN), value) or "—"
            tables.put(cell, text, align=Align.CENTER if short else Align.LEFT, size=SMALL_5)
            for made in cell.paragraphs:
                made.paragraph_format.line_spacing = Pt(CLOSE)


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """In tenths of a millimetre: short columns as wide as they need, the others share what is left."""
    columns = list(zip(*rows, strict=True))
    needs = [
        min(max(_length(head) / 2, *(_length(v) for v in column)), 60) * 16 + 40
        for head, column in zip(heads, columns, strict=True)
    ]
    most = int(page.TEXT_WIDTH.mm * 10)
    if sum(needs) <= most:
        return [int(need) for need in needs]
    kept = sum(need for need in needs if need <= NARROW)
    rest = sum(need for need in needs if need > NARROW)
    return [int(need if need <= NARROW else max((most - kept) * need / rest, 120)) for need in needs]


def _length(text: str) -> int:
    """In half widths: a Han character takes two."""
    return sum(1 if c.isascii() else 2 for c in text)


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
