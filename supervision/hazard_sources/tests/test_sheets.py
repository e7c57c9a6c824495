"""Units, inventory lines, people and points from sheets: found again by their names, written by the same services."""

import pytest

from core.imports import batches
from core.imports.sheet import find
from supervision.hazard_sources import people, points
from supervision.hazard_sources.models import HazardSource
from tests.test_imports import finished, imported, sheet_file


def states(key, head, body, actor):
    batch = finished(
        batches.upload(find(f"hazard_sources/{key}"), sheet_file(body, head, "表.xlsx"), actor=actor, options={})
    )
    rows = list(batch.rows.order_by("number"))
    assert rows, batch.problem if hasattr(batch, "problem") else batch.state
    return batch, [row.state for row in rows], [(row.state, row.problems, row.changes) for row in rows]


def test_units_with_their_inventory(cast, filed, site):
    code = site.enterprise.credit_code
    head = ["企业统一社会信用代码", "名称", "单元类型", "厂界外 500 米内常住人口", "存量清单", "变更原因", "坐标系"]
    body = [
        [code, "液氯库房", "储存单元", 120, "氯 62.5", "新增气瓶", "CGCS2000"],
        [code, "汽油罐区", "储存单元", 35, "汽油 3000\n甲醇 1000", "", "CGCS2000"],
        [code, "某罐区", "储存单元", 35, "硝酸铵 10", "", "CGCS2000"],
    ]
    batch, found, told = states("sources", head, body, cast.district)
    assert found == ["changed", "new", "error"], told
    imported(batch, cast.district)
    filed.refresh_from_db()
    assert (filed.state, filed.items.get().quantity_text) == ("due", "62.5")
    assert filed.inventory_changes.first().reason == "新增气瓶"
    assert HazardSource.objects.get(name="汽油罐区").items.count() == 2


@pytest.fixture
def named(filed):
    return [filed.credit_code, filed.name]


HEAD = ["企业统一社会信用代码", "重大危险源名称"]


def test_inventory_lines(cast, filed, named):
    head = [*HEAD, "物质", "危险性类别", "设计最大量（吨）", "变更原因"]
    body = [[*named, "氯", "", 30, "扩容"], [*named, "氨", "", 5, "新增"], [*named, "无此物质", "", 5, "新增"]]
    batch, found, told = states("inventory", head, body, cast.district)
    assert found == ["changed", "new", "error"], told
    imported(batch, cast.district)
    assert [str(item) for item in filed.items.all()] == ["氯 30 t", "氨 5 t"] and filed.inventory_changes.count() == 3


def test_people_and_points(cast, filed, named):
    people.appoint(filed, actor=cast.enterprise, role="principal", name="赵甲", phone="13905460001")
    points.add_point(filed, actor=cast.enterprise, tag="LT-1", kind="level", device="液位计", unit="m", high=8)
    head = [*HEAD, "责任", "姓名", "电话", "职务"]
    body = [
        [*named, "主要负责人", "赵甲", "13905460009", ""], [*named, "技术负责人", "钱乙", "13905460002", "总工"],
        [*named, "操作负责人", "孙丙", "110", ""],
    ]  # fmt: skip
    batch, found, told = states("people", head, body, cast.district)
    assert found == ["changed", "new", "error"], told
    imported(batch, cast.district)
    assert filed.people.get(role="principal").phone == "13905460009" and filed.people.count() == 2
    head = [*HEAD, "位号", "类型", "设备名称", "计量单位", "低限", "高限"]
    body = [[*named, "LT-1", "液位", "液位计", "m", 1, 9], [*named, "LT-2", "液位", "液位计", "m", 5, 1]]
    batch, found, told = states("points", head, body, cast.district)
    assert found == ["changed", "error"], told
    imported(batch, cast.district)
    assert filed.points.get().thresholds == "L 1 · H 9 m"
