"""By what rows are counted: a dimension knows its buckets, a bucket the filters that leave exactly its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, DateTimeField, F, IntegerField, Model, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import ExtractYear
from django.utils import timezone

from layers.filters import EMPTY, field_at


@dataclass(frozen=True)
class Bucket:
    """One row or column: its name, and the parameters of list and features that leave its rows."""

    key: str
    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """What the database groups by (`raw`), and into which buckets a raw value falls."""

    path: str = ""
    title: str = ""

    @property
    def overlaps(self) -> bool:
        """One row may fall into several buckets; totals count it once."""
        return False

    def raw(self, model: type[Model], today: dt.date) -> Combinable:
        return F(self.path)

    def keys(self, raw: Any) -> tuple[str, ...]:
        raise NotImplementedError

    def buckets(self, model: type[Model], today: dt.date, seen: set[str]) -> list[Bucket]:
        """In their natural order, never by value. `seen`: the buckets that are not empty."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Regions(Dimension):
    """The divisions below the chosen one; `layers.statistics.areas` folds them."""

    title: str = "区划"


REGIONS = Regions()


@dataclass(frozen=True, kw_only=True)
class Choices(Dimension):
    """The values of a field with choices. `name`: the filter's parameter if it is not the path."""

    name: str = ""
    only: tuple[str, ...] = ()  # of the choices, those shown although nothing falls into them
    empty: str = "未填"

    def keys(self, raw: Any) -> tuple[str, ...]:
        return (EMPTY if raw in (None, "") else str(raw),)

    def labels(self, model: type[Model]) -> dict[str, str]:
        found, _rest = field_at(model, self.path)
        choices = getattr(getattr(found, "base_field", found), "flatchoices", None) or ()
        return {str(key): str(label) for key, label in choices if key not in (None, "")}

    def buckets(self, model: type[Model], today: dt.date, seen: set[str]) -> list[Bucket]:
        labels = self.labels(model)
        shown = {key: label for key, label in labels.items() if not self.only or key in self.only or key in seen}
        shown |= {key: key for key in sorted(seen - {EMPTY, *labels})}
        if EMPTY in seen:
            shown[EMPTY] = self.empty
        return [Bucket(key, label, {self.name or self.path: key}) for key, label in shown.items()]


@dataclass(frozen=True, kw_only=True)
class ArrayChoices(Choices):
    """The values of an array of choices: a row with two counts in both."""

    @property
    def overlaps(self) -> bool:
        return True

    def keys(self, raw: Any) -> tuple[str, ...]:
        return tuple(map(str, raw)) if raw else (EMPTY,)


@dataclass(frozen=True, kw_only=True)
class Years(Dimension):
    """The calendar years of a date, from the first that has any rows to the last."""

    def raw(self, model: type[Model], today: dt.date) -> Combinable:
        return ExtractYear(self.path)

    def keys(self, raw: Any) -> tuple[str, ...]:
        return (EMPTY if raw is None else str(int(raw)),)

    def buckets(self, model: type[Model], today: dt.date, seen: set[str]) -> list[Bucket]:
        years = sorted(int(key) for key in seen if key != EMPTY)
        found = [
            Bucket(str(y), f"{y} 年", {f"{self.path}__from": f"{y}-01-01", f"{self.path}__to": f"{y}-12-31"})
            for y in (range(years[0], years[-1] + 1) if years else ())
        ]
        return found + ([Bucket(EMPTY, "无日期", {f"{self.path}__isnull": "true"})] if EMPTY in seen else [])


@dataclass(frozen=True, kw_only=True)
class Band:
    """From `least` to `most`, both included; None: open. In days from today (before: negative) for dates."""

    label: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class NumberBands(Dimension):
    """Bands of a number."""

    bands: tuple[Band, ...]
    empty: str = "未填"
    empty_flag: str = ""  # a flag that leaves the rows without a value; "" = the lookup `__isnull`

    def conditions(self, model: type[Model], today: dt.date) -> list[Q]:
        return [within(self.path, band.least, band.most) for band in self.bands]

    def raw(self, model: type[Model], today: dt.date) -> Combinable:
        whens = [When(q, then=Value(i)) for i, q in enumerate(self.conditions(model, today))]
        return Case(*whens, default=Value(-1), output_field=IntegerField())

    def keys(self, raw: Any) -> tuple[str, ...]:
        return (EMPTY if raw < 0 else str(raw),)

    def limits(self, band: Band, today: dt.date) -> dict[str, str]:
        ends = {"from": band.least, "to": band.most}
        return {f"{self.path}__{end}": str(value) for end, value in ends.items() if value is not None}

    def buckets(self, model: type[Model], today: dt.date, seen: set[str]) -> list[Bucket]:
        found = [Bucket(str(i), band.label, self.limits(band, today)) for i, band in enumerate(self.bands)]
        return found + (
            [Bucket(EMPTY, self.empty, {self.empty_flag or f"{self.path}__isnull": "true"})] if EMPTY in seen else []
        )


@dataclass(frozen=True, kw_only=True)
class DateBands(NumberBands):
    """Bands of a date by its distance from today, in whole days."""

    empty: str = "无日期"

    def conditions(self, model: type[Model], today: dt.date) -> list[Q]:
        found, _rest = field_at(model, self.path)
        with_time = isinstance(found, DateTimeField)

        def edge(days: int | None, more: int = 0) -> Any:
            if days is None:
                return None
            date = today + dt.timedelta(days=days + more)
            return timezone.make_aware(dt.datetime.combine(date, dt.time())) if with_time else date

        # Half open, so that a date and a moment of that day are compared alike, and without a cast.
        return [
            within(self.path, edge(band.least), edge(band.most, 1), until=True) & Q(**{f"{self.path}__isnull": False})
            for band in self.bands
        ]

    def limits(self, band: Band, today: dt.date) -> dict[str, str]:
        ends = {"from": band.least, "to": band.most}
        return {
            f"{self.path}__{end}": (today + dt.timedelta(days=days)).isoformat()
            for end, days in ends.items()
            if days is not None
        }


def within(path: str, least: Any, most: Any, *, until: bool = False) -> Q:
    """`until`: the upper end is the first value beyond."""
    found = Q()
    if least is not None:
        found &= Q(**{f"{path}__gte": least})
    if most is not None:
        found &= Q(**{f"{path}__{'lt' if until else 'lte'}": most})
    return found
