"""The sheet: GB/T 9704 geometry, parts in order, tables, pictures, and what LibreOffice makes of it."""

import io
import struct
import subprocess
import zipfile

import pytest
from docx import Document as open_docx
from docx.oxml.ns import qn

from core.documents import images, layout, page, pdf, values
from core.documents.declaration import Relief
from core.tests.sample_papers import GIVEN, LETTER, ORDER, needs_office, paper, png, text_of


def test_sections_are_numbered_in_chinese():
    assert [layout.chinese(n) for n in (1, 10, 11, 20, 23)] == ["一", "十", "十一", "二十", "二十三"]


def test_the_page_is_gb_t_9704(db):
    docx = open_docx(io.BytesIO(layout.render(LETTER, paper(LETTER, {"to": "各县区应急管理局"}))))
    section = docx.sections[0]
    millimetres = [round(x.mm) for x in (section.page_width, section.page_height, section.top_margin)]
    assert millimetres == [210, 297, 37]
    assert [round(x.mm) for x in (section.bottom_margin, section.left_margin, section.right_margin)] == [35, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    normal = docx.styles["Normal"]
    assert normal.font.size.pt == 16 and normal.paragraph_format.line_spacing.pt == 28.95
    fonts = normal.element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "仿宋_GB2312" and fonts.get(qn("w:eastAsiaTheme")) is None
    assert docx.settings.odd_and_even_pages_header_footer


def test_a_letter_has_its_parts_in_order():
    content = layout.render(
        LETTER, paper(LETTER, {"to": "各县区", "names": ["清单", "照片"]}, number="鲁东应急〔2026〕1号")
    )
    text = text_of(content)
    wanted = ["东营市应急管理局文件", "鲁东应急〔2026〕1号", LETTER.title, "各县区：", "一、基本情况", "附件：1. 清单"]
    wanted += ["2. 照片", "2026年11月24日", "抄送：市政府办公室。", "验证码：01234-56789"]
    places = [text.index(part) for part in wanted]
    assert places == sorted(places)
    heading = next(p for p in open_docx(io.BytesIO(content)).paragraphs if p.text == "一、基本情况")
    assert heading.runs[0]._element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"


def test_a_form_says_who_reviews_it_and_where_to_sue():
    text = text_of(layout.render(ORDER, paper()))
    assert "可以自收到本文书之日起60日内向东营市人民政府申请行政复议" in text
    assert "6个月内依法向东营区人民法院提起行政诉讼" in text
    assert "上级" not in text
    first = Relief(review_first=True).text
    assert "应当先申请行政复议" in first and "6个月" not in first


def test_tables_repeat_their_header_and_never_split_a_row():
    rows = [{"what": f"隐患{n}", "due": "2026-12-01"} for n in range(40)]
    docx = open_docx(io.BytesIO(layout.render(ORDER, paper(given={**GIVEN, "dangers": rows}))))
    table = next(t for t in docx.tables if t.rows[0].cells[0].text == "序号")
    assert len(table.rows) == 41
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert [c.text for c in table.rows[40].cells] == ["40", "隐患39", "2026年12月1日"]


def test_pictures_are_placed_and_an_unfit_one_is_named_instead_of_breaking_the_paper():
    good, bad = values.Picture(png(), "东侧"), values.Picture(b"RIFF0000WEBPVP8 ", "西侧")
    content = layout.render(ORDER, paper(given={**GIVEN, "photos": [good, bad], "head": good}))
    names = [n for n in zipfile.ZipFile(io.BytesIO(content)).namelist() if n.startswith("word/media/")]
    assert len(names) == 2  # the photo, used as signature too, and the QR code
    assert "东侧" in text_of(content) and "不能放入文书" in text_of(content)


def test_an_exercise_is_marked_on_every_page():
    docx = open_docx(io.BytesIO(layout.render(ORDER, paper(exercise=True))))
    section = docx.sections[0]
    for header in (section.header, section.even_page_header):
        assert "【演练】" in header.paragraphs[0].text
        assert "PowerPlusWaterMarkObject" in header._element.xml
    assert any(p.text == "【演练】责令限期整改指令书" for p in docx.paragraphs)


# LibreOffice


@needs_office
def test_libreoffice_sets_22_lines_of_28_characters(tmp_path):
    docx = page.new_page(title="格", author="")
    page.paragraph(docx, "测" * (28 * 22) + "末")
    docx.save(tmp_path / "grid.docx")
    (tmp_path / "grid.pdf").write_bytes(pdf.convert((tmp_path / "grid.docx").read_bytes()))
    layout_text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "grid.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    first, second = layout_text.split("\f")[:2]
    lines = [line.strip() for line in first.splitlines() if "测" in line]
    assert len(lines) == 22 and {len(line) for line in lines} == {28}
    assert "末" in second and "测" not in second


@needs_office
def test_a_long_table_shows_its_header_on_every_page_it_covers(tmp_path):
    rows = [{"what": f"隐患{n}", "due": "2026-12-01"} for n in range(70)]
    (tmp_path / "long.pdf").write_bytes(pdf.convert(layout.render(ORDER, paper(given={**GIVEN, "dangers": rows}))))
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "long.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout.split("\f")
    pages = [text.replace(" ", "") for text in shown]  # a reader sets a thin space between 患 and 1
    covered = [text for text in pages if "隐患1" in text or "隐患3" in text or "隐患6" in text]
    assert len(covered) >= 3 and all("序号" in text for text in covered)
    assert "—1—" in pages[0] and "—2—" in pages[1]


def test_a_conversion_that_leaves_no_file_is_a_failure(monkeypatch):
    monkeypatch.setattr(pdf, "office", lambda: "/bin/true")
    with pytest.raises(pdf.ConversionFailed):
        pdf.convert(b"x")


def test_a_conversion_that_hangs_is_ended(monkeypatch, tmp_path):
    slow = tmp_path / "soffice"
    slow.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    slow.chmod(0o755)
    monkeypatch.setattr(pdf, "office", lambda: str(slow))
    monkeypatch.setattr(pdf, "TIMEOUT", 0.2)
    with pytest.raises(pdf.ConversionFailed, match="已中止"):
        pdf.convert(b"x")


# Pictures


def jpeg_turned(orientation, order="MM"):
    """A JPEG of 640 × 480 whose EXIF says how the camera was held."""
    mark = ">" if order == "MM" else "<"
    tiff = order.encode() + struct.pack(f"{mark}HIHHHIHH", 42, 8, 1, 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\x00\x00" + tiff + b"\x00" * 4
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 480, 640, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + frame + b"\xff\xda\x00\x02\xff\xd9"


@pytest.mark.parametrize("order", ["MM", "II"])
def test_the_orientation_a_phone_wrote_is_read(order):
    assert [images.orientation(jpeg_turned(n, order)) for n in (1, 3, 6, 8)] == [1, 3, 6, 8]


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8", b"\xff\xd8Exif\x00\x00MM\x00*", png(), jpeg_turned(6)[:30]])
def test_a_broken_header_means_not_turned(broken):
    assert images.orientation(broken) == 1


def test_a_picture_taken_upright_stands_upright_on_the_paper():
    upright = values.Picture(jpeg_turned(6), "南门")
    content = layout.render(ORDER, paper(given={**GIVEN, "photos": [upright]}))
    inline = next(i for i in open_docx(io.BytesIO(content)).element.body.iter(qn("wp:inline")))
    assert inline.find(f".//{qn('a:xfrm')}").get("rot") == "5400000"
    width, height = (int(inline.find(qn("wp:extent")).get(k)) for k in ("cx", "cy"))
    assert width > height and abs(height / 36_000 - 74) < 1  # turned, it is as wide as the place it has
