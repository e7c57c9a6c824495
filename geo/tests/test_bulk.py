"""COPY writes what save() would have written."""

import datetime as dt

import pytest
from django.contrib.gis.geos import Point

from core.models import Heartbeat
from geo.bulk import copy
from geo.models import Region, Site

pytestmark = pytest.mark.django_db
AWKWARD = '逗号,引号"双""引\n换行\t制表\\N \\. 反斜杠\\'


def test_awkward_text_empty_text_and_null_stay_what_they_are() -> None:
    region = Region(code="370599", name=AWKWARD, short_name="", kind="county", path="37/3705/370599/", geom=None)
    copy([region])
    stored = Region.objects.get(pk=region.pk)
    assert (stored.name, stored.short_name, stored.geom, stored.parent) == (AWKWARD, "", None, None)


def test_geometry_and_its_generated_copy_are_written() -> None:
    region = Region.objects.create(code="370599", name="某县", short_name="某", kind="county", path="37/3705/370599/")
    sites = [Site(name=f"企业{i}", region=region, geom=Point(118.5 + i / 1000, 37.4, srid=4490)) for i in range(50)]
    copy(sites)
    assert len({s.pk for s in sites}) == 50
    stored = Site.objects.get(pk=sites[7].pk)
    assert stored.geom.coords == (118.507, 37.4) and stored.geom.srid == 4490
    assert stored.geom_3857.x == pytest.approx(118.507 * 111319.49, rel=1e-6)
    later = Site.objects.create(name="后来的", region=region, geom=Point(118.5, 37.4, srid=4490))
    assert later.pk > max(s.pk for s in sites)


def test_json_and_moments_survive() -> None:
    at = dt.datetime(2026, 3, 1, 8, 30, tzinfo=dt.UTC)
    copy([Heartbeat(name="x", seen_at=at, detail={"名": ['引"号', None, 1.5, True]})])
    stored = Heartbeat.objects.get(name="x")
    assert stored.seen_at == at and stored.detail == {"名": ['引"号', None, 1.5, True]}


def test_copying_nothing_does_nothing() -> None:
    copy([])
