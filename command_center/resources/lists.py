"""The six lists of resources: what their pages, filters and exports show."""

from __future__ import annotations

from functools import partial
from typing import Any

from command_center.resources import forms, services
from command_center.resources.models import (
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from layers.registry import Column, Records

HEAD = (Column(title="名称", path="name", kind="link", width=28, sort="name"),)
TAIL = (
    Column(title="归属单位", path="organisation.name", width=22, sort="organisation__name"),
    Column(title="区划", path="region.name", width=12, sort="region__path"),
    Column(title="核实", path="freshness", kind="age", width=18, sort="verified_at"),
    Column(title="联系人", path="contact_name", is_personal=True, width=10),
    Column(title="联系电话", path="contact_phone", is_personal=True, width=14),
)
PLACE = (
    Column(title="地址", path="address", width=30),
    Column(title="经度", path="geom.x", kind="number", key="lon"),
    Column(title="纬度", path="geom.y", kind="number", key="lat"),
    Column(title="备注", path="remark", width=30),
)


def chip(title: str, field: str) -> Column:
    return Column(title=title, path=f"get_{field}_display", key=field, kind="chip", width=10, sort=field)


def number(title: str, path: str) -> Column:
    return Column(title=title, path=path, kind="number", width=10, sort=path)


def records(
    key: str,
    title: str,
    model: type[Resource],
    form: Any,
    columns: tuple[Column, ...],
    filters: tuple[str, ...],
    identity: tuple[str, ...] = ("name",),
) -> Records:
    return Records(
        key=key,
        title=title,
        model=model,
        columns=(*HEAD, *columns, *TAIL),
        detail=(*HEAD, *columns, *TAIL, *PLACE),
        filters=filters,
        search=("name", "address", "organisation__name", "pinyin"),
        order_by=("region__path", "name"),
        layer=key,
        form=form,
        create=partial(services.add, model),
        update=services.change,
        select=("organisation", "region", "verified_by"),
        identity=identity,
    )


RECORDS = (
    records(
        "teams", "救援队伍", Team, forms.TeamForm,
        (
            chip("类型", "kind"),
            Column(title="能力", path=lambda team: "、".join(team.capability_labels), key="capabilities", width=24),
            number("人数", "people"),
            number("车辆", "vehicles"),
            chip("状态", "status"),
        ),
        ("kind", "status"),
    ),
    records(
        "supplies", "物资装备", Supply, forms.SupplyForm,
        (
            chip("类别", "kind"),
            number("数量", "quantity"),
            Column(title="单位", path="unit", width=6),
            Column(title="有效期至", path="expires_on", kind="date", width=12, sort="expires_on"),
            Column(title="存放库点", path="store", width=22, sort="store"),
        ),
        ("kind",), ("name", "store"),
    ),
    records(
        "shelters", "避难场所", Shelter, forms.ShelterForm,
        (
            chip("类型", "kind"),
            number("日间容量", "capacity_day"),
            number("夜间容量", "capacity_night"),
            number("现有人数", "occupants"),
            chip("状态", "status"),
        ),
        ("kind", "status"),
    ),
    records(
        "medical", "医疗资源", MedicalPoint, forms.MedicalPointForm,
        (
            chip("等级", "level"),
            number("床位", "beds"),
            number("救护车", "ambulances"),
            Column(title="专科", path="specialties", width=20),
            chip("状态", "status"),
        ),
        ("level", "status"),
    ),
    records(
        "communication", "通信资源", CommunicationAsset, forms.CommunicationAssetForm,
        (chip("类型", "kind"), number("数量", "quantity"), Column(title="频道", path="channel"),
         chip("状态", "status")),
        ("kind", "status"),
    ),
    records(
        "transport", "运输资源", TransportAsset, forms.TransportAssetForm,
        (chip("类型", "kind"), number("数量", "quantity"), Column(title="运力", path="capacity"),
         chip("状态", "status")),
        ("kind", "status"),
    ),
)  # fmt: skip
