"""What a list of records shows: chosen by region, words and filters, sorted. Pages, sheets and API share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from core.models import User
from geo.models import Region
from layers import filters, search, selection
from layers.registry import Column, Records, registry
from layers.statements import region_code

PAGING = ("page", "page_size", "sort", "format")
WAYS = ("q", "region")


def given(query: QueryDict) -> dict[str, str]:
    """The parameters that say something: a filter left empty is none."""
    return {name: str(value) for name, value in query.items() if value != ""}


def chosen(records: Records, user: User, given: Mapping[str, Any]) -> QuerySet[Any]:
    """The rows that are asked for. Raises ValidationError with the field that is wrong."""
    layer = registry.layer(records.layer, user) if records.layer else None
    area = ("within",) if layer else ()
    besides = filters.Besides.of(layer, records.model, user)
    known = {*PAGING, *WAYS, *area, *filters.names(records.model, records.filters, besides)}
    if unknown := sorted(set(given) - known):
        raise ValidationError(
            f"不认识的参数：{'、'.join(unknown)[:80]}。可用：{'、'.join(sorted(known - {'format'}))}。"
        )
    rows = records.rows(user)
    if layer is not None and given.get("within"):
        rows = selection.in_area(layer, rows, {"within": given["within"]})
    if code := region_code(str(given.get("region", ""))):
        region = Region.objects.filter(code=code).first()
        if region is None:
            raise ValidationError({"region": [f"没有代码为“{code}”的区划。"]})
        if not has_regions(records):
            raise ValidationError({"region": [f"{records.title}不分区划，请去掉 region。"]})
        rows = rows.filter(**{f"{records.model.REGION_PATH}__path__startswith": region.path})  # type: ignore[attr-defined]  # has_regions
    if text := search.term(given.get("q", "")):
        paths = tuple(p for p in records.search if p.rsplit("__", 1)[-1] != "pinyin")
        pinyin = next((p for p in records.search if p not in paths), search.pinyin_path(records.model))
        rows = search.matching(rows, paths, text, pinyin=pinyin)
    return filters.applied(records.model, records.filters, given, rows, user, besides)


def has_regions(records: Records) -> bool:
    return bool(getattr(records.model, "REGION_PATH", ""))


def sortable(records: Records) -> dict[str, Column]:
    return {c.name: c for c in records.columns if c.sort}


def ordered(records: Records, rows: QuerySet[Any], wish: str) -> QuerySet[Any]:
    """By the wished column, else as declared; the key last, so that pages neither repeat nor skip."""
    column = sortable(records).get(wish.removeprefix("-"))
    if wish and column is None:
        raise ValidationError(f"不能按“{wish[:40]}”排序，可用：{'、'.join(sortable(records))}。")
    if column is None:
        return rows.order_by(*records.order_by, "pk")
    return rows.order_by(("-" if wish.startswith("-") else "") + column.sort, "pk")


def regions_of(records: Records, user: User) -> list[Region]:
    """The regions this user can narrow a list to; none when there is nothing to choose."""
    scope = user.scope
    if scope.site_id is not None or not has_regions(records):
        return []
    found = Region.objects.defer("geom").order_by("path")
    if scope.region_ids is not None:
        found = found.filter(pk__in=scope.region_ids)
    rows = list(found)
    return rows if len(rows) > 1 else []
