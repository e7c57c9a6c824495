"""The columns of the enterprise sheet, and how each is taken from a file that exists."""

from __future__ import annotations

from typing import Any

from core.imports.columns import Column
from geo.coordinates import Datum
from geo.identifiers import check_credit_code, make_credit_code
from geo.models import Region
from supervision.enterprises.models import Contact, Enterprise

ROLES = (Contact.Role.LEGAL, Contact.Role.PRINCIPAL, Contact.Role.SAFETY, Contact.Role.EMERGENCY)


def choices(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(label)) for key, label in kind.choices)


def columns(*, with_contacts: bool) -> tuple[Column, ...]:
    """Contacts are for those who may change them."""
    regions = tuple((r.code, r.name) for r in Region.objects.only("code", "name"))
    facts = (
        Column(key="name", title="企业名称", is_required=True, max_length=120, width=30, aliases=("名称", "单位名称"),
               example="示例化工有限公司"),
        Column(key="credit_code", title="统一社会信用代码", kind="code", is_required=True, check=check_credit_code,
               help="18 位，按营业执照填写。已登记过的按它找到并更新。", aliases=("信用代码", "社会信用代码"),
               example=make_credit_code("370500", 0)),
        Column(key="category", title="主要监管分类", kind="choice", is_required=True, aliases=("监管分类", "分类"),
               choices=choices(Enterprise.Category), example="危险化学品"),
        Column(key="also", title="兼有的监管分类", kind="choices", choices=choices(Enterprise.Category)),
        Column(key="industry_code", title="国民经济行业", is_required=True, help="GB/T 4754-2017 代码或行业名称。",
               aliases=("行业代码", "行业", "国民经济行业代码"), example="2614"),
        Column(key="status", title="经营状态", kind="choice", choices=choices(Enterprise.Status),
               help="只在新登记时采用，不填为营业。已有企业的经营状态请在企业页面变更，要写明原因。", example="营业",
               keeps_when_empty=True),
        Column(key="scale", title="企业规模", kind="choice", choices=choices(Enterprise.Scale), example="小型",
               aliases=("规模",)),
        Column(key="legal_form", title="企业类型", max_length=40, example="有限责任公司"),
        Column(key="capital_wan", title="注册资本（万元）", kind="decimal", aliases=("注册资本",), example="500"),
        Column(key="founded_on", title="成立日期", kind="date", example="2015-06-01"),
        Column(key="employees", title="从业人数", kind="integer", aliases=("职工人数", "员工人数"), example="86",
               keeps_when_empty=True),
        Column(key="safety_officers", title="专职安全管理人员", kind="integer", example="2", keeps_when_empty=True,
               aliases=("专职安全管理人员数", "安全管理人员")),
        Column(key="certified_staff", title="特种作业持证人数", kind="integer", example="6", keeps_when_empty=True),
        Column(key="business", title="主要产品或业务", max_length=200, aliases=("主要产品", "经营范围"),
               example="甲醇、二甲苯"),
        Column(key="tags", title="风险标签", kind="choices", choices=choices(Enterprise.Tag), width=28,
               example="危化品生产、重大危险源"),
        Column(key="registered_region", title="登记所属区划", kind="region", choices=regions,
               help="营业执照登记机关所在区划。", aliases=("登记区划",), example=regions[0][1] if regions else ""),
        *place(),
    )  # fmt: skip
    return (*facts, *people()) if with_contacts else facts


def place() -> tuple[Column, ...]:
    return (
        Column(key="address", title="地址", max_length=200, width=32, aliases=("企业地址", "详细地址", "生产经营地址"),
               example="大王镇潍高路 1 号"),
        Column(key="lon", title="经度", kind="lon", is_required=True, aliases=("longitude", "lng"),
               help="所在区划按位置确定，不用填。", example="118.451234"),
        Column(key="lat", title="纬度", kind="lat", is_required=True, aliases=("latitude",), example="37.051234"),
        Column(key="datum", title="坐标系", kind="choice", choices=choices(Datum), keeps_when_empty=True,
               help="不填时按上传时所选的坐标系。从高德、百度地图取的坐标要写明。"),
        Column(key="platform_joined_on", title="纳入平台日期", kind="date", keeps_when_empty=True,
               help="不填为导入当天。"),
    )  # fmt: skip


def people() -> tuple[Column, ...]:
    found: list[Column] = []
    for role in ROLES:
        label = str(role.label)
        found += [
            Column(key=f"{role}_name", title=f"{label}姓名", max_length=40, aliases=(label,), keeps_when_empty=True,
                   is_personal=True, example="示例姓名" if role == Contact.Role.SAFETY else ""),
            Column(key=f"{role}_phone", title=f"{label}电话", kind="code", max_length=20, keeps_when_empty=True,
                   aliases=(f"{label}手机", f"{label}联系电话"), is_personal=True,
                   example="0546-8888888" if role == Contact.Role.SAFETY else ""),
        ]  # fmt: skip
    return tuple(found)


def values_of(row: Enterprise, contacts: dict[str, Contact]) -> dict[str, Any]:
    """A file as a row of the sheet."""
    site = row.site
    main, *also = row.categories
    found: dict[str, Any] = {
        "name": site.name, "credit_code": row.credit_code, "category": main, "also": also,
        "industry_code": row.industry_code, "status": row.status, "scale": row.scale, "legal_form": row.legal_form,
        "capital_wan": None if row.capital_wan is None else f"{row.capital_wan.normalize():f}",
        "founded_on": row.founded_on.isoformat() if row.founded_on else None, "employees": row.employees,
        "safety_officers": row.safety_officers, "certified_staff": row.certified_staff, "business": row.business,
        "tags": list(row.tags), "address": site.address, "lon": site.geom.x, "lat": site.geom.y,
        "registered_region": row.registered_region.code if row.registered_region else None,
        "datum": Datum.CGCS2000.value, "platform_joined_on": row.platform_joined_on.isoformat(),
    }  # fmt: skip
    for role in ROLES:
        person = contacts.get(role)
        found[f"{role}_name"] = person.name if person else ""
        found[f"{role}_phone"] = person.phone if person else ""
    return found
