"""The buttons of a feature's panel and of a record's page: the first few stand in a row, the rest wait behind 更多."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from layers.registry import Action

OTHERS = 3  # beside the primary ones


@dataclass(frozen=True)
class Button:
    """What the template needs of an action, or of a plain link of the page."""

    title: str
    url: str
    key: str = ""
    kind: str = "page"  # "page" leaves, "get" opens the dialog, "post" acts at once, "draw" draws on the map
    confirm: str = ""
    is_primary: bool = False
    leads_to_map: bool = False


@dataclass(frozen=True)
class Buttons:
    shown: tuple[Button, ...]
    more: tuple[Button, ...]


def of_action(action: Action, url: str) -> Button:
    kind = "page" if action.opens_page else action.method
    return Button(action.title, url, action.key, kind, action.confirm, action.is_primary)


def in_panel(actions: Iterable[tuple[Action, str]], *, page_url: str, map_url: str) -> Buttons:
    kept = (Button("详情页", page_url, "page"),) if page_url else ()
    return arrange(
        [of_action(*pair) for pair in actions], kept, (Button("在地图上看", map_url, "map", leads_to_map=True),)
    )


def on_page(context: dict[str, Any]) -> Buttons:
    """A record's page has no map of its own: what is drawn is drawn on the map page, of what has a place there."""
    map_url = context.get("map_url", "")
    buttons = [of_action(*pair) for pair in context["actions"]]
    buttons = [on_map(each, map_url) if each.kind == "draw" else each for each in buttons]
    edit, place = Button("修改", context["edit_url"], "edit"), Button("在地图上看", map_url, "map")
    kept = tuple(each for each in (edit, place) if each.url)
    return arrange([each for each in buttons if each.url], kept, (Button("历史", context["history_url"], "history"),))


def on_map(button: Button, map_url: str) -> Button:
    return Button(button.title, f"{map_url}&draw={button.key}" if map_url else "", button.key)


def arrange(buttons: list[Button], kept: tuple[Button, ...], last: tuple[Button, ...]) -> Buttons:
    """The primary ones and `kept` stand, and the first of the others, three in all. A menu holds two or more."""
    others = [each for each in buttons if not each.is_primary]
    room = max(OTHERS - len(kept), 0)
    more = [*others[room:], *last]
    if len(more) == 1:
        return Buttons((*buttons, *kept, *last), ())
    hidden = set(others[room:])
    return Buttons((*(each for each in buttons if each not in hidden), *kept), tuple(more))
