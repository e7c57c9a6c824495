"""Sending upward: a county its first and second grades every quarter, the city its first every half-year.

令40 第二十三条、第二十九条. What is sent is frozen with its hash: later changes of a source do not reach back into it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import events, sheets
from core.calendar import months_later
from core.models import User
from core.workflow import NotAllowed
from geo.models import Region
from supervision.hazard_sources import clocks
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.models import Cancellation, Filing, Transmission, TransmittedRow
from supervision.hazard_sources.models.filing import period_name

RIGHT = "hazard_sources.send_transmission"
RULES = {Transmission.Level.CITY: "hazard_source.send_city", Transmission.Level.PROVINCE: "hazard_source.send_province"}
MONTHS = {Transmission.Level.CITY: 3, Transmission.Level.PROVINCE: 6}
GRADES_SENT = {Transmission.Level.CITY: (1, 2), Transmission.Level.PROVINCE: (1,)}
DUE_DAYS = 15
SHOWN_PERIODS = 8


@dataclass(frozen=True)
class Period:
    """One period of one office: what is due when, and what was sent."""

    level: str
    region: Region
    starts_on: dt.date
    ends_on: dt.date
    due_on: dt.date
    sent: Transmission | None

    @property
    def name(self) -> str:
        return period_name(self.level, self.starts_on)

    @property
    def key(self) -> str:
        return f"{self.level}-{self.region.code}-{self.starts_on:%Y%m%d}"

    @property
    def is_over(self) -> bool:
        return self.ends_on < timezone.localdate()

    @property
    def is_late(self) -> bool:
        return self.sent is None and self.due_on < timezone.localdate()

    @property
    def state(self) -> str:
        if self.sent is not None:
            late = self.sent.days_late
            return f"已报送，逾期 {late} 天" if late else "已报送"
        if not self.is_over:
            return "期间未结束"
        days = (self.due_on - timezone.localdate()).days
        return f"已逾期 {-days} 天" if days < 0 else f"待报送，还有 {days} 天"


def offices(user: User) -> list[tuple[str, Region]]:
    """For whom this person sends, or whom (at the city) they watch."""
    home = user.region
    if home is None or user.scope.site_id is not None:
        return []
    if home.kind == Region.Kind.CITY:
        below = Region.objects.filter(parent=home, kind__in=(Region.Kind.COUNTY, Region.Kind.ZONE)).order_by("path")
        return [(Transmission.Level.PROVINCE, home), *((Transmission.Level.CITY, region) for region in below)]
    if home.kind in (Region.Kind.COUNTY, Region.Kind.ZONE):
        return [(Transmission.Level.CITY, home)]
    return []


def may_send(user: User, level: str, region: Region) -> bool:
    """An office sends for itself only."""
    return user.has_perm(RIGHT) and user.region_id == region.pk and (level, region) in offices(user)


def periods(user: User, *, shown: int = SHOWN_PERIODS) -> list[Period]:
    """The last periods of every office this person sends for or watches, newest first."""
    found = []
    for level, region in offices(user):
        sent = {t.starts_on: t for t in Transmission.objects.filter(level=level, region=region)[:100]}
        start = start_of(level, timezone.localdate())
        for _n in range(shown if user.region_id == region.pk else 2):
            found.append(_period(level, region, start, sent.get(start)))
            start = months_later(start, -MONTHS[Transmission.Level(level)])
    return found


def period(user: User, key: str) -> Period:
    """One of the periods named `<level>-<region code>-<first day>`; LookupError for others."""
    level, _, rest = key.partition("-")
    code, _, day = rest.partition("-")
    region = next((r for known, r in offices(user) if known == level and r.code == code), None)
    try:
        start = dt.datetime.strptime(day, "%Y%m%d").date()
    except ValueError as error:
        raise LookupError(key) from error
    if region is None or start != start_of(level, start) or start > timezone.localdate() or start.year < 2011:
        raise LookupError(key)
    sent = Transmission.objects.filter(level=level, region=region, starts_on=start).first()
    return _period(level, region, start, sent)


def contents(one: Period) -> list[dict[str, Any]]:
    """What goes in: filings accepted and sources struck off in the period, of the grades the level above is told."""
    grades = GRADES_SENT[Transmission.Level(one.level)]
    inside = {"source__region__path__startswith": one.region.path}
    filed = Filing.objects.filter(
        accepted_at__date__range=(one.starts_on, one.ends_on), assessment__grade__in=grades, **inside
    ).select_related("source__site__enterprise", "source__region", "assessment")
    struck = Cancellation.objects.filter(
        outcome="cancelled", decided_at__date__range=(one.starts_on, one.ends_on), source__grade__in=grades, **inside
    ).select_related("source__site__enterprise", "source__region")
    rows = [_filed(filing) for filing in filed.order_by("accepted_at", "pk")]
    return rows + [_struck(row) for row in struck.order_by("decided_at", "pk")]


def send(one: Period, *, actor: User, note: str = "") -> Transmission:
    """Freeze and send; a period without anything is sent as such (零报告)."""
    if not may_send(actor, one.level, one.region):
        raise PermissionDenied("只能由本级应急管理部门的人员报送。")
    if not one.is_over:
        raise NotAllowed(f"{one.name}还没有结束，{one.ends_on} 之后才能报送。")
    if len(note) > 300:
        raise ValidationError({"note": "说明不超过 300 字。"})
    rows = contents(one)
    try:
        with transaction.atomic():
            made = Transmission.objects.create(
                level=one.level, region=one.region, starts_on=one.starts_on, ends_on=one.ends_on, due_on=one.due_on,
                sent_at=timezone.now(), sent_by=actor, count=len(rows), sha256=digest(rows), note=note.strip(),
            )  # fmt: skip
            TransmittedRow.objects.bulk_create(
                TransmittedRow(transmission=made, source_id=row["source_id"], kind=row["kind"], data=row)
                for row in rows
            )
            events.append(
                "hazard_sources.send", subject=made, region=one.region, actor=actor, id=made.pk, level=one.level,
                period=one.name, count=len(rows),
            )  # fmt: skip
    except IntegrityError as error:
        raise NotAllowed(f"{one.region.name}{one.name}已经报送过，不能重复报送。") from error
    return made


def digest(rows: list[dict[str, Any]]) -> str:
    """Over the rows as JSON with sorted keys: anyone with the sheet's data can count it again."""
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


SHEET = (
    ("材料", "kind_label"), ("企业", "site"), ("信用代码", "credit_code"), ("区划", "region"), ("重大危险源", "name"),
    ("单元", "unit"), ("级别", "grade_label"), ("S", "s"), ("R", "r"), ("α", "alpha"), ("厂界外500米人数", "persons"),
    ("存量", "inventory"), ("评估日期", "assessed_on"), ("备案编号", "filing_number"), ("备案或核销日期", "on"),
    ("说明", "note"), ("经度", "lon"), ("纬度", "lat"),
)  # fmt: skip


def sheet(sent: Transmission) -> Any:
    """The batch as xlsx, from the frozen rows."""
    rows = sent.rows.order_by("pk")
    columns = [sheets.Column(title, _reader(key), "text", 14) for title, key in SHEET]
    return sheets.response(sheets.export(rows, columns, title="重大危险源上报", as_of=sent.sent_at), str(sent))


def _reader(key: str) -> Any:
    return lambda row: str(row.data.get(key, "") if row.data.get(key) is not None else "")


def _filed(filing: Filing) -> dict[str, Any]:
    made = filing.assessment
    assert filing.accepted_at is not None  # only accepted ones are asked for
    return _source(filing.source) | {
        "kind": "filed", "kind_label": "备案", "grade": made.grade, "grade_label": GRADES[made.grade], "s": made.s_text,
        "r": made.r_text, "alpha": str(made.alpha), "persons": made.persons, "inventory": _inventory(made.inventory),
        "assessed_on": made.on.isoformat(), "filing_number": filing.number,
        "on": timezone.localdate(filing.accepted_at).isoformat(), "note": "",
    }  # fmt: skip


def _struck(row: Cancellation) -> dict[str, Any]:
    source = row.source
    assert row.decided_at is not None  # only decided ones are asked for
    return _source(source) | {
        "kind": "cancelled", "kind_label": "核销", "grade": source.grade, "grade_label": GRADES[source.grade or 4],
        "s": source.s_text, "r": source.r_text, "alpha": str(source.alpha), "persons": source.exposed_persons,
        "inventory": _inventory([item.as_kept() for item in source.items.all()]),
        "assessed_on": source.assessed_on.isoformat() if source.assessed_on else "",
        "filing_number": source.filing_number, "on": timezone.localdate(row.decided_at).isoformat(), "note": row.reason,
    }  # fmt: skip


def _source(source: Any) -> dict[str, Any]:
    return {
        "source_id": source.pk, "name": source.name, "unit": source.get_unit_display(), "site": source.site.name,
        "credit_code": source.site.enterprise.credit_code, "region": source.region.name,
        "lon": f"{source.geom.x:.6f}", "lat": f"{source.geom.y:.6f}",
    }  # fmt: skip


def _inventory(items: list[dict[str, str]]) -> str:
    return "；".join(" ".join(filter(None, (i["substance"], i["class"], f"{i['quantity_t']} t"))) for i in items)


def start_of(level: str, day: dt.date) -> dt.date:
    length = MONTHS[Transmission.Level(level)]
    return dt.date(day.year, (day.month - 1) // length * length + 1, 1)


def _period(level: str, region: Region, start: dt.date, sent: Transmission | None) -> Period:
    end = months_later(start, MONTHS[Transmission.Level(level)]) - dt.timedelta(days=1)
    due = sent.due_on if sent else clocks.days_after(RULES[Transmission.Level(level)], end, DUE_DAYS)
    return Period(level, region, start, end, due, sent)
