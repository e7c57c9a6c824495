"""The demo's doubtful files: pairs that look alike, applications on their way, and two merges, one of them undone.

The register stays at its published size: a few of its members get nearly the name and place of another; applications
and absorbed files do not count.
"""

from __future__ import annotations

from random import Random

from django.contrib.gis.geos import Point

from core.models import User
from core.pinyin import initials
from fixtures.demo.city import City, point
from supervision.enterprises import duplicates, lifecycle, services
from supervision.enterprises.demo_trades import TRADES
from supervision.enterprises.merging import merge
from supervision.enterprises.models import Contact, Duplicate, Enterprise
from supervision.enterprises.splitting import split

PAIRS = 12
APPLICATIONS = 8
COPIES = 3  # applications for an enterprise that has a file already
# How a second registration of one enterprise is written: another form of company, the city in brackets.
WRITINGS = (
    ("有限公司", "有限责任公司"), ("有限责任公司", "有限公司"), ("股份有限公司", "有限公司"),
    ("有限公司", "（东营）有限公司"),
)  # fmt: skip
TOWN = "370523"
COUNTIES = ("370523", "370502", "370505", "370523", "370503", "370522")


def load(city: City) -> None:
    rng = city.rng("enterprises:duplicates")
    officer, grid = city.users.get("inspector"), city.users.get("dawang_grid")
    if officer is None or grid is None:
        return
    rows = list(_plain_files(city))
    chosen: list[Enterprise] = []
    for number in range(PAIRS):
        # Both of one county and of one category: the published counts stay what they are.
        county = COUNTIES[number % len(COUNTIES)]
        here = [row for row in rows if row not in chosen and row.site.region.path.startswith(city.region(county).path)]
        original, other = rng.sample(here, 2)
        chosen += [original, other]
        _liken(rng, original, other)
    spare = [row for row in rows if row not in chosen and row.site.region.path.startswith(city.region(TOWN).path)]
    _applications(city, rng, spare, officer, grid)
    _merges(city, rng, spare, officer)
    duplicates.find_duplicates()
    first = Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN).order_by("score", "pk").first()
    if first is not None:
        duplicates.judge_distinct(first, actor=officer)


def _plain_files(city: City) -> list[Enterprise]:
    """Operating files of one category that no other part of the story tells of."""
    told = {user.site_id for user in city.users.values() if user.site_id}
    rows = Enterprise.objects.in_register().filter(status="operating", categories__len=1, category="trade")
    rows = rows.exclude(pk__in=told).select_related("site__region").order_by("pk")
    return list(rows[:1500])


def _liken(rng: Random, original: Enterprise, other: Enterprise) -> None:
    """`other` becomes a second registration of the original: nearly its name, a few steps away, its telephone."""
    site, model = other.site, original.site
    site.name = _written_otherwise(rng, model.name)
    site.pinyin = initials(site.name)
    site.geom = _beside(rng, model.geom)
    site.region, site.address = model.region, model.address
    site.save()
    Enterprise.objects.filter(pk=other.pk).update(
        industry_code=original.industry_code, business=original.business, registered_region=original.registered_region
    )
    if rng.random() < 0.6:
        theirs = Contact.objects.filter(enterprise=original, role="emergency", left_on__isnull=True).first()
        if theirs is not None:
            Contact.objects.filter(enterprise=other, role="emergency", left_on__isnull=True).update(
                name=theirs.name, phone=theirs.phone
            )


def _written_otherwise(rng: Random, name: str) -> str:
    for before, after in rng.sample(WRITINGS, len(WRITINGS)):
        if name.endswith(before) and (before != "有限公司" or not name.endswith("股份有限公司")):
            return name.removesuffix(before) + after
    return f"{name}（新厂）"


def _beside(rng: Random, place: Point) -> Point:
    return Point(place.x + rng.uniform(-4e-4, 4e-4), place.y + rng.uniform(-3e-4, 3e-4), srid=place.srid)


def _applications(city: City, rng: Random, spare: list[Enterprise], officer: User, grid: User) -> None:
    """Filled in by the town's grid worker: five new enterprises, three that have a file already."""
    trade = TRADES["trade"]
    copied = [row for row in spare if grid.scope.covers_region(row.site.region_id)][:COPIES]
    for number in range(APPLICATIONS):
        kind = trade[number % len(trade)]
        if number < len(copied):
            site = copied[number].site
            name, place, address = _written_otherwise(rng, site.name), _beside(rng, site.geom), site.address
        else:
            spot = city.spot(rng, "370523101", ("town", "industrial"))
            name = city.names.enterprise(rng, town="广饶", trade=kind.word)
            place, address = point(spot), spot.address
        made = lifecycle.draft_enterprise(
            actor=grid, name=name, credit_code=city.names.credit_code(TOWN), categories=["trade"],
            industry_code=kind.industry, business=kind.business, employees=rng.randint(3, 40), lon=place.x, lat=place.y,
            address=address,
        )  # fmt: skip
        if number % 4 != 3:
            lifecycle.submit(made, actor=grid)
        if number == 4:
            lifecycle.return_for_correction(made, actor=officer, reason="营业执照照片不清，地址与定位不符，请补正。")


def _merges(city: City, rng: Random, spare: list[Enterprise], officer: User) -> None:
    """Two files that were registered a second time; the second merge was a mistake and is undone."""
    for number, original in enumerate(spare[COPIES : COPIES + 2]):
        kind = TRADES["trade"][number]
        place = _beside(rng, original.site.geom)
        second = services.register_enterprise(
            actor=officer, name=_written_otherwise(rng, original.site.name), credit_code=city.names.credit_code(TOWN),
            categories=["trade"], industry_code=kind.industry, business=kind.business, lon=place.x, lat=place.y,
            address=original.site.address, employees=rng.randint(3, 40),
        )  # fmt: skip
        record = merge(original, second, actor=officer, reason="同一家企业换发营业执照后重复登记")
        if number:
            split(record, actor=officer, reason="经现场核实，是租用同一厂区的另一家企业")
            lifecycle.cancel(second, actor=officer, reason="该企业已迁出本市，档案转出")
