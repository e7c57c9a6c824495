"""What statistics counted is kept: right for whoever asks the same, renewed when rows change, forgotten in time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import jobs
from core.models import Job, User
from geo.scope import Scope
from layers import caches
from layers.jobs import renew_statistics
from layers.models import Tally
from layers.statistics import counting
from layers.statistics.answering import plans, whole
from layers.statistics.asking import asked
from layers.statistics.ready import forget_unused, make_ready
from supervision.enterprises.models import Enterprise
from supervision.enterprises.testing import make_enterprise
from tests.counted import KEYS, answers_of, small_city  # noqa: F401  # a fixture


@pytest.fixture(autouse=True)
def _nothing_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine."""
    monkeypatch.setattr(counting, "DEAR_SECONDS", 1e9)


def test_what_was_counted_is_counted_again_when_it_changes(city: Any, cast: Any, regions: Any) -> None:
    def total() -> float | None:
        return next(a for a in answers_of(cast.city, "enterprises") if a.table.key == "by_status").total.cells[-1].value

    before = total()
    make_enterprise(regions.town, 99)
    assert total() == (before or 0) + 1


def total_of(user: User) -> float | None:
    return next(a for a in answers_of(user, "enterprises") if a.table.key == "by_status").total.cells[-1].value


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pass is dear, and due to be counted anew at once."""
    monkeypatch.setattr(counting, "DEAR_SECONDS", 0)
    monkeypatch.setattr(counting, "PATIENCE", 0)


def statements_that_count(queries: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in queries.captured_queries if "GROUPING SETS" in q["sql"]]


def test_another_process_reads_what_the_first_counted(city: Any, cast: Any) -> None:
    with CaptureQueriesContext(connection) as first:
        answers_of(cast.city, "enterprises")
    caches.forget_everything()
    with CaptureQueriesContext(connection) as second:
        answers_of(cast.city, "enterprises")
        answers_of(cast.city, "enterprises", table="by_status")
    assert statements_that_count(first) and not statements_that_count(second)


def test_a_process_with_other_hashes_asks_by_the_same_digests(city: Any, cast: Any) -> None:
    def digests(user: User) -> set[str]:
        question = asked(user, "enterprises", {}, timezone.localdate())
        return {plan.digest for plan in plans(whole(question), question).values()}

    mine = User.objects.get(pk=cast.district.pk)
    other = User.objects.get(pk=cast.district.pk)
    ids = sorted(mine.scope.region_ids or ())
    mine.__dict__["scope"] = Scope(region_ids=frozenset(ids))
    other.__dict__["scope"] = Scope(region_ids=frozenset([*(i + 2**20 for i in ids), *reversed(ids)]) & frozenset(ids))
    assert digests(mine) == digests(other)
    assert not digests(cast.district) & digests(cast.neighbour)
    assert not digests(cast.district) & digests(cast.city)


def test_no_county_is_shown_what_was_counted_for_another(city: Any, cast: Any, regions: Any, dear: Any) -> None:
    make_enterprise(regions.town, 98)
    for who in ("city", "district", "neighbour"):
        mine = Enterprise.objects.in_register().filter(site__region__path__startswith=getattr(regions, who).path)
        assert total_of(getattr(cast, who)) == mine.count()
    assert total_of(cast.district) != total_of(cast.neighbour)


def test_what_is_dear_is_shown_on_and_says_so_until_the_worker_has_counted_anew(
    city: Any, cast: Any, browse: Any, regions: Any, dear: Any
) -> None:
    client, address = browse(cast.city), "/enterprises/statistics/"
    assert "此后有改动" not in client.get(address).content.decode()
    before = Enterprise.objects.in_register().count()
    make_enterprise(regions.town, 99)
    for _ in range(2):
        text = client.get(address).content.decode()
        assert "此后有改动" in text and f"{address}?now=1" in text
    assert total_of(cast.city) == before
    (task,) = Job.objects.filter(name="layers.renew_statistics")
    jobs.run_waiting()
    task.refresh_from_db()
    assert task.done_at and not task.error
    assert "此后有改动" not in client.get(address).content.decode()
    assert total_of(cast.city) == before + 1


def test_who_does_not_want_to_wait_for_the_worker_has_it_counted_now(
    city: Any, cast: Any, browse: Any, regions: Any, dear: Any
) -> None:
    before = total_of(cast.city)
    make_enterprise(regions.town, 99)
    assert "此后有改动" not in browse(cast.city).get("/enterprises/statistics/?now=1").content.decode()
    assert total_of(cast.city) == (before or 0) + 1


def test_renewing_twice_counts_once(city: Any, cast: Any, regions: Any, dear: Any) -> None:
    period = {"from": "2018-01-01"}
    answers_of(cast.city, "enterprises", **period)
    make_enterprise(regions.town, 99)
    renew_statistics("enterprises", cast.city.pk, period)
    kept = list(Tally.objects.order_by("pk").values_list("pk", "as_of"))
    renew_statistics("enterprises", cast.city.pk, period)
    assert list(Tally.objects.order_by("pk").values_list("pk", "as_of")) == kept
    assert not any(answer.is_behind for answer in answers_of(cast.city, "enterprises", **period))


def test_the_worker_waits_before_it_counts_anew(
    city: Any, cast: Any, regions: Any, dear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PATIENCE", 1e9)
    before = total_of(cast.city)
    make_enterprise(regions.town, 99)
    assert total_of(cast.city) == before
    make_ready()
    assert total_of(cast.city) == before
    assert not Job.objects.filter(name="layers.renew_statistics").exists()


@pytest.mark.parametrize("who", ["city", "district", "neighbour"])
def test_dear_counts_are_there_before_anybody_looks_and_follow_changes(
    city: Any, cast: Any, regions: Any, dear: Any, who: str
) -> None:
    make_ready()
    make_enterprise(regions.town, 99)
    make_ready()
    with CaptureQueriesContext(connection) as queries:
        for module in KEYS:
            assert not any(answer.is_behind for answer in answers_of(getattr(cast, who), module))
    assert not statements_that_count(queries)


def test_a_small_city_counts_for_its_counties_when_they_ask(city: Any, cast: Any) -> None:
    make_ready()
    kept = Tally.objects.count()
    answers_of(cast.district, "enterprises")
    assert Tally.objects.count() > kept > 0


def test_shortly_before_midnight_the_next_day_is_ready(
    city: Any, cast: Any, dear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    late = timezone.make_aware(dt.datetime.combine(today, dt.time(23, 55)))
    monkeypatch.setattr(timezone, "localtime", lambda: late)
    make_ready()
    question = asked(cast.city, "enterprises", {}, today + dt.timedelta(days=1))
    wanted = {plan.digest for plan in plans(whole(question), question).values()}
    assert wanted == set(Tally.objects.filter(pk__in=wanted).values_list("pk", flat=True))


def test_counts_of_days_gone_by_are_forgotten(city: Any, cast: Any) -> None:
    answers_of(cast.city, "enterprises")
    forget_unused()
    assert Tally.objects.exists()
    Tally.objects.update(as_of=timezone.now() - dt.timedelta(days=3))
    forget_unused()
    assert not Tally.objects.exists()
