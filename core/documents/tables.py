"""Ruled tables and picture rows on that sheet."""

from collections.abc import Sequence

from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as Align
from docx.shared import Length, Pt
from docx.table import Table as DocxTable
from docx.table import _Cell, _Row

from core.documents.images import place
from core.documents.page import HEI, SMALL_4, TEXT_WIDTH, element, make_room, paragraph, style, write
from core.documents.values import Picture

CELL_LINE = 20  # 12 pt text on 20 pt lines: tables leave the 22-line grid, as the standard allows


def ruled(docx: Docx, shares: Sequence[int], *, bordered: bool = True) -> DocxTable:
    """An empty table across the 版心; widths are written three times because each reader believes another one."""
    table: DocxTable = docx.add_table(rows=0, cols=len(shares))
    if bordered:
        table.style = "Table Grid"
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    properties = table._tbl.tblPr
    for old in properties.findall(element("w:tblW").tag):
        properties.remove(old)
    properties.insert(1 if bordered else 0, element("w:tblW", w=int(TEXT_WIDTH.twips), type="dxa"))
    for column, width in zip(table.columns, widths(shares), strict=True):
        column.width = width
    return table


def widths(shares: Sequence[int]) -> list[Length]:
    total = sum(shares)
    return [Length(TEXT_WIDTH * share // total) for share in shares]


def add_row(
    table: DocxTable, shares: Sequence[int], *, header: bool = False, least_height: Length | None = None
) -> _Row:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]  # python-docx leaves it untyped
    properties = row._tr.get_or_add_trPr()
    properties.append(element("w:cantSplit"))
    if header:
        properties.append(element("w:tblHeader"))
    if least_height is not None:
        row.height = least_height
    for cell, width in zip(row.cells, widths(shares), strict=True):
        cell.width = width
    return row


def put(cell: _Cell, text: str, *, font: str = "", align: Align = Align.LEFT, size: float = SMALL_4) -> None:
    """Text into a cell, a paragraph a line."""
    first = True
    for line in text.split("\n"):
        made = cell.paragraphs[0] if first else cell.add_paragraph()
        first = False
        style(made, align=align, line=CELL_LINE)
        write(made, line, size=size, **({"font": font} if font else {}))
    cell._tc.get_or_add_tcPr().append(element("w:vAlign", val="center"))


def listing(docx: Docx, titles: Sequence[str], shares: Sequence[int], rows: Sequence[Sequence[str]]) -> DocxTable:
    """A table of records: header repeated on every page, rows never split over two."""
    table = ruled(docx, shares)
    header = add_row(table, shares, header=True)
    for cell, title in zip(header.cells, titles, strict=True):
        put(cell, title, font=HEI, align=Align.CENTER)
    for values in rows:
        row = add_row(table, shares)
        for index, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            put(cell, value, align=Align.CENTER if index == 0 or len(value) <= 4 else Align.LEFT)
    return table


def picture_rows(docx: Docx, pictures: Sequence[Picture], width: Length) -> None:
    """Two to a line, caption underneath."""
    shares = (1, 1)
    table = ruled(docx, shares, bordered=False)
    for start in range(0, len(pictures), 2):
        row = add_row(table, shares)
        for cell, picture in zip(row.cells, pictures[start : start + 2], strict=False):
            holder = cell.paragraphs[0]
            holder.alignment = Align.CENTER
            make_room(holder)
            holder.paragraph_format.space_before = Pt(6)
            if not place(holder.add_run(), picture, width):
                write(holder, "（此图片格式不能放入文书，见附件）", size=SMALL_4)
            if picture.caption:
                paragraph(cell, picture.caption, size=SMALL_4, align=Align.CENTER, line=CELL_LINE)
