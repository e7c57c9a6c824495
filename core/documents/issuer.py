"""Who issues a paper: the agency's name, its short form in numbers, and where its acts are contested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from core.models.accounts import Organisation, User
from geo.models import Region

# Which court hears a suit depends on the province's designation of administrative courts: CITY["court"] names it.
ANY_COURT = "有管辖权的人民法院"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An agency as its papers name it."""

    name: str
    abbreviation: str  # 文号简称, "鲁东"
    government: str  # the 本级人民政府, which reviews its acts
    court: str
    region: Region
    organisation: Organisation | None = None


def of(organisation: Organisation | None, region: Region) -> Issuer:
    """The agency that this organisation is; without one, the city's own."""
    city: Mapping[str, Any] = settings.CITY
    court = city.get("court") or ANY_COURT
    if organisation is None:
        return Issuer(
            name=city["agency"],
            abbreviation=city["agency_short"],
            government=f"{city['name']}人民政府",
            court=court,
            region=region,
        )
    return Issuer(
        name=organisation.name,
        abbreviation=organisation.short_name,
        government=f"{government_of(organisation.region)}人民政府",
        court=court,
        region=region,
        organisation=organisation,
    )


def for_actor(actor: User | None, region: Region) -> Issuer:
    """People of an authority issue in its name; anyone else's papers are the city agency's."""
    organisation = actor.organisation if actor else None
    if organisation is not None and organisation.kind != Organisation.Kind.AUTHORITY:
        organisation = None
    return of(organisation, region)


def government_of(region: Region) -> str:
    """A functional zone has no people's government of its own: the city's answers. A town's agency is its county's."""
    node: Region | None = region
    while node is not None and node.kind not in (Region.Kind.CITY, Region.Kind.COUNTY):
        node = node.parent
    return node.name if node is not None else str(settings.CITY["name"])


def need_abbreviation(issuer: Issuer) -> str:
    if not issuer.abbreviation:
        raise ValidationError(f"“{issuer.name}”还没有文号简称，不能编号。请在单位资料中填写“文号简称”，如“鲁东”。")
    return issuer.abbreviation
