"""Rows of a file into the records, through the declared lists: what the preview says is what is done, and undone."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from command_center.resources import services as resources
from command_center.resources.models import Team
from command_center.resources.testing import samples
from core import files, jobs, roles
from core.imports import batches
from core.imports.jobs import apply_batch
from core.imports.marked import marked
from core.imports.sheet import find
from core.imports.template import template
from core.models import AuditEntry, Event, ImportBatch, Job
from core.workflow import NotAllowed
from layers.registry import registry
from supervision.enterprises.models import Contact, Enterprise
from supervision.enterprises.services import update_enterprise
from tests.enterprise_rows import WRONG, rows, workbook
from tests.test_every_module import samples as module_samples

HEAD = ["名称", "类型", "归属单位", "经度", "纬度", "人数", "车辆数", "核实周期（天）"]


def sheet_file(body: list[list[Any]], head: list[str] = HEAD, name: str = "队伍.xlsx") -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in [head, *body]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile(name, stream.getvalue())


def team(name: str, owner: str, people: Any = 12, lon: Any = 118.45, lat: Any = 37.05) -> list[Any]:
    return [name, "消防救援", owner, lon, lat, people, 2, 90]


@pytest.fixture
def ground(cast: SimpleNamespace, regions: SimpleNamespace) -> SimpleNamespace:
    made = samples(regions.town, cast.district)
    return SimpleNamespace(
        sheet=find("resources/teams"), owner=cast.district.organisation.name, team=made["teams"], actor=cast.district
    )


def finished(batch: ImportBatch) -> ImportBatch:
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def taken_in(ground: SimpleNamespace, file: Any, actor: Any = None, **options: Any) -> ImportBatch:
    return finished(batches.upload(ground.sheet, file, actor=actor or ground.actor, options=options))


def imported(batch: ImportBatch, actor: Any, mode: str = "good") -> ImportBatch:
    batches.start(batch, actor=actor, mode=mode, acknowledged=True)
    return finished(batch)


def undone(batch: ImportBatch, actor: Any) -> ImportBatch:
    batches.undo(batch, actor=actor)
    return finished(batch)


def problems(batch: ImportBatch) -> dict[int, str]:
    return {r.number: "；".join(r.problems.values()) for r in batch.rows.filter(state="error")}


def cells_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def test_rows_are_previewed_imported_and_taken_back(ground):
    before = Team.objects.count()
    body = [team("甲队", ground.owner), team("乙队", ground.owner), team("丙队", "没有的单位")]
    batch = taken_in(ground, sheet_file(body))
    assert (batch.state, batch.counts["new"], batch.counts["error"]) == ("ready", 2, 1)
    assert Team.objects.count() == before
    assert imported(batch, ground.actor).state == "done"
    assert Team.objects.count() == before + 2
    assert AuditEntry.objects.filter(table="resources_team", action="insert", actor=ground.actor).count() >= 2
    assert undone(batch, ground.actor).state == "undone"
    assert Team.objects.count() == before


def test_what_is_there_is_found_by_its_identity_and_each_change_is_shown(ground):
    row = ground.team
    body = [team(row.name, row.organisation.name, people=row.people + 7, lon=row.geom.x, lat=row.geom.y)]
    batch = taken_in(ground, sheet_file(body))
    (line,) = batch.rows.all()
    assert (line.state, line.target) == ("changed", str(row.pk))
    assert line.changes["people"] == [str(row.people), str(row.people + 7)]
    imported(batch, ground.actor)
    row.refresh_from_db()
    assert row.people == int(line.changes["people"][1])
    assert undone(batch, ground.actor).problem == ""
    row.refresh_from_db()
    assert str(row.people) == line.changes["people"][0]


def test_what_is_exported_comes_back_unchanged(ground):
    content = template("救援队伍", ground.sheet.columns(ground.actor), ground.sheet.current(ground.actor, {}))
    batch = taken_in(ground, SimpleUploadedFile("现有.xlsx", content))
    assert batch.counts == {"unchanged": Team.objects.visible_to(ground.actor).count(), "warning": 0}
    with pytest.raises(NotAllowed, match="不用导入"):
        batches.start(batch, actor=ground.actor, mode="all")


def test_the_template_has_typed_columns_lists_and_an_example_that_is_skipped(ground):
    content = template("救援队伍", ground.sheet.columns(ground.actor))
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    assert book.sheetnames == ["救援队伍", "填写说明", "选项"]
    assert sheet.freeze_panes == "B2"
    assert sheet["A1"].comment is not None
    assert sheet.data_validations.dataValidation
    batch = taken_in(ground, SimpleUploadedFile("模板.xlsx", content))
    assert (batch.state, "示例行不算" in batch.problem) == ("refused", True)


def test_missing_columns_are_refused_by_name_and_unknown_ones_must_be_acknowledged(ground):
    batch = taken_in(ground, sheet_file([["甲队"]], head=["名称"]))
    assert batch.state == "refused"
    assert "缺少必需的列：" in batch.problem and "归属单位" in batch.problem
    batch = taken_in(ground, sheet_file([[*team("甲队", ground.owner), "秘密"]], head=[*HEAD, "内部备注"]))
    assert batch.unknown == ["内部备注"]
    with pytest.raises(ValidationError, match="内部备注"):
        batches.start(batch, actor=ground.actor, mode="all")


def test_the_file_comes_back_with_every_row_where_it_was_and_the_wrong_cells_red(ground):
    body = [[*team("甲队", ground.owner), "甲注"], [*team("乙队", "没有的单位"), "=1+1"]]
    batch = taken_in(ground, sheet_file(body, head=[*HEAD, "内部备注"]))
    sheet = cells_of(marked(batch))
    assert [c.value for c in sheet[1]] == [*HEAD, "内部备注", "错误"]
    assert (sheet["A2"].value, sheet["I2"].value, sheet["J2"].value) == ("甲队", "甲注", None)
    assert sheet["C3"].fill.start_color.rgb.endswith("FFC7CE") and sheet["C3"].comment
    assert "没有“没有的单位”这一项" in sheet["J3"].value
    again = taken_in(ground, SimpleUploadedFile("改好.xlsx", marked(batch)))
    assert again.unknown == ["内部备注"]


def test_two_rows_about_the_same_record_are_both_refused(ground):
    batch = taken_in(ground, sheet_file([team("甲队", ground.owner), team(" 甲队", ground.owner)]))
    assert {n: "重复" in text for n, text in problems(batch).items()} == {2: True, 3: True}


def test_a_row_outside_ones_region_is_an_error_before_anything_is_written(ground):
    batch = taken_in(ground, sheet_file([team("远队", ground.owner, lon=118.30, lat=37.55)]))
    assert "管辖范围" in problems(batch)[2]


def test_numbers_in_the_datum_named_at_upload_are_converted(ground):
    batch = taken_in(ground, sheet_file([team("甲队", ground.owner)]), datum="gcj02")
    assert imported(batch, ground.actor).state == "done"
    assert 300 < abs(Team.objects.get(name="甲队").geom.x - 118.45) * 88_000 < 700


def test_all_or_nothing_writes_nothing_while_a_row_is_wrong(ground):
    batch = taken_in(ground, sheet_file([team("甲队", ground.owner), team("乙队", "没有的单位")]))
    with pytest.raises(NotAllowed, match="1 行错误"):
        batches.start(batch, actor=ground.actor, mode="all")


def test_a_row_that_changed_after_the_preview_is_not_overwritten_unseen(ground):
    row = ground.team
    body = [
        team(row.name, row.organisation.name, people=99, lon=row.geom.x, lat=row.geom.y),
        team("甲队", ground.owner),
    ]
    batch = taken_in(ground, sheet_file(body))
    resources.change(row, actor=ground.actor, people=55)
    imported(batch, ground.actor, mode="all")
    assert (batch.state, Team.objects.filter(name="甲队").exists()) == ("ready", False)
    assert "预览" in problems(batch)[2]
    imported(batch, ground.actor, mode="good")
    row.refresh_from_db()
    assert (row.people, Team.objects.filter(name="甲队").exists()) == (55, True)


def test_a_second_click_is_refused_and_a_job_run_twice_does_it_once(ground):
    batch = taken_in(ground, sheet_file([team("甲队", ground.owner)]))
    batches.start(batch, actor=ground.actor, mode="all")
    with CaptureQueriesContext(connection) as asked, pytest.raises(NotAllowed, match="没有重复执行"):
        batches.start(batch, actor=ground.actor, mode="all")
    assert not any("FOR UPDATE" in q["sql"] for q in asked.captured_queries)  # the worker may hold it for minutes
    finished(batch)
    apply_batch(batch.pk)
    assert Team.objects.filter(name="甲队").count() == 1
    undone(batch, ground.actor)
    with pytest.raises(NotAllowed, match="已撤销"):
        batches.undo(batch, actor=ground.actor)


def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_the_next_one_does_it_once(ground, monkeypatch):
    batch = taken_in(ground, sheet_file([team(n, ground.owner) for n in ("甲队", "乙队")]))
    batches.start(batch, actor=ground.actor, mode="all")
    write, calls = type(ground.sheet).apply, []

    def die_once(self, *arguments):
        write(self, *arguments)
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("the connection is gone")

    monkeypatch.setattr(type(ground.sheet), "apply", die_once)
    jobs.run_waiting()
    batch.refresh_from_db()
    assert (batch.state, Team.objects.filter(name="甲队").count()) == ("applying", 0)
    Job.objects.update(run_at=timezone.now())
    assert finished(batch).state == "done"
    assert Team.objects.filter(name__in=("甲队", "乙队")).count() == 2


def test_the_same_file_again_says_so(ground):
    file = sheet_file([team("甲队", ground.owner)])
    first = taken_in(ground, file)
    file.seek(0)
    second = taken_in(ground, file)
    assert batches.twins(second, ground.actor) == [first]


def test_an_undo_is_refused_with_a_list_when_rows_were_changed_or_referred_to(ground, cast):
    batch = taken_in(ground, sheet_file([team(n, ground.owner) for n in ("甲队", "乙队", "丙队")]))
    imported(batch, ground.actor)
    resources.change(Team.objects.get(name="甲队"), actor=cast.city, people=77)
    files.attach(Team.objects.get(name="丙队"), b"%PDF-1.4\n%%EOF", name="a.pdf", actor=ground.actor)
    undone(batch, ground.actor)
    assert batch.state == "done"
    listed = dict(batch.conflicts)
    assert "又有修改" in listed[2] and "附件" in listed[4] and 3 not in listed
    assert Team.objects.filter(name__in=("甲队", "乙队", "丙队")).count() == 3


def test_only_who_may_write_the_records_imports_and_nobody_sees_a_neighbours_batch(ground, cast):
    with pytest.raises(PermissionDenied):
        batches.upload(ground.sheet, sheet_file([team("甲队", ground.owner)]), actor=cast.enterprise)
    batch = taken_in(ground, sheet_file([team("甲队", ground.owner)]))
    seen = ImportBatch.objects.visible_to
    assert seen(cast.city).filter(pk=batch.pk) and not seen(cast.neighbour).filter(pk=batch.pk)


def test_a_person_learns_over_the_api_how_the_batch_stands(ground, browse):
    client = browse(ground.actor)
    file = sheet_file([team("甲队", ground.owner), team("乙队", "没有的单位")])
    answer = client.post("/api/v1/imports/resources/teams/", {"file": file})
    assert answer.status_code == 201, answer.content
    url = answer["Location"]
    jobs.run_waiting()
    found = client.get(f"{url}?state=error").json()
    assert (found["state"], found["counts"]["new"], found["rows"]["count"]) == ("ready", 1, 1)
    assert "没有的单位" in found["rows"]["results"][0]["problems"][0][2]
    answer = client.post(f"{url}apply/", {"mode": "good"}, "application/json")
    assert answer.status_code == 202
    jobs.run_waiting()
    assert client.get(url).json()["counts"]["applied_new"] == 1
    assert client.post(f"{url}apply/", {"mode": "good"}, "application/json").status_code == 409
    assert client.post(f"{url}undo/", {}, "application/json").status_code == 202
    assert client.post("/api/v1/imports/resources/teams/", {}).status_code == 400
    assert client.get(f"{url}?state=x").status_code == 400


def test_the_pages_lead_from_the_list_to_the_preview(ground, browse):
    client = browse(ground.actor)
    address = reverse("records:import", args=["resources", "teams"])
    assert address in client.get("/resources/teams/").content.decode()
    answer = client.post(address, {"file": sheet_file([team("甲队", ground.owner)]), "datum": "cgcs2000"})
    assert answer.status_code == 302
    assert "正在读取" in client.get(answer["Location"]).content.decode()
    jobs.run_waiting()
    page = client.get(answer["Location"]).content.decode()
    assert "甲队" in page and "全部正确才导入" in page
    assert client.get(f"{answer['Location']}marked.xlsx").status_code == 200
    assert "请先选择" in client.post(address, {}).content.decode()
    assert client.get(f"{address}template.xlsx").status_code == client.get(f"{address}current.xlsx").status_code == 200


def test_a_file_that_is_no_table_is_refused_at_once_in_words(ground):
    with pytest.raises(ValidationError, match="认不出"):
        batches.upload(ground.sheet, SimpleUploadedFile("a.xlsx", b"%PDF-1.4\n%%EOF"), actor=ground.actor)


# ------------------------------------------------------------------------------------------------ enterprises, by bulk


@pytest.fixture
def plants(cast: SimpleNamespace, regions: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(sheet=find("enterprises/enterprises"), actor=cast.district)


def enterprises(count: int, bad: int = 0, first: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile("企业.xlsx", workbook(rows(count, bad=bad, spread=0.03, first=first)))


def test_each_wrong_row_says_its_own_reason(plants):
    batch = taken_in(plants, enterprises(80, bad=8))
    assert (batch.counts["new"], batch.counts["error"]) == (72, 8)
    for (_number, text), (_column, _value, word) in zip(sorted(problems(batch).items()), WRONG, strict=True):
        assert word in text


def test_enterprises_come_with_history_people_region_and_score_and_go_without_a_trace(plants, regions):
    batch = imported(taken_in(plants, enterprises(60)), plants.actor, mode="all")
    assert batch.problem == ""
    made = Enterprise.objects.get(site__name="鲁东试验00007有限公司")
    assert (made.region, made.state, made.source) == (regions.town, "valid", "批量导入")
    assert made.status_changes.get().reason == "登记"
    assert made.contacts.count() == 3
    assert made.freshness_score > 0
    told = Event.objects.filter(kind="enterprises.import")
    assert [(e.region_id, e.data["count"]) for e in told] == [(regions.town.pk, 60)]
    assert undone(batch, plants.actor).problem == ""
    assert not Enterprise.objects.filter(credit_code=made.credit_code).exists()
    assert not Contact.objects.filter(enterprise_id=made.pk).exists()


def test_an_exported_enterprise_is_unchanged_and_an_edited_one_shows_what_differs(plants):
    imported(taken_in(plants, enterprises(20)), plants.actor)
    content = template("企业", plants.sheet.columns(plants.actor), plants.sheet.current(plants.actor, {}))
    same = taken_in(plants, SimpleUploadedFile("现有.xlsx", content))
    assert (same.counts.get("unchanged"), same.counts.get("changed")) == (Enterprise.objects.count(), None)
    book = openpyxl.load_workbook(io.BytesIO(content))
    head = [c.value.removesuffix("（必填）") for c in book.worksheets[0][1]]
    book.worksheets[0].cell(2, head.index("从业人数") + 1).value = 4321
    book.worksheets[0].cell(3, head.index("安全管理负责人姓名") + 1).value = "另一人"
    stream = io.BytesIO()
    book.save(stream)
    batch = taken_in(plants, SimpleUploadedFile("改.xlsx", stream.getvalue()))
    assert "离任交接" in problems(batch)[3]
    changed = batch.rows.get(state="changed")
    file = Enterprise.objects.get(pk=changed.target)
    imported(batch, plants.actor)
    before, version = file.employees, file.version
    file.refresh_from_db()
    assert (file.employees, file.version) == (4321, version + 1)
    assert file.provenance["employees"]["source"] == "批量导入"
    assert AuditEntry.objects.filter(table="enterprises_enterprise", row=str(file.pk), action="update").exists()
    undone(batch, plants.actor)
    file.refresh_from_db()
    assert file.employees == before


def test_an_enterprise_that_was_corrected_since_keeps_the_whole_batch(plants):
    batch = imported(taken_in(plants, enterprises(5)), plants.actor)
    file = Enterprise.objects.get(site__name="鲁东试验00003有限公司")
    update_enterprise(file, actor=plants.actor, employees=9)
    undone(batch, plants.actor)
    assert batch.state == "done"
    assert [number for number, _text in batch.conflicts] == [5]
    assert Enterprise.objects.filter(site__name__startswith="鲁东试验").count() == 5


def test_a_neighbours_enterprise_is_neither_changed_nor_named(plants, cast):
    imported(taken_in(plants, enterprises(3)), plants.actor)
    there = SimpleNamespace(sheet=plants.sheet, actor=cast.neighbour)
    batch = taken_in(there, SimpleUploadedFile("a.xlsx", workbook(rows(3, lon=118.30, lat=37.55, spread=0.01))))
    assert all("已经登记过" in text for text in problems(batch).values())
    assert len(problems(batch)) == 3


# every list that imports


def test_every_sheet_takes_back_unchanged_what_it_gave_out(regions, make_user):
    boss = make_user("boss", regions.city, *roles.ROLES, is_superuser=True)
    for module in registry:
        if module.layers or module.records:
            module_samples(module, regions.town, boss)
    seen = []
    for module in registry:
        for records in module.records:
            sheet = find(f"{module.key}/{records.key}")
            if sheet is None:
                continue
            seen.append(sheet.key)
            content = template(sheet.title, sheet.columns(boss), sheet.current(boss, {}))
            batch = taken_in(SimpleNamespace(sheet=sheet, actor=boss), SimpleUploadedFile("a.xlsx", content))
            wrong = [(r.state, r.changes, r.problems) for r in batch.rows.exclude(state="unchanged")]
            assert (batch.state, wrong) == ("ready", []), (sheet.key, batch.problem)
    assert {
        "resources/teams",
        "resources/supplies",
        "resources/shelters",
        "plans/plans",
        "enterprises/enterprises",
    } <= {*seen}
