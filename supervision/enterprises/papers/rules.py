"""What rows of the file must satisfy: terms of licences, intervals of drills, and what is wrong with a row in words."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from supervision.enterprises.models import Drill, Enterprise, HealthFactor, LedgerEntry, Licence, RescueFact

EARLIEST = dt.date(1950, 1, 1)


@dataclass(frozen=True)
class Term:
    """How many years a kind of licence is valid, and by what rule. An unsure one is proposed and never insisted on."""

    years: int
    basis: str
    is_sure: bool = True


TERMS = {
    "chemical_production": Term(3, "《安全生产许可证条例》第九条"),
    "mine_safety": Term(3, "《安全生产许可证条例》第九条"),
    "construction_safety": Term(3, "《安全生产许可证条例》第九条"),
    "chemical_trade": Term(3, "《危险化学品经营许可证管理办法》第十八条", is_sure=False),
    "chemical_use": Term(3, "《危险化学品安全使用许可证实施办法》第三十二条", is_sure=False),
    "fireworks_wholesale": Term(3, "《烟花爆竹经营许可实施办法》第十三条", is_sure=False),
    "fireworks_retail": Term(2, "《烟花爆竹经营许可实施办法》第十八条，最长两年", is_sure=False),
    "standardisation": Term(3, "《企业安全生产标准化建设定级办法》", is_sure=False),
    "precursor": Term(3, "《非药品类易制毒化学品生产、经营许可办法》", is_sure=False),
}
# Of these an enterprise may hold several at a time; of the others a later one takes the place of the earlier.
SEVERAL = ("special_equipment", "other")


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day(kind: str, issued_on: dt.date) -> dt.date | None:
    """Until when a licence of this kind is valid if its term is the usual one."""
    term = TERMS.get(kind)
    return months_after(issued_on, 12 * term.years) - dt.timedelta(days=1) if term else None


@dataclass(frozen=True)
class Interval:
    """How often an enterprise must practise. The stricter of 《生产安全事故应急预案管理办法》第三十三条 and
    《山东省安全生产条例》第六十三条."""

    plan_months: int  # 综合或专项应急预案
    special_years: int  # every 专项应急预案 at least once in so many years
    on_site_months: int  # 现场处置方案


HIGH_HAZARD = Interval(plan_months=6, special_years=2, on_site_months=6)
ORDINARY = Interval(plan_months=12, special_years=3, on_site_months=6)
HAZARD_CATEGORIES = ("chemical", "mine", "fireworks")
HAZARD_TAGS = ("major_hazard", "molten_metal", "crowded", "chemical_production", "chemical_use")
# Smelting (31, 32), building (47–50): 《生产安全事故应急条例》第八条 names them with mines and dangerous goods.
HAZARD_DIVISIONS = ("31", "32", "47", "48", "49", "50")


def is_high_hazard(enterprise: Enterprise) -> bool:
    return (
        bool(set(enterprise.categories) & set(HAZARD_CATEGORIES))
        or bool(set(enterprise.tags) & set(HAZARD_TAGS))
        or enterprise.industry_code[:2] in HAZARD_DIVISIONS
    )


def high_hazard() -> Q:
    """The same for many."""
    found = Q(categories__overlap=list(HAZARD_CATEGORIES)) | Q(tags__overlap=list(HAZARD_TAGS))
    for division in HAZARD_DIVISIONS:
        found |= Q(industry_code__startswith=division)
    return found


def interval(enterprise: Enterprise) -> Interval:
    return HIGH_HAZARD if is_high_hazard(enterprise) else ORDINARY


def problems(row: Any) -> dict[str, str]:
    """Everything that is wrong with a row beyond the form of its fields, by field."""
    return {key: text for key, text in CHECKS[type(row)](row).items() if text}


def past(day: dt.date | None, name: str) -> str:
    if day is None or EARLIEST <= day <= timezone.localdate():
        return ""
    return f"{name}应在 1950 年之后、不晚于今天。"


def order(first: dt.date | None, last: dt.date | None, text: str) -> str:
    return text if first and last and last < first else ""


def _licence(row: Licence) -> dict[str, str]:
    others = Licence.objects.filter(
        enterprise_id=row.enterprise_id, kind=row.kind, number=row.number, withdrawn_at__isnull=True
    )
    return {
        "number": "这家企业已登记过同一种类、同一编号的证照，请在原记录上修改。" if _another(others, row) else "",
        "issued_on": past(row.issued_on, "发证日期"),
        "expires_on": order(row.issued_on, row.expires_on, "有效期至不能早于发证日期。") or _term_problem(row),
        "revoked_on": past(row.revoked_on, "注销或吊销日期")
        or order(row.issued_on, row.revoked_on, "注销或吊销日期不能早于发证日期。"),
    }


def _term_problem(row: Licence) -> str:
    term = TERMS.get(row.kind)
    if term is None or not row.issued_on:
        return ""
    proposed = last_day(row.kind, row.issued_on)
    label = Licence.Kind(row.kind).label
    if row.expires_on is None:
        return f"{label}有期限（一般 {term.years} 年），请填有效期至；按发证日期推算为 {proposed:%Y-%m-%d}。"
    # A licence extended without review keeps its first day of issue: 《安全生产许可证条例》第九条.
    if term.is_sure and proposed and row.expires_on > months_after(proposed, 12 * term.years):
        return f"{label}有效期为 {term.years} 年（{term.basis}），{row.expires_on:%Y-%m-%d} 太晚，请核对。"
    return ""


def _ledger(row: LedgerEntry) -> dict[str, str]:
    needs_amount = row.kind == LedgerEntry.Kind.SPENDING and row.amount_yuan is None
    amount = "金额不能为负数。" if row.amount_yuan is not None and row.amount_yuan < 0 else ""
    return {
        "happened_on": past(row.happened_on, "日期"),
        "amount_yuan": amount or ("安全投入请填金额。" if needs_amount else ""),
        "valid_until": order(row.happened_on, row.valid_until, "有效期至不能早于日期。"),
    }


def _health(row: HealthFactor) -> dict[str, str]:
    others = HealthFactor.objects.filter(
        enterprise_id=row.enterprise_id, factor=row.factor, workplace=row.workplace, withdrawn_at__isnull=True
    )
    no_day = row.is_within_limit is not None and row.tested_on is None
    return {
        "factor": "这个工作场所已登记过这种危害因素，请在原记录上修改。" if _another(others, row) else "",
        "tested_on": past(row.tested_on, "检测日期") or ("填了检测结果，请一并填检测日期。" if no_day else ""),
        "examined_on": past(row.examined_on, "体检日期")
        or ("填了体检人数，请一并填体检日期。" if row.examined_persons and not row.examined_on else ""),
    }


def _rescue(row: RescueFact) -> dict[str, str]:
    needs_words = row.kind == RescueFact.Kind.TACTICS and not row.detail
    return {"detail": "处置要点请写明内容。" if needs_words else ""}


def _drill(row: Drill) -> dict[str, str]:
    return {
        "held_on": past(row.held_on, "演练日期"),
        "participants": "" if row.participants and row.participants > 0 else "参加人数至少为 1。",
        "evaluated_on": past(row.evaluated_on, "评估日期")
        or order(row.held_on, row.evaluated_on, "评估日期不能早于演练日期。"),
        "result": "填了评估意见或评估日期，请选评估结论。"
        if (row.evaluation or row.evaluated_on) and not row.result
        else "",
    }


def _another(rows: Any, row: Any) -> bool:
    return bool(rows.exclude(pk=row.pk).exists())


CHECKS: dict[type[Any], Callable[[Any], dict[str, str]]] = {
    Licence: _licence,
    LedgerEntry: _ledger,
    HealthFactor: _health,
    RescueFact: _rescue,
    Drill: _drill,
}
