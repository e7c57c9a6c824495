"""`manage.py work`: fires deadlines in one thread, runs periodic functions and jobs in another, until told to stop.

Two threads, because a job may take its time (a PDF half a minute) and a statutory clock may not be late for it.
"""

import select
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.module_loading import autodiscover_modules

from core import deadlines, jobs

PAUSE_S = 0.5
DATABASE_AWAY_S = 2.0


class Command(BaseCommand):
    help = "后台任务：触发到期时限，执行定时与排队任务。"

    def handle(self, *args: Any, **options: Any) -> None:
        autodiscover_modules("jobs")
        self.stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopped.set())
        work = threading.Thread(target=self.keep, args=(self.do_jobs,), name="jobs", daemon=True)
        work.start()
        self.keep(self.watch_clocks)
        work.join(timeout=10)  # a job cut off here is taken up again when its lease ends

    def keep(self, one_pass: Callable[[], None]) -> None:
        """Pass after pass; when the database is away, come back when it is not."""
        try:
            while not self.stopped.is_set():
                try:
                    one_pass()
                except (OperationalError, InterfaceError) as error:
                    self.stderr.write(f"数据库暂不可用，{DATABASE_AWAY_S:.0f} 秒后重试：{str(error).splitlines()[0]}")
                    close_old_connections()
                    self.stopped.wait(DATABASE_AWAY_S)
        finally:
            self.stopped.set()  # one half does not go on without the other: the launcher starts both again
            connection.close()

    def watch_clocks(self) -> None:
        jobs.beat("worker")
        if not deadlines.fire_due():
            self.stopped.wait(PAUSE_S)

    def do_jobs(self) -> None:
        """Run what waits; then sleep until a job is announced or half a second is over."""
        with connection.cursor() as cursor:
            cursor.execute("LISTEN antu_jobs")
        jobs.run_periodic()
        if not jobs.run_waiting(20):
            raw = connection.connection
            select.select([raw], [], [], PAUSE_S)
            raw.poll()
            raw.notifies.clear()
