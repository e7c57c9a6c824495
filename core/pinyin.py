"""Pinyin initials of Chinese names, so that a name can be found by typing its first letters."""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin

LONGEST = 120


def initials(name: str) -> str:
    """ "东营港化工有限公司2号" -> "dyghgyxgs2h". Letters and digits stay, everything else is left out.

    The column that keeps it is called `pinyin`; a service that sets a name sets it too.
    """
    parts = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return "".join(c for c in "".join(parts).lower() if c.isascii() and c.isalnum())[:LONGEST]
