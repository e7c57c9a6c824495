"""`manage.py load_reference`: divisions, holidays, statutory time limits from fixtures/; may be run at every start."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core import reference
from geo import regions


class Command(BaseCommand):
    help = "装入行政区划（与数据文件一致）、节假日与法定时限（已有的不改）。"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        holidays, rules = reference.load()
        divisions = regions.load()
        self.stdout.write(f"行政区划 {len(divisions)} 个，节假日新增 {holidays} 天，时限规则新增 {rules} 条。")
