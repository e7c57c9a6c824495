"""What may be done to an enterprise file. Every verb checks the right, the scope and the facts, and tells the feed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from core import events
from core.models import User
from core.pinyin import initials
from core.workflow import NotAllowed
from geo import identifiers
from geo.coordinates import Datum
from geo.models import Region, Site
from geo.parsing import given_point
from geo.regions import region_of
from supervision.enterprises import provenance
from supervision.enterprises.facts import FACTS, SELF, value_of
from supervision.enterprises.industries import check_industry_code
from supervision.enterprises.models import Enterprise, StatusChange
from supervision.enterprises.workflow import ENTERPRISE

STALE_VERSION = "企业信息已被他人更新（您看到的是第 {seen} 版，现为第 {now} 版），请刷新后再改。"
# Its name is not told: it may belong to another region.
TAKEN = "这个统一社会信用代码已经登记过，请搜索后在原档案上修改。"
SITE_FIELDS = ("name", "address")
# What an enterprise may correct by itself; the rest is changed by the office that supervises it.
SELF_KEPT = {fact.key for fact in FACTS if fact.kept_by == SELF}
COUNTS = {
    "employees": "从业人数",
    "safety_officers": "专职安全管理人员",
    "certified_staff": "特种作业持证人数",
}
OWN_FIELDS = (
    "credit_code", "categories", "industry_code", "founded_on", "business", "platform_joined_on", "tags", "scale",
    "legal_form", "capital_wan", "registered_region", *COUNTS,
)  # fmt: skip
TEXTS = {"address": 200, "business": 200, "legal_form": 40}
# Asked for each row of a sheet of ten thousand: an enumeration builds its list of values anew every time.
CATEGORIES, TAGS = frozenset(Enterprise.Category.values), frozenset(Enterprise.Tag.values)
SCALES, DATUMS = frozenset({"", *Enterprise.Scale.values}), frozenset(Datum.values)


@transaction.atomic
def register_enterprise(
    *,
    actor: User,
    name: str,
    credit_code: str,
    categories: Sequence[str],
    industry_code: str,
    lon: object,
    lat: object,
    datum: str = Datum.CGCS2000,
    address: str = "",
    status: str = Enterprise.Status.OPERATING,
    source: str = "人工登记",
    **facts: Any,
) -> Enterprise:
    """Open the file of an enterprise at a place; its region follows from the place."""
    demand(actor, "enterprises.add_enterprise", "登记企业")
    if actor.site_id is not None:
        raise PermissionDenied("企业账号不能登记其他企业，请联系所在地应急管理部门。")
    enterprise = open_file(
        actor=actor, name=name, credit_code=credit_code, categories=categories, industry_code=industry_code,
        lon=lon, lat=lat, datum=datum, address=address, status=status,
        kept={"source": source, "verified_at": timezone.now(), "verified_by": actor, "verified_note": "登记"}, **facts,
    )  # fmt: skip
    provenance.settle(enterprise.pk)
    tell("enterprises.register", enterprise, actor)
    return enterprise


def open_file(
    *,
    actor: User,
    name: str,
    categories: Sequence[str],
    lon: object,
    lat: object,
    datum: str,
    address: str,
    status: str = Enterprise.Status.OPERATING,
    site: Site | None = None,
    kept: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Enterprise:
    """Site, file and first line of the history; `kept` are columns that nobody fills in. Rights are the caller's."""
    point, region = _place(actor, lon, lat, datum)
    facts = {**facts, "categories": list(categories)}
    facts.setdefault("platform_joined_on", timezone.localdate())
    if status not in Enterprise.Status.values:
        raise ValidationError({"status": "经营状态应是营业、停产停业或关闭。"})
    checked = _checked({"name": name, "address": address, **facts}, enterprise=None)
    site = site or Site(kind=Site.Kind.ENTERPRISE)
    site.region, site.geom, site.datum = region, point, datum
    site.name, site.address, site.pinyin = checked.pop("name"), checked.pop("address"), initials(name.strip())
    site.save()
    kept = {"state": file_state(status), **(kept or {})}
    enterprise = Enterprise.objects.create(site=site, status=status, **kept, **checked)
    since = checked["platform_joined_on"]
    StatusChange.objects.create(enterprise=enterprise, status=status, since=since, reason="登记", actor=actor)
    from supervision.enterprises import duplicates  # it starts from these services

    duplicates.look_soon()
    return enterprise


@transaction.atomic
def update_enterprise(
    enterprise: Enterprise, *, actor: User, expected_version: int | None = None, **changes: Any
) -> Enterprise:
    """Correct facts. A change of place needs `lon`, `lat` and, unless it is CGCS2000, `datum`."""
    demand(actor, "enterprises.change_enterprise", "修改企业信息")
    row = locked(enterprise, actor)
    if expected_version is not None and row.version != expected_version:
        raise NotAllowed(STALE_VERSION.format(seen=expected_version, now=row.version))
    demand_kept(row)
    if actor.site_id is not None:
        _demand_self_kept(row, changes)
    return write_facts(row, actor, changes)


def write_facts(row: Enterprise, actor: User, changes: dict[str, Any]) -> Enterprise:
    """What `update_enterprise` does after it has looked at rights and version; the row is locked."""
    place = {key: changes.pop(key) for key in ("lon", "lat", "datum") if key in changes}
    checked = _checked(changes, enterprise=row)
    site = row.site
    before = {fact.key: value_of(row, fact.key) for fact in FACTS}
    if place.get("lon") not in (None, ""):
        site.datum = place.get("datum") or Datum.CGCS2000
        site.geom, site.region = _place(actor, place["lon"], place.get("lat"), site.datum)
    for key, value in checked.items():
        setattr(site if key in SITE_FIELDS else row, key, value)
    site.pinyin = initials(site.name)
    site.save()
    row.version += 1
    row.save()
    changed = [key for key, value in before.items() if value_of(row, key) != value]
    provenance.noted(row, changed, source=source_of(actor), actor=actor)
    tell("enterprises.update", row, actor)
    return row


@transaction.atomic
def verify_enterprise(enterprise: Enterprise, *, actor: User, how: str = "在线确认") -> Enterprise:
    """One click: the facts of the file still hold."""
    demand(actor, "enterprises.verify_enterprise", "核实企业信息")
    row = locked(enterprise, actor)
    if row.status == Enterprise.Status.CLOSED:
        raise NotAllowed("企业已关闭，不需要核实；若已恢复经营，请先变更经营状态。")
    demand_kept(row)
    provenance.confirm_all(row, actor=actor, how=how[:60])
    if row.state == "due":
        ENTERPRISE.advance(row, "renew", actor=actor, note=how)
    tell("enterprises.verify", row, actor)
    return row


@transaction.atomic
def set_status(
    enterprise: Enterprise, *, actor: User, status: str, reason: str, since: dt.date | None = None
) -> StatusChange:
    """Operating, suspended, closed, and back; each change stays in the history with its reason."""
    demand(actor, "enterprises.set_status_enterprise", "变更经营状态")
    row = locked(enterprise, actor)
    if status not in Enterprise.Status.values:
        raise ValidationError({"status": "经营状态应是营业、停产停业或关闭。"})
    if row.status == status:
        raise NotAllowed(f"企业已经是“{row.get_status_display()}”状态，不用再变更。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明变更原因。"})
    since = since or timezone.localdate()
    if since > timezone.localdate():
        raise ValidationError({"since": "变更日期不能晚于今天。"})
    demand_kept(row)
    reason = reason.strip()[:200]
    if step := file_step(row, status):
        ENTERPRISE.advance(row, step, actor=actor, note=reason, status=status)
    else:
        row.status, row.version = status, row.version + 1
        row.save(update_fields=["status", "version"])
    change = StatusChange.objects.create(enterprise=row, status=status, since=since, reason=reason, actor=actor)
    provenance.noted(row, ["status"], source=source_of(actor), actor=actor)
    tell("enterprises.set_status", row, actor)
    return change


def file_state(status: str) -> str:
    return "closed" if status == Enterprise.Status.CLOSED else "valid"


def file_step(row: Enterprise, status: str) -> str:
    """The step of the file that goes with a new operating status; a suspended enterprise keeps a valid file."""
    if status == Enterprise.Status.CLOSED:
        return "close" if row.state in ("valid", "due") else ""
    return "reopen" if row.state == "closed" else ""


def demand_kept(row: Enterprise) -> None:
    """A file that was cancelled or merged stays as it was."""
    if row.state == "cancelled":
        where = f"，已并入“{row.merged_into}”，请在那份档案上办理" if row.merged_into else "；要继续使用请先恢复档案"
        raise NotAllowed(f"此档案已注销{where}。")


def source_of(actor: User) -> str:
    return "企业自报" if actor.site_id else "机关登记"


def demand(actor: User, permission: str, what: str) -> None:
    if not actor.has_perm(permission):
        raise PermissionDenied(f"您没有“{what}”的权限。")


def locked(enterprise: Enterprise, actor: User) -> Enterprise:
    """The row as it is now, if the actor may see it; otherwise it is as if it did not exist."""
    visible = Enterprise.objects.visible_to(actor).values("pk")
    row: Enterprise = (
        Enterprise.objects.select_for_update(of=("self",))
        .select_related("site__region")
        .get(pk=visible.get(pk=enterprise.pk)["pk"])
    )
    return row


def _demand_self_kept(row: Enterprise, changes: dict[str, Any]) -> None:
    """Fields of a form that were sent back unchanged are no change."""
    for key in [k for k in changes if k in (*SITE_FIELDS, *OWN_FIELDS) and k not in SELF_KEPT]:
        if changes[key] == getattr(row, key):
            del changes[key]
    if refused := sorted(set(changes) - SELF_KEPT):
        raise ValidationError(dict.fromkeys(refused, "企业不能自行修改此项，请联系所在地应急管理部门。"))


def _place(actor: User, lon: object, lat: object, datum: str) -> tuple[Any, Region]:
    point = point_of(lon, lat, datum)
    return point, reached(actor, region_of(point))


def point_of(lon: object, lat: object, datum: str) -> Any:
    if datum not in DATUMS:
        raise ValidationError({"datum": f"不认识的坐标系：只接受{'、'.join(Datum.labels)}。"})
    return given_point(lon, lat, datum=datum)


def reached(actor: User, region: Region | None) -> Region:
    """The region of a place, if it is in the city and within the actor's reach."""
    if region is None:
        raise ValidationError({"lon": "这个位置不在本市范围内，请核对坐标和坐标系。"})
    if actor.site_id is None and not actor.scope.covers_region(region.pk):
        raise PermissionDenied(f"这个位置属于{region.name}，不在您的管辖范围内。")
    return region


def check_fact(row: Enterprise, key: str, value: Any) -> Any:
    """The value in its stored form, before it is asked for; what is wrong is said now and not to the approver."""
    return _checked({key: value}, enterprise=row)[key]


def _checked(facts: dict[str, Any], *, enterprise: Enterprise | None) -> dict[str, Any]:
    return check_facts(facts, taken=lambda credit_code: _taken(credit_code, enterprise))


def check_facts(facts: dict[str, Any], *, taken: Callable[[str], str]) -> dict[str, Any]:
    """The facts in their stored form, or everything that is wrong with them by field.

    `taken` says what is wrong with using a credit code: one file asks the database, a sheet has asked for all its rows.
    """
    unknown = set(facts) - {*SITE_FIELDS, *OWN_FIELDS}
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "不接受此字段。"))
    facts = {key: value.strip() if isinstance(value, str) else value for key, value in facts.items()}
    if "credit_code" in facts:
        facts["credit_code"] = identifiers.tidy(str(facts["credit_code"]))
    problems = {key: why for key, value in facts.items() if (why := _problem(key, value, taken))}
    if problems:
        raise ValidationError(problems)
    return facts


def _problem(key: str, value: Any, taken: Callable[[str], str]) -> str:
    if key == "name":
        return "" if isinstance(value, str) and 2 <= len(value) <= 120 else "企业名称应为 2 至 120 字。"
    if key in TEXTS:
        return "" if isinstance(value, str) and len(value) <= TEXTS[key] else f"最多 {TEXTS[key]} 字。"
    if key == "credit_code":
        return identifiers.check_credit_code(value) or taken(value)
    if key == "categories":
        return _category_problem(value)
    if key == "industry_code":
        return check_industry_code(str(value))
    if key in COUNTS:
        right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
        return "" if right else f"{COUNTS[key]}应是 0 到 1000000 的整数。"
    if key in FURTHER:
        return FURTHER[key](value)
    return _day_problem(key, value)


def _day_problem(key: str, value: Any) -> str:
    if value is None and key == "founded_on":
        return ""
    right = isinstance(value, dt.date) and dt.date(1900, 1, 1) <= value <= timezone.localdate()
    return "" if right else "日期应在 1900 年之后、不晚于今天。"


def _tags_problem(value: Any) -> str:
    if not isinstance(value, (list, tuple)) or len(set(value)) != len(value):
        return "风险标签应是不重复的若干项。"
    wrong = [str(key) for key in value if key not in TAGS]
    return f"没有这样的风险标签：{'、'.join(wrong)[:60]}。" if wrong else ""


def _scale_problem(value: Any) -> str:
    if value in SCALES:
        return ""
    return f"企业规模应是：{'、'.join(str(label) for label in Enterprise.Scale.labels)}。"


def _capital_problem(value: Any) -> str:
    if value is None:
        return ""
    right = isinstance(value, (Decimal, int)) and not isinstance(value, bool) and 0 <= value < 10**12
    return "" if right else "注册资本应是 0 以上、以万元计的数。"


def _registered_region_problem(value: Any) -> str:
    return "" if value is None or isinstance(value, Region) else "登记所属区划应从本市区划里选。"


FURTHER: dict[str, Callable[[Any], str]] = {
    "tags": _tags_problem,
    "scale": _scale_problem,
    "capital_wan": _capital_problem,
    "registered_region": _registered_region_problem,
}


def _taken(credit_code: str, enterprise: Enterprise | None) -> str:
    others = Enterprise.objects.filter(credit_code=credit_code)
    if enterprise is not None:
        others = others.exclude(pk=enterprise.pk)
    return TAKEN if others.exists() else ""


def _category_problem(value: Any) -> str:
    if not isinstance(value, (list, tuple)) or not value:
        return "至少要有一个监管分类。"
    if len(set(value)) != len(value):
        return "监管分类有重复。"
    return "" if set(value) <= CATEGORIES else "监管分类只能是规定的五类。"


def tell(kind: str, enterprise: Enterprise, actor: User) -> None:
    site = enterprise.site
    events.append(
        kind,
        subject=enterprise,
        region=site.region,
        actor=actor,
        site_id=site.pk,
        state=enterprise.category,
        file_state=enterprise.state,
        status=enterprise.status,
        version=enterprise.version,
        is_stale=enterprise.is_stale,
        lon=site.geom.x,
        lat=site.geom.y,
    )
