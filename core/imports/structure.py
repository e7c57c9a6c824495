"""What a workbook's values alone do not say: formulas and whether they were computed, faults, what is hidden.

Looked for by pattern in the raw parts first; only a sheet that has such things is walked element by element.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

CHUNK = 1 << 20
NOTABLE = re.compile(rb"""<(?:\w+:)?f[ >/]|\bt=["']e["']|\bhidden=["'](?:1|true)["']""")
DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
MOST_UNPACKED = 420 << 20
MOST_PARTS = 2_000
COUNTS_FROM_1904 = re.compile(rb"""date1904=["'](?:1|true)""")
CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
Place = tuple[int, int]  # row from 1, column from 0


class BadBook(ValueError):
    """The workbook cannot be taken; the text says why."""


@dataclass
class Structure:
    formulas: dict[Place, tuple[str, bool]] = field(default_factory=dict)  # formula, whether a result is stored
    faults: dict[Place, str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)


def open_book(path: Any) -> zipfile.ZipFile:
    """The archive, when it is no bomb, has no macro and declares no entities. Raises BadBook."""
    archive = zipfile.ZipFile(path)
    parts = archive.infolist()
    names = {p.filename.lower() for p in parts}
    if any(n.endswith("vbaproject.bin") for n in names):
        raise BadBook("文件带有宏（xlsm），不予读取。请另存为“Excel 工作簿（xlsx）”后上传。")
    if "xl/workbook.bin" in names:
        raise BadBook("这是二进制工作簿（xlsb），请另存为“Excel 工作簿（xlsx）”后上传。")
    unpacked = sum(p.file_size for p in parts)
    if len(parts) > MOST_PARTS:
        raise BadBook(f"文件里有 {len(parts):,} 个内部文件，正常的表格没有这么多。请另存为新的 xlsx 后上传。")
    if unpacked > MOST_UNPACKED:
        raise BadBook(
            f"文件展开后有 {unpacked >> 20} MB，超过上限，不予读取。请删去多余的格式和空行后另存为新的 xlsx。"
        )
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                if DOCTYPE.search(stream.read(4096)):
                    raise BadBook("文件里有 DTD 或实体声明，正常的表格不会有，不予读取。")
    return archive


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet -> the part that holds it."""
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("Relationship"):
            path = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"

    found: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet":
            key = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            found[attributes.get("name", "")] = posixpath.normpath(targets.get(key, ""))

    try:
        _walk(archive.read("xl/_rels/workbook.xml.rels"), relation)
        _walk(archive.read("xl/workbook.xml"), sheet)
    except (KeyError, expat.ExpatError):
        return {}
    return found


def is_1904(archive: zipfile.ZipFile) -> bool:
    try:
        return bool(COUNTS_FROM_1904.search(archive.read("xl/workbook.xml")))
    except KeyError:
        return False


def _walk(content: bytes, start: Any) -> None:
    parser = _parser()
    parser.StartElementHandler = start
    parser.Parse(content, True)


def _parser() -> Any:
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise BadBook("文件里有 DTD 或实体声明，正常的表格不会有，不予读取。")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def structure_of(archive: zipfile.ZipFile, part: str) -> Structure:
    found = Structure()
    if part not in archive.namelist() or not _is_notable(archive, part):
        return found
    walker = _Walker(found)
    with archive.open(part) as stream:
        walker.parser.ParseFile(stream)
    return found


def _is_notable(archive: zipfile.ZipFile, part: str) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            if NOTABLE.search(tail + chunk):
                return True
            tail = chunk[-32:]
    return False


class _Walker:
    """Follows rows and cells; a cell without an address stands after the one before it."""

    def __init__(self, found: Structure) -> None:
        self.found = found
        self.row, self.column = 0, -1
        self.is_fault = False
        self.formula: list[str] | None = None
        self.has_formula = self.has_value = False
        self.text: list[str] | None = None
        self.parser = _parser()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag == "f":
            self.has_formula, self.text = True, []
        elif tag == "v":
            self.has_value, self.text = True, []
        elif tag == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.found.hidden_rows.append(self.row)
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.found.hidden_columns.extend(range(first - 1, min(last, 400)))

    def _cell(self, attributes: dict[str, str]) -> None:
        address = CELL.fullmatch(attributes.get("r", ""))
        if address:
            self.column = 0
            for letter in address[1]:
                self.column = self.column * 26 + ord(letter) - 64
            self.column -= 1
        else:
            self.column += 1
        self.is_fault = attributes.get("t") == "e"
        self.has_formula = self.has_value = False
        self.formula = None

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "f":
            self.formula, self.text = self.text, None
        elif tag == "v":
            if self.is_fault:
                self.found.faults[self.row, self.column] = "".join(self.text or [])[:20]
            self.text = None
        elif tag == "c" and self.has_formula:
            self.found.formulas[self.row, self.column] = ("=" + "".join(self.formula or [])[:200], self.has_value)
