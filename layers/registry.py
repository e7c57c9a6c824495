"""What every business module tells the map about itself.

A module has one `manifest.py` that calls `registry.add(Module(...))`. `layers.apps` imports every manifest when Django
starts; adding a module edits nothing outside its own folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.db.models import Expression, F, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable

from core import roles
from core.models import User
from core.workflow import Workflow
from geo.models import Site
from layers.statistics.declaring import Block, Table


@dataclass(frozen=True, kw_only=True)
class State:
    """One value of a layer's state: how it is drawn and named. In grid cells the highest `rank` wins."""

    key: str
    label: str
    color: (
        str  # a token of the palette: "red" "orange" "yellow" "blue" are levels only; "teal" "violet" "green" "slate" …
    )
    shape: str = "circle"  # circle square triangle diamond cross ring star hexagon
    rank: int = 0


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Another way to colour the features of a layer: by what, and the values it can take.

    A module may colour another's layer by what it alone knows (`Module.themes`): the expression then looks from that
    layer's model. What compares with today should do so with `Now()`: its counts are then renewed by the clock.
    """

    key: str  # also a filter of the layer and its list, unless they have one of that name
    title: str
    state: str | Combinable  # a lookup or an expression
    states: tuple[State, ...]
    permission: str = ""  # besides the layer's own
    order: int = 100

    @property
    def state_expression(self) -> Combinable:
        return F(self.state) if isinstance(self.state, str) else self.state


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One kind of thing on the map. `fields` is an allow-list: nothing else leaves the server in tiles and features."""

    key: str
    title: str
    group: str
    model: type[Model]
    title_path: str = "name"
    subtitle_path: str = ""
    geometry: str = "point"  # point | polygon | line
    place_path: str = ""  # "site__" when geometry and region live on a related row
    state: str | Combinable = "state"  # a lookup or an expression
    states: tuple[State, ...] = ()
    state_title: str = "状态"  # what `state` is called among the themes
    themes: tuple[Theme, ...] = ()  # besides `state`, which is the theme without a name
    theme: str = ""  # of a layer as `Registry.themed` gives it: the theme that took the place of `state`
    fields: tuple[str, ...] = ()
    search: tuple[
        str, ...
    ] = ()  # lookups matched by the search box (pg_trgm); pinyin initials are matched if the model has `pinyin`
    stale: Expression | None = None  # annotation: true when the facts are stale
    filters: tuple[str, ...] = ()  # further lookups that the features API filters by
    permission: str = ""
    is_default: bool = False
    is_live: bool = False  # few and changing: drawn from the features API and the feed, not from tiles
    in_nearby: bool = False
    label_from_zoom: int = 14
    order: int = 100
    only: Q | None = None  # of the model's rows, those that are on this layer at all
    visible: Callable[[User], QuerySet[Any]] | None = None
    # Of a feature that is gone from the layer: the key of the one that took its place, so that old links still lead
    # somewhere. The successor is shown to whoever may see it.
    successor: Callable[[Any], Any] | None = None

    @property
    def needs(self) -> str:
        return self.permission or f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    def rows(self, user: User) -> QuerySet[Any]:
        """What this user may see of the layer."""
        query: QuerySet[Any] = self.visible(user) if self.visible else self.model.objects.visible_to(user)  # type: ignore[attr-defined]  # every layer's manager is scoped; checked by layers.checks
        return query if self.only is None else query.filter(self.only)

    @property
    def geom(self) -> str:
        return f"{self.place_path}geom"

    @property
    def geom_3857(self) -> str:
        return f"{self.place_path}geom_3857"

    @property
    def region(self) -> str:
        path: str = self.model.REGION_PATH  # type: ignore[attr-defined]  # as above
        return path

    @property
    def state_expression(self) -> Combinable:
        if isinstance(self.state, str):
            return F(self.state) if self.state else Value("")
        return self.state


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A page of the feature panel, attached to a model (a Site: every feature that stands on that site)."""

    key: str
    title: str
    on: type[Model]
    template: str
    context: Callable[[Any, User], dict[str, Any]]
    badge: Callable[[Any, User], int | str] | None = None
    permission: str = ""
    every_site: bool = False  # of a tab on Site: also where no enterprise stands, such as a school
    order: int = 100

    def fits(self, target: Model) -> bool:
        if not isinstance(target, self.on):
            return False
        is_other_place = isinstance(target, Site) and target.kind != Site.Kind.ENTERPRISE
        return self.every_site or not is_other_place


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A line above the tabs of a feature and of its record's page; a context of None: nothing to say."""

    key: str
    on: type[Model]
    template: str
    context: Callable[[Any, User], dict[str, Any] | None]
    permission: str = ""
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a module asks of a person on their home page /app/; a context of None: nothing today."""

    key: str
    template: str
    context: Callable[[User], dict[str, Any] | None]
    permission: str = ""
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do with the feature, shown as a button in its panel."""

    key: str
    title: str
    on: type[Model]
    url: Callable[[Any], str]
    permission: str
    when: Callable[[Any, User], bool] = lambda feature, user: True
    # "get" opens a form or page; "post" acts at once (htmx); "draw" draws a polygon on the map: GET of the address
    # answers {"geometry": GeoJSON or null}, the drawn one is posted as {"geometry": GeoJSON}
    method: str = "get"
    confirm: str = ""
    opens_page: bool = False  # a "get" that leaves for a page of its own instead of the dialog
    is_primary: bool = False
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a list, its export and its API: `path` is an attribute path or a callable of the row."""

    title: str
    path: str | Callable[[Any], Any]
    key: str = ""
    kind: str = "text"  # text code number date datetime chip age link
    width: int = 14
    sort: str = ""  # a lookup to sort by; "" = not sortable
    is_personal: bool = False  # masked in lists, left out of exports and API unless the user may see it

    @property
    def name(self) -> str:
        return self.key or (self.path if isinstance(self.path, str) else self.title)


@dataclass(frozen=True, kw_only=True)
class Records:
    """The pages of an ordinary record: list, filters, detail, form, history, xlsx, API, all from this declaration."""

    key: str  # in the URL: /<module>/<key>/
    title: str
    model: type[Model]
    columns: tuple[Column, ...]
    detail: tuple[Column, ...] = ()
    filters: tuple[str, ...] = ()  # lookups with choices or exact values
    search: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ("-pk",)
    layer: str = ""  # "在地图上看" and the panel
    form: type[forms.ModelForm] | None = None  # type: ignore[type-arg]  # not generic at run time
    create: Callable[..., Any] | None = None  # service(actor=..., **cleaned) -> instance
    update: Callable[..., Any] | None = None  # service(instance, actor=..., **cleaned) -> instance
    identity: tuple[str, ...] = ()  # form fields by which a row of an uploaded sheet finds its record; () = no import
    dossier: int = 0  # its place among the parts of a site's whole file 一企一档; 0 = no part of it
    dossier_columns: tuple[str, ...] = ()  # names of the columns shown there; () = the first few
    select: tuple[str, ...] = ()  # select_related
    only: Q | None = None  # of the model's rows, those this list is about
    visible: Callable[[User], QuerySet[Any]] | None = None

    @property
    def label(self) -> str:
        return f"{self.model._meta.app_label}.%s_{self.model._meta.model_name}"

    def permission(self, verb: str) -> str:
        return self.label % verb

    def rows(self, user: User) -> QuerySet[Any]:
        query: QuerySet[Any] = self.visible(user) if self.visible else self.model.objects.visible_to(user)  # type: ignore[attr-defined]  # as for layers
        query = query if self.only is None else query.filter(self.only)
        return query.select_related(*self.select) if self.select else query


@dataclass(frozen=True, kw_only=True)
class Nav:
    """An entry of the top bar."""

    title: str
    url_name: str
    permission: str
    order: int = 100
    args: tuple[Any, ...] = ()
    officials_only: bool = False  # not for accounts of an enterprise, whatever their rights


@dataclass(frozen=True, kw_only=True)
class Module:
    """A business module 子系统. `urls` is mounted at /<key>/, `api_urls` at /api/v1/."""

    key: str
    title: str
    layers: tuple[Layer, ...] = ()
    tabs: tuple[Tab, ...] = ()
    actions: tuple[Action, ...] = ()
    strips: tuple[Strip, ...] = ()
    cards: tuple[Card, ...] = ()
    themes: Mapping[str, tuple[Theme, ...]] = field(default_factory=dict)  # for layers of other modules, by their key
    records: tuple[Records, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    statistics: tuple[Table | Block, ...] = ()  # the page /<key>/statistics/
    nav: tuple[Nav, ...] = ()
    urls: str = ""
    api_urls: str = ""
    grants: dict[str, tuple[str, ...]] = field(default_factory=dict)  # role -> "app.codename"
    order: int = 100


class Registry:
    """Every module, by key. It refuses two of one name, in modules and in layers."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}
        self._layers: dict[str, Layer] = {}
        self._themed: dict[tuple[str, str], Layer] = {}

    def add(self, module: Module) -> Module:
        if module.key in self._modules:
            raise ValueError(f"Two modules call themselves {module.key!r}.")
        for layer in module.layers:
            if layer.key in self._layers:
                raise ValueError(f"Two layers call themselves {layer.key!r}.")
            self._layers[layer.key] = layer
        for role, permissions in module.grants.items():
            roles.grant(role, *permissions)
        self._modules[module.key] = module
        self._themed.clear()
        return module

    def __iter__(self) -> Iterator[Module]:
        return iter(sorted(self._modules.values(), key=lambda m: (m.order, m.key)))

    @property
    def all_layers(self) -> list[Layer]:
        return sorted(self._layers.values(), key=lambda layer: (layer.order, layer.key))

    def layers(self, user: User) -> list[Layer]:
        return [layer for layer in self.all_layers if user.has_perm(layer.needs)]

    def layer(self, key: str, user: User) -> Layer | None:
        """The layer, if it exists and this user may see it: otherwise it is as if it did not exist."""
        layer = self._layers.get(key)
        return layer if layer and user.has_perm(layer.needs) else None

    def themes(self, layer: Layer, user: User) -> tuple[Theme, ...]:
        """By what this user may colour a layer: its own themes and those that other modules give it."""
        own = self._layers.get(layer.key, layer)
        given = (theme for m in self for theme in m.themes.get(layer.key, ()))
        found = [t for t in (*own.themes, *given) if not t.permission or user.has_perm(t.permission)]
        return tuple(sorted(found, key=lambda theme: theme.order))

    def themed(self, layer: Layer, key: str, user: User) -> Layer | None:
        """The layer with a theme in the place of its state; None if this user has no such theme."""
        if not key:
            return layer
        theme = next((t for t in self.themes(layer, user) if t.key == key), None)
        if theme is None:
            return None
        if (layer.key, key) not in self._themed:
            self._themed[layer.key, key] = replace(layer, state=theme.state, states=theme.states, theme=key)
        return self._themed[layer.key, key]

    def layer_of(self, model: type[Model]) -> Layer | None:
        return next((layer for layer in self.all_layers if layer.model is model), None)

    def tabs(self, feature: Model, user: User) -> list[tuple[Tab, Any]]:
        """The tabs of a feature, each with the object it is about (the feature, or the site it stands on)."""
        found = [
            (tab, target)
            for m in self
            for tab in m.tabs
            for target in targets(feature)
            if tab.fits(target) and (not tab.permission or user.has_perm(tab.permission))
        ]
        return sorted(found, key=lambda pair: (pair[0].order, pair[0].key))

    def actions(self, feature: Model, user: User) -> list[tuple[Action, Any]]:
        found = [
            (action, target)
            for m in self
            for action in m.actions
            for target in targets(feature)
            if isinstance(target, action.on) and user.has_perm(action.permission) and action.when(target, user)
        ]
        return sorted(found, key=lambda pair: (pair[0].order, pair[0].key))

    def strips(self, feature: Model, user: User) -> list[tuple[Strip, dict[str, Any]]]:
        """The strips that have something to say about a feature, each with its context."""
        found = [
            (strip, context)
            for m in self
            for strip in m.strips
            for target in targets(feature)
            if isinstance(target, strip.on) and (not strip.permission or user.has_perm(strip.permission))
            if (context := strip.context(target, user)) is not None
        ]
        return sorted(found, key=lambda pair: (pair[0].order, pair[0].key))

    def cards(self, user: User) -> list[tuple[Card, dict[str, Any]]]:
        found = [
            (card, context)
            for m in self
            for card in m.cards
            if not card.permission or user.has_perm(card.permission)
            if (context := card.context(user)) is not None
        ]
        return sorted(found, key=lambda pair: (pair[0].order, pair[0].key))

    def list_of(self, layer: Layer, user: User) -> tuple[str, Records] | None:
        """The list (and its module) that shows the rows of a layer, if this user may open it."""
        found = ((m.key, r) for m in self for r in m.records if r.layer == layer.key)
        return next(((key, r) for key, r in found if user.has_perm(r.permission("view"))), None)

    def module(self, key: str) -> Module | None:
        return self._modules.get(key)

    def records(self, module: str, key: str) -> Records | None:
        found = self._modules.get(module)
        return next((r for r in found.records if r.key == key), None) if found else None


def targets(feature: Model) -> list[Model]:
    """The feature itself and, when it stands on one, its site: both are what tabs and actions attach to."""
    site = getattr(feature, "site", None)
    return [feature, site] if isinstance(site, Model) else [feature]


registry = Registry()
