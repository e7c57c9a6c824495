"""Papers: declared, numbered without gaps, laid out on the 22 × 28 grid, kept as issued, verifiable by anybody."""

import io
import re
import subprocess
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import segno
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from docx import Document as open_docx
from docx.oxml.ns import qn

from core import files, jobs
from core.documents import codes, issuer, layout, numbering, page, pdf, registry, service, values
from core.documents.declaration import (
    Cell,
    Column,
    DocumentType,
    Field,
    Form,
    Listing,
    Opinion,
    Pictures,
    Relief,
    Signature,
    Table,
    Text,
)
from core.documents.jobs import make_pdf
from core.models import Document, DocumentCounter, Event, Organisation

AT = datetime(2026, 11, 24, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
needs_office = pytest.mark.skipif(pdf.office() is None, reason="LibreOffice is not installed")

ORDER = DocumentType(
    key="test.order",
    title="责令限期整改指令书",
    code="责改",
    addressee="unit",
    addressed_to_site=True,
    fields=(
        Field(key="unit", label="被检查单位", required=True),
        Field(key="problems", label="问题", kind="list", required=True),
        Field(key="due", label="整改期限", kind="date", required=True),
        Field(key="fine", label="罚款", kind="money"),
        Field(
            key="dangers",
            label="隐患",
            kind="rows",
            columns=(Column(key="what", title="隐患", width=5), Column(key="due", title="期限", width=3, kind="date")),
        ),
        Field(key="photos", label="照片", kind="pictures"),
        Field(key="head", label="现场负责人", kind="signature"),
        Field(key="way", label="送达方式", kind="choice", choices=(("direct", "直接送达"), ("mail", "邮寄送达"))),
    ),
    body=(
        Form(
            lines=(
                (Cell(label="单　　位", text="{unit}", span=2),),
                (Cell(label="期限", text="{due}"), Cell(label="方式", text="{way}")),
            )
        ),
        Text(text="存在的问题", level=1),
        Listing(key="problems"),
        Text(text="整改要求", level=1),
        Text(text="责令于{due}前整改完毕。"),
        Text(text="罚款{fine}。", when="fine"),
        Text(text="隐患清单", level=2),
        Table(key="dangers"),
        Pictures(key="photos"),
        Opinion(label="审批意见", text="同意。", signature="head", dated="due"),
    ),
    relief=Relief(),
    signatures=(Signature(label="现场负责人（签名）", key="head", dated=True),),
    copies="本文书一式两份：一份由{agency}备案，一份交被检查单位。",
)
LETTER = DocumentType(
    key="test.letter",
    title="关于现场检查情况的通报",
    style="letter",
    pattern="{abbreviation}应急〔{year}〕{n}号",
    addressee="to",
    fields=(Field(key="to", label="主送机关"), Field(key="names", label="附件", kind="list")),
    body=(Text(text="基本情况", level=1), Text(text="现将有关情况通报如下。")),
    attachments="names",
    copy_to="市政府办公室",
)
GIVEN = {"unit": "大王甲化工有限公司", "problems": "消防通道堵塞\n气体报警器停用", "due": "2026-12-01"}


def png(text: str = "照片") -> bytes:
    stream = io.BytesIO()
    segno.make(text).save(stream, kind="png", scale=8)
    return stream.getvalue()


def text_of(content: bytes) -> str:
    docx = open_docx(io.BytesIO(content))
    parts = [p.text for p in docx.paragraphs]
    parts += [cell.text for table in docx.tables for row in table.rows for cell in row.cells]
    return "\n".join(parts)


def paper(document_type=ORDER, given=GIVEN, **changes):
    agency = issuer.Issuer(
        name="东营市应急管理局", abbreviation="鲁东", government="东营市人民政府", court="东营区人民法院", region=None
    )
    return layout.Paper(
        values=values.read(document_type, given),
        issuer=agency,
        number=changes.pop("number", "（鲁东）应急责改〔2026〕1号"),
        at=AT,
        verification_code="0123456789",
        verification_url="http://yj.example/v/0123456789/",
        **changes,
    )


@pytest.fixture
def may_view(cast):
    """People who may view sites, which stand for any record here."""
    permission = Permission.objects.get(codename="view_site", content_type__app_label="geo")
    for user in (cast.city, cast.district, cast.neighbour, cast.enterprise):
        user.user_permissions.add(permission)
    revoke = Permission.objects.get(codename="revoke_document")
    for user in (cast.city, cast.neighbour):
        user.user_permissions.add(revoke)
    return cast


@pytest.fixture
def issued(cast, sites):
    return service.issue(ORDER, subject=sites.own, actor=cast.district, fields=GIVEN, at=AT)


# Declarations and values


def test_a_wrong_declaration_names_every_mistake():
    wrong = DocumentType(
        key="test.wrong",
        title="错",
        pattern="没有序号",
        fields=(Field(key="a", label="甲", kind="blob"), Field(key="date", label="日期")),
        body=(Text(text="{nobody}"), Listing(key="missing")),
        addressee="unknown",
    )
    said = "; ".join(wrong.problems())
    for word in ("'blob'", "'date'", "{nobody}", "'missing'", "'unknown'", "{n}"):
        assert word in said
    with pytest.raises(ValueError, match=r"test\.wrong"):
        registry.add(wrong)


def test_declared_types_are_found_by_key_and_not_declared_twice():
    registry.add(LETTER)
    registry.add(LETTER)
    assert registry.get("test.letter") is LETTER
    with pytest.raises(LookupError, match=r"test\.letter"):
        registry.get("test.absent")
    with pytest.raises(ValueError, match="declared twice"):
        registry.add(DocumentType(key="test.letter", title="另一个", fields=(), body=(), code="x"))


def test_missing_unknown_and_malformed_fields_are_all_told_at_once():
    with pytest.raises(ValidationError) as refused:
        values.read(ORDER, {"unit": "", "due": "明天", "fine": "-1", "way": "pigeon", "extra": 1, "problems": ["x"]})
    assert set(refused.value.message_dict) == {"unit", "due", "fine", "way", "extra"}
    assert refused.value.message_dict["unit"] == ["还缺“被检查单位”。"]
    assert "直接送达" in refused.value.message_dict["way"][0]


@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("30000", "叁万元整"),
        ("100500", "壹拾万零伍佰元整"),
        ("10001", "壹万零壹元整"),
        ("105000", "壹拾万伍仟元整"),
        ("100010000", "壹亿零壹万元整"),
        ("100000001", "壹亿零壹元整"),
        ("20.05", "贰拾元零伍分"),
        ("0.5", "伍角整"),
        ("1234.56", "壹仟贰佰叁拾肆元伍角陆分"),
        ("0", "零元整"),
    ],
)
def test_money_is_written_in_capitals(amount, capitals):
    assert values.in_capitals(Decimal(amount)) == capitals


def test_a_value_is_never_a_template_and_control_characters_are_dropped():
    content = layout.render(ORDER, paper(given={**GIVEN, "unit": "甲{agency}\x00\x0b{{7*7}}{due.year}"}))
    assert "甲{agency}{{7*7}}{due.year}：" in text_of(content)


def test_sections_are_numbered_in_chinese():
    assert [layout.chinese(n) for n in (1, 10, 11, 20, 23)] == ["一", "十", "十一", "二十", "二十三"]


# Numbers


def test_the_number_has_full_width_brackets_and_no_padding(issued):
    assert issued.number == "（鲁东）应急责改〔2026〕1号"
    assert "\uff08" in issued.number and "\u3014" in issued.number and "\u3015" in issued.number


def test_numbers_restart_each_year_and_run_apart_by_agency_code_and_drill(cast, sites, regions):
    def number(document_type=ORDER, at=AT, **options):
        fields = GIVEN if document_type is ORDER else {}
        return service.issue(
            document_type, subject=sites.own, actor=cast.district, fields=fields, at=at, **options
        ).number

    other = Organisation.objects.create(region=regions.neighbour, name="利津县局", kind="authority", short_name="鲁利")
    assert number() == "（鲁东）应急责改〔2026〕1号"
    assert number() == "（鲁东）应急责改〔2026〕2号"
    assert number(document_type=LETTER) == "鲁东应急〔2026〕1号"
    assert number(organisation=other) == "（鲁利）应急责改〔2026〕1号"
    assert number(exercise=True) == "【演练】（鲁东）应急责改〔2026〕1号"
    # New Year's Day begins in Shanghai eight hours before it does in UTC.
    assert number(at=datetime(2026, 12, 31, 16, 30, tzinfo=ZoneInfo("UTC"))) == "（鲁东）应急责改〔2027〕1号"
    assert number() == "（鲁东）应急责改〔2026〕3号"


def test_an_agency_without_short_name_is_told_what_to_fill_in(cast, sites, regions):
    nameless = Organisation.objects.create(region=regions.neighbour, name="新局", kind="authority")
    with pytest.raises(ValidationError, match="文号简称"):
        service.issue(ORDER, subject=sites.own, actor=cast.city, fields=GIVEN, organisation=nameless)


def test_a_failed_issue_uses_up_no_number(cast, sites, monkeypatch):
    monkeypatch.setattr(layout, "render", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        service.issue(ORDER, subject=sites.own, actor=cast.district, fields=GIVEN, at=AT)
    monkeypatch.undo()
    assert service.issue(ORDER, subject=sites.own, actor=cast.district, fields=GIVEN, at=AT).number.endswith("1号")


@pytest.mark.django_db(transaction=True)
def test_two_threads_get_numbers_without_gap_or_repeat_although_some_roll_back():
    series = "（鲁东）应急检记〔2026〕{n}号"
    taken, lock = [], threading.Lock()

    def work(worker):
        try:
            for turn in range(12):
                with transaction.atomic():
                    number = numbering.take(series)
                    if (worker + turn) % 4 == 0:
                        transaction.set_rollback(True)
                        continue
                with lock:
                    taken.append(int(re.search(r"〕(\d+)号", number)[1]))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert sorted(taken) == list(range(1, 19))
    assert DocumentCounter.objects.get(series=series).last == 18


@pytest.mark.django_db(transaction=True)
def test_a_number_is_only_taken_inside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        numbering.take("x{n}")


# Layout, read back


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
@pytest.mark.django_db(transaction=True)
def test_a_paper_becomes_a_pdf_by_the_job_and_only_once(issued):
    assert issued.pdf is None
    assert jobs.run_waiting() >= 1
    issued.refresh_from_db()
    made = issued.pdf
    assert files.read(made).startswith(b"%PDF-") and made.content_type == "application/pdf"
    make_pdf(issued.pk)
    issued.refresh_from_db()
    assert issued.pdf == made
    assert Event.objects.filter(kind="documents.pdf").count() == 1


def test_without_libreoffice_the_paper_stays_docx_and_says_so(issued, monkeypatch, caplog):
    monkeypatch.setattr(pdf, "office", lambda: None)
    make_pdf(issued.pk)
    issued.refresh_from_db()
    assert issued.pdf is None and "LibreOffice" in caplog.text
    assert "没有安装 LibreOffice" in pdf.problems()[0]


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


# Kept as issued


def test_a_paper_is_stored_with_its_hash_its_fields_and_an_event(issued, sites, regions):
    assert issued.region == regions.town and issued.site == sites.own and issued.subject == sites.own
    assert issued.data["due"] == "2026-12-01" and issued.data["problems"] == ["消防通道堵塞", "气体报警器停用"]
    assert "大王甲化工有限公司：" in text_of(files.read(issued.file))
    event = Event.objects.get(kind="documents.issue")
    assert event.data["document"] == issued.pk and "大王甲" not in str(event.data)


@pytest.mark.parametrize("change", [{"title": "改"}, {"number": "x"}, {"data": {}}, {"issuer": "x"}, {"file_id": None}])
def test_an_issued_paper_cannot_be_changed(issued, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=issued.pk).update(**change)


def test_an_issued_paper_cannot_be_deleted_and_its_pdf_is_set_once(issued):
    with pytest.raises(IntegrityError), transaction.atomic():
        issued.delete()
    Document.objects.filter(pk=issued.pk).update(pdf=issued.file)
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=issued.pk).update(pdf=None)


def test_a_paper_is_revoked_once_with_a_reason_by_who_may(issued, may_view):
    with pytest.raises(PermissionDenied):
        service.revoke(issued, actor=may_view.duty, reason="文号有误")
    with pytest.raises(Document.DoesNotExist):
        service.revoke(issued, actor=may_view.neighbour, reason="文号有误")
    with pytest.raises(ValidationError):
        service.revoke(issued, actor=may_view.city, reason="  ")
    service.revoke(issued, actor=may_view.city, reason="文号有误")
    with pytest.raises(ValidationError, match="撤销"):
        service.revoke(issued, actor=may_view.city, reason="再来一次")
    assert issued.is_revoked and issued.revoked_by == may_view.city


def test_a_preview_is_neither_numbered_nor_kept(cast, regions):
    content = service.preview(ORDER, region=regions.district, actor=cast.district, fields=GIVEN)
    assert "预览" in text_of(content)
    assert not Document.objects.exists() and not DocumentCounter.objects.exists()


# Reading and verifying


@pytest.mark.parametrize(
    ("who", "status"),
    [("city", 200), ("district", 200), ("neighbour", 404), ("duty", 404), ("enterprise", 200), ("nobody", 404)],
)
def test_a_paper_is_read_in_scope_and_with_the_right_to_its_record(issued, may_view, browse, who, status):
    answer = browse(getattr(may_view, who)).get(f"/documents/{issued.pk}.docx")
    assert answer.status_code == status


def test_an_enterprise_does_not_read_a_paper_that_is_not_addressed_to_it(may_view, sites, browse):
    internal = service.issue(LETTER, subject=sites.own, actor=may_view.district, fields={}, at=AT)
    assert browse(may_view.enterprise).get(f"/documents/{internal.pk}.docx").status_code == 404
    assert browse(may_view.district).get(f"/documents/{internal.pk}.docx").status_code == 200


def test_a_missing_pdf_and_strange_addresses_are_404(issued, may_view, browse, client):
    mine = browse(may_view.city)
    for path in (f"{issued.pk}.pdf", f"{issued.pk}.exe", "0.docx", "9999999999999999999.docx", "-1.docx"):
        assert mine.get(f"/documents/{path}").status_code == 404
    assert client.get(f"/documents/{issued.pk}.docx").status_code == 302


def test_the_verification_page_shows_the_paper_and_nothing_about_anybody(issued, client, may_view):
    answer = client.get(f"/v/{issued.verification_code}/")
    page_text = answer.content.decode()
    for part in ("有效", issued.number, issued.title, issued.issuer, "2026年11月24日", issued.file.sha256):
        assert part in page_text
    for private in ("大王甲", "消防通道", may_view.district.name):
        assert private not in page_text
    service.revoke(issued, actor=may_view.city, reason="当事人张三申辩成立")
    page_text = client.get(f"/v/{issued.verification_code}/").content.decode()
    assert "已撤销" in page_text and "张三" not in page_text


def test_a_code_is_found_as_people_type_it_and_an_unknown_one_is_404(issued, client):
    code = issued.verification_code
    typed = f" {code[:5].lower()}-{code[5:]} ".replace("0", "o").replace("1", "l")
    assert client.get("/v/", {"code": typed}).url == f"/v/{code}/"
    for unknown in ("ZZZZZZZZZZ", "x", "<script>", "%", "U" * 500):
        answer = client.get("/v/", {"code": unknown}, follow=True)
        assert answer.status_code == 404 and "没有这份文书" in answer.content.decode()
        assert "<script>" not in answer.content.decode()
    assert client.get("/v/").status_code == 200
    assert client.post(f"/v/{code}/").status_code == 405


def test_guessing_codes_is_slowed_down(db, client):
    statuses = [client.get(f"/v/{codes.new()}/").status_code for _ in range(32)]
    assert statuses[:30] == [404] * 30 and statuses[-1] == 429
    assert client.get("/v/", REMOTE_ADDR="10.0.0.9").status_code == 200


def test_codes_are_unlike_and_without_letters_that_are_misread():
    made = {codes.new() for _ in range(2000)}
    assert len(made) == 2000 and all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", code) for code in made)
