"""Pictures on the sheet: fitted to their place and the right way up."""

import io
import struct
from typing import Any

from docx.image.exceptions import UnrecognizedImageError
from docx.image.image import Image
from docx.oxml.ns import qn
from docx.shared import Length, Mm

from core.documents.values import Picture

TALLEST = Mm(110)
QUARTER_TURN = 5_400_000  # of the format's 60,000ths of a degree
TURNS = {3: 2, 6: 1, 8: 3}  # EXIF orientation → quarter turns clockwise; mirrored ones come from no camera


def place(run: Any, picture: Picture, width: Length) -> bool:
    """False when the bytes are an image Word cannot hold (webp) or not one at all; the caller writes that down."""
    try:
        image = Image.from_blob(picture.content)
        turns = TURNS.get(orientation(picture.content), 0)
        across, down = image.px_width, image.px_height
        if turns % 2:
            across, down = down, across
        scale = min(width / across, TALLEST / down)
        size = {"width": Length(int(image.px_width * scale)), "height": Length(int(image.px_height * scale))}
        shape = run.add_picture(io.BytesIO(picture.content), **size)
    except (UnrecognizedImageError, ValueError, KeyError, ZeroDivisionError, struct.error):
        return False
    if turns:
        _turn(shape, turns)
    return True


def _turn(shape: Any, turns: int) -> None:
    """Phones store a picture as the sensor lies and say how to turn it, which neither Word nor LibreOffice heeds."""
    inline = shape._inline
    inline.find(f".//{qn('a:xfrm')}").set("rot", str(turns * QUARTER_TURN))
    if turns % 2:
        # The frame keeps the unturned size; the effect extent tells how far the turned picture leaves it.
        over = (int(shape.width) - int(shape.height)) // 2
        extent = inline.find(qn("wp:effectExtent"))
        if extent is None:
            extent = inline.makeelement(qn("wp:effectExtent"))
            inline.find(qn("wp:extent")).addnext(extent)
        for edge, value in (("l", -over), ("t", over), ("r", -over), ("b", over)):
            extent.set(edge, str(value))


def orientation(content: bytes) -> int:
    """The EXIF orientation of a JPEG, 1 when it has none or it cannot be read."""
    start = content[:65_536].find(b"Exif\x00\x00")
    if not content.startswith(b"\xff\xd8") or start < 0:
        return 1
    tiff = content[start + 6 : start + 65_536]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None or struct.unpack_from(f"{order}H", tiff, 2)[0] != 42:
            return 1
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        for index in range(min(entries, 200)):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * index)
            if (tag, kind, count) == (0x0112, 3, 1):
                return int(value)
    except struct.error:
        return 1
    return 1
