"""Ten thousand enterprises, 37 of them wrong: looked at, given back, imported, counted, and taken back."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from core import jobs
from tests.enterprise_rows import rows, workbook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
PATIENCE_MS = 120_000


@pytest.fixture
def working() -> Iterator[None]:
    """A worker beside the server, as `manage.py work` is."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            jobs.run_waiting()
        connection.close()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    yield
    stop.set()
    thread.join(60)


def test_ten_thousand_rows_with_37_wrong_ones(
    open_page: Open, cast: SimpleNamespace, working: None, tmp_path: Path
) -> None:
    file = tmp_path / "企业名单.xlsx"
    file.write_bytes(workbook(rows(10_000, bad=37)))
    page = open_page(cast.district, "/enterprises/enterprises/")
    page.get_by_role("link", name="导入", exact=True).click()
    page.set_input_files("#import-file", str(file))
    page.get_by_role("button", name="上传并核对").click()
    batch = page.locator("#import-batch")
    expect(page.locator("progress")).to_be_visible()
    expect(batch).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)
    expect(page.locator('[data-result="new"] b')).to_have_text("9963")
    expect(page.locator('[data-result="error"] b')).to_have_text("37")
    expect(page.locator("tr[data-row]")).to_have_count(37)
    expect(page.get_by_label("全部正确才导入")).to_be_disabled()

    with page.expect_download() as download:
        page.get_by_role("link", name="下载标注后的文件").click()
    look_at(download.value.path().read_bytes())

    page.get_by_role("button", name="导入", exact=True).click()
    expect(batch).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
    expect(page.get_by_text("新增 9963 条")).to_be_visible()
    address = page.url
    page.get_by_role("link", name="查看企业").click()
    expect(page.get_by_text(re.compile("共 9963 条"))).to_be_visible()

    page.goto(address)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="撤销本批").click()
    expect(batch).to_have_attribute("data-state", "undone", timeout=PATIENCE_MS)
    page.goto(f"{address.partition('/import/')[0]}/")
    expect(page.get_by_text("还没有企业")).to_be_visible()


def look_at(content: bytes) -> None:
    """Exactly the 37 wrong rows are red, each with its reason, where they stood."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet.max_row == 10_001
    last = sheet.max_column
    assert sheet.cell(1, last).value == "错误"
    reasons = {number: sheet.cell(number, last).value for number in range(2, 10_002) if sheet.cell(number, last).value}
    assert list(reasons) == [2 + 270 * (n + 1) - 1 for n in range(37)]
    for number in reasons:
        red = [c for c in sheet[number][: last - 1] if c.fill.start_color.rgb == "FFFFC7CE"]
        assert len(red) == 1 and red[0].comment is not None
