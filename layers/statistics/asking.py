"""What a reader asks of a page of statistics: a division, a period, one table or all. What arrives is checked here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date

from core.models import User
from layers.statistics.areas import Ground, ground

KNOWN = ("region", "from", "to", "table", "rows", "now")
FIRST, LAST = dt.date(1949, 10, 1), dt.date(2100, 1, 1)


@dataclass(frozen=True)
class Asked:
    """Who asks, and for what."""

    user: User
    module: str
    ground: Ground | None
    today: dt.date
    start: dt.date | None = None
    end: dt.date | None = None
    table: str = ""
    with_rows: bool = False
    is_now: bool = False  # count afresh, however dear

    @property
    def query(self) -> dict[str, str]:
        """The same again, for links of the page."""
        ground = self.ground
        found = {
            "region": "" if ground is None or ground.chosen == ground.top else ground.chosen.code,
            "from": self.start.isoformat() if self.start else "",
            "to": self.end.isoformat() if self.end else "",
        }
        return {name: value for name, value in found.items() if value}


def asked(user: User, module: str, given: Mapping[str, Any], today: dt.date) -> Asked:
    if unknown := sorted(set(given) - {*KNOWN, "format"}):
        raise ValidationError(f"不认识的参数：{'、'.join(unknown)[:80]}。可用：{'、'.join(KNOWN)}。")
    start, end = date_of(given, "from", "期间起"), date_of(given, "to", "期间止")
    if start and end and start > end:
        raise ValidationError(f"期间的起 {start} 晚于止 {end}，请对调。")
    return Asked(
        user=user,
        module=module,
        ground=ground(user, str(given.get("region", ""))),
        today=today,
        start=start,
        end=end,
        table=str(given.get("table", "")),
        with_rows=given.get("rows") == "1",
        is_now=given.get("now") == "1",
    )


def date_of(given: Mapping[str, Any], name: str, label: str) -> dt.date | None:
    text = str(given.get(name, "")).strip()
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or not FIRST <= found <= LAST:
        raise ValidationError(f"{label}“{text[:20]}”不是日期，应写作 2016-07-01。")
    return found
