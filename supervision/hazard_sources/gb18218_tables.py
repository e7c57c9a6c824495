"""The tables of GB 18218-2018, and finding a substance in them by name, alias or CAS number."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "gb18218"


@dataclass(frozen=True)
class HazardClass:
    """A row of Table 2 with its β from Table 4."""

    symbol: str
    title: str
    q: Fraction
    beta: Fraction


@dataclass(frozen=True)
class Substance:
    """A row of Table 1. β comes from Table 3 where the gas is named there, else from the reviewed class in Table 4."""

    no: int
    name: str
    cas: tuple[str, ...]
    q: Fraction
    aliases: tuple[str, ...]
    beta: Fraction
    beta_source: str

    @property
    def plain_name(self) -> str:
        """The name without its qualification: 硝酸铵(含可燃物≤0.2%) -> 硝酸铵."""
        return self.name.partition("(")[0]


@cache
def classes() -> dict[str, HazardClass]:
    return {
        row["symbol"]: HazardClass(row["symbol"], row["title"], Fraction(row["q_t"]), Fraction(row["beta"]))
        for row in _rows("table2_4.csv")
    }


@cache
def substances() -> tuple[Substance, ...]:
    gases = {row["gas"]: Fraction(row["beta"]) for row in _rows("table3.csv")}
    return tuple(_substance(row, gases) for row in _rows("table1.csv"))


def find(text: str) -> tuple[Substance, ...]:
    """The rows a name, alias or CAS number may mean: none, one, or several that the user must choose from."""
    return _index().get(fold(text), ())


def suggestions(text: str, limit: int = 5) -> list[str]:
    """Names near to one that was not found."""
    key = fold(text)
    near = get_close_matches(key, _index(), n=limit, cutoff=0.5)
    holding = [name for name in _index() if len(key) >= 2 and (key in name or (len(name) >= 2 and name in key))]
    found = [*near, *sorted(holding, key=lambda name: abs(len(name) - len(key)))]
    return list(dict.fromkeys(row.name for name in found for row in _index()[name]))[:limit]


def is_cas(text: str) -> bool:
    return re.fullmatch(r"[0-9]{2,7}-[0-9]{2}-[0-9]", text.strip()) is not None


def cas_is_valid(text: str) -> bool:
    *digits, check = (int(c) for c in text if c.isdigit())
    return sum(n * d for n, d in enumerate(reversed(digits), start=1)) % 10 == check


def fold(text: str) -> str:
    """Half-width, without blanks, in lower case: how names are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower().replace("﹤", "<").replace("﹥", ">")


@cache
def _index() -> dict[str, tuple[Substance, ...]]:
    index: dict[str, tuple[Substance, ...]] = {}
    for row in substances():
        for key in {fold(k) for k in (row.name, row.plain_name, *row.aliases, *row.cas)}:
            index[key] = (*index.get(key, ()), row)
    # A full name is never ambiguous, whatever shorter names it shares.
    return index | {fold(row.name): (row,) for row in substances()}


def _substance(row: dict[str, str], gases: dict[str, Fraction]) -> Substance:
    if row["table3_name"]:
        beta, source = gases[row["table3_name"]], "表3"
    else:
        beta, source = classes()[row["beta_symbol"]].beta, f"表4 {row['beta_symbol']}"
    return Substance(
        no=int(row["no"]),
        name=row["name"],
        cas=tuple(filter(None, row["cas"].split(";"))),
        q=Fraction(row["q_t"]),
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        beta=beta,
        beta_source=source,
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
