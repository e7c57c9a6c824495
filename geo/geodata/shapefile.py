"""A zipped Shapefile through GDAL, which in this process knows no other format and sees no other file.

The members are copied into memory under our own names; the text of the .prj and the attributes are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geo.geodata import crs
from geo.geodata.archive import Archive, shown, stem
from geo.geodata.attributes import Columns, date_of, tidy
from geo.geodata.features import Feature, Line, Source, lines
from geo.geodata.gdal import DATE, Layer, Shapefile
from geo.geodata.geopackage import from_wkb
from geo.geodata.limits import Unreadable, feature_limit

# What a .cpg or the dBASE header may say; anything else is found out by trying.
ENCODINGS = {
    "UTF-8": "utf-8", "UTF8": "utf-8", "65001": "utf-8", "GBK": "gb18030", "GB2312": "gb18030", "GB18030": "gb18030",
    "936": "gb18030", "CP936": "gb18030", "WINDOWS-936": "gb18030", "ANSI 936": "gb18030", "EUC-CN": "gb18030",
}  # fmt: skip
DBASE_GBK = 0x4D


def read(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        yield from lines(opened(path), {**options, "cut_names": True})
    except Unreadable as error:
        yield {"refused": str(error)}


def opened(path: Path) -> Source:
    archive = Archive(path)
    parts = members(archive)
    notes = [] if ".shx" in parts else ["缺少 .shx（索引），已按 .shp 重新生成。"]
    file = Shapefile(parts)
    try:
        return described(file, parts, notes)
    except BaseException:
        file.close()
        raise


def described(file: Shapefile, parts: dict[str, bytes], notes: list[str]) -> Source:
    layer = file.layer()
    names = layer.field_names()
    texts = [*names, *layer.sample_texts()]
    encoding = encoding_of(parts, texts)
    columns = Columns()
    decoded = [_decoded(name, encoding) for name in names]
    columns.meet(dict.fromkeys(decoded))
    declared = crs.by_text(parts[".prj"].decode("utf-8", "replace")) if ".prj" in parts else crs.NOTHING
    return Source(columns.names, _features(file, layer, decoded, encoding), declared=declared, notes=notes)


def members(archive: Archive) -> dict[str, bytes]:
    """The parts of the one layer in the archive, by their endings."""
    shapes = archive.ending(".shp")
    if not shapes:
        raise Unreadable("压缩包里缺少 .shp（几何）。请把同名的 .shp、.shx、.dbf、.prj 一起压缩。")
    if len(shapes) > 1:
        listed = "、".join(shown(e)[:30] for e in shapes[:6])
        raise Unreadable(f"压缩包里有 {len(shapes)} 个图层（{listed}），请只留要导入的一个。")
    own = [e for e in archive.entries if stem(e) == stem(shapes[0])]
    found = {e.filename.lower()[-4:]: e for e in own}
    if ".dbf" not in found:
        raise Unreadable("压缩包里缺少 .dbf（属性表）。请把同名的 .shp、.shx、.dbf、.prj 一起压缩。")
    return {tail: archive.read(found[tail]) for tail in (".shp", ".shx", ".dbf", ".prj", ".cpg") if tail in found}


def encoding_of(parts: dict[str, bytes], texts: list[bytes]) -> str:
    """As the .cpg says, else the dBASE header, else what decodes: UTF-8 before the national encoding."""
    said = ENCODINGS.get(parts.get(".cpg", b"").decode("ascii", "replace").strip("\ufeff \t\r\n\0").upper(), "")
    if not said and len(parts[".dbf"]) > 29 and parts[".dbf"][29] == DBASE_GBK:
        said = "gb18030"
    for encoding in dict.fromkeys(e for e in (said, "utf-8", "gb18030") if e):
        try:
            for text in texts:
                text.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable("属性的文字编码既不是 UTF-8 也不是 GBK，请重新导出并带上 .cpg 文件。")


def _features(file: Shapefile, layer: Layer, names: list[str], encoding: str) -> Iterator[Feature]:
    number = 0
    rows = layer.features()
    try:
        for number, (wkb, values) in enumerate(rows, start=1):
            feature_limit(number)
            feature = Feature(number, {n: _value(v, encoding) for n, v in zip(names, values, strict=True)})
            if wkb is not None:
                feature.shape, feature.problem = from_wkb(wkb)
            yield feature
        if not number:
            raise Unreadable("文件里没有要素（图层是空的）。")
    finally:
        rows.close()
        file.close()


def _value(value: Any, encoding: str) -> Any:
    if not isinstance(value, tuple):
        return value
    kind, raw = value
    text = _decoded(raw, encoding)
    return date_of(text.replace("/", "-")) if kind == DATE else tidy(text)


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        # Ten bytes of a field name or a full cell may end in the middle of a character.
        return raw.decode(encoding, "ignore")
