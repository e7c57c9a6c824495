"""一企一档: everything known about one enterprise, as the reader may see it, for the page and for the paper.

Other modules take part by a list that says so (`Records.dossier`): none of them is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from core.models import User
from layers import columns
from layers.registry import Column, Records, registry
from supervision.enterprises import boundaries, dossier_map, selectors
from supervision.enterprises.facts import CONTACTS
from supervision.enterprises.models import Boundary, Enterprise, StatusChange
from supervision.enterprises.papers.selectors import Due, drills_due
from supervision.enterprises.provenance import Origin, provenance_of

MOST_ROWS = 200
FEW = 7
# What the whole file says once, at its head.
SAID = {"enterprise", "site", "site_name", "region", "region.name", "credit_code", "lon", "lat"}


@dataclass(frozen=True)
class Section:
    """One part of the file: a table, and what to know about it."""

    key: str
    title: str
    heads: list[str]
    rows: list[list[str]]
    note: str = ""

    @property
    def lines(self) -> list[list[tuple[str, str]]]:
        """Each value with its heading, as cards on a phone need them."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Dossier:
    enterprise: Enterprise
    as_of: datetime
    reader: User
    origins: list[Origin]
    sections: list[Section]
    boundary: Boundary | None
    due: list[Due]
    ground: dossier_map.Ground


def whole_file(enterprise: Enterprise, user: User) -> Dossier:
    now = timezone.now()
    may_see_outline = user.has_perm("enterprises.view_boundary")
    boundary = boundaries.current(enterprise.pk) if may_see_outline else None
    people = set(CONTACTS)  # their names stand in the contacts' own part, for who may read them
    return Dossier(
        enterprise=enterprise,
        as_of=now,
        reader=user,
        origins=[o for o in provenance_of(enterprise) if o.key not in people],
        sections=[*_parts(enterprise, user), _statuses(enterprise), _corrections(enterprise)],
        boundary=boundary,
        due=drills_due(enterprise),
        ground=dossier_map.around(enterprise, boundary, user),
    )


def _parts(enterprise: Enterprise, user: User) -> list[Section]:
    """The parts that lists contribute, in their declared order."""
    found = sorted(
        (r for module in registry for r in module.records if r.dossier and user.has_perm(r.permission("view"))),
        key=lambda r: (r.dossier, r.key),
    )
    return [_part(records, enterprise, user) for records in found]


def _part(records: Records, enterprise: Enterprise, user: User) -> Section:
    path = records.model.SITE_PATH  # type: ignore[attr-defined]  # every list's model is scoped; checked by layers.checks
    rows = records.rows(user).filter(**{path: enterprise.pk}).order_by(*records.order_by)
    total = rows.count()
    shown = _columns(records)
    in_full = columns.may_see_personal(records, user)
    lines = [[_words(columns.cell(c, row, in_full=in_full)) for c in shown] for row in rows[:MOST_ROWS]]
    note = f"共 {total} 条，此处列最近 {MOST_ROWS} 条。" if total > MOST_ROWS else ""
    return Section(
        key=records.key, title=records.title, heads=[c.title for c in shown], rows=lines, note=note,
    )  # fmt: skip


def _words(cell: columns.Cell) -> str:
    """An age without its interval: the table has no room for both."""
    return cell.text.split("（")[0] if cell.kind == "age" else cell.text


def _columns(records: Records) -> list[Column]:
    every = {c.name: c for c in (*(records.detail or ()), *records.columns)}
    if records.dossier_columns:
        return [every[name] for name in records.dossier_columns]
    return [c for c in records.columns if c.name not in SAID][:FEW]


def _statuses(enterprise: Enterprise) -> Section:
    rows = StatusChange.objects.filter(enterprise=enterprise).select_related("actor")
    lines = [
        [f"{row.since:%Y-%m-%d}", str(row.get_status_display()), row.reason, str(row.actor or "—")] for row in rows
    ]
    return Section(
        key="statuses",
        title="经营状态历史",
        heads=["自", "经营状态", "原因", "登记人"],
        rows=lines,
    )


def _corrections(enterprise: Enterprise) -> Section:
    lines = [
        [f"{timezone.localtime(change['at']):%Y-%m-%d %H:%M}", change["what"], change["actor"]]
        for change in selectors.recent_changes(enterprise)
    ]
    return Section(
        key="corrections",
        title="信息修改",
        heads=["时间", "内容", "登记人"],
        rows=lines,
    )
