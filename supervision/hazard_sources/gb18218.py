"""Identification and grading of major hazard sources 重大危险源 by GB 18218-2018.

S = Σ q/Q decides whether a unit is a major hazard source (S ≥ 1); R = α·Σ β·q/Q decides its grade. Everything is
computed in exact fractions and compared before any rounding: several published cases lie exactly on a boundary.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction
from typing import Any

from supervision.hazard_sources import gb18218_tables as tables

MAX_ITEMS = 200
MAX_PERSONS = 10_000_000
MAX_TONNES = 1_000_000_000
GRADES = {1: "一级", 2: "二级", 3: "三级", 4: "四级"}

# Permanent residents within 500 m of the plant boundary, at least -> α.
_ALPHAS = ((100, "2.0"), (50, "1.5"), (30, "1.2"), (1, "1.0"), (0, "0.5"))


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input. `index` is the item's place in the list, None for the whole."""

    field: str
    message: str
    index: int | None = None
    suggestions: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    needs: str = ""

    def as_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"field": self.field, "message": self.message}
        optional = {
            "index": self.index,
            "suggestions": list(self.suggestions),
            "choices": list(self.choices),
            "needs": self.needs,
        }
        return answer | {key: value for key, value in optional.items() if value not in (None, [], "")}


class BadInventory(ValueError):
    """The unit cannot be assessed as described; `problems` has one entry for each thing to mend."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        where = f"第 {first.index + 1} 项：" if first.index is not None else ""
        more = f"（另有 {len(self.problems) - 1} 处）" if len(self.problems) > 1 else ""
        super().__init__(f"{where}{first.message}{more}")


@dataclass(frozen=True)
class Entry:
    """What one substance contributes: its name, thresholds, and the quantities found in the inventory."""

    label: str
    q: Fraction
    q_source: str
    beta: Fraction
    beta_source: str
    quantities: tuple[Fraction, ...]
    note: str = ""

    @property
    def quantity(self) -> Fraction:
        return sum(self.quantities, Fraction(0))

    @property
    def ratio(self) -> Fraction:
        return self.quantity / self.q

    def line(self) -> str:
        parts = " + ".join(decimal_text(quantity) for quantity in self.quantities)
        amount = parts if len(self.quantities) == 1 else f"({parts} = {decimal_text(self.quantity)})"
        sources = f"Q 取{self.q_source}，β 取{self.beta_source}" + (f"；{self.note}" if self.note else "")
        return (
            f"{self.label} {amount} t ÷ {decimal_text(self.q)} t × β {decimal_text(self.beta)}"
            f" {_equals(self.ratio * self.beta)}（{sources}）"
        )


@dataclass(frozen=True)
class Assessment:
    """The result, with every step of it readable."""

    s: Fraction
    r: Fraction
    alpha: str
    grade: int | None
    derivation: tuple[str, ...]

    @property
    def is_major(self) -> bool:
        return self.s >= 1

    def as_dict(self) -> dict[str, Any]:
        return {
            "s": decimal_text(self.s),
            "r": decimal_text(self.r),
            "alpha": self.alpha,
            "grade": self.grade,
            "is_major": self.is_major,
            "derivation": list(self.derivation),
        }


def assess(*, exposed_persons: object, items: object) -> Assessment:
    """Read, check and assess; raises BadInventory with everything that is wrong, never only the first thing."""
    problems: list[Problem] = []
    persons = _read(problems, _persons, exposed_persons)
    entries = _entries(items, problems)
    if problems or persons is None:
        raise BadInventory(problems)
    return _computed(persons, entries)


def alpha_for(exposed_persons: int) -> str:
    return next(alpha for least, alpha in _ALPHAS if exposed_persons >= least)


def grade_for(r: Fraction) -> int:
    return 1 if r >= 100 else 2 if r >= 50 else 3 if r >= 10 else 4


def decimal_text(value: Fraction) -> str:
    """Plain decimals. A value that does not end is cut, not rounded, so that what is shown never crosses a boundary."""
    if value.denominator == 1:
        return str(value.numerator)
    with localcontext() as context:
        context.prec, context.rounding = 60, ROUND_DOWN
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
        if Fraction(quotient) != value:
            quotient = quotient.quantize(Decimal("1e-12"))
        text = format(quotient, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _equals(value: Fraction) -> str:
    text = decimal_text(value)
    return f"= {text}" if Fraction(text) == value else f"≈ {text}"


def _computed(persons: int, entries: Sequence[Entry]) -> Assessment:
    s = sum((entry.ratio for entry in entries), Fraction(0))
    weighted = sum((entry.ratio * entry.beta for entry in entries), Fraction(0))
    alpha = alpha_for(persons)
    r = Fraction(alpha) * weighted
    grade = grade_for(r) if s >= 1 else None
    ratios = " + ".join(f"{decimal_text(entry.quantity)}/{decimal_text(entry.q)}" for entry in entries)
    verdict = "≥ 1，构成重大危险源" if s >= 1 else "< 1，不构成重大危险源"
    lines = [entry.line() for entry in entries]
    lines.append(f"S = {ratios} {_equals(s)} {verdict}")
    lines.append(f"厂区边界外 500 m 内常住 {persons} 人，α = {alpha}")
    lines.append(
        f"R = α × Σβ·q/Q = {alpha} × {decimal_text(weighted)} {_equals(r)}"
        + (f"，{_band(grade)}" if grade else "（S < 1，不分级）")
    )
    return Assessment(s=s, r=r, alpha=alpha, grade=grade, derivation=tuple(lines))


def _band(grade: int) -> str:
    return {1: "R ≥ 100，一级", 2: "100 > R ≥ 50，二级", 3: "50 > R ≥ 10，三级", 4: "R < 10，四级"}[grade]


class _Wrong(Exception):
    """Carries one Problem out of a reader."""

    def __init__(self, field: str, message: str, **more: Any) -> None:
        self.problem = Problem(field=field, message=message, **more)
        super().__init__(message)


def _read(problems: list[Problem], reader: Any, *arguments: Any) -> Any:
    try:
        return reader(*arguments)
    except _Wrong as wrong:
        problems.append(wrong.problem)
        return None


def _persons(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or value == "":
        raise _Wrong("exposed_persons", "请填厂区边界外 500 米内的常住人口数（没有人就填 0）。")
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong("exposed_persons", "厂区边界外 500 米内的常住人口应是整数。")
    if not 0 <= value <= MAX_PERSONS:
        raise _Wrong("exposed_persons", f"常住人口应在 0 到 {MAX_PERSONS} 之间。")
    return value


def _entries(items: object, problems: list[Problem]) -> list[Entry]:
    if not isinstance(items, (list, tuple)):
        problems.append(Problem("items", "items 应是清单（数组），每项有物质（或类别）和数量。"))
        return []
    if not items:
        problems.append(Problem("items", "清单是空的：至少要有一种物质。"))
    if len(items) > MAX_ITEMS:
        problems.append(Problem("items", f"清单有 {len(items)} 项，超过 {MAX_ITEMS} 项：请按单元分开评估。"))
        return []
    merged: dict[object, Entry] = {}
    for index, item in enumerate(items):
        _add(merged, item, index, problems)
    return list(merged.values())


def _add(merged: dict[object, Entry], item: object, index: int, problems: list[Problem]) -> None:
    """The same substance in several tanks counts together."""
    if not isinstance(item, Mapping):
        problems.append(Problem("items", "每一项应是对象，含 substance 或 class，以及 quantity_t。", index=index))
        return
    wrong: list[Problem] = []
    quantity = _read(wrong, _quantity, item.get("quantity_t"))
    entry = _read(wrong, _entry, item, quantity or Fraction(0))
    problems.extend(Problem(p.field, p.message, index, p.suggestions, p.choices, p.needs) for p in wrong)
    if wrong:
        return
    key = (entry.label, entry.q, entry.beta)
    if key in merged:
        entry = replace(merged[key], quantities=(*merged[key].quantities, quantity))
    merged[key] = entry


def _quantity(value: object) -> Fraction:
    name = "quantity_t"
    if value is None or value == "":
        raise _Wrong(name, "请填数量（吨）：按设计最大量。")
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise _Wrong(name, "数量应是数（吨）。")
    if isinstance(value, int) and abs(value) > MAX_TONNES:
        raise _Wrong(name, f"数量过大：最多 {MAX_TONNES} 吨。")
    # repr() of a float is the shortest text that means it: 25.2 stays 25.2.
    text = value.strip() if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    if not re.fullmatch(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?", text):
        raise _Wrong(name, "数量应是普通的数（吨），例如 25 或 25.2，不带单位和千分号。")
    quantity = Fraction(text)
    if quantity < 0:
        raise _Wrong(name, "数量不能是负数。")
    if quantity > MAX_TONNES:
        raise _Wrong(name, f"数量过大：最多 {MAX_TONNES} 吨。")
    return quantity


def _entry(item: Mapping[Any, Any], quantity: Fraction) -> Entry:
    name, symbols = item.get("substance"), _symbols(item.get("class"))
    if name is not None and not isinstance(name, str):
        raise _Wrong("substance", "物质应是名称、别名或 CAS 号（文本）。")
    name = (name or "").strip()
    if len(name) > 100:
        raise _Wrong("substance", "物质名称过长（最多 100 字）。")
    if not name and not symbols:
        raise _Wrong("substance", "请填物质名称、CAS 号，或危险性类别（如 W5.3）。")
    found = tables.find(name) if name else ()
    if len(found) > 1:
        raise _Wrong(
            "substance",
            f"“{name}”在表1中有 {len(found)} 行，临界量不同：请写明是哪一种。",
            choices=tuple(row.name for row in found),
        )
    if found:
        return _named(found[0], quantity, symbols)
    if symbols:
        return _classed(name, quantity, symbols)
    raise _unknown(name)


def _named(row: tables.Substance, quantity: Fraction, symbols: tuple[str, ...]) -> Entry:
    note = f"表1已列名，所填类别 {'、'.join(symbols)} 不用" if symbols else ""
    return Entry(row.name, row.q, "表1", row.beta, row.beta_source, (quantity,), note)


def _classed(name: str, quantity: Fraction, symbols: tuple[str, ...]) -> Entry:
    """A substance in several classes takes the lowest Q; of equal ones the larger β."""
    chosen = min((tables.classes()[symbol] for symbol in symbols), key=lambda c: (c.q, -c.beta))
    label = f"{name}（{chosen.symbol}）" if name else f"{chosen.symbol} {chosen.title}"
    note = f"属 {'、'.join(symbols)}，取临界量最低的" if len(symbols) > 1 else ""
    return Entry(label, chosen.q, f"表2 {chosen.symbol}", chosen.beta, f"表4 {chosen.symbol}", (quantity,), note)


def _symbols(value: object) -> tuple[str, ...]:
    """One class or several: "W5.3", "J5、W5.3" or a list."""
    if value is None or value == "":
        return ()
    given = re.split(r"[、,，;；\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not given or len(given) > len(tables.classes()):
        raise _Wrong("class", "类别应是表2的符号，例如 W5.3。", choices=tuple(tables.classes()))
    symbols = []
    for symbol in given:
        tidy = tables.fold(symbol).upper() if isinstance(symbol, str) else ""
        if tidy not in tables.classes():
            shown = symbol[:20] if isinstance(symbol, str) else "非文本"
            raise _Wrong("class", f"不认识的类别“{shown}”：应是表2的符号，例如 W5.3。", choices=tuple(tables.classes()))
        symbols.append(tidy)
    return tuple(dict.fromkeys(symbols))


def _unknown(name: str) -> _Wrong:
    if tables.is_cas(name) and not tables.cas_is_valid(name):
        return _Wrong("substance", f"CAS 号 {name} 的校验位不对，请核对。")
    near = tuple(tables.suggestions(name))
    hint = f"相近的有：{'；'.join(near)}。" if near else ""
    return _Wrong(
        "substance",
        f"表1里没有“{name}”。{hint}若确不在表1，请给出它的危险性类别（如 W5.3）。",
        suggestions=near,
        needs="class",
    )
