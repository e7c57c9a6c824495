"""Text of unknown encoding: UTF-8 where it is that, else the Chinese national encoding, else refused."""

from __future__ import annotations

from geo.geodata.limits import Unreadable


def text_of(content: bytes, what: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16", what)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(content, "gb18030", what)


def _decoded(content: bytes, encoding: str, what: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{what} 的文字编码既不是 UTF-8 也不是 GBK，请另存为 UTF-8 后上传。") from error
