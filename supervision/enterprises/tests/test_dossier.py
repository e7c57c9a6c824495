"""一企一档: every part is there, nobody reads more than they may, and the papers open."""

import io

import pytest
from docx import Document

from core.documents import pdf
from supervision.enterprises.testing import make_enterprise, rows_of

PARTS = (
    "基本情况", "位置与厂界", "企业联系人", "资质证照", "重大危险源", "应急救援信息", "应急演练", "职业健康",
    "安全管理台账", "应急预案", "事件", "经营状态历史", "信息修改",
)  # fmt: skip


@pytest.fixture
def enterprise(sites, cast, make_user, regions):
    enterprise = make_enterprise(sites.own.region, site=sites.own)
    enterprise.contacts.create(role="emergency", name="丁值守", phone="13800001111", since="2020-01-01")
    rows_of(enterprise, make_user("boss", regions.city, "inspector"))
    return enterprise


def words_of(content):
    paper = Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in paper.paragraphs), *cells])


def test_the_page_has_every_part_and_the_map(cast, browse, enterprise):
    page = browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier/").content.decode()
    for part in PARTS:
        assert f"<h2>{part}</h2>" in page, part
    for words in ("数据截至", "<svg", 'class="outline"', "三级安全教育", "储罐泄漏", "东门", "鲁东危化经字", "丁值守"):
        assert words in page, words


def test_the_paper_opens_and_has_the_same_parts(cast, browse, enterprise):
    answer = browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier.docx")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    text = words_of(answer.content)
    for part in (*PARTS, "数据截至", enterprise.credit_code, "三级安全教育", "核实日期", "不编号、不盖章"):
        assert part in text, part


def test_who_may_not_read_contacts_does_not_find_them_here(cast, browse, enterprise):
    """The duty officer reads contacts, but a telephone in a list is whole only for who keeps it."""
    for kind in ("/", ".docx"):
        base = f"/enterprises/{enterprise.pk}/dossier{kind}"
        auditor, duty = browse(cast.auditor).get(base), browse(cast.duty).get(base)
        read = words_of if kind == ".docx" else bytes.decode
        assert "企业联系人" not in read(auditor.content) and "丁值守" not in read(auditor.content)
        assert "企业联系人" in read(duty.content) and "13800001111" not in read(duty.content)


def test_the_neighbour_and_strangers_find_nothing(cast, browse, client, enterprise):
    for address in ("dossier/", "dossier.docx", "dossier.pdf"):
        assert browse(cast.neighbour).get(f"/enterprises/{enterprise.pk}/{address}").status_code == 404
        assert client.get(f"/enterprises/{enterprise.pk}/{address}").status_code == 302
    assert browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier.exe").status_code == 404


def test_the_enterprise_reads_its_own_file(cast, browse, enterprise):
    page = browse(cast.enterprise).get(f"/enterprises/{enterprise.pk}/dossier/")
    assert page.status_code == 200 and "资质证照" in page.content.decode()


def test_without_libreoffice_the_reader_is_told(cast, browse, enterprise, monkeypatch):
    monkeypatch.setattr(pdf, "office", lambda: None)
    answer = browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier.pdf")
    assert answer.status_code == 503 and "LibreOffice" in answer.content.decode()
    assert "下载 PDF" not in browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier/").content.decode()


@pytest.mark.skipif(pdf.office() is None, reason="LibreOffice is not installed")
def test_the_pdf_is_one(cast, browse, enterprise):
    assert browse(cast.district).get(f"/enterprises/{enterprise.pk}/dossier.pdf").content.startswith(b"%PDF")
