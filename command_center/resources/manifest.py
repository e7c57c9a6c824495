"""应急资源 on the map: six layers, their lists, the clicks that verify them, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from command_center.resources import selectors
from command_center.resources.lists import RECORDS
from command_center.resources.models import (
    TYPES,
    AssetStatus,
    CommunicationAsset,
    MedicalPoint,
    Resource,
    Shelter,
    Supply,
    Team,
    TransportAsset,
)
from core.freshness import stale_flag
from core.models import User
from layers.registry import Action, Layer, Module, Nav, State, Tab, registry


def states(choices: type[Any], colors: dict[str, str], shape: str) -> tuple[State, ...]:
    """One state a choice; the later in `colors`, the worse, and the worst names a grid cell."""
    labels = dict(choices.choices)
    return tuple(
        State(key=key, label=labels[key], color=color, shape=shape, rank=rank)
        for rank, (key, color) in enumerate(colors.items())
    )


TEAM_STATES = states(
    Team.Status,
    {
        "available": "green",
        "returning": "cyan",
        "delayed": "slate",
        "committed": "violet",
        "responding": "pink",
        "staging": "violet",
        "on_scene": "pink",
        "unavailable": "slate",
        "out_of_service": "slate",
    },
    "triangle",
)
SUPPLY_STATES = (
    State(key="usable", label="可用", color="teal", shape="square"),
    State(key="expiring", label="30 天内到期", color="violet", shape="square", rank=1),
    State(key="expired", label="已过期", color="pink", shape="square", rank=2),
    State(key="empty", label="已用完", color="slate", shape="square", rank=3),
)
SHELTER_STATES = states(
    Shelter.Status, {"ready": "green", "open": "cyan", "full": "pink", "closed": "slate"}, "hexagon"
)
MEDICAL_STATES = states(MedicalPoint.Status, {"available": "white", "busy": "violet", "unavailable": "slate"}, "cross")


def asset_states(shape: str) -> tuple[State, ...]:
    return states(AssetStatus, {"available": "cyan", "in_use": "violet", "faulty": "slate"}, shape)


def layer(key: str, title: str, model: type[Resource], fields: tuple[str, ...], order: int, **more: Any) -> Layer:
    return Layer(
        key=key,
        title=title,
        group="应急资源",
        model=model,
        subtitle_path="organisation__name",
        fields=(*fields, "verified_at", "interval_days"),
        search=("name", "address"),
        stale=stale_flag(),
        in_nearby=True,
        order=order,
        **more,
    )


def everybodys(model: type[Resource]) -> Callable[[User], QuerySet[Any]]:
    """Said aloud for the two layers that enterprises see whole."""
    return lambda user: model.objects.visible_to(user)


LAYERS = (
    layer("teams", "救援队伍", Team, ("kind", "people", "vehicles"), 30, state="status", states=TEAM_STATES,
          filters=("kind",), is_default=True, label_from_zoom=13),
    layer("supplies", "物资装备", Supply, ("kind", "quantity", "unit", "expires_on", "store"), 31,
          state=selectors.supply_state(), states=SUPPLY_STATES, filters=("kind",)),
    layer("shelters", "避难场所", Shelter, ("kind", "capacity_day", "capacity_night", "occupants"), 32,
          visible=everybodys(Shelter), state="status", states=SHELTER_STATES, label_from_zoom=12),
    layer("medical", "医疗资源", MedicalPoint, ("level", "beds", "ambulances"), 33,
          visible=everybodys(MedicalPoint), state="status", states=MEDICAL_STATES, label_from_zoom=12),
    layer("communication", "通信资源", CommunicationAsset, ("kind", "quantity"), 34,
          state="status", states=asset_states("diamond")),
    layer("transport", "运输资源", TransportAsset, ("kind", "quantity", "capacity"), 35,
          state="status", states=asset_states("star")),
)  # fmt: skip


def page(name: str) -> Any:
    def url(record: Resource) -> str:
        return reverse(f"resources:{name}", args=[record._meta.model_name, record.pk])

    return url


def is_official(record: Resource, user: User) -> bool:
    return user.scope.site_id is None


ACTIONS = tuple(
    action
    for model in TYPES
    for action in (
        Action(key=f"verify_{model._meta.model_name}", title="核实", on=model, url=page("verify"), method="post",
               permission="resources.verify_resource", when=is_official, is_primary=True, order=10),
        Action(key=f"link_{model._meta.model_name}", title="复制免登录核实链接", on=model, url=page("link"),
               method="post", permission="resources.verify_resource", when=is_official, order=20),
    )
)  # fmt: skip

ALL = tuple(str(m._meta.model_name) for m in TYPES)
VIEW = tuple(f"resources.view_{name}" for name in ALL)
KEEP = ("resources.verify_resource", *(f"resources.{verb}_{name}" for verb in ("add", "change") for name in ALL))
PUBLIC = ("resources.view_shelter", "resources.view_medicalpoint")

registry.add(
    Module(
        key="resources",
        title="应急资源",
        layers=LAYERS,
        tabs=tuple(
            Tab(
                key="overview",
                title="概况",
                on=model,
                template="resources/tab.html",
                context=selectors.tab,
                permission=f"resources.view_{model._meta.model_name}",
                order=10,
            )
            for model in TYPES
        ),
        actions=ACTIONS,
        records=RECORDS,
        nav=(
            Nav(
                title="资源",
                url_name="resources:home",
                permission="resources.view_team",
                order=30,
            ),
        ),
        urls="command_center.resources.urls",
        grants={
            "*": VIEW,
            "duty": (*KEEP, "resources.set_team_status"),
            "coordinator": (*KEEP, "resources.set_team_status"),
            "leader": ("resources.verify_resource", "resources.set_team_status"),
            # Where people are sent to is public; what the government holds elsewhere is not.
            "enterprise": PUBLIC,
            "expert": VIEW,
        },
        order=30,
    )
)
