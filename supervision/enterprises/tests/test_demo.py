"""The demo city's enterprises: the published counts, the same for the same seed, and nothing that could not be."""

import datetime as dt

import pytest
from django.db import transaction
from django.db.models import Count, F

from fixtures.demo.city import City
from fixtures.demo.places import Ground
from geo import regions as divisions
from geo.identifiers import check_credit_code
from geo.models import Region, Site
from supervision.enterprises import demo
from supervision.enterprises.models import Contact, Enterprise, StatusChange


def load(seed=1, scale=1):
    city = City(seed=seed, scale=scale, ground=Ground(divisions.load()))
    demo.load(city, city.rng("enterprises"), scale, lambda *_: None)
    return city


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    """Loaded once for all tests here, which only read, and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def test_counts_are_those_the_city_published(city):
    found = {}
    for district in demo.DISTRICTS:
        rows = Enterprise.objects.inside(Region.objects.get(code=district.code))
        found[district.code] = (rows.count(), rows.filter(platform_joined_on__gte="2016-07-01").count())
    assert found == {
        "370502": (329, 47), "370503": (297, 8), "370505": (358, 8), "370523": (911, 1), "370522": (251, 19),
        "370571": (161, 5), "370572": (52, 1),
    }  # fmt: skip
    in_category = {c: Enterprise.objects.filter(categories__contains=[c]).count() for c in Enterprise.Category.values}
    assert in_category == {"trade": 959, "chemical": 986, "fireworks": 128, "mine": 134, "other": 159}
    assert Enterprise.objects.count() == 2359 and Enterprise.objects.filter(categories__len=2).count() == 7


def test_codes_are_valid_and_names_do_not_repeat(city):
    codes = list(Enterprise.objects.values_list("credit_code", flat=True))
    assert not [code for code in codes if check_credit_code(code)]
    assert not Site.objects.values("name").annotate(n=Count("pk")).filter(n__gt=1).exists()
    assert not Site.objects.filter(pinyin="").exists()


def test_everything_stands_inside_its_region(city):
    for region in Region.objects.all():
        assert not Site.objects.filter(region=region).exclude(geom__coveredby=region.geom).exists()


def test_ages_are_plausible_and_some_are_stale(city):
    from core.freshness import stale_before

    stale = Enterprise.objects.filter(stale_before()).count()
    assert 0.15 < stale / 2359 < 0.35
    assert Enterprise.objects.filter(verified_at__isnull=True).exists()
    assert not Enterprise.objects.filter(founded_on__gte="2026-01-01", platform_joined_on__lt="2026-01-01").exists()


def test_the_history_ends_at_the_present_status(city):
    assert Enterprise.objects.values("status").distinct().count() == 3
    last = dict(StatusChange.objects.order_by("since", "pk").values_list("enterprise_id", "status"))
    assert last == dict(Enterprise.objects.values_list("pk", "status"))


def test_files_are_filled_as_their_trade_asks(city):
    from supervision.enterprises.models import Boundary, Drill, HealthFactor, LedgerEntry, Licence, RescueFact

    business = Licence.objects.filter(kind="business")
    assert business.values("enterprise").distinct().count() == business.count() == 2359
    chemical = Enterprise.objects.filter(tags__contains=["chemical_production"])
    assert chemical.exists() and not chemical.exclude(licences__kind="chemical_production").exists()
    mines = Enterprise.objects.filter(categories__contains=["mine"])
    assert not mines.exclude(licences__kind="mine_safety").exists()
    for model, least in (
        (LedgerEntry, 5000),
        (HealthFactor, 1500),
        (RescueFact, 2500),
        (Drill, 15000),
        (Boundary, 100),
    ):
        assert model.objects.count() > least, model
    assert Drill.objects.dates("held_on", "year").count() >= 10
    assert Licence.objects.dates("issued_on", "year").count() >= 10


def test_some_licences_have_expired_and_some_soon_will_but_not_of_those_that_closed(city):
    from supervision.enterprises.models import Licence

    current = Licence.objects.filter(is_current=True)
    expired = current.filter(expires_on__lt=city.today)
    assert 0.01 < expired.count() / current.count() < 0.06
    assert current.filter(expires_on__range=(city.today, city.today + dt.timedelta(days=90))).exists()
    assert not current.filter(enterprise__status="closed").exists()
    assert not Licence.objects.filter(expires_on__lt=F("issued_on")).exists()


def test_some_are_late_with_their_drill_and_most_are_not(city):
    working = Enterprise.objects.filter(status="operating")
    assert 0.1 < working.filter(drill_due_on__lt=city.today).count() / working.count() < 0.35


def test_the_file_state_follows_from_status_and_age(city):
    assert not Enterprise.objects.filter(status="closed").exclude(state="closed").exists()
    from core.freshness import stale_before

    working = Enterprise.objects.exclude(status="closed")
    assert not working.filter(state="valid").filter(stale_before()).exists()


def test_everyone_can_be_called(city):
    night = Contact.objects.filter(role="emergency", left_on__isnull=True)
    assert night.count() == 2359 and not night.filter(phone="").exists()


@pytest.mark.django_db
def test_another_seed_gives_another_city():
    """That the same seed gives the same one is tried for the whole demo, in tests/test_demo.py."""
    found = []
    for seed in (5, 6):
        with transaction.atomic():
            load(seed)
            rows = Enterprise.objects.order_by("pk").values_list("site__name", "credit_code", "employees")
            found.append([*rows[:50], *rows[2300:]])
            transaction.set_rollback(True)
    assert found[0] != found[1]
