"""What the city prints of its major hazard sources: by grade and district, by step, overdue reviews."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from layers.flags import Alias, Flag, offer
from layers.statistics import REGIONS, Choices, Measure, Table, day
from supervision.enterprises.models import Enterprise
from supervision.hazard_sources.models import HazardSource

LIST = "hazard_sources/sources"


def in_force() -> Q:
    """Graded and not cancelled: what counts as a major hazard source."""
    return Q(grade__isnull=False) & ~Q(state="cancelled")


def has_source() -> Q:
    return Q(Exists(HazardSource.objects.filter(in_force(), site=OuterRef("pk"))))


offer(HazardSource, Alias("step", "state"), Flag("in_force", "已定级且未核销", in_force))
offer(Enterprise, Flag("hazard_source", "有重大危险源", has_source))

IN_FORCE = {"in_force": "true"}
GRADE = Choices(path="grade", title="级别", empty="未分级")
STEP = Choices(path="state", title="状态", name="step")
UNIT = Choices(path="unit", title="单元类型")

TABLES = (
    Table(key="by_grade", title="各区划有多少重大危险源，各是几级？", records=LIST, unit="个", rows=REGIONS,
          columns=GRADE, filters=IN_FORCE, note="只统计已定级且未核销的重大危险源。",
          basis="GB 18218-2018《危险化学品重大危险源辨识》"),
    Table(key="enterprises", title="多少家企业有重大危险源？", records=LIST, unit="个、家", rows=REGIONS,
          columns=(
              Measure(key="sources", title="重大危险源", filters=IN_FORCE),
              Measure(key="enterprises", title="涉及企业", records="enterprises/enterprises",
                      filters={"hazard_source": "true"}),
          ),
          note="一家企业可有多个重大危险源，所以企业数少于危险源数。涉及企业只计已入库的档案。"),
    Table(key="by_step", title="重大危险源办到了哪一步？", records=LIST, unit="个", rows=REGIONS, columns=STEP,
          note="包括未定级和已核销的。"),
    Table(key="reviews", title="哪些重大危险源该重新评估了？", records=LIST, unit="个", rows=REGIONS, filters=IN_FORCE,
          columns=(
              Measure(key="all", title="重大危险源"),
              Measure(key="overdue", title="已逾期", filters={"review_due_on__to": day(-1)}),
              Measure(key="soon", title="90 天内到期",
                      filters={"review_due_on__from": day(0), "review_due_on__to": day(90)}),
          ),
          note="重大危险源每三年重新评估一次，情况变化时随时评估。",
          basis="《危险化学品重大危险源监督管理暂行规定》第十一条"),
    Table(key="by_unit", title="生产单元和储存单元各是几级？", records=LIST, unit="个", rows=UNIT, columns=GRADE,
          filters=IN_FORCE),
)  # fmt: skip
