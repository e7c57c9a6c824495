"""What a module says about a paper it can issue: its fields, its blocks, who signs. Nothing is drawn or stored here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# Words every text may use besides the paper's own fields; issuing fills them in.
BUILT_IN = frozenset({"title", "number", "date", "year", "agency", "government", "court", "code"})
KINDS = frozenset(
    {"text", "long", "number", "money", "date", "datetime", "choice", "list", "rows", "pictures", "signature"}
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table; widths are shares of the page."""

    key: str
    title: str
    width: int = 1
    kind: str = "text"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing a person fills in. `rows` and `list` hold several; `pictures` and `signature` hold stored files."""

    key: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph, left out while `when` names an empty field. Levels 1 to 3 are headings, numbered 一、 （一） 1."""

    text: str
    level: int = 0
    when: str = ""
    indent: bool = True


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A `list` field, each entry a numbered paragraph: 1. 2. 3."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A `rows` field as a ruled table whose header repeats on every page and whose rows never split."""

    key: str
    serial: bool = True  # a first column 序号


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A label and what stands beside it, in a form."""

    label: str
    text: str  # "{legal_person}", or "{from_on}至{until_on}"
    span: int = 1


@dataclass(frozen=True, kw_only=True)
class Form:
    """A ruled form of label–value cells; each inner tuple is one line across the page."""

    lines: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """A box for 承办人意见, 审核意见, 审批意见: the text, the signature, the date."""

    label: str
    text: str
    signature: str = ""  # key of a signature field
    dated: str = ""  # key of a date field


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """A `pictures` field, two to a line with their captions."""

    key: str
    width_mm: int = 74


@dataclass(frozen=True, kw_only=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Text | Listing | Table | Form | Opinion | Pictures | PageBreak


@dataclass(frozen=True, kw_only=True)
class Relief:
    """How to contest the paper. 行政复议法(2023) §24: a local department's act is reviewed by the 本级人民政府 only."""

    days: int = 60  # 行政复议法 §20
    months: int = 6  # 行政诉讼法 §46
    review_first: bool = False  # 行政复议法 §23: an on-the-spot penalty goes to review before suit
    suspends: bool = False

    @property
    def text(self) -> str:
        start = f"如不服本{{title}}，可以自收到本文书之日起{self.days}日内向{{government}}申请行政复议"
        if self.review_first:
            text = (
                f"{start}；对复议决定不服的，可以自收到复议决定书之日起15日内向{{court}}提起行政诉讼。"
                "依法应当先申请行政复议。"
            )
        else:
            text = f"{start}，或者自收到本文书之日起{self.months}个月内依法向{{court}}提起行政诉讼。"
        if not self.suspends:
            text += "复议、诉讼期间，除法律另有规定外，不停止执行本决定。"
        return text


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A line to sign on: 现场负责人（签名）. `key` names a signature field when it is signed on glass or pre-filled."""

    label: str
    key: str = ""
    dated: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    """One kind of paper a module can issue."""

    key: str  # "enforcement.inspection_record"; codes repeat and some forms have none
    title: str
    fields: tuple[Field, ...]
    body: tuple[Block, ...]
    style: str = "form"  # "letter": 公文 with a red head; "form": 执法文书
    code: str = ""  # 检记, 责改 …
    pattern: str = "（{abbreviation}）应急{code}〔{year}〕{n}号"  # "" for a paper without a number
    addressee: str = ""  # key of the field that names the 主送机关 or the party
    relief: Relief | None = None
    signatures: tuple[Signature, ...] = ()
    sealed: bool = True  # ends with the agency's name and the date
    copies: str = ""  # "本文书一式两份：……"
    copy_to: str = ""  # 抄送
    attachments: str = ""  # key of a list field with the names of the 附件
    confidentiality: str = ""  # 密级
    urgency: str = ""  # 紧急程度
    addressed_to_site: bool = False  # the enterprise on the subject's site may read it
    family: str = ""  # "2017", "2025": alternative sets of forms
    by_key: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {f.key: f for f in self.fields})

    def texts(self) -> Iterator[str]:
        for block in self.body:
            if isinstance(block, Text | Opinion):
                yield block.text
            elif isinstance(block, Form):
                yield from (cell.text for line in block.lines for cell in line)
        yield from (self.copies, self.copy_to)

    def problems(self) -> list[str]:
        """What is wrong with the declaration, in words for its author."""
        found = [f"field {f.key!r}: unknown kind {f.kind!r}" for f in self.fields if f.kind not in KINDS]
        found += [f"field {f.key!r}: rows need columns" for f in self.fields if f.kind == "rows" and not f.columns]
        found += [f"field {f.key!r}: the name is the engine's own" for f in self.fields if f.key in BUILT_IN]
        if len(self.by_key) != len(self.fields):
            found.append("two fields share a key")
        if self.style not in ("letter", "form"):
            found.append(f"unknown style {self.style!r}")
        if self.pattern and "{n}" not in self.pattern:
            found.append("the number pattern has no {n}")
        if "{code}" in self.pattern and not self.code:
            found.append("the number pattern wants a code")
        known = BUILT_IN | self.by_key.keys()
        for text in self.texts():
            found += [f"text names {{{k}}}, which is no field" for k in PLACEHOLDER.findall(text) if k not in known]
        for key in self._named_keys():
            if key and key not in self.by_key:
                found.append(f"{key!r} is no field")
        return [f"{self.key}: {problem}" for problem in found]

    def _named_keys(self) -> Iterator[str]:
        yield from (self.addressee, self.attachments)
        yield from (signature.key for signature in self.signatures)
        for block in self.body:
            if isinstance(block, Listing | Table | Pictures):
                yield block.key
            elif isinstance(block, Text):
                yield block.when
            elif isinstance(block, Opinion):
                yield from (block.signature, block.dated)
