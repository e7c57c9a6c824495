"""Check digits: 统一社会信用代码 (GB 32100), 组织机构代码 (GB 11714), 公民身份号码 (GB 11643).

Each check answers "" when the identifier is right, otherwise the reason in Chinese.
"""

import datetime as dt
import re
import unicodedata

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_DIGITS = "10X98765432"


def tidy(text: str) -> str:
    """What people type or paste, in the form the standards write: no blanks, half-width, capitals."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_credit_code(code: str) -> str:
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，现在是 {len(code)} 位。" + _spreadsheet_hint(code)
    wrong = next((c for c in code if c not in CREDIT_ALPHABET), "")
    if wrong:
        return f"统一社会信用代码里不会出现“{_printable(wrong)}”（只用数字和除 I、O、S、V、Z 外的大写字母）。"
    if not code[2:8].isdigit():
        return "统一社会信用代码第 3–8 位是登记机关的行政区划码，应全是数字。"
    if _credit_digit(code[:17]) != code[17]:
        return f"统一社会信用代码校验位不对：按前 17 位应为 {_credit_digit(code[:17])}，请核对营业执照。"
    reason = check_organisation_code(code[8:17])
    return f"统一社会信用代码第 9–17 位有误：{reason}" if reason else ""


def check_organisation_code(code: str) -> str:
    code = code.replace("-", "")
    if len(code) != 9 or any(c not in _ORGANISATION_ALPHABET for c in code):
        return "组织机构代码应为 8 位数字或大写字母加 1 位校验码。"
    expected = _organisation_digit(code[:8])
    return "" if code[8] == expected else f"组织机构代码校验码不对：应为 {expected}。"


def check_citizen_number(number: str, *, today: dt.date | None = None) -> str:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return "公民身份号码应为 17 位数字加 1 位校验码（数字或大写 X）。" + _spreadsheet_hint(number)
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return f"公民身份号码里的出生日期 {number[6:14]} 不存在。"
    if born > (today or dt.date.today()):
        return f"公民身份号码里的出生日期 {born.isoformat()} 还没有到。"
    expected = _CITIZEN_DIGITS[sum(int(d) * w for d, w in zip(number, _CITIZEN_WEIGHTS, strict=False)) % 11]
    return "" if number[17] == expected else "公民身份号码校验码不对，请核对证件。"


def make_credit_code(region_code: str, serial: int, *, prefix: str = "91", series: str = "MA3") -> str:
    """A made-up but valid code for fictional enterprises; the same arguments always give the same code."""
    body = series
    base = len(CREDIT_ALPHABET)
    width = 8 - len(series)
    if not 0 <= serial < base**width:
        raise ValueError(f"serial={serial}: expected 0 .. {base**width - 1} for series {series!r}.")
    digits = ""
    for _ in range(width):
        serial, digit = divmod(serial, base)
        digits = CREDIT_ALPHABET[digit] + digits
    body += digits
    head = f"{prefix}{region_code[:6]}{body}{_organisation_digit(body)}"
    return head + _credit_digit(head)


def _credit_digit(head: str) -> str:
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(head, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def _organisation_digit(body: str) -> str:
    total = sum(_ORGANISATION_ALPHABET.index(c) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    digit = 11 - total % 11
    return {10: "X", 11: "0"}.get(digit, str(digit))


def _spreadsheet_hint(text: str) -> str:
    return "可能被电子表格改成了科学计数，请把该列设为文本。" if re.search(r"\d[Ee]\+?\d", text) else ""


def _printable(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"
