"""The grade of a production safety accident from what it cost.

《生产安全事故报告和调查处理条例》（国务院令第493号）第三条: 以上 includes the number, 以下 does not; the worst of
the three criteria decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

BASIS = "《生产安全事故报告和调查处理条例》（国务院令第493号）第三条"
GRADES = {"ordinary": "一般", "large": "较大", "major": "重大", "extreme": "特别重大"}
KEYS = tuple(GRADES)
# Where 较大, 重大, 特别重大 begin.
CRITERIA: tuple[tuple[str, str, tuple[int, int, int]], ...] = (
    ("死亡", "人", (3, 10, 30)),
    ("重伤（含急性工业中毒）", "人", (10, 50, 100)),
    ("直接经济损失", "万元", (1000, 5000, 10000)),
)


@dataclass(frozen=True)
class Grading:
    """A grade and the criteria that led to it, in words."""

    key: str
    reasons: tuple[str, ...]

    @property
    def label(self) -> str:
        return GRADES[self.key]


def grade(deaths: int, serious_injuries: int, direct_loss_wan: Decimal) -> Grading:
    values = (Decimal(deaths), Decimal(serious_injuries), direct_loss_wan)
    ranks = [sum(value >= start for start in starts) for value, (_, _, starts) in zip(values, CRITERIA, strict=True)]
    worst = max(ranks)
    if worst == 0:
        return Grading("ordinary", ("死亡不足 3 人、重伤不足 10 人、直接经济损失不足 1000 万元",))
    reasons = (
        f"{name} {value.normalize():f} {unit}，达到{GRADES[KEYS[worst]]}事故的起点 {starts[worst - 1]} {unit}"
        for value, rank, (name, unit, starts) in zip(values, ranks, CRITERIA, strict=True)
        if rank == worst
    )
    return Grading(KEYS[worst], tuple(reasons))
