"""Files: known by their bytes, kept once, handed out only to who sees the record."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from core import files
from core.models import Attachment, StoredFile
from core.sniffing import DOCX, XLSX, sniff


def png(width=4, height=3):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress(b"".join(b"\x00" * (width + 1) for _ in range(min(height, 50))))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg(width=640, height=480):
    exif = b"\xff\xe1" + struct.pack(">H", 8) + b"Exif\x00\x00"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + exif + frame + b"\xff\xd9"


def webp(width=100, height=50):
    body = b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def zipped(**entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


@pytest.fixture
def may_view(cast):
    permission = Permission.objects.get(codename="view_site", content_type__app_label="geo")
    for user in (cast.city, cast.district, cast.neighbour, cast.enterprise):
        user.user_permissions.add(permission)
    return cast


@pytest.fixture
def photo(cast, sites):
    return files.attach(sites.own, png(), name="大门.png", actor=cast.district, caption="南门")


# What a file is


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (png(), "image/png"),
        (jpeg(), "image/jpeg"),
        (webp(), "image/webp"),
        (b"%PDF-1.7\n%", "application/pdf"),
        (zipped(word__document_xml="<w/>"), DOCX),
        (zipped(xl__workbook_xml="<x/>"), XLSX),
        (zipped(a="b"), "application/zip"),
        ("第一行\n第二行".encode(), "text/plain"),
        ("企业名称,地址".encode("gb18030"), "text/plain"),
        (b"ID3\x04" + b"\x00" * 20, "audio/mpeg"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 8, "video/mp4"),
        (b"\x1a\x45\xdf\xa3" + b"\x00" * 8, "video/webm"),
    ],
)
def test_a_file_is_what_its_bytes_say(content, content_type):
    assert sniff(io.BytesIO(content), "x.exe").content_type == content_type


def test_a_page_named_photo_is_text_and_never_html():
    kind = sniff(io.BytesIO(b"<html><script>alert(1)</script></html>"), "photo.jpg")
    assert kind.content_type == "text/plain" and not kind.inline


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "空的"),
        (b"MZ\x90\x00\x03\x00\x00", "不是可接受的类型"),
        (b"\x7fELF\x02\x01", "不是可接受的类型"),
        (b"GIF89a\x01\x00\x01\x00", "不是可接受的类型"),
        (b"PK\x03\x04 broken", "已损坏"),
        (zipped(word__document_xml="x", word__vbaProject="y").replace(b"vbaProject", b"vbaProject"), ""),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 8, "HEIC"),
        (png(30_000, 10), "像素"),
        (png(20_000, 20_000), "像素"),
        (jpeg(65_000, 65_000), "像素"),
        (png(0, 0), "已损坏"),
        (b"\xff\xd8\xff\xe0\x00", "已损坏"),
        (b"\xff\xd8" + b"\xff\xff" * 300, "已损坏"),
    ],
)
def test_what_is_refused_is_refused_with_a_reason(db, content, reason):
    if not reason:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("word/document.xml", "x")
            archive.writestr("word/vbaProject.bin", "macro")
        content, reason = stream.getvalue(), "宏"
    with pytest.raises(ValidationError, match=reason):
        files.store(content, name="坏.docx")
    assert not StoredFile.objects.exists()


def test_an_archive_that_expands_to_a_gigabyte_is_refused(db):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as entry:
        for _ in range(501):
            entry.write(b"\0" * 1024 * 1024)
    assert len(stream.getvalue()) < 2_000_000
    with pytest.raises(ValidationError, match="展开后过大"):
        files.store(stream.getvalue())


def test_a_file_over_its_cap_is_refused_and_leaves_nothing_behind(db, settings, monkeypatch):
    monkeypatch.setattr(files, "CAP", 1000)
    with pytest.raises(ValidationError, match="超过"):
        files.store(io.BytesIO(b"%PDF-" + b"x" * 2000))
    assert [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()] == []


# Kept once, under the hash


def test_equal_bytes_are_kept_once_whatever_they_are_called(db, settings):
    first = files.store(png(), name="a.png")
    second = files.store(SimpleUploadedFile("b.gif", png(), content_type="text/html"))
    assert first == second and first.content_type == "image/png" and first.size == len(png())
    kept = [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()]
    assert kept == [Path(settings.MEDIA_ROOT) / first.sha256[:2] / first.sha256[2:4] / first.sha256]
    assert files.read(first) == png()


def test_a_lost_content_comes_back_with_the_next_upload_of_it(db):
    stored = files.store(png())
    files.path_of(stored).unlink()
    assert files.store(png()) == stored and files.read(stored) == png()


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("C:\\照片\\大门.PNG", "大门.png"),
        ("../../etc/passwd", "passwd.png"),
        ("photo\u202egpj.exe", "photogpj.exe.png"),
        ("  ..  ", "未命名.png"),
        ("a\r\nX-Bad: 1.png", "aX-Bad 1.png"),
        ("长" * 400 + ".png", "长" * 150 + ".png"),
    ],
)
def test_a_name_is_made_safe_and_ends_in_what_the_file_is(given, tidy):
    assert files.tidy_name(given, "image/png") == tidy


def test_stored_files_and_attachments_are_never_rewritten(photo, cast):
    for change in (
        lambda: StoredFile.objects.filter(pk=photo.file_id).update(size=1),
        lambda: StoredFile.objects.filter(pk=photo.file_id).delete(),
        lambda: Attachment.objects.filter(pk=photo.pk).update(name="x.png"),
        lambda: photo.delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


# On a record


def test_uploads_are_all_attached_or_none(cast, sites):
    good = SimpleUploadedFile("好.png", png())
    bad = SimpleUploadedFile("坏.png", b"MZ\x90\x00")
    with pytest.raises(ValidationError):
        files.attach_uploads(sites.own, [good, bad], actor=cast.district)
    assert not files.of(sites.own).exists()
    good.seek(0)
    (kept,) = files.attach_uploads(sites.own, [good], actor=cast.district, kind="photo")
    assert list(files.of(sites.own, kind="photo")) == [kept] and not files.of(sites.other).exists()
    assert files.described(kept)["url"] == f"/files/{kept.pk}/好.png"


def test_an_attachment_is_withdrawn_by_its_uploader_with_a_reason_and_only_once(photo, cast, may_view, browse):
    with pytest.raises(PermissionDenied):
        files.withdraw(photo, actor=cast.neighbour, reason="传错")
    with pytest.raises(ValidationError, match="原因"):
        files.withdraw(photo, actor=cast.district, reason=" ")
    files.withdraw(photo, actor=cast.district, reason="传错")
    with pytest.raises(ValidationError, match="已经撤下"):
        files.withdraw(photo, actor=cast.district, reason="传错")
    assert browse(may_view.city).get(f"/files/{photo.pk}/x.png").status_code == 404


# Handed out


@pytest.mark.parametrize(
    ("who", "status"),
    [("city", 200), ("district", 200), ("neighbour", 404), ("duty", 404), ("enterprise", 200), ("nobody", 404)],
)
def test_a_file_is_served_in_scope_and_with_the_right_to_its_record(photo, may_view, browse, who, status):
    assert browse(getattr(may_view, who)).get(f"/files/{photo.pk}/大门.png").status_code == status


def test_a_stranger_is_asked_to_log_in(photo, client):
    assert client.get(f"/files/{photo.pk}/大门.png").status_code == 302


def test_a_picture_is_shown_inert_and_answers_304(photo, may_view, browse):
    mine = browse(may_view.city)
    answer = mine.get(f"/files/{photo.pk}/大门.png")
    assert b"".join(answer.streaming_content) == png()
    assert answer["Content-Type"] == "image/png" and answer["Content-Disposition"].startswith("inline")
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["ETag"] == f'"{photo.file.sha256}"'
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-cache" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
    again = mine.get(f"/files/{photo.pk}/大门.png", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304 and not again.content
    assert mine.get(f"/files/{photo.pk}/x?download").headers["Content-Disposition"].startswith("attachment")


def test_an_uploaded_page_is_downloaded_as_text_and_the_platforms_own_runs_without_origin(
    cast, may_view, sites, browse
):
    page = b"<!doctype html><script>1</script>"
    upload = files.attach(sites.own, page, name="坏.html", actor=cast.district)
    own = files.attach(sites.own, page + b"<p>", name="态势图.html", actor=None, own_html=True)
    mine = browse(may_view.city)
    answer = mine.get(f"/files/{upload.pk}/x")
    assert answer["Content-Type"] == "text/plain" and answer["Content-Disposition"].startswith("attachment")
    answer = mine.get(f"/files/{own.pk}/x")
    assert answer["Content-Type"].startswith("text/html")
    assert "sandbox allow-scripts; default-src 'none'" in answer["Content-Security-Policy"]


def test_numbers_out_of_range_and_lost_contents_are_404(photo, may_view, browse):
    mine = browse(may_view.city)
    for pk in ("0", "999999999", "99999999999999999999999"):
        assert mine.get(f"/files/{pk}/x").status_code == 404
    files.path_of(photo.file).unlink()
    assert mine.get(f"/files/{photo.pk}/x").status_code == 404
    assert mine.post(f"/files/{photo.pk}/x").status_code == 405
