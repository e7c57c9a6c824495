"""What may be done to a plan. Every verb checks right and scope, and tells the feed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from command_center.plans.models import Plan
from core import calendar, events, files, freshness
from core.models import User
from core.pinyin import initials
from core.workflow import NotAllowed

# 《生产安全事故应急预案管理办法》（应急管理部令第 2 号）第三十五条：每三年评估一次；
# 第二十六条：公布之日起 20 个工作日内备案。
REVIEW_YEARS = 3
FILING_WORKING_DAYS = 20
FACTS = ("title", "number", "kind", "level", "region", "organisation", "site", "issued_on", "remark", "interval_days")
CHECKED_ELSEWHERE = ["pinyin", "source"]


def review_due(last: dt.date) -> dt.date:
    try:
        return last.replace(year=last.year + REVIEW_YEARS)
    except ValueError:  # 29 February
        return last.replace(year=last.year + REVIEW_YEARS, day=28)


@transaction.atomic
def add_plan(*, actor: User, text: Any = None, **facts: Any) -> Plan:
    """Register a plan. An enterprise's plan lies in its site's region; `text` is its file."""
    need(actor, "add_plan", "登记应急预案")
    plan = Plan(**_known(facts))
    _place(plan, actor)
    _demand_past(plan.issued_on, "issued_on")
    plan.pinyin = initials(plan.title)
    plan.filing_due_on = calendar.add_working_days(plan.issued_on, FILING_WORKING_DAYS)[0]
    plan.review_due_on = review_due(plan.issued_on)
    plan.source, plan.verified_at, plan.verified_by, plan.verified_note = "人工登记", timezone.now(), actor, "登记"
    plan.full_clean(exclude=CHECKED_ELSEWHERE)
    plan.save()
    if text:
        files.attach(plan, text, name=text.name or plan.title, actor=actor, kind="plan_text")
    _tell("add", plan, actor)
    return plan


@transaction.atomic
def change_plan(plan: Plan, *, actor: User, text: Any = None, **facts: Any) -> Plan:
    """Correct what is written about a plan; a later date of issue is a new edition and starts its clocks again."""
    need(actor, "change_plan", "修改应急预案")
    row = _locked(plan, actor)
    before = row.issued_on
    for key, value in _known(facts).items():
        setattr(row, key, value)
    _place(row, actor)
    _demand_past(row.issued_on, "issued_on")
    if row.issued_on > before:
        row.filed_on, row.filing_number, row.reviewed_on = None, "", None
    if row.issued_on != before:
        row.filing_due_on = calendar.add_working_days(row.issued_on, FILING_WORKING_DAYS)[0]
        row.review_due_on = review_due(row.reviewed_on or row.issued_on)
    row.pinyin = initials(row.title)
    row.full_clean(exclude=CHECKED_ELSEWHERE)
    row.save()
    if text:
        files.attach(row, text, name=text.name or row.title, actor=actor, kind="plan_text")
    _tell("change", row, actor)
    return row


@transaction.atomic
def file_plan(plan: Plan, *, actor: User, filing_number: str, filed_on: dt.date | None = None) -> Plan:
    """备案: the authority has taken the plan on file under this number."""
    need(actor, "file_plan", "办理预案备案")
    row = _in_force(plan, actor)
    if row.filed_on is not None:
        raise NotAllowed(f"此预案已于 {row.filed_on} 备案（{row.filing_number}）；修订后请先更新发布日期。")
    filed_on = filed_on or timezone.localdate()
    if not filing_number.strip():
        raise ValidationError({"filing_number": "请填备案编号。"})
    if not row.issued_on <= filed_on <= timezone.localdate():
        raise ValidationError({"filed_on": f"备案日期应在发布日期 {row.issued_on} 之后、不晚于今天。"})
    row.filed_on, row.filing_number = filed_on, filing_number.strip()[:60]
    row.save(update_fields=["filed_on", "filing_number"])
    _tell("file", row, actor)
    return row


@transaction.atomic
def review_plan(plan: Plan, *, actor: User, conclusion: str, reviewed_on: dt.date | None = None) -> Plan:
    """评估: still fit, so the next review is in three years. What is not fit is revised: change its date of issue."""
    need(actor, "review_plan", "登记预案评估")
    row = _in_force(plan, actor)
    reviewed_on = reviewed_on or timezone.localdate()
    if not conclusion.strip():
        raise ValidationError({"conclusion": "请写明评估结论。"})
    if not max(row.issued_on, row.reviewed_on or row.issued_on) <= reviewed_on <= timezone.localdate():
        raise ValidationError({"reviewed_on": "评估日期应在发布和上次评估之后、不晚于今天。"})
    row.reviewed_on, row.review_due_on, row.remark = reviewed_on, review_due(reviewed_on), conclusion.strip()[:300]
    row.save(update_fields=["reviewed_on", "review_due_on", "remark"])
    _tell("review", row, actor)
    return row


@transaction.atomic
def verify_plan(plan: Plan, *, actor: User, how: str = "电话核实") -> Plan:
    """One click: the people and telephones it names still hold."""
    need(actor, "verify_plan", "核实应急预案")
    row = _in_force(plan, actor)
    freshness.verify(row, actor=actor, how=how[:60])
    _tell("verify", row, actor)
    return row


@transaction.atomic
def abolish_plan(plan: Plan, *, actor: User, reason: str) -> Plan:
    need(actor, "change_plan", "废止应急预案")
    row = _in_force(plan, actor)
    if not reason.strip():
        raise ValidationError({"reason": "请写明废止原因。"})
    row.abolished_on, row.remark = timezone.localdate(), reason.strip()[:300]
    row.save(update_fields=["abolished_on", "remark"])
    _tell("abolish", row, actor)
    return row


def need(actor: User, permission: str, what: str) -> None:
    if not actor.has_perm(f"plans.{permission}"):
        raise PermissionDenied(f"您没有“{what}”的权限。")


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(facts) - set(FACTS):
        raise ValidationError(dict.fromkeys(sorted(unknown), "不接受此字段。"))
    return facts


def _place(plan: Plan, actor: User) -> None:
    """Where the plan belongs, within the actor's reach."""
    if plan.site_id is not None:
        plan.level, plan.region = Plan.Level.ENTERPRISE, plan.site.region  # type: ignore[union-attr]  # site_id is set
    elif plan.level == Plan.Level.ENTERPRISE:
        raise ValidationError({"site": "企业预案要选定企业。"})
    if plan.region_id is None:
        raise ValidationError({"region": "请选择所属区划。"})
    scope = actor.scope
    if scope.site_id is not None:
        if plan.site_id != scope.site_id:
            raise PermissionDenied("企业账号只能办理本企业的预案。")
    elif not scope.covers_region(plan.region_id):
        raise PermissionDenied("所选区划不在您的管辖范围内。")


def _demand_past(day: dt.date | None, field: str) -> None:
    if day is None or not dt.date(1990, 1, 1) <= day <= timezone.localdate():
        raise ValidationError({field: "日期应在 1990 年之后、不晚于今天。"})


def _locked(plan: Plan, actor: User) -> Plan:
    """The row as it is now, if the actor may see it and reaches its region; otherwise as if it did not exist."""
    visible = Plan.objects.visible_to(actor).values("pk")
    row: Plan = (
        Plan.objects.select_for_update(of=("self",))
        .select_related("region", "site__region")
        .get(pk=visible.get(pk=plan.pk)["pk"])
    )
    if actor.scope.site_id is None and not actor.scope.covers_region(row.region_id):
        raise PermissionDenied(f"这是{row.region}的预案，您只能查看。")
    return row


def _in_force(plan: Plan, actor: User) -> Plan:
    row = _locked(plan, actor)
    if row.abolished_on is not None:
        raise NotAllowed(f"此预案已于 {row.abolished_on} 废止，不能再办理。")
    return row


def _tell(verb: str, plan: Plan, actor: User) -> None:
    events.append(
        f"plans.{verb}", subject=plan, region=plan.region, actor=actor, site_id=plan.site_id, level=plan.level
    )
