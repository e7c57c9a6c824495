"""`manage.py work`: fires deadlines, runs periodic functions and jobs until told to stop."""

import select
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections, connection
from django.utils.module_loading import autodiscover_modules

from core import deadlines, jobs


class Command(BaseCommand):
    help = "后台任务：触发到期时限，执行定时与排队任务。"

    def handle(self, *args: Any, **options: Any) -> None:
        autodiscover_modules("jobs")
        self.running = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while self.running:
            try:
                self.round()
            except OperationalError as error:  # the database is away: come back when it is
                self.stderr.write(f"数据库暂不可用，2 秒后重试：{str(error).splitlines()[0]}")
                close_old_connections()
                if signal.sigtimedwait([signal.SIGTERM, signal.SIGINT], 2):  # taken here, it reaches no handler
                    self.stop()

    def stop(self, *_: Any) -> None:
        self.running = False

    def round(self) -> None:
        """One pass; then sleep until a job is announced or half a second is over."""
        with connection.cursor() as cursor:
            cursor.execute("LISTEN antu_jobs")
        while self.running:
            jobs.beat("worker")
            fired = deadlines.fire_due()
            jobs.run_periodic()
            if not (jobs.run_waiting(20) or fired):
                raw = connection.connection
                select.select([raw], [], [], 0.5)
                raw.poll()
                raw.notifies.clear()
