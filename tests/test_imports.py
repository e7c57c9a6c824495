"""Rows of a file into the records, through the declared lists: what the preview says is what is done, and undone."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from command_center.resources.models import Team
from command_center.resources.testing import samples
from core import jobs
from core.imports import batches
from core.imports.marked import marked
from core.imports.sheet import find
from core.imports.template import template
from core.models import ImportBatch

HEAD = ["名称", "类型", "归属单位", "经度", "纬度", "人数", "车辆数", "核实周期（天）"]


def sheet_file(rows: list[list[Any]], head: list[str] = HEAD, name: str = "队伍.xlsx") -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    book.active.append(head)
    for row in rows:
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


def taken_in(ground: SimpleNamespace, file: Any, actor: Any = None) -> ImportBatch:
    batch = batches.upload(ground.sheet, file, actor=actor or ground.actor)
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def done(batch: ImportBatch, actor: Any, mode: str = "good") -> ImportBatch:
    batches.start(batch, actor=actor, mode=mode, acknowledged=True)
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def test_rows_are_previewed_imported_and_taken_back(ground):
    before = Team.objects.count()
    batch = taken_in(
        ground, sheet_file([team("甲队", ground.owner), team("乙队", ground.owner), team("丙队", "没有的单位")])
    )
    assert batch.state == "ready", batch.problem
    assert (batch.counts["new"], batch.counts["error"]) == (2, 1)
    assert Team.objects.count() == before
    done(batch, ground.actor)
    assert batch.state == "done", batch.problem
    assert Team.objects.count() == before + 2
    batches.undo(batch, actor=ground.actor)
    jobs.run_waiting()
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("undone", "")
    assert Team.objects.count() == before
