"""One enterprise's source on its way: draft, assessed, filed."""

import pytest

from supervision.enterprises.testing import make_enterprise
from supervision.hazard_sources import assessing, filing
from supervision.hazard_sources.tests.making import add, give_papers


@pytest.fixture
def site(sites):
    return make_enterprise(sites.own.region, site=sites.own).site


@pytest.fixture
def source(cast, site):
    return add(cast.enterprise, site)


@pytest.fixture
def assessed(cast, source):
    assessing.identify_source(source, actor=cast.enterprise)
    return assessing.assess_source(source, actor=cast.enterprise)


@pytest.fixture
def filed(cast, assessed):
    give_papers(assessed, cast.district)
    return filing.file_source(assessed, actor=cast.district, filing_number="BA370523〔2026〕001")
