"""Taking named members out of a zip, into memory, under no name of the archive's choosing."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path

from geo.geodata.limits import MB, MOST_ENTRIES, MOST_RATIO, MOST_UNPACKED, Unreadable

ARCHIVES = (".zip", ".rar", ".7z", ".kmz", ".tar", ".gz", ".tgz", ".bz2", ".xz")


class Archive:
    """A zip that keeps within the limits, or Unreadable."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            entries = [e for e in self._zip.infolist() if not e.is_dir()]
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
            raise Unreadable("压缩包已损坏或不完整，请重新压缩后上传。") from error
        self._left = MOST_UNPACKED
        _check(entries)
        # What the Finder and the Explorer leave behind is nobody's data.
        self.entries = [e for e in entries if not e.filename.startswith("__MACOSX/") and not _base(e).startswith(".")]

    def ending(self, tail: str) -> list[zipfile.ZipInfo]:
        return [e for e in self.entries if e.filename.lower().endswith(tail)]

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """The member's bytes; what the directory promises is not believed."""
        parts, size = [], 0
        try:
            with self._zip.open(entry) as stream:
                while part := stream.read(MB):
                    size += len(part)
                    if size > self._left or size > entry.file_size:
                        raise Unreadable("压缩包展开后过大，已停止读取。请拆成几个文件上传。")
                    parts.append(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Unreadable(f"压缩包里的“{_base(entry)[:40]}”已损坏或不完整，请重新压缩后上传。") from error
        self._left -= size
        return b"".join(parts)


def stem(entry: zipfile.ZipInfo) -> str:
    return entry.filename.rsplit(".", 1)[0].casefold()


def shown(entry: zipfile.ZipInfo) -> str:
    """The name as people wrote it: Chinese Windows writes GBK where the format says cp437."""
    name = _base(entry)
    if not entry.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return name
    return name


def _base(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").rsplit("/", 1)[-1]


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"压缩包里有 {len(entries)} 个文件，最多 {MOST_ENTRIES} 个，请只放一个图层。")
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if unpacked > MOST_UNPACKED or (unpacked > 10 * MB and unpacked > MOST_RATIO * max(packed, 1)):
        raise Unreadable("压缩包展开后过大，已拒收。请拆成几个文件上传。")
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise Unreadable("压缩包里有指向外部路径的文件名，已拒收。请重新压缩后上传。")
        if name.lower().endswith(ARCHIVES):
            raise Unreadable("压缩包里还有压缩包，已拒收。请只把同一个图层的几个文件压缩在一起。")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Unreadable("压缩包里有符号链接，已拒收。请重新压缩后上传。")
        if entry.flag_bits & 0x1:
            raise Unreadable("压缩包设有密码，无法读取。请去掉密码后上传。")
