"""`manage.py load_reference`: holidays and statutory time limits from fixtures/; may be run at every start."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core import reference


class Command(BaseCommand):
    help = "装入节假日与法定时限（已有的不改）。"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        holidays, rules = reference.load()
        self.stdout.write(f"节假日新增 {holidays} 天，时限规则新增 {rules} 条。")
