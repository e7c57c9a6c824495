"""What a file really is, from its first bytes; names and declared types are not believed."""

import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from django.core.exceptions import ValidationError

MB = 1024 * 1024
LONGEST_SIDE, MOST_PIXELS = 20_000, 100_000_000
MOST_ENTRIES, MOST_UNPACKED = 5_000, 500 * MB
HEAD = 64 * 1024


@dataclass(frozen=True)
class FileType:
    """One kind of file that may be kept, and how large."""

    content_type: str
    extension: str
    cap: int = 50 * MB
    inline: bool = False


TYPES = {
    t.content_type: t
    for t in (
        FileType("image/jpeg", "jpg", 30 * MB, inline=True),
        FileType("image/png", "png", 30 * MB, inline=True),
        FileType("image/webp", "webp", 30 * MB, inline=True),
        FileType("application/pdf", "pdf", inline=True),
        FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        FileType("application/vnd.ms-excel", "xls"),
        FileType("application/geopackage+sqlite3", "gpkg", 200 * MB),
        FileType("application/zip", "zip", 200 * MB),
        FileType("text/plain", "txt"),
        FileType("text/csv", "csv"),
        FileType("audio/mpeg", "mp3"),
        FileType("audio/wav", "wav"),
        FileType("audio/mp4", "m4a"),
        FileType("audio/ogg", "ogg"),
        FileType("video/mp4", "mp4", 200 * MB),
        FileType("video/webm", "webm", 200 * MB),
    )
}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Made by the platform itself (the situation map); never accepted from an upload.
HTML = FileType("text/html", "html", 20 * MB, inline=True)
ACCEPTED = "jpg、png、webp、pdf、docx、xlsx、xls、gpkg、zip、txt、csv、mp3、wav、m4a、ogg、mp4、webm"


def sniff(stream: BinaryIO, name: str = "") -> FileType:
    """The type of a seekable file. Raises ValidationError with a message for the uploader."""
    stream.seek(0)
    head = stream.read(HEAD)
    found = _by_magic(head)
    if found == "application/zip":
        found = _inside_zip(stream)
    if not found and head.startswith(OLE):
        found = _inside_ole(stream)
    if not found and _is_text(head):
        found = "text/csv" if name.lower().endswith(".csv") else "text/plain"
    if not found:
        raise ValidationError(f"“{name or '文件'}”不是可接受的类型。可以上传：{ACCEPTED}。")
    if found.startswith("image/"):
        _check_dimensions(_dimensions(found, head, stream), name)
    stream.seek(0)
    return TYPES[found]


def _by_magic(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "")
    if head.startswith(b"SQLite format 3\0") and head[68:72] in (b"GPKG", b"GP10", b"GP11"):
        return "application/geopackage+sqlite3"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "application/zip"
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"heic", b"heix", b"mif1", b"hevc", b"avif"):
            raise ValidationError("手机的 HEIC/AVIF 照片多数电脑打不开，请在手机上改为 JPG 后上传。")
        return "audio/mp4" if head[8:12] in (b"M4A ", b"M4B ") else "video/mp4"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith(b"ID3") or (len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return ""


def _inside_zip(stream: BinaryIO) -> str:
    """Office files are zips; a bomb or a macro is refused before anybody opens it."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise ValidationError("压缩包或 Office 文件已损坏，无法读取，请重新导出后上传。") from error
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED:
        raise ValidationError("压缩包展开后过大，已拒收。请拆分后上传。")
    names = {e.filename for e in entries}
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise ValidationError("不接受带宏的 Office 文件，请另存为 docx 或 xlsx 后上传。")
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else "application/zip"


def _inside_ole(stream: BinaryIO) -> str:
    """The old Office container: a workbook is taken, and what is locked is said to be."""
    stream.seek(0)
    content = stream.read(50 * MB)
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise ValidationError("文件设有打开密码，无法读取。请在 Excel 或 WPS 中取消密码后再上传。")
    if any(name.encode("utf-16-le") in content for name in ("_VBA_PROJECT", "VBA_PROJECT_CUR")):
        raise ValidationError("不接受带宏的 Office 文件，请另存为 xlsx 后上传。")
    return "application/vnd.ms-excel" if any(n.encode("utf-16-le") in content for n in ("Workbook", "Book")) else ""


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # as some spreadsheets save “Unicode text”
        return len(head) > 2 and b"\0\0\0" not in head
    if not head or any(byte < 32 and byte not in (9, 10, 12, 13) for byte in head):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the head may end inside a character
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False


def _check_dimensions(size: tuple[int, int] | None, name: str) -> None:
    if size is None or not all(size):
        raise ValidationError(f"图片“{name}”已损坏，读不出尺寸，请重新拍摄或导出后上传。")
    if max(size) > LONGEST_SIDE or size[0] * size[1] > MOST_PIXELS:
        raise ValidationError(f"图片“{name}”有 {size[0]}×{size[1]} 像素，超过 1 亿像素的上限，请缩小后上传。")


def _dimensions(content_type: str, head: bytes, stream: BinaryIO) -> tuple[int, int] | None:
    if content_type == "image/png":
        if head[12:16] != b"IHDR" or len(head) < 24:
            return None
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    if content_type == "image/jpeg":
        return _jpeg_dimensions(stream)
    return _webp_dimensions(head)


def _webp_dimensions(head: bytes) -> tuple[int, int] | None:
    if len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if head[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_dimensions(stream: BinaryIO) -> tuple[int, int] | None:
    """Walk the segments to the frame header; at most 200 of them, so a crafted file cannot keep us busy."""
    stream.seek(2)
    for _segment in range(200):
        marker = stream.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        while marker[1] == 0xFF:
            following = stream.read(1)
            if not following:
                return None
            marker = b"\xff" + following
        if marker[1] == 0x01 or 0xD0 <= marker[1] <= 0xD7:
            continue
        length = int.from_bytes(stream.read(2), "big")
        if length < 2:
            return None
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            frame = stream.read(5)
            return (int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")) if len(frame) == 5 else None
        stream.seek(length - 2, 1)
    return None
