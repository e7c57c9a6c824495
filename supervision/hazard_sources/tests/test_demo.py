"""The demo city's hazard sources: the published counts, and every figure what the engine makes of the inventory."""

from collections import Counter

import pytest

from fixtures.demo.city import City
from fixtures.demo.places import Ground
from geo import regions as divisions
from geo.measure import metres_between
from supervision.enterprises import demo as enterprises_demo
from supervision.hazard_sources import demo, gb18218
from supervision.hazard_sources.models import HazardSource


@pytest.fixture
def city(db):
    city = City(seed=1, scale=1, ground=Ground(divisions.load()))
    enterprises_demo.load(city, city.rng("enterprises"), 1, lambda *_: None)
    demo.load(city, city.rng("hazard_sources"), 1, lambda *_: None)
    return city


def test_the_whole_share(city):
    sources = list(HazardSource.objects.select_related("site__enterprise").prefetch_related("items"))
    assert len(sources) == 310 and len({source.site_id for source in sources}) == 235

    # Nothing was typed in.
    for source in sources:
        found = gb18218.assess(exposed_persons=source.exposed_persons, items=[i.as_input() for i in source.items.all()])
        assert found.is_major
        assert (source.s_text, source.r_text, source.grade, source.derivation) == (
            gb18218.decimal_text(found.s), gb18218.decimal_text(found.r), found.grade, list(found.derivation),
        )  # fmt: skip
        assert str(source.alpha) == found.alpha

    shares = {grade: n / 310 for grade, n in Counter(source.grade for source in sources).items()}
    assert set(shares) == {1, 2, 3, 4} and all(0.04 < share < 0.6 for share in shares.values())

    for source in sources:
        enterprise = source.site.enterprise
        assert "chemical" in enterprise.categories and enterprise.status != "closed"
        assert metres_between(source.geom.x, source.geom.y, source.site.geom.x, source.site.geom.y) < 150
        assert source.region_id == source.site.region_id
        assert source.review_due_on >= city.today or source.state == "due"
        assert source.filing_number or source.state in ("assessed", "submitted")


def test_units_of_every_industry_can_be_filled():
    from random import Random

    from supervision.hazard_sources.demo_units import UNITS

    rng = Random(7)
    for units in UNITS.values():
        for unit in units:
            _items, found = demo._filled(rng, unit, persons=0)
            assert found.is_major, unit.name
