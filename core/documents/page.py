"""The sheet of paper: GB/T 9704-2012 page geometry, fonts, paragraphs, page numbers, watermark.

A4, 天头 37 mm, 订口 28 mm, 版心 156 × 225 mm, 22 lines of 28 characters of 3号 (16 pt) 仿宋. Lines of exactly
28.95 pt with characters drawn 0.25 pt closer are what gives 22 × 28 both in Word and in LibreOffice, where
`linesAndChars` would halve the line.
"""

from typing import Any

from docx import Document as new_document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as Align
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import _Footer, _Header
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

FANGSONG, XIAOBIAOSONG, HEI, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
LATIN = "Times New Roman"
SIZE_1, SIZE_2, SIZE_3, SIZE_4, SMALL_4, SIZE_5 = 26, 22, 16, 14, 12, 10.5  # 一号 … 五号 in points
LINE = 28.95
TEXT_WIDTH = Mm(156)
RED = "C00000"


def element(tag: str, **attributes: object) -> Any:
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def set_font(target: Any, font: str, size: float = 0, latin: str = LATIN) -> None:
    """`font.name` alone never reaches Han characters, and a theme font left in place wins over an explicit one."""
    target.font.name = latin
    fonts = target._element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # “ ” — … take the Han font too
    if size:
        target.font.size = Pt(size)


def new_page(*, title: str, author: str, exercise: bool = False) -> Docx:
    docx = new_document()
    _geometry(docx)
    _body_style(docx)
    _page_numbers(docx)
    if exercise:
        _watermark(docx, "演练")
    docx.core_properties.title, docx.core_properties.author = title, author
    docx.core_properties.comments = ""
    return docx


def _geometry(docx: Docx) -> None:
    section = docx.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(23)  # the number stands 7 mm below the 版心
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = element("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), "579")


def _body_style(docx: Docx) -> None:
    style = docx.styles["Normal"]
    set_font(style, FANGSONG, SIZE_3)
    style.element.rPr.find(qn("w:sz")).addprevious(element("w:spacing", val=-5))
    layout = style.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE)
    layout.widow_control = False
    layout.space_before = layout.space_after = Pt(0)
    defaults = docx.styles.element.find(qn("w:docDefaults"))
    if defaults is not None:
        for language in defaults.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")


def paragraph(
    holder: Any,
    text: str = "",
    *,
    font: str = FANGSONG,
    size: float = SIZE_3,
    align: Align = Align.JUSTIFY,
    indent: bool = False,
    color: str = "",
    line: float = 0,
) -> Paragraph:
    """A paragraph at the end of a document or of a cell. `line` other than the page's own makes it leave the grid."""
    made: Paragraph = holder.add_paragraph()
    style(made, align=align, line=line)
    if indent:
        indent_two(made, size)
    if text:
        write(made, text, font=font, size=size, color=color)
    return made


def gap(holder: Any, points: float) -> None:
    """A little air between a table and what follows it."""
    paragraph(holder, line=points)


def style(made: Paragraph, *, align: Align = Align.JUSTIFY, line: float = 0) -> None:
    made.alignment = align
    if line:
        made.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        made.paragraph_format.line_spacing = Pt(line)
        _leave_grid(made)


def _leave_grid(made: Paragraph) -> None:
    """Otherwise the reader stretches the line to the page's grid again."""
    made._p.get_or_add_pPr().insert_element_before(
        element("w:snapToGrid", val=0), "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def make_room(made: Paragraph) -> None:
    """Lets a line grow with the picture on it: an exact line would cut it off."""
    made.paragraph_format.line_spacing = 1.0
    _leave_grid(made)


def write(
    made: Paragraph, text: str, *, font: str = FANGSONG, size: float = SIZE_3, color: str = "", latin: str = LATIN
) -> Run:
    run = made.add_run(text)
    set_font(run, font, size, latin)
    if color:
        run.font.color.rgb = RGBColor.from_string(color)
    return run


def indent_two(made: Paragraph, size: float = SIZE_3) -> None:
    """Two characters. LibreOffice 7.4 ignores firstLineChars, Word prefers it: both are written."""
    indent = made._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(int(size * 2 * 20)))


def indent_right(made: Paragraph, characters: float, size: float = SIZE_3) -> None:
    made.paragraph_format.right_indent = Pt(characters * size)


def rule(made: Paragraph, *, edge: str = "bottom", color: str = "000000", eighths: int = 12, space: int = 4) -> None:
    """A line along edges of a paragraph ("top bottom"), its weight in eighths of a point."""
    borders = element("w:pBdr")
    for name in edge.split():
        borders.append(element(f"w:{name}", val="single", sz=eighths, space=space, color=color))
    made._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def keep_with_next(made: Paragraph) -> None:
    made.paragraph_format.keep_with_next = True


def _page_numbers(docx: Docx) -> None:
    """— 1 — in 4号: odd pages to the right, even to the left, one character in (GB/T 9704 §7.5)."""
    docx.settings.odd_and_even_pages_header_footer = True
    section = docx.sections[0]
    for footer, align in ((section.footer, Align.RIGHT), (section.even_page_footer, Align.LEFT)):
        made = _first_paragraph(footer)
        style(made, align=align, line=SIZE_4 + 2)
        if align == Align.RIGHT:
            indent_right(made, 1, SIZE_4)
        else:
            made.paragraph_format.left_indent = Pt(SIZE_4)
        write(made, "— ", font=SONG, size=SIZE_4, latin=SONG)
        _field(made, "PAGE")
        write(made, " —", font=SONG, size=SIZE_4, latin=SONG)


def _first_paragraph(part: _Footer | _Header) -> Paragraph:
    part.is_linked_to_previous = False
    first: Paragraph = part.paragraphs[0]
    return first


def _field(made: Paragraph, code: str) -> None:
    """A computed number: begin, code, end, each a run of its own as Word writes it."""
    for kind in ("begin", "code", "end"):
        run = write(made, "", font=SONG, size=SIZE_4, latin=SONG)
        if kind == "code":
            instruction = element("w:instrText")
            instruction.text = code
            run._r.append(instruction)
        else:
            run._r.append(element("w:fldChar", fldCharType=kind))


def _watermark(docx: Docx, text: str) -> None:
    """【演练】 behind every page, the way Word stores a watermark, and once in the open at the head of the page."""
    section = docx.sections[0]
    for number, header in enumerate((section.header, section.even_page_header), start=1):
        made = _first_paragraph(header)
        style(made, align=Align.CENTER, line=20)
        write(made, f"【{text}】仅供演练，不具有法律效力", font=HEI, size=SIZE_4, color=RED)
        made.add_run()._r.append(parse_xml(_WATERMARK.format(names=_VML, number=number, text=f"【{text}】")))


_VML = (
    f"{nsdecls('w')} xmlns:v='urn:schemas-microsoft-com:vml' "
    "xmlns:o='urn:schemas-microsoft-com:office:office' xmlns:w10='urn:schemas-microsoft-com:office:word'"
)
_WATERMARK = """<w:pict {names}>
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>
<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>
<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>
<v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
<v:path textpathok="t" o:connecttype="rect"/>
<v:textpath on="t" fitshape="t"/><o:lock v:ext="edit" text="t" shapetype="t"/>
</v:shapetype>
<v:shape id="PowerPlusWaterMarkObject{number}" o:spid="_x0000_s20{number}" type="#_x0000_t136"
 style="position:absolute;margin-left:0;margin-top:0;width:400pt;height:130pt;rotation:315;z-index:-251658752;\
mso-position-horizontal:center;mso-position-horizontal-relative:margin;\
mso-position-vertical:center;mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#d0d0d0" stroked="f">
<v:fill opacity=".5"/>
<v:textpath style="font-family:&quot;黑体&quot;;font-size:1pt" string="{text}"/>
<w10:wrap anchorx="margin" anchory="margin"/>
</v:shape></w:pict>"""
