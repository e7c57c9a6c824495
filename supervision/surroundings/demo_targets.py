"""Which protected places the demo city has, how many, where, and what they are called. All names are made up."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

COUNTIES = ("370502", "370523", "370502", "370505", "370522", "370503", "370502", "370571", "370523", "370572")
EVERYWHERE = (*COUNTIES, "370523101", "370523107", "370523400")


@dataclass(frozen=True)
class Sort:
    category: str
    count: int
    tails: tuple[str, ...]  # "{n}" is a number in Chinese
    least: int  # persons
    most: int
    kinds: tuple[str, ...]
    codes: tuple[str, ...] = COUNTIES
    per_household: float = 0


TARGETS = (
    Sort("education", 52, ("实验小学", "第{n}小学", "中心小学", "明德小学"), 320, 2_400, ("urban", "town"), EVERYWHERE),
    Sort("education", 26, ("第{n}中学", "实验中学", "育才中学"), 700, 3_600, ("urban", "town")),
    Sort("education", 40, ("中心幼儿园", "第{n}幼儿园", "启航幼儿园", "向阳幼儿园"), 90, 420,
         ("urban", "town", "industrial"), EVERYWHERE),
    Sort("education", 2, ("职业学院",), 5_000, 9_000, ("urban",)),
    Sort("medical", 14, ("第{n}医院", "康宁医院"), 220, 1_600, ("urban",)),
    Sort("medical", 26, ("中心卫生院", "社区卫生服务中心", "惠民门诊部"), 20, 160, ("town", "industrial"), EVERYWHERE),
    Sort("welfare", 10, ("敬老院", "养老服务中心"), 40, 260, ("town", "urban"), EVERYWHERE),
    Sort("culture", 8, ("青少年宫", "文化馆"), 100, 900, ("urban",)),
    Sort("exhibition", 4, ("图书馆", "规划展览馆"), 120, 800, ("urban",)),
    Sort("residential", 210, ("{word}花园", "{word}家园", "{word}小区", "{word}苑"), 260, 4_200, ("urban", "town"),
         per_household=2.7),
    Sort("residential", 62, ("职工宿舍", "生活小区"), 24, 480, ("industrial", "chemical", "port", "oilfield"),
         EVERYWHERE, per_household=2.2),
    Sort("residential", 28, ("农家院落", "沿街住户"), 6, 96, ("chemical", "industrial"), EVERYWHERE, per_household=2.9),
    Sort("commerce", 18, ("商贸城", "购物中心"), 200, 3_000, ("urban", "town")),
    Sort("hotel", 10, ("商务酒店", "宾馆"), 60, 400, ("urban", "port")),
    Sort("office", 8, ("便民服务中心", "党群服务中心"), 24, 160, ("town", "industrial")),
    Sort("station", 4, ("汽车站",), 200, 900, ("urban",)),
)  # fmt: skip
NUMBERS = "一二三四五六七八九"
WORDS = ("和安", "锦绣", "绿洲", "金湖", "康居", "福园", "翠湖", "阳光", "景泰", "滨河", "学府", "丽景", "东方", "祥和",
         "盛世", "清风", "海棠", "安泰")  # fmt: skip


def names_of(sort: Sort, rng: Random, place: str) -> str:
    tail = rng.choice(sort.tails).replace("{n}", rng.choice(NUMBERS)).replace("{word}", rng.choice(WORDS))
    return f"{place}{tail}"


def size_of(sort: Sort, rng: Random) -> tuple[int, int | None]:
    """Persons and, of dwellings, households."""
    persons = round(rng.triangular(sort.least, sort.most, sort.least + (sort.most - sort.least) * 0.25))
    return persons, max(1, round(persons / sort.per_household)) if sort.per_household else None
