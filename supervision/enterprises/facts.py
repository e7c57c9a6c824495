"""The facts of an enterprise file: what each is called, how much it weighs, how long it holds, who may change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from supervision.enterprises.industries import industry_text
from supervision.enterprises.models import Enterprise

SELF, OFFICE, ROWS = "enterprise", "office", "rows"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing the file says. `kept_by`: the enterprise itself, the office (asked by a change request), or rows."""

    key: str
    title: str
    weight: int
    days: int  # how long a verification holds
    kept_by: str = OFFICE
    path: str = ""  # attribute path from the enterprise
    is_optional: bool = False  # empty: left out of the score rather than counted as missing
    is_key: bool = False  # looked at in every confirmation, also by whoever visits


def fact(key: str, title: str, weight: int, days: int, kept_by: str = OFFICE, **more: Any) -> Fact:
    return Fact(key=key, title=title, weight=weight, days=days, kept_by=kept_by, path=more.pop("path", key), **more)


# Weights follow the bulletin of 2017: 行业分类、联系人信息、经营状态 are what it found wrong most.
FACTS = (
    fact("status", "经营状态", 15, 90, is_key=True),
    fact("contact_safety", "安全管理负责人", 12, 90, ROWS, path="", is_key=True),
    fact("contact_emergency", "应急值守联系人", 12, 90, ROWS, path="", is_key=True),
    fact("contact_principal", "主要负责人", 6, 180, ROWS, path="", is_optional=True),
    fact("contact_legal", "法定代表人", 3, 365, ROWS, path="", is_optional=True),
    fact("name", "企业名称", 6, 365, path="site.name"),
    fact("credit_code", "统一社会信用代码", 5, 365),
    fact("categories", "监管分类", 8, 180),
    fact("industry_code", "行业", 5, 365),
    fact("employees", "从业人数", 6, 180, SELF),
    fact("safety_officers", "专职安全管理人员", 3, 180, SELF),
    fact("certified_staff", "特种作业持证人数", 3, 180, SELF),
    fact("address", "地址", 5, 365, SELF, path="site.address"),
    fact("place", "位置", 7, 365, path=""),
    fact("registered_region", "登记所属区划", 3, 365, path="registered_region.code", is_optional=True),
    fact("business", "主要产品或业务", 3, 180, SELF, is_optional=True),
    fact("tags", "风险标签", 5, 180, is_optional=True),
    fact("founded_on", "成立日期", 1, 1095, SELF, is_optional=True),
    fact("scale", "企业规模", 1, 365, SELF, is_optional=True),
    fact("legal_form", "企业类型", 1, 365, SELF, is_optional=True),
    fact("capital_wan", "注册资本（万元）", 1, 365, SELF, is_optional=True),
    fact("licences", "资质证照", 8, 180, ROWS, path="", is_optional=True),
    fact("boundary", "厂界", 3, 365, ROWS, path="", is_optional=True),
)
BY_KEY = {f.key: f for f in FACTS}
CONTACTS = tuple(f.key for f in FACTS if f.key.startswith("contact_"))
# What the strip asks of whoever visits or approves.
VISITED = tuple(f.key for f in FACTS if f.is_key)


def title(key: str) -> str:
    return BY_KEY[key].title if key in BY_KEY else key


def titles(keys: Any) -> str:
    return "、".join(title(key) for key in keys)


def value_of(enterprise: Enterprise, key: str) -> Any:
    """The value as JSON holds it; of facts kept in rows, nothing: they are shown from their rows."""
    if key == "place":
        return {"lon": round(enterprise.site.geom.x, 6), "lat": round(enterprise.site.geom.y, 6)}
    if not BY_KEY[key].path:
        return None
    value: Any = enterprise
    for name in BY_KEY[key].path.split("."):
        value = getattr(value, name, None)
    if isinstance(value, (list, tuple)):
        return list(value)
    return value if isinstance(value, (str, int, type(None))) else str(value)


def shown(key: str, value: Any) -> str:
    """A value in words."""
    if value in (None, "", []):
        return "（空）"
    if key == "place":
        return f"{value['lon']:.6f}, {value['lat']:.6f}"
    if key == "industry_code":
        return industry_text(str(value))
    if key == "registered_region":
        from geo.models import Region

        return str(Region.objects.filter(code=value).first() or value)
    labels = {str(k): str(v) for choices in CHOICES.get(key, ()) for k, v in choices}
    values = value if isinstance(value, list) else [value]
    return "、".join(labels.get(str(one), str(one)) for one in values)


CHOICES: dict[str, tuple[Any, ...]] = {
    "status": (Enterprise.Status.choices,),
    "categories": (Enterprise.Category.choices,),
    "tags": (Enterprise.Tag.choices,),
    "scale": (Enterprise.Scale.choices,),
}
