"""Papers: declared, numbered without gaps, kept as issued, verifiable by anybody."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from core import files, jobs
from core.documents import codes, layout, numbering, pdf, registry, service, values
from core.documents.declaration import DocumentType, Field, Listing, Text
from core.documents.jobs import make_pdf
from core.models import Document, DocumentCounter, Event, Organisation
from core.tests.sample_papers import AT, GIVEN, LETTER, ORDER, needs_office, paper, text_of


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


# PDF


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
