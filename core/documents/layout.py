"""One engine for every paper: a declaration and its values become a docx, 公文 and 执法文书 alike."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.utils import timezone
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as Align
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.text.paragraph import Paragraph

from core.documents import images, page, tables
from core.documents.declaration import (
    Block,
    DocumentType,
    Form,
    Listing,
    Opinion,
    PageBreak,
    Pictures,
    Signature,
    Table,
    Text,
)
from core.documents.issuer import Issuer
from core.documents.page import paragraph
from core.documents.values import Picture, fill, written, written_date

TABULAR = (Form, Opinion, Pictures, Table)
UNBREAKABLE = re.compile(r"[!-~]{10,}")
NUMERALS = "〇一二三四五六七八九"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Everything the sheet needs that is not in the declaration."""

    values: Mapping[str, Any]
    issuer: Issuer
    number: str
    at: datetime
    verification_code: str
    verification_url: str
    exercise: bool = False


def chinese(number: int) -> str:
    """1 → 一, 10 → 十, 23 → 二十三: the numbering of sections, below a hundred."""
    tens, ones = divmod(number, 10)
    if not tens:
        return NUMERALS[ones]
    return (NUMERALS[tens] if tens > 1 else "") + "十" + (NUMERALS[ones] if ones else "")


def words_of(document_type: DocumentType, paper: Paper) -> dict[str, str]:
    """What each `{name}` in the declaration's texts is replaced with."""
    at = timezone.localtime(paper.at)
    words = {
        "title": document_type.title,
        "code": document_type.code,
        "number": paper.number,
        "date": written_date(at),
        "year": str(at.year),
        "agency": paper.issuer.name,
        "government": paper.issuer.government,
        "court": paper.issuer.court,
    }
    for item in document_type.fields:
        value = paper.values.get(item.key)
        if item.kind in ("rows", "pictures"):
            words[item.key] = str(len(value or ()))
        elif isinstance(value, Picture):
            words[item.key] = ""
        else:
            words[item.key] = written(item.kind, value, item.choices)
    return words


def render(document_type: DocumentType, paper: Paper) -> bytes:
    """The finished docx."""
    return _Layout(document_type, paper).bytes()


class _Layout:
    """The state of one paper being written: the sheet, the section counters, the words."""

    def __init__(self, document_type: DocumentType, paper: Paper) -> None:
        self.type, self.paper = document_type, paper
        self.words = words_of(document_type, paper)
        self.docx: Docx = page.new_page(title=document_type.title, author=paper.issuer.name, exercise=paper.exercise)
        self.counters = [0, 0, 0]

    def bytes(self) -> bytes:
        self.head()
        if self.type.addressee and (name := self.words[self.type.addressee]):
            paragraph(self.docx, f"{name}：")
        tabular = False
        for block in self.type.body:
            if tabular and not isinstance(block, TABULAR):
                page.gap(self.docx, 8)
            self.block(block)
            tabular = isinstance(block, TABULAR)
        if self.type.relief:
            self.body_text(fill(self.type.relief.text, self.words))
        self.attachment_list()
        self.signatures()
        if self.type.sealed:
            self.seal()
        self.foot()
        stream = io.BytesIO()
        self.docx.save(stream)
        return stream.getvalue()

    # The head

    def head(self) -> None:
        for mark in (self.type.confidentiality, self.type.urgency):  # 密级 and 紧急程度 stand at the top left
            if mark:
                paragraph(self.docx, mark, font=page.HEI)
        if self.type.style == "letter":
            self.letter_head()
        else:
            self.title(self.paper.issuer.name)
        made = self.title(f"【演练】{self.type.title}" if self.paper.exercise else self.type.title)
        if self.type.style == "letter":
            paragraph(self.docx)
        else:
            if self.paper.number:
                paragraph(self.docx, self.paper.number, align=Align.RIGHT)
            page.keep_with_next(made)

    def title(self, text: str) -> Paragraph:
        """In 2号 小标宋, centred."""
        return paragraph(self.docx, text, font=page.XIAOBIAOSONG, size=page.SIZE_2, align=Align.CENTER, line=34)

    def letter_head(self) -> None:
        """发文机关标志 in red, two lines free, the number centred, a red line 4 mm below it across the page."""
        name = f"{self.paper.issuer.name}文件"
        size = min(44.0, 430 / len(name))  # fits the 156 mm however long the agency's name is
        made = paragraph(self.docx, align=Align.CENTER, line=max(size * 1.3, page.LINE))
        page.write(made, name, font=page.XIAOBIAOSONG, size=size, color=page.RED)
        paragraph(self.docx)
        paragraph(self.docx)
        number = paragraph(self.docx, self.paper.number, align=Align.CENTER)
        page.rule(number, color=page.RED, eighths=16, space=11)
        paragraph(self.docx)
        paragraph(self.docx)

    # The body

    def block(self, block: Block) -> None:
        if isinstance(block, Text):
            self.text(block)
        elif isinstance(block, Listing):
            for count, entry in enumerate(self.paper.values.get(block.key) or (), start=1):
                self.body_text(f"{count}. {entry}")
        elif isinstance(block, Table):
            self.table(block)
        elif isinstance(block, Form):
            self.form(block)
        elif isinstance(block, Opinion):
            self.opinion(block)
        elif isinstance(block, Pictures):
            if pictures := self.paper.values.get(block.key):
                tables.picture_rows(self.docx, pictures, Mm(block.width_mm))
        elif isinstance(block, PageBreak):
            paragraph(self.docx).add_run().add_break(WD_BREAK.PAGE)

    def text(self, block: Text) -> None:
        if block.when and not self.paper.values.get(block.when):
            return
        text = fill(block.text, self.words)
        if not block.level:
            self.body_text(text, indent=block.indent)
            return
        count = self.count(block.level)
        prefix = (f"{chinese(count)}、", f"（{chinese(count)}）", f"{count}. ")[block.level - 1]
        font = (page.HEI, page.KAI, page.FANGSONG)[block.level - 1]
        made = paragraph(self.docx, prefix + text, font=font, indent=True)
        page.keep_with_next(made)

    def count(self, level: int) -> int:
        self.counters[level - 1] += 1
        for lower in range(level, len(self.counters)):
            self.counters[lower] = 0
        return self.counters[level - 1]

    def body_text(self, text: str, *, indent: bool = True) -> None:
        for line in text.split("\n"):
            # Justified text before an unbreakable run such as a coordinate is spread grotesquely.
            align = Align.LEFT if UNBREAKABLE.search(line) else Align.JUSTIFY
            paragraph(self.docx, line, indent=indent, align=align)

    def table(self, block: Table) -> None:
        columns = self.type.by_key[block.key].columns
        rows = self.paper.values.get(block.key) or ()
        titles = [column.title for column in columns]
        shares = [column.width for column in columns]
        body = [[written(c.kind, row.get(c.key)) for c in columns] for row in rows]
        body = body or [["无", *[""] * (len(columns) - 1)]]
        if block.serial:
            # Room for two characters, however the other columns divide the line.
            titles, shares = ["序号", *titles], [round(sum(shares) * 9), *(share * 100 for share in shares)]
            body = [[str(n) if rows else "", *row] for n, row in enumerate(body, start=1)]
        tables.listing(self.docx, titles, shares, body)

    def form(self, block: Form) -> None:
        """Labels take a third of their share of the line; wider cells are merged on one common grid."""
        most = max(sum(cell.span for cell in line) for line in block.lines)
        shares = [1, 2] * most
        table = tables.ruled(self.docx, shares)
        for line in block.lines:
            row = tables.add_row(table, shares, least_height=Mm(9))
            used = 0
            for index, cell in enumerate(line):
                last = index == len(line) - 1
                end = len(shares) if last else used + 2 * cell.span
                tables.put(row.cells[used], cell.label, font=page.HEI, align=Align.CENTER)
                value = row.cells[used + 1]
                if end - used > 2:
                    value = value.merge(row.cells[end - 1])
                tables.put(value, fill(cell.text, self.words))
                used = end

    def opinion(self, block: Opinion) -> None:
        shares = (1, 5)
        table = tables.ruled(self.docx, shares)
        row = tables.add_row(table, shares, least_height=Mm(30))
        tables.put(row.cells[0], block.label, font=page.HEI, align=Align.CENTER)
        tables.put(row.cells[1], fill(block.text, self.words))
        line = paragraph(row.cells[1], align=Align.RIGHT, line=tables.CELL_LINE)
        page.write(line, "签名：", size=page.SMALL_4)
        self.sign(line, block.signature, size=page.SMALL_4)
        day = self.words.get(block.dated, "") if block.dated else ""
        page.write(line, "　　" + (day or "　　年　月　日"), size=page.SMALL_4)

    # The end

    def attachment_list(self) -> None:
        names = self.paper.values.get(self.type.attachments) if self.type.attachments else None
        if not names:
            return
        paragraph(self.docx)
        for count, name in enumerate(names, start=1):
            lead = "附件：" if count == 1 else "　　　"
            paragraph(self.docx, f"{lead}{count}. {name}" if len(names) > 1 else f"{lead}{name}", indent=True)

    def signatures(self) -> None:
        if not self.type.signatures:
            return
        paragraph(self.docx)
        for signature in self.type.signatures:
            self.signature_line(signature)

    def signature_line(self, signature: Signature) -> None:
        made = paragraph(self.docx, f"{signature.label}：", align=Align.LEFT)
        page.keep_with_next(made)
        self.sign(made, signature.key)
        if signature.dated:
            page.write(made, "　　　　年　月　日")

    def sign(self, made: Paragraph, key: str, *, size: float = page.SIZE_3) -> None:
        """A name typed, an image drawn on glass, or room to sign by hand."""
        value = self.paper.values.get(key) if key else None
        if isinstance(value, Picture):
            page.make_room(made)
            if images.place(made.add_run(), value, Mm(30)):
                return
        page.write(made, str(value) if isinstance(value, str) and value else "　　　　　　", size=size)

    def seal(self) -> None:
        """落款: the date four characters in from the right, the agency centred over it; a long name needs more room."""
        day, name = self.words["date"], self.paper.issuer.name
        # Word and LibreOffice put a quarter character between a digit and a Han character: five times in a date.
        day_width = sum(0.5 if c.isdigit() else 1 for c in day) + 1.25
        name_width = float(len(name))
        day_right = max(4.0, (name_width - day_width) / 2 + 2)
        self.keep_with_text()
        page.keep_with_next(paragraph(self.docx))
        for text, right in ((name, day_right + (day_width - name_width) / 2), (day, day_right)):
            made = paragraph(self.docx, text, align=Align.RIGHT)
            page.indent_right(made, right)
            if text == name:
                page.keep_with_next(made)

    def keep_with_text(self) -> None:
        """The signature never stands on a page without text (GB/T 9704 §7.3.5.5)."""
        if self.docx.element.body[-2].tag == qn("w:p"):
            page.keep_with_next(self.docx.paragraphs[-1])

    def foot(self) -> None:
        """Copies, 抄送, and the code by which anybody can check the paper."""
        start = len(self.docx.paragraphs)
        page.gap(self.docx, 16)
        if self.type.copies:
            made = paragraph(self.docx, fill(self.type.copies, self.words), size=page.SMALL_4, line=tables.CELL_LINE)
            page.rule(made, edge="top", eighths=6)
        if self.type.copy_to and (text := fill(self.type.copy_to, self.words)):
            made = paragraph(self.docx, f"抄送：{text}。", size=page.SIZE_4, line=24)
            page.rule(made, edge="top", eighths=6)
        if self.type.style == "letter":
            text = f"{self.paper.issuer.name}　　{self.words['date']}印发"
            made = paragraph(self.docx, text, size=page.SIZE_4, line=24)
            page.rule(made, edge="bottom" if self.type.copy_to else "top bottom", eighths=6)
        page.gap(self.docx, 8)
        for made in self.docx.paragraphs[start:]:  # the code does not go over to a page of its own
            page.keep_with_next(made)
        self.verification()

    def verification(self) -> None:
        shares = (3, 13)
        table = tables.ruled(self.docx, shares, bordered=False)
        row = tables.add_row(table, shares)
        holder = row.cells[0].paragraphs[0]
        page.make_room(holder)
        holder.add_run().add_picture(io.BytesIO(_qr(self.paper.verification_url)), width=Mm(22))
        code = self.paper.verification_code
        tables.put(
            row.cells[1],
            f"验证码：{code[:5]}-{code[5:]}\n扫码或访问下列地址，核对文号、签发机关、日期和是否有效：\n{self.paper.verification_url}",
            size=page.SIZE_5,
        )


def _qr(text: str) -> bytes:
    stream = io.BytesIO()
    segno.make(text, error="m").save(stream, kind="png", scale=6, border=2)
    return stream.getvalue()
