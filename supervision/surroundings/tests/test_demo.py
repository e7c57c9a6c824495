"""The demo's residents and protected places: the city's order of magnitude, each in its region, the same every time."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from django.db.models import F, Sum

from fixtures.demo.city import City
from fixtures.demo.places import Ground
from geo.models import Population, Site
from geo.population import persons_within
from geo.regions import load
from supervision.surroundings import demo
from supervision.surroundings.models import ProtectedSite

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(cast) -> City:
    found = City(seed=1, scale=1, ground=Ground(load()))
    found.users["inspector"] = cast.district
    demo.load(found, Random("1:surroundings"), 100, lambda what, done, total: None)
    return found


def test_the_city_has_its_people_and_its_protected_places(city):
    assert Population.objects.aggregate(n=Sum("persons"))["n"] == demo.RESIDENTS
    assert Population.objects.count() < 4_000  # the same at every scale
    kinds = Counter(Site.objects.filter(protected__isnull=False).values_list("kind", flat=True))
    assert (kinds["school"], kinds["hospital"], kinds["residential"]) == (120, 40, 300)
    assert set(ProtectedSite.objects.values_list("target_class", flat=True)) == {
        "high", "important", "general_1", "general_2", "general_3",
    }  # fmt: skip


def test_everything_is_marked_as_made_up_and_stands_in_its_region(city):
    assert not Population.objects.filter(is_illustrative=False).exists()
    assert not ProtectedSite.objects.filter(is_illustrative=False).exists()
    assert not Population.objects.exclude(region__geom__covers=F("geom")).exists()


def test_around_the_parks_every_class_of_alpha_occurs(city):
    rng, classes = Random(5), Counter[int]()
    codes = ("370502", "370503", "370505", "370522", "370523", "370572", "370523101")
    for number in range(280):
        spot = city.spot(rng, codes[number % len(codes)], ("chemical",))
        persons = persons_within(demo.point(spot), 650).persons
        classes[sum(persons >= least for least in (1, 30, 50, 100))] += 1
    assert set(classes) == {0, 1, 2, 3, 4} and min(classes.values()) >= 5, classes
