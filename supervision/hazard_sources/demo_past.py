"""What happened to the demo city's hazard sources over ten years: counts, assessments, inventories, filings, clocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from core import deadlines
from core.calendar import end_of, months_later
from core.deadlines import NoRule
from core.models import Deadline, DeadlineRule
from fixtures.demo.city import City
from geo.bulk import give_pks
from geo.population import Exposed
from supervision.enterprises.models import Boundary
from supervision.hazard_sources import clocks, gb18218
from supervision.hazard_sources.assessing import computed_fields
from supervision.hazard_sources.models import (
    Assessment,
    Cancellation,
    Filing,
    FilingPaper,
    HazardSource,
    InventoryChange,
    InventoryItem,
    PersonsCount,
)
from supervision.hazard_sources.statutory import PAPERS

AGENCIES = ("山东鲁安评价有限公司", "东营正平安全评价有限公司", "齐鲁安全技术服务有限公司", "黄河口安全科技有限公司")
REASONS = ("新增储罐", "停用一台储罐", "装置扩能改造", "物料替代", "更正填报的设计最大量", "仓库重新划分库区")
OVERRIDES = (
    (0.3, "东侧平房区已整体搬迁，户籍人口未迁出，见搬迁验收记录"),
    (0.5, "人口分布按村均摊，实际居民点在 500 米以外，已现场核对"),
    (1.6, "区内有倒班宿舍，未计入人口分布，已向派出所核实"),
)
REVIEW_MONTHS = 36


@dataclass
class Past:
    """Every row of the past of some sources, in the order in which they can be written."""

    counts: list[PersonsCount] = field(default_factory=list)
    changes: list[InventoryChange] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    filings: list[Filing] = field(default_factory=list)
    papers: list[FilingPaper] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)

    def write(self, city: City) -> None:
        give_pks(self.assessments)
        give_pks(self.filings)
        for filing in self.filings:
            filing.assessment = filing.assessment  # takes the key it has been given since
        for paper in self.papers:
            paper.filing = paper.filing
        for rows in (self.counts, self.changes, self.assessments, self.filings, self.papers, self.cancellations):
            _rows: list[Model] = list(rows)
            city.write_all(_rows)


def persons_of(rng: Random, boundary: Boundary | None, exposed: Exposed | None) -> tuple[int, str, str]:
    """How many persons a plant uses, where the number is from, and why it is not the map's."""
    if boundary is None or exposed is None:
        return rng.choice((0, 12, 35, 64, 150)), HazardSource.Basis.MANUAL, "向村（居）委会了解的常住人口"
    if exposed.persons and rng.random() < 0.05:
        factor, reason = rng.choice(OVERRIDES)
        return round(exposed.persons * factor), HazardSource.Basis.OVERRIDE, reason
    return exposed.persons, HazardSource.Basis.MAP, ""


def count(
    source: HazardSource, boundary: Boundary | None, exposed: Exposed | None, reason: str, by: Any
) -> PersonsCount:
    on = source.assessed_on
    assert on is not None  # every source of the demo is assessed
    return PersonsCount(
        source=source, persons=source.exposed_persons, basis=source.persons_basis, boundary=boundary, reason=reason,
        computed=exposed.persons if exposed else None, areas=exposed.areas if exposed else None,
        as_of=exposed.as_of if exposed else None, by=by, at=at(on),
    )  # fmt: skip


def add(past: Past, city: City, rng: Random, source: HazardSource, items: list[InventoryItem]) -> None:
    """The assessments of one source, back to when its enterprise joined, each with what it held then."""
    days = list(_days(city, rng, source))
    kept = [[item.as_kept() for item in items]]
    for _day in days[1:]:
        kept.append(_before(rng, kept[-1], source.exposed_persons))
    days.reverse()
    kept.reverse()
    made = [_assessment(rng, source, n, on, held) for n, (on, held) in enumerate(zip(days, kept, strict=True), start=1)]
    for before, after in pairwise(made):
        if before.inventory != after.inventory:
            moment = at(after.on - dt.timedelta(days=rng.randint(5, 60)))
            past.changes.append(
                InventoryChange(
                    source=source,
                    before=before.inventory,
                    after=after.inventory,
                    reason=rng.choice(REASONS),
                    at=moment,
                )
            )
            after.trigger = "substances" if (after.on - before.on).days < 1_060 else "three_years"
    past.changes.append(
        InventoryChange(source=source, before=[], after=made[0].inventory, reason="首次填报", at=at(made[0].on))
    )
    past.assessments += made
    for row in made:
        _file(past, city, rng, source, row, is_last=row is made[-1])


def _days(city: City, rng: Random, source: HazardSource) -> Iterator[dt.date]:
    """The last assessment and those before it, each at most three years earlier, back to about 2016."""
    day = source.assessed_on
    assert day is not None  # as above
    first = max(source.site.enterprise.platform_joined_on, dt.date(2015, 6, 1))
    while True:
        yield day
        day -= dt.timedelta(days=rng.randint(700, 1_090))
        if day <= first:
            return


def _before(rng: Random, items: list[dict[str, str]], persons: int) -> list[dict[str, str]]:
    """What the unit held at the time before: now and then less, or without one of its substances."""
    luck = rng.random()
    if luck < 0.45:
        return items
    found = [dict(item) for item in items]
    if luck > 0.85 and len(found) > 1:
        found.pop()
    for item in found:
        quantity = Decimal(item["quantity_t"]) * Decimal(str(round(rng.uniform(0.55, 1.1), 2)))
        item["quantity_t"] = _text(max(quantity.quantize(Decimal("0.1")), Decimal("0.1")))
    return found if gb18218.assess(exposed_persons=persons, items=found).is_major else items


def _assessment(rng: Random, source: HazardSource, n: int, on: dt.date, items: list[dict[str, str]]) -> Assessment:
    due = months_later(on, REVIEW_MONTHS)
    facts = computed_fields(gb18218.assess(exposed_persons=source.exposed_persons, items=items), on, due)
    by_agency = rng.random() < 0.8
    return Assessment(
        source=source, n=n, on=on, trigger="first" if n == 1 else "three_years", inventory=items,
        assessor_kind="agency" if by_agency else "self", assessor=rng.choice(AGENCIES) if by_agency else "",
        report_number=f"AP{on.year}-{rng.randint(1, 999):03d}" if by_agency else "", persons=source.exposed_persons,
        persons_basis=source.persons_basis, at=at(on), alpha=facts["alpha"], s=facts["s"], r=facts["r"],
        grade=facts["grade"], derivation=facts["derivation"], review_due_on=due,
    )  # fmt: skip


def _file(past: Past, city: City, rng: Random, source: HazardSource, row: Assessment, *, is_last: bool) -> None:
    """Filed within the fifteen days, a few late; the last one as the state of the source says."""
    late = rng.random() < 0.08
    handed_in = row.on + dt.timedelta(days=rng.randint(17, 60) if late else rng.randint(3, 14))
    filing = Filing(source=source, assessment=row, due_on=row.on + dt.timedelta(days=15))
    is_open = is_last and source.state in ("assessed", "submitted")
    if not is_open or source.state == "submitted":
        filing.submitted_at = at(min(handed_in, city.today))
    if not is_open:
        accepted = min(handed_in + dt.timedelta(days=rng.randint(1, 10)), city.today)
        filing.accepted_at, filing.accepted_by = at(accepted), city.users.get("inspector")
        filing.number = f"BA{source.region.code[:6]}〔{accepted.year}〕{source.pk:03d}"
        source.filing_number, source.filed_on = filing.number, accepted
    past.filings.append(filing)
    if is_last:
        left = rng.randint(1, 4) if source.state == "assessed" else 0
        past.papers += _papers(filing, left)


def _papers(filing: Filing, left: int) -> Iterator[FilingPaper]:
    """All there, but for the last few of one that is still being prepared."""
    for n, paper in enumerate(PAPERS):
        own = paper.key in ("grading", "features")
        state = FilingPaper.State.GIVEN if own or n < len(PAPERS) - 1 - left else FilingPaper.State.MISSING
        if not paper.is_required:
            state = FilingPaper.State.MISSING
        yield FilingPaper(filing=filing, key=paper.key, state=state, note="平台生成" if own else "")


def application(city: City, source: HazardSource, rng: Random) -> Cancellation:
    """An open application to strike off."""
    applied = city.moment_ago(rng, 2, 20)
    return Cancellation(
        source=source, from_state="filed", reason="储罐已清洗置换并拆除，现存量经重新辨识 S < 1。", applied_at=applied,
        report_number=f"AP{applied.year}-{rng.randint(1, 999):03d}", report_on=timezone.localdate(applied),
        due_on=timezone.localdate(applied) + dt.timedelta(days=clocks.CANCEL_CHECK_DAYS),
    )  # fmt: skip


def deadlines_of(sources: list[HazardSource], filings: list[Filing], city: City) -> Iterator[Deadline]:
    """The clocks of every last assessment. Those that ran out have fired: a demo does not ring for last year's."""
    kind = ContentType.objects.get_for_model(HazardSource)
    last = {filing.source.pk: filing for filing in filings}
    rules = _rules(city)
    for source in sources:
        assert source.assessed_on is not None and source.review_due_on is not None  # every one of the demo is
        start, due = at(source.assessed_on), end_of(source.review_due_on)
        common: dict[str, Any] = {"case_type": kind, "case_id": source.pk, "region": source.region, "started_at": start}
        for key, before in ((clocks.REVIEW, 0), (clocks.NOTICES[0], 90), (clocks.NOTICES[1], 30)):
            if rule := rules.get(key):
                moment = due - dt.timedelta(days=before)
                yield Deadline(rule=rule, due_at=moment, fired_at=moment if moment < city.now else None, **common)
        if rule := rules.get(clocks.FILING):
            filing = last[source.pk]
            end, met = end_of(filing.due_on), filing.submitted_at
            fired = end if end < (met or city.now) else None
            yield Deadline(rule=rule, due_at=end, met_at=met, fired_at=fired, **common)


def _rules(city: City) -> dict[str, DeadlineRule]:
    found = {}
    for key in (clocks.REVIEW, *clocks.NOTICES, clocks.FILING):
        try:
            found[key] = deadlines.rule_in_force(key, city.now)
        except NoRule:
            continue
    return found


def at(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(10, 0)))


def _text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
