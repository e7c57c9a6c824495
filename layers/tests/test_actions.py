"""A row of buttons keeps short: what matters stands, the rest is behind 更多."""

from __future__ import annotations

from layers.actions import Button, arrange

KEPT, LAST = (Button("详情页", "/page/"),), (Button("在地图上看", "/#map"),)


def titles(*names: str, primary: str = "") -> list[Button]:
    return [Button(name, f"/{name}/", is_primary=name == primary) for name in names]


def test_beside_the_primary_one_three_others_stand_in_their_order() -> None:
    row = arrange(titles("核实", "一", "二", "三", "四", primary="核实"), KEPT, LAST)
    assert [b.title for b in row.shown] == ["核实", "一", "二", "详情页"]
    assert [b.title for b in row.more] == ["三", "四", "在地图上看"]


def test_a_menu_of_one_is_no_menu() -> None:
    row = arrange(titles("核实", "一", primary="核实"), KEPT, LAST)
    assert [b.title for b in row.shown] == ["核实", "一", "详情页", "在地图上看"]
    assert row.more == ()
