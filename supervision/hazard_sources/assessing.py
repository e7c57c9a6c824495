"""Assessing a unit: the engine's figures, kept for good, compared with the time before, and the filing they begin."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources import clocks, flags, gb18218
from supervision.hazard_sources.gb18218 import GRADES
from supervision.hazard_sources.models import Assessment, Filing, FilingPaper, HazardSource, plain
from supervision.hazard_sources.statutory import FIRST, OTHER, PAPERS, TRIGGER_CHOICES
from supervision.hazard_sources.workflow import HAZARD_SOURCE

NOT_MAJOR = "S < 1，不构成重大危险源，不用分级；已备案的请办理核销。"
# What the platform itself makes at an assessment.
OWN_PAPERS = {"grading": "平台生成", "features": "平台生成"}


def computed_fields(found: gb18218.Assessment, on: dt.date, review_due_on: dt.date | None = None) -> dict[str, Any]:
    """An assessment as the columns of the source that keep it; its review is due as the rule in force says."""
    return {
        "s": Decimal(gb18218.decimal_text(found.s)),
        "r": Decimal(gb18218.decimal_text(found.r)),
        "alpha": Decimal(found.alpha),
        "grade": found.grade,
        "derivation": list(found.derivation),
        "assessed_on": on,
        "review_due_on": review_due_on or clocks.review_due_on(on),
    }


def identify_source(source: HazardSource, *, actor: User, expected_version: int | None = None) -> HazardSource:
    """Compute S: whether the unit is a major hazard source at all."""
    with transaction.atomic():
        row = locked(source, actor)
        fields = computed_fields(_found(row), timezone.localdate())
        HAZARD_SOURCE.advance(source, "identify", actor=actor, expected_version=expected_version, **fields)
    return source


def assess_source(
    source: HazardSource,
    *,
    actor: User,
    on: dt.date | None = None,
    trigger: str = "",
    assessor_kind: str = Assessment.By.SELF,
    assessor: str = "",
    report_number: str = "",
    expected_version: int | None = None,
) -> HazardSource:
    """Compute S, R and the grade from the inventory, keep them for good, and start the clocks that follow."""
    on = on or timezone.localdate()
    with transaction.atomic():
        row = locked(source, actor)
        _check(row, on, trigger, assessor_kind, assessor)
        found = _found(row)
        if not found.is_major and row.state in HAZARD_SOURCE.by_name["assess"].source:
            raise NotAllowed(NOT_MAJOR)
        fields = computed_fields(found, on) if found.is_major else {}
        chosen = trigger or row.review_reason or (OTHER if row.assessments.exists() else FIRST)
        HAZARD_SOURCE.advance(
            source, "assess", actor=actor, expected_version=expected_version, review_reason="", **fields
        )
        kept = keep(
            source, by=actor, trigger=chosen, assessor_kind=assessor_kind, assessor=assessor.strip()[:100],
            report_number=report_number.strip()[:60],
        )  # fmt: skip
        open_filing(source, kept)
        clocks.after_assessment(source, on)
        flags.refresh([source.pk])
    source.refresh_from_db()
    return source


def keep(source: HazardSource, *, by: User | None, at: dt.datetime | None = None, **facts: Any) -> Assessment:
    """The row of an assessment just made, from what the source says now."""
    count = source.persons_counts.first()
    assert source.assessed_on and source.review_due_on and source.grade  # it was just assessed
    assert source.alpha is not None and source.s is not None and source.r is not None
    return Assessment.objects.create(
        source=source, n=source.assessments.count() + 1, on=source.assessed_on,
        inventory=[item.as_kept() for item in source.items.all()], persons=source.exposed_persons,
        persons_basis=source.persons_basis, persons_computed=count.computed if count else None,
        persons_said=count.said if count else "", alpha=source.alpha, s=source.s, r=source.r, grade=source.grade,
        derivation=source.derivation, review_due_on=source.review_due_on, by=by, at=at or timezone.now(), **facts,
    )  # fmt: skip


def open_filing(source: HazardSource, assessment: Assessment) -> Filing:
    """The papers of the filing before are there already, but for those that each assessment has of its own."""
    before = {p.key: p for p in FilingPaper.objects.filter(filing=source.filings.first()) if p.key != "report"}
    filing = Filing.objects.create(
        source=source, assessment=assessment,
        due_on=clocks.days_after(clocks.FILING, assessment.on, clocks.FILING_DAYS),
    )  # fmt: skip
    papers = []
    for paper in PAPERS:
        old = before.get(paper.key)
        state, note = (old.state, old.note) if old else (FilingPaper.State.MISSING, "")
        if paper.key in OWN_PAPERS:
            state, note = FilingPaper.State.GIVEN, OWN_PAPERS[paper.key]
        if paper.key == "report" and assessment.report_number:
            state, note = FilingPaper.State.GIVEN, f"报告编号 {assessment.report_number}"
        papers.append(FilingPaper(filing=filing, key=paper.key, state=state, note=note))
    FilingPaper.objects.bulk_create(papers)
    return filing


def _found(row: HazardSource) -> gb18218.Assessment:
    return gb18218.assess(exposed_persons=row.exposed_persons, items=[item.as_input() for item in row.items.all()])


def _check(row: HazardSource, on: dt.date, trigger: str, assessor_kind: str, assessor: str) -> None:
    problems = {}
    last = row.assessments.first()
    if on > timezone.localdate():
        problems["on"] = "评估日期不能晚于今天。"
    elif last is not None and on < last.on:
        problems["on"] = f"评估日期不能早于上次评估（{last.on}）。"
    if trigger and trigger not in dict(TRIGGER_CHOICES):
        problems["trigger"] = "请从列表中选择评估原因。"
    if trigger == FIRST and last is not None:
        problems["trigger"] = "已评估过，不是首次评估。"
    if assessor_kind not in Assessment.By.values:
        problems["assessor_kind"] = "评估方式应是安全评价机构或企业自行评估。"
    elif assessor_kind == Assessment.By.AGENCY and not assessor.strip():
        problems["assessor"] = "由评价机构评估的，请填机构名称。"
    if problems:
        raise ValidationError(problems)


@dataclass(frozen=True)
class Difference:
    """What changed from one assessment to the next."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    amounts: list[tuple[str, str, str]] = field(default_factory=list)  # substance, before, after
    figures: list[tuple[str, str, str]] = field(default_factory=list)  # label, before, after

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.amounts or self.figures)

    def lines(self) -> list[str]:
        """As sentences, for papers and sheets."""
        found = [f"新增 {text}" for text in self.added] + [f"减少 {text}" for text in self.removed]
        found += [f"{name} 由 {before} t 变为 {after} t" for name, before, after in self.amounts]
        found += [f"{label} 由 {before} 变为 {after}" for label, before, after in self.figures]
        return found or ["与上次评估相同"]


def difference(before: Assessment, after: Assessment) -> Difference:
    return compared(before.inventory, after.inventory, figures(before), figures(after))


def since_last(source: HazardSource, last: Assessment) -> Difference:
    """What the unit is now against what was assessed: why it is to be assessed again."""
    items = [item.as_kept() for item in source.items.all()]
    now = figures(last)
    alpha = gb18218.alpha_for(source.exposed_persons)
    changed = {"厂界外500米人数": f"{source.exposed_persons} 人", "α": alpha}
    try:
        found = _found(source)
        changed |= {"S": gb18218.decimal_text(found.s), "R": gb18218.decimal_text(found.r)}
        changed |= {"级别": GRADES.get(found.grade or 0, "不构成")}
    except gb18218.BadInventory:
        pass  # an inventory that cannot be assessed changes no figure yet; the form says what is wrong
    changed = {label: _short(value) for label, value in changed.items()}
    return compared(last.inventory, items, now, now | changed)


def figures(row: Assessment) -> dict[str, str]:
    return {
        "S": _short(plain(row.s)), "R": _short(plain(row.r)), "α": plain(row.alpha), "级别": GRADES[row.grade],
        "厂界外500米人数": f"{row.persons} 人",
    }  # fmt: skip


def compared(
    before: list[dict[str, str]], after: list[dict[str, str]], old: dict[str, str], new: dict[str, str]
) -> Difference:
    was, now = _amounts(before), _amounts(after)
    return Difference(
        added=[f"{name} {plain(amount)} t" for name, amount in now.items() if name not in was],
        removed=[f"{name} {plain(amount)} t" for name, amount in was.items() if name not in now],
        amounts=[(n, plain(was[n]), plain(now[n])) for n in was if n in now and was[n] != now[n]],
        figures=[(label, old[label], new[label]) for label in old if _differ(old[label], new[label])],
    )


def _differ(old: str, new: str) -> bool:
    try:
        return Decimal(old) != Decimal(new)
    except ArithmeticError:
        return old != new


def _amounts(items: list[dict[str, str]]) -> dict[str, Decimal]:
    """By substance and class; two lines of one substance are one amount."""
    found: dict[str, Decimal] = {}
    for item in items:
        name = " ".join(filter(None, (item["substance"], item["class"])))
        found[name] = found.get(name, Decimal(0)) + Decimal(item["quantity_t"])
    return found


def _short(text: str) -> str:
    """Cut, not rounded, to what people read: a figure shown never crosses a boundary."""
    whole, dot, rest = text.partition(".")
    return f"{whole}.{rest[:4]}".rstrip("0").rstrip(".") if dot else text
