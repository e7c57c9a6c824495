"""What may be done to the rows of a file: add, correct, verify, withdraw. One way for every kind of row.

An enterprise keeps its own rows without asking; they are marked as its own word until an office verifies them.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import freshness
from core.freshness import Verified
from core.models import User
from core.workflow import NotAllowed
from geo import identifiers
from geo.coordinates import Datum
from geo.measure import metres_between
from geo.parsing import given_point
from supervision.enterprises import provenance
from supervision.enterprises.models import Drill, Enterprise, HealthFactor, LedgerEntry, Licence, RescueFact
from supervision.enterprises.papers import due, rules
from supervision.enterprises.services import demand, demand_kept, locked, source_of, tell

R = TypeVar("R", Licence, LedgerEntry, HealthFactor, RescueFact, Drill)
FARTHEST = 5_000.0  # metres from the enterprise at which a rescue fact of it can lie
RECORDED = (LedgerEntry, Drill)
BY_SERVICE = ("recorded_by", "withdrawn_by", "verified_by")


def add_licence(*, actor: User, credit_code: str = "", **facts: Any) -> Licence:
    return add(Licence, actor=actor, credit_code=credit_code, **facts)


def add_ledger_entry(*, actor: User, credit_code: str = "", **facts: Any) -> LedgerEntry:
    return add(LedgerEntry, actor=actor, credit_code=credit_code, **facts)


def add_health_factor(*, actor: User, credit_code: str = "", **facts: Any) -> HealthFactor:
    return add(HealthFactor, actor=actor, credit_code=credit_code, **facts)


def add_rescue_fact(*, actor: User, credit_code: str = "", **facts: Any) -> RescueFact:
    return add(RescueFact, actor=actor, credit_code=credit_code, **facts)


def add_drill(*, actor: User, credit_code: str = "", **facts: Any) -> Drill:
    return add(Drill, actor=actor, credit_code=credit_code, **facts)


@transaction.atomic
def add(model: type[R], *, actor: User, credit_code: str = "", **facts: Any) -> R:
    """A new row in the file of the enterprise with this code; an enterprise's account means itself."""
    title = str(model._meta.verbose_name)
    demand(actor, f"enterprises.add_{model._meta.model_name}", f"登记{title}")
    enterprise = locked(find(actor, credit_code), actor)
    demand_kept(enterprise)
    row = model(enterprise=enterprise)
    _set(row, facts)
    if isinstance(row, RECORDED):
        row.recorded_by = actor
    _came_from(row, actor, "登记")
    row.save()
    _follow(row, "add", actor)
    return row


@transaction.atomic
def correct(row: R, *, actor: User, credit_code: str = "", **facts: Any) -> R:
    """Fields that stay as they are change nothing; what an enterprise writes is its word, until verified again."""
    fresh = _demanded(row, actor, "修改")
    if credit_code and identifiers.tidy(credit_code) != fresh.enterprise.credit_code:
        raise ValidationError({"credit_code": "不能改到另一家企业：请撤下这一条，再在那家企业登记。"})
    before = _values(fresh)
    _set(fresh, facts)
    if _values(fresh) == before:
        return fresh
    _came_from(fresh, actor, "修改")
    fresh.save()
    _follow(fresh, "correct", actor)
    return fresh


@transaction.atomic
def verify(row: R, *, actor: User, how: str = "在线确认") -> R:
    """Somebody has looked: the row is as it says."""
    fresh = _demanded(row, actor, "核实")
    if not isinstance(fresh, Verified):
        raise NotAllowed(f"{fresh._meta.verbose_name}记的是已发生的事，不需要定期核实。")
    freshness.verify(fresh, actor=actor, how=how[:60])
    _follow(fresh, "verify", actor)
    return fresh


@transaction.atomic
def withdraw(row: R, *, actor: User, reason: str) -> R:
    """Out of the file, with the reason; the row itself stays."""
    fresh = _demanded(row, actor, "撤下")
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤下的原因，如“重复登记”“已拆除”。"})
    fresh.withdrawn_at, fresh.withdrawn_by, fresh.withdrawn_reason = timezone.now(), actor, reason.strip()[:200]
    fresh.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    _follow(fresh, "withdraw", actor)
    return fresh


def find(actor: User, credit_code: str) -> Enterprise:
    """The enterprise of this code that the actor may see; without one, the actor's own."""
    rows = Enterprise.objects.visible_to(actor)
    code = identifiers.tidy(credit_code or "")
    if not code and actor.site_id is None:
        raise ValidationError({"credit_code": "请填企业的统一社会信用代码。"})
    found: Enterprise | None = (rows.filter(credit_code=code) if code else rows.filter(pk=actor.site_id)).first()
    if found is None:
        why = identifiers.check_credit_code(code) if code else ""
        raise ValidationError({"credit_code": why or "没有找到这家企业，或不在您的管辖范围内。"})
    return found


def _demanded(row: R, actor: User, what: str) -> R:
    """The row as it is now, locked, if this actor may write to it."""
    model = type(row)
    demand(actor, f"enterprises.change_{model._meta.model_name}", f"{what}{model._meta.verbose_name}")
    visible = model.objects.visible_to(actor)
    enterprise = locked(visible.select_related("enterprise").get(pk=row.pk).enterprise, actor)
    demand_kept(enterprise)
    fresh: R = model.objects.select_for_update().get(pk=row.pk)
    fresh.enterprise = enterprise
    if fresh.withdrawn_at:
        raise NotAllowed(f"这一条已在 {timezone.localtime(fresh.withdrawn_at):%Y-%m-%d} 撤下，不能再{what}。")
    return fresh


def _set(row: R, facts: dict[str, Any]) -> None:
    place = {key: facts.pop(key) for key in ("lon", "lat", "datum") if key in facts}
    unknown = set(facts) - {f.name for f in row._meta.concrete_fields if f.editable and f.name not in BY_SERVICE}
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "不接受此字段。"))
    for key, value in facts.items():
        setattr(row, key, value.strip() if isinstance(value, str) else value)
    if isinstance(row, RescueFact):
        _set_place(row, **place)
    row.full_clean(exclude=["enterprise", *BY_SERVICE], validate_unique=False, validate_constraints=False)
    if wrong := rules.problems(row):
        raise ValidationError(wrong)


def _set_place(row: RescueFact, lon: Any = None, lat: Any = None, datum: str = "") -> None:
    if lon in (None, "") and lat in (None, ""):
        return
    point = given_point(lon, lat, datum=datum or Datum.CGCS2000)
    home = row.enterprise.site.geom
    away = metres_between(point.x, point.y, home.x, home.y)
    if away > FARTHEST:
        raise ValidationError({"lon": f"这个点离企业 {away / 1000:.1f} 公里，超过 5 公里，请核对坐标和坐标系。"})
    row.geom = point


def _values(row: R) -> dict[str, Any]:
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}


def _came_from(row: R, actor: User, how: str) -> None:
    """An office's entry counts as verified; an enterprise's own word does not."""
    row.source = source_of(actor)
    if isinstance(row, Verified):
        if actor.site_id is None:
            row.verified_at, row.verified_by, row.verified_note = timezone.now(), actor, how
        else:
            row.verified_at, row.verified_by, row.verified_note = None, None, ""


def _follow(row: R, verb: str, actor: User) -> None:
    """What hangs on the row: due dates, origin and contradictions of the file, the feed."""
    enterprise = row.enterprise
    due.refresh(enterprise.pk)
    if isinstance(row, Licence):
        row.refresh_from_db(fields=["is_current"])
        provenance.noted(enterprise, ["licences"], source=source_of(actor), actor=actor)
    else:
        provenance.settle(enterprise.pk)
    tell(f"enterprises.{verb}_{row._meta.model_name}", enterprise, actor)
