"""Units the demo city's chemical enterprises have, by industry class: what they hold and in what proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """One substance of a unit and its share of the tonnage; a class symbol when Table 1 does not name it."""

    substance: str
    share: float
    symbol: str = ""

    def item(self, tonnes: str) -> dict[str, Any]:
        return {"substance": self.substance, "class": self.symbol, "quantity_t": tonnes}


@dataclass(frozen=True)
class Unit:
    """A production or storage unit, and how many tonnes such a unit holds at most."""

    name: str
    kind: str
    most_t: int
    parts: tuple[Part, ...]


def _store(name: str, most_t: int, *parts: Part) -> Unit:
    return Unit(name, "storage", most_t, parts)


def _plant(name: str, most_t: int, *parts: Part) -> Unit:
    return Unit(name, "production", most_t, parts)


_LPG = _store("液化石油气球罐区", 6000, Part("液化石油气(含丙烷、丁烷及其混合物)", 1))
_GASOLINE = _store("汽油罐区", 40000, Part("汽油(乙醇汽油、甲醇汽油)", 1))
_FUELS = _store("成品油罐区", 80000, Part("汽油(乙醇汽油、甲醇汽油)", 0.4), Part("柴油", 0.6, "W5.4"))
_CRUDE = _store("原油罐区", 300000, Part("原油", 1, "W5.3"))
_AROMATICS = _store("芳烃罐区", 20000, Part("苯", 0.3), Part("甲苯", 0.4), Part("二甲苯", 0.3, "W5.4"))
_METHANOL = _store("甲醇罐区", 30000, Part("甲醇", 1))
_AMMONIA = _store("液氨储罐区", 3000, Part("氨", 1))
_CHLORINE = _store("液氯库房", 400, Part("氯", 1))
_BUTADIENE = _store("丁二烯球罐区", 4000, Part("1,3-丁二烯", 1))

_LPG_STATION = _store("液化气储罐", 120, Part("液化石油气(含丙烷、丁烷及其混合物)", 1))

UNITS = {
    "2511": (
        _CRUDE,
        _FUELS,
        _LPG,
        _plant(
            "催化裂化装置", 800, Part("汽油(乙醇汽油、甲醇汽油)", 0.6), Part("液化石油气(含丙烷、丁烷及其混合物)", 0.4)
        ),
        _plant("加氢裂化装置", 400, Part("氢", 0.05), Part("柴油", 0.9, "W5.4"), Part("硫化氢", 0.05)),
        _AROMATICS,
    ),
    "2611": (_AMMONIA, _CHLORINE),
    "2612": (
        _CHLORINE,
        _plant("氯氢处理单元", 40, Part("氯", 0.8), Part("氢", 0.2)),
        _store("氯乙烯球罐区", 6000, Part("氯乙烯", 1)),
    ),
    "2614": (
        _METHANOL,
        _AROMATICS,
        _plant("环氧丙烷装置", 300, Part("1,2-环氧丙烷", 0.7), Part("氯", 0.1), Part("丙烯", 0.2, "W2")),
        _store("丙烯腈罐区", 8000, Part("丙烯腈", 1)),
        _store("酸酯类罐区", 8000, Part("乙酸乙酯", 0.6), Part("丙酮", 0.4)),
        _AMMONIA,
    ),
    "2619": (
        _store("液氧储罐区", 5000, Part("氧(压缩的或液化的)", 1)),
        _store("液氢、液氧罐组", 2000, Part("氢", 0.1), Part("氧(压缩的或液化的)", 0.9)),
        _store("乙炔气瓶库", 8, Part("乙炔", 1)),
    ),
    "2631": (_CHLORINE, _store("中间体罐区", 2000, Part("甲苯", 0.7), Part("甲醇", 0.3)), _AMMONIA),
    "2641": (_store("溶剂罐区", 1500, Part("甲苯", 0.5), Part("乙酸乙酯", 0.3), Part("丙酮", 0.2)),),
    "2651": (
        _store("苯乙烯罐区", 10000, Part("苯乙烯", 1)),
        _BUTADIENE,
        _store("环氧乙烷储罐区", 800, Part("环氧乙烷", 1)),
        _plant("聚合装置", 600, Part("乙烯", 0.6), Part("正己烷", 0.4)),
    ),
    "2652": (
        _BUTADIENE,
        _store("溶剂油罐区", 3000, Part("环己烷", 0.6), Part("正己烷", 0.4)),
        _store("苯乙烯罐区", 10000, Part("苯乙烯", 1)),
    ),
    "2662": (
        _METHANOL,
        _AMMONIA,
        _CHLORINE,
        _plant("加氢装置", 200, Part("氢", 0.1), Part("甲苯", 0.9)),
        _store("环氧乙烷储罐区", 800, Part("环氧乙烷", 1)),
        _store("二硫化碳罐区", 1500, Part("二硫化碳", 1)),
    ),
    "4511": (_store("液化天然气储罐区", 12000, Part("甲烷/天然气", 1)),),
    "5297": (_LPG_STATION,),
    "5941": (_CRUDE, _FUELS, _GASOLINE, _METHANOL, _LPG),
    "5942": (_METHANOL, _AROMATICS, _GASOLINE, _store("甲基叔丁基醚罐区", 20000, Part("甲基叔丁基醚", 1, "W5.3"))),
}
