"""How headings are compared: without blanks, widths, marks of being required, and units in brackets kept."""

import re
import unicodedata

MARKS = re.compile(r"[(（\[【]?(必填项?|选填项?|必须|required)[)）\]】]?|[*＊※:：]")
UNSEEN = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad]+")


def tidy(title: object) -> str:
    """“ 企业名称 （必填）* ” and “企业名称” are the same heading."""
    text = unicodedata.normalize("NFKC", "" if title is None else str(title))
    return MARKS.sub("", UNSEEN.sub("", text)).casefold()
