"""Reading an uploaded file in a child process with limits. Each kind of file is a `Reader`, one pipeline takes all.

What a reader owes
------------------
`run` names a function "package.module:function" that the child imports and calls as `function(path, options)`.
The child has no Django set up, no environment, no network, little memory: import only what reads the file. It returns
an iterator of dicts that `json` can write, in this order:

1. the header: `{"columns": ["企业名称", …], "notes": ["工作表“备份”已隐藏，没有读取。", …]}`.
   Column names are unique and not empty. Further keys, all optional: `"heading": 3` (the file's row number of the
   heading), `"positions": [0, 1, 3]` (where each column stood), `"above": [[…], …]` (the rows above the heading),
   `"is_1904": true` (numbers that are dates count from 1904), `"has_geometry": true` (no lon and lat columns needed).
2. each row that is not empty: `{"row": 4, "values": {"企业名称": "…", …}, "geometry": null}`.
   `row` is the number the person sees in the file (features: from 1). `values` by column name; a missing name is an
   empty cell. A value is a text, number, true/false, null, or one of
   `{"date": "2026-03-05"}`, `{"formula": "=A1*2", "cached": 7 or null}`, `{"fault": "#REF!"}`, `{"merged": value}`.
   `"problem": "…"` refuses the row as such, `"warning": "…"` is shown with it. `geometry` is null or a GeoJSON
   geometry in CGCS2000 longitude and latitude (EPSG:4490): already converted.
3. a file that cannot be read: `{"refused": "原因和改法，一句中文。"}` as the last line. No exception is
   needed for that; one that escapes is answered with a general sentence and logged.

`options`: `titles` (tidied by `titles.tidy`, those that the sheet knows: a table's heading is looked for with them),
`shown` (the required titles, for messages), `rows` and `columns` (the most of each), `wants_geometry`, and what the
person chose at upload, such as `datum`.

A reader for records with a geometry says `has_geometry=True`; it is offered only where the sheet takes one. A row's
geometry fills the sheet's lon and lat (a point) or its geometry column (anything else).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024
HEAD = 64 * 1024
MOST_OUTPUT = 400 * MB
LONGEST_LINE = 8 * MB


class Refused(Exception):
    """The file, or the step, cannot be taken; the text says why and what to do, for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One kind of file: how it is recognised by content, and the function that reads it in the child."""

    kind: str  # "xlsx"
    title: str  # “Excel 工作簿（xlsx）”
    takes: Callable[[bytes, Path], bool]  # (the first 64 kB, the file): by content; the name is not known
    run: str
    has_geometry: bool = False
    memory_mb: int = 1024
    cpu_seconds: int = 60
    wall_seconds: int = 120


readers: dict[str, Reader] = {}


def register(reader: Reader) -> Reader:
    """The first one registered that takes a file reads it: the particular before the general."""
    readers[reader.kind] = reader
    return reader


def reader_of(path: Path, *, wants_geometry: bool = False) -> Reader:
    """Which reader a file needs. Raises Refused."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    for reader in readers.values():
        if reader.takes(head, path):
            if reader.has_geometry and not wants_geometry:
                raise Refused(f"这是{reader.title}，此处的记录没有位置，请改用表格（xlsx、xls、csv）。")
            return reader
    known = "、".join(r.title for r in readers.values() if wants_geometry or not r.has_geometry)
    raise Refused(f"认不出这个文件的格式。可以导入：{known}。")


def lines(path: Path, reader: Reader, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the reader says, line by line, from a child that is killed when it asks for too much. Raises Refused."""
    command = [sys.executable, "-m", "core.imports.child", reader.run, str(path), json.dumps(options)]
    limits = {"ANTU_MEMORY_MB": str(reader.memory_mb), "ANTU_CPU_S": str(reader.cpu_seconds)}
    environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **limits}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=environment, cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(reader.wall_seconds, end)
        clock.start()
        try:
            assert child.stdout is not None
            is_whole = yield from _spoken(child.stdout)
            if not is_whole:
                raise Refused(_why(child.wait(), late.is_set(), reader, said))
        finally:
            clock.cancel()
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _spoken(stream: IO[bytes]) -> Generator[dict[str, Any], None, bool]:
    """The child's lines; the value of the generator says whether it came to its own end."""
    total = 0
    while raw := stream.readline(LONGEST_LINE):
        total += len(raw)
        if not raw.endswith(b"\n") and len(raw) >= LONGEST_LINE:
            raise Refused("文件里有一行的内容过长（超过 8 MB），请检查是否把大段文字或图片数据放进了单元格。")
        if total > MOST_OUTPUT:
            raise Refused("文件展开后的内容超过 400 MB，请拆成几个文件导入。")
        try:
            line = json.loads(raw)
        except ValueError:  # cut off in the middle: the child was killed
            return False
        if "refused" in line:
            raise Refused(str(line["refused"]))
        yield line
        if "end" in line:
            return True
    return False


def _why(code: int, is_late: bool, reader: Reader, said: IO[bytes]) -> str:
    said.seek(0)
    log.warning("Reader %s ended with %s: %s", reader.kind, code, said.read()[-1500:].decode("utf-8", "replace"))
    if is_late or code == -signal.SIGXCPU:
        return "文件太复杂，在规定时间内读不完，已停止读取。请删去多余的工作表、格式和空行后，另存为新的 xlsx 再上传。"
    if code in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
        return "文件展开后超出内存上限，已停止读取。请删去多余的工作表、格式和空行，或拆成几个文件后再上传。"
    return "文件已损坏或内部结构不合规，无法读取。请用 Excel 或 WPS 打开后另存为新的 xlsx 再上传。"
