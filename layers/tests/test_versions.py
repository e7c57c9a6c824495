"""A version moves when, and only when, what it counts becomes visible."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from core.models import User
from geo.models import Site
from layers import versions
from layers.statements import compiled


def test_joins_and_subqueries_are_counted_and_divisions_are_not(db):
    rows = Site.objects.filter(accounts__in=User.objects.filter(is_active=True), region__code="370523").values("pk")
    assert compiled(rows).tables == ("core_user", "geo_site")


def test_a_statement_counts_once_however_many_rows_it_writes(db, sites):
    before = versions.version(["geo_site"])
    Site.objects.update(address="同一地址")
    epoch, count = before.split(".")
    assert versions.version(["geo_site"]) == f"{epoch}.{int(count) + 1}"


def test_other_tables_do_not_move_it(db, sites):
    before = versions.version(["geo_roadedge"])
    Site.objects.update(address="同一地址")
    assert versions.version(["geo_roadedge"]) == before


@pytest.mark.django_db(transaction=True)
def test_the_version_moves_at_commit_and_writers_do_not_wait(regions, sites):
    """A second connection sees neither row nor version before the commit, both after, and may write meanwhile."""
    before = versions.version(["geo_site"])
    seen = {}

    def meanwhile():
        try:
            seen["version"] = versions.version(["geo_site"])
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            Site.objects.filter(pk=sites.other.pk).update(address="另一人同时改")
            seen["after own write"] = versions.version(["geo_site"])
        finally:
            connection.close()

    with transaction.atomic():
        Site.objects.filter(pk=sites.own.pk).update(address="未提交")
        thread = threading.Thread(target=meanwhile)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
    assert seen["version"] == before
    assert before != seen["after own write"] != versions.version(["geo_site"])


@pytest.mark.django_db(transaction=True)
def test_compaction_beside_writers_loses_no_count(regions, sites):
    def count():
        return int(versions.version(["geo_site"]).split(".")[1])

    before, rounds = count(), 25

    def write():
        try:
            for number in range(rounds):
                Site.objects.filter(pk=sites.own.pk).update(address=str(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        versions.compact()
    assert count() == before + 2 * rounds


def test_every_table_of_a_layer_is_counted_and_its_geometry_indexed(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'counted'")
        counted = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexname = tablename || '_geom_3857'")
        indexed = {row[0] for row in cursor.fetchall()}
    assert {m._meta.db_table for m in versions.counted_models()} <= counted
    assert {"geo_site", "geo_roadedge"} <= indexed
