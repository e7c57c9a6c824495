"""Sample papers that the tests of documents share."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import segno
from docx import Document as open_docx

from core.documents import issuer, layout, pdf, values
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
