"""The readers of tables. Those of geodata are declared in geodata_readers.py beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.imports.reading import Reader, Refused, register
from core.imports.text_tables import decoded, is_html

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF16_WORKBOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


def takes_xlsx(head: bytes, path: Path) -> bool:
    """The directory stands at the end of the file; the child opens it. Here only that it is a workbook."""
    if not head.startswith(b"PK"):
        return False
    content = path.read_bytes()
    if b"xl/workbook.bin" in content:
        raise Refused("这是二进制工作簿（xlsb），请另存为“Excel 工作簿（xlsx）”后上传。")
    return b"xl/workbook.xml" in content


def takes_xls(head: bytes, path: Path) -> bool:
    if head[:4] in (b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00"):
        raise Refused("这是很旧的 Excel 格式（5.0 之前），请用 Excel 或 WPS 另存为 xlsx 后上传。")
    if not head.startswith(OLE):
        return False
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Refused("文件设有打开密码，无法读取。请在 Excel 或 WPS 中取消密码后再上传。")
    if not any(name in content for name in UTF16_WORKBOOK):
        raise Refused("这不是表格（可能是 Word、PPT 等旧格式文件），请选择 xlsx、xls 或 csv。")
    return True


def takes_html(head: bytes, _path: Path) -> bool:
    if b"Excel.Sheet" in head[:2000] or b"urn:schemas-microsoft-com:office:spreadsheet" in head[:4000]:
        raise Refused("这是“XML 表格 2003”，请用 Excel 或 WPS 另存为 xlsx 后上传。")
    if head[:200].lstrip().lower().startswith(b"mime-version:"):
        raise Refused("这是“单个文件网页（mht）”，请用 Excel 或 WPS 另存为 xlsx 后上传。")
    return is_html(head)


def takes_csv(head: bytes, _path: Path) -> bool:
    """Whatever else is text: what does not decode is refused by the reader, in words."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text or text[:1] in (b"{", b"<") or head.startswith((b"PK", OLE, b"SQLite format 3", b"%PDF")):
        return False
    if b"\0" in head:
        return bool(decoded(head[: len(head) // 2 * 2]))
    return not any(byte < 32 and byte not in (9, 10, 11, 12, 13) for byte in head)


def _table(kind: str, title: str, takes: Any, run: str) -> Reader:
    return register(Reader(kind=kind, title=title, takes=takes, run=f"core.imports.{run}"))


XLSX = _table("xlsx", "Excel 工作簿（xlsx）", takes_xlsx, "books:read_xlsx")
XLS = _table("xls", "Excel 97-2003 工作簿（xls）", takes_xls, "books:read_xls")
HTML = _table("html", "网页表格", takes_html, "text_tables:read_html")
CSV = _table("csv", "CSV 文本", takes_csv, "text_tables:read_csv")
