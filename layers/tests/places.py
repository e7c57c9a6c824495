"""A small module over geo.Site, declared only for the tests of layers: no business module is needed to test the map."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import Case, Q, Value, When

from core.models import User
from core.pinyin import initials
from core.workflow import NotAllowed
from geo.models import Region, Site
from layers.registry import Action, Column, Layer, Module, Nav, Records, State, Tab

STATES = (
    State(key="enterprise", label="企业", color="teal", rank=1),
    State(key="school", label="学校", color="violet", rank=3),
    State(key="hospital", label="医院", color="green", rank=2),
)


class PlaceForm(forms.ModelForm):
    lon = forms.FloatField(label="经度")
    lat = forms.FloatField(label="纬度")

    class Meta:
        model = Site
        fields = ("name", "kind", "address", "region")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial |= {"lon": self.instance.geom.x, "lat": self.instance.geom.y}


def add_place(*, actor: User, name: str, region: Region, lon: float, lat: float, **fields: Any) -> Site:
    if not actor.scope.covers_region(region.pk):
        raise ValidationError({"region": "不在您的管辖范围内。"})
    if name == "重名":
        raise NotAllowed("已有同名场所。")
    return Site.objects.create(
        name=name, pinyin=initials(name), region=region, geom=Point(lon, lat, srid=4490), **fields
    )


def change_place(place: Site, *, actor: User, lon: float, lat: float, **fields: Any) -> Site:
    for name, value in fields.items():
        setattr(place, name, value)
    place.geom, place.pinyin = Point(lon, lat, srid=4490), initials(place.name)
    place.save()
    return place


MODULE = Module(
    key="test-places",
    title="场所",
    layers=(
        Layer(
            key="test_places",
            title="场所",
            group="测试",
            model=Site,
            subtitle_path="address",
            state="kind",
            states=STATES,
            fields=("address",),
            search=("name", "address"),
            filters=("kind", "datum"),
            stale=Case(When(Q(address=""), then=Value(True)), default=Value(False)),
            in_nearby=True,
        ),
    ),
    tabs=(
        Tab(
            key="facts",
            title="概况",
            on=Site,
            template="layers/records/_facts.html",
            context=lambda site, user: {"cells": []},
            badge=lambda site, user: 7,
        ),
        Tab(
            key="secret",
            title="内部",
            on=Site,
            template="layers/records/_facts.html",
            context=lambda site, user: {"cells": []},
            permission="geo.delete_site",
        ),
    ),
    actions=(
        Action(
            key="rename", title="改名", on=Site, url=lambda site: f"/rename/{site.pk}/", permission="geo.change_site"
        ),
    ),
    records=(
        Records(
            key="places",
            title="场所",
            model=Site,
            columns=(
                Column(title="名称", path="name", kind="link", sort="name"),
                Column(title="类型", path="get_kind_display", key="kind", kind="chip", sort="kind"),
                Column(title="电话", path=lambda site: "13812341234", key="phone", is_personal=True),
                Column(title="区划", path="region.name", sort="region__path"),
            ),
            filters=("kind", "datum"),
            search=("name", "address"),
            order_by=("name",),
            layer="test_places",
            form=PlaceForm,
            create=add_place,
            update=change_place,
            select=("region",),
        ),
    ),
    nav=(Nav(title="场所", url_name="records:list", permission="geo.view_site", args=("test-places", "places")),),
)
