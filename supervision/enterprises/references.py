"""Everything in the project that points at an enterprise or its site, found from the models themselves.

A merge moves these rows without knowing their modules: foreign keys, one-to-ones, many-to-many tables, and generic
references. What the database refuses to rewrite (steps, events, confirmations, issued papers) stays with the file it
was written about and is shown there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, models
from django.db.models import ForeignKey, Model, Q, QuerySet, UniqueConstraint
from django.utils import timezone

from geo.models import Site
from supervision.enterprises.models import Contradiction, Duplicate, Enterprise, Merge

# The record of merging itself, and what makes a file that file.
OWN: dict[type[Model], set[str]] = {
    Enterprise: {"site", "merged_into"},
    Merge: {"survivor", "absorbed"},
    Duplicate: {"first", "second"},
    Contradiction: {"enterprise"},  # found afresh from the facts of both files
}
# Triggers that refuse an UPDATE of columns that point somewhere.
REFUSING = ("core_insert_only", "core_refuse_rewrite", "core_event_guard")

CLOSE, RENAME, STAY = "close", "rename", "stay"


@dataclass(frozen=True)
class Rule:
    """What happens to a row of the absorbed file when the survivor already has one that must be the only one.

    close: the row that loses becomes a former one (`column` is set to now); rename: the moved row's `column` gets a
    suffix; stay: the row is the same thing twice and remains with the absorbed file.
    """

    verb: str
    column: str = ""


@dataclass(frozen=True)
class Single:
    """A set of columns, the reference among them, that may occur only once; `rest` are the others."""

    rest: tuple[str, ...]
    condition: Q | None
    rule: Rule


@dataclass(frozen=True)
class Reference:
    """One way in which rows of a model point at an enterprise: by a foreign key, or by content type and key."""

    model: type[Model]
    field: str  # the foreign key, or the key field of a generic reference
    type_field: str = ""  # the content type field of a generic reference
    target: type[Model] = Site

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field}.{self.target._meta.model_name}"

    @property
    def title(self) -> str:
        owner: Any = self.model._meta.auto_created  # of a many-to-many table: the model that has the field
        if owner:
            return str(owner._meta.verbose_name)
        return str(self.model._meta.verbose_name)

    @property
    def column(self) -> str:
        return str(concrete(self.model, self.field).attname)

    @property
    def is_identity(self) -> bool:
        """The key of the row is the enterprise's: such a profile cannot move, it stays with the absorbed file."""
        return bool(concrete(self.model, self.field).primary_key)

    def rows(self, pk: int) -> QuerySet[Any]:
        """All rows that point at the enterprise with this key; nobody's view is asked, none may be lost."""
        wanted: dict[str, Any] = {self.column: pk}
        if self.type_field:
            wanted[self.type_field] = ContentType.objects.get_for_model(self.target)
        return self.model._base_manager.filter(**wanted).order_by("pk")

    @cached_property
    def singles(self) -> tuple[Single, ...]:
        return tuple(singles(self))


def references() -> list[Reference]:
    """In the order of the apps; the ways that are the merge's own are left out."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, ForeignKey) or field.name in OWN.get(model, ()):
                continue
            if field.related_model in (Site, Enterprise):
                found.append(Reference(model, field.name, target=field.related_model))
        for generic in model._meta.private_fields:
            if isinstance(generic, GenericForeignKey):
                found += [Reference(model, generic.fk_field, generic.ct_field, target) for target in (Site, Enterprise)]
    return found


def kept_tables() -> set[str]:
    """Tables whose rows cannot be rewritten, as their triggers say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgtype & 16 <> 0 AND tgfoid::regproc::text = ANY(%s)",
            [list(REFUSING)],
        )
        return {str(name).strip('"') for (name,) in cursor.fetchall()}


def movable() -> list[Reference]:
    kept = kept_tables()
    return [r for r in references() if r.model._meta.db_table not in kept]


def kept() -> list[Reference]:
    tables = kept_tables()
    return [r for r in references() if r.model._meta.db_table in tables]


class Unhandled(Exception):
    """A model has a uniqueness that a merge does not understand: said to its developer."""


def singles(reference: Reference) -> Iterator[Single]:
    """Every uniqueness of the model that a changed reference could break, with what is done about it."""
    meta = reference.model._meta
    field = concrete(reference.model, reference.field)
    if field.unique and not field.primary_key:
        yield Single((), None, Rule(STAY))
    for names in meta.unique_together:
        if reference.field in names:
            yield _single(reference, tuple(names), None)
    for constraint in meta.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        if constraint.expressions:
            raise Unhandled(f"{meta.label}: {constraint.name} is made of expressions; a merge cannot compare those.")
        if reference.field in constraint.fields:
            yield _single(reference, tuple(constraint.fields), constraint.condition)


def _single(reference: Reference, names: tuple[str, ...], condition: Q | None) -> Single:
    rest = tuple(name for name in names if name != reference.field)
    return Single(rest, condition, _rule(reference.model, rest, condition))


def _rule(model: type[Model], rest: tuple[str, ...], condition: Q | None) -> Rule:
    """A model may name the column that gets a suffix: `RENAMED_ON_MERGE = "name"`."""
    named = getattr(model, "RENAMED_ON_MERGE", "")
    if named:
        if named not in rest:
            raise Unhandled(f"{model._meta.label}: RENAMED_ON_MERGE = {named!r} is not part of the constraint.")
        return Rule(RENAME, named)
    if condition is None:
        return Rule(STAY)
    children = condition.children
    if len(children) == 1 and isinstance(children[0], tuple) and str(children[0][0]).endswith("__isnull"):
        column = str(children[0][0]).removesuffix("__isnull")
        if isinstance(concrete(model, column), models.DateField):  # a DateTimeField is one too
            return Rule(CLOSE, column)
    raise Unhandled(f"{model._meta.label}: a merge does not know what to do when {condition} occurs twice.")


def group(row: Model, single: Single) -> tuple[Any, ...] | None:
    """The row's part in a uniqueness; None when it has a part that is empty and so collides with nothing."""
    values = tuple(getattr(row, concrete(type(row), name).attname) for name in single.rest)
    return None if None in values else values


def in_force(reference: Reference, pk: int, single: Single) -> QuerySet[Any]:
    rows = reference.rows(pk)
    return rows if single.condition is None else rows.filter(single.condition)


def ended(row: Model, column: str) -> Any:
    """Now, as the column writes it; never before the row began."""
    if isinstance(concrete(type(row), column), models.DateTimeField):
        return timezone.now()
    since = getattr(row, "since", None)
    today = timezone.localdate()
    return max(today, since) if since else today


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it, without losing a bit of it."""
    if isinstance(value, GEOSGeometry):
        return value.hexewkb.decode()
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def value(model: type[Model], column: str, kept: Any) -> Any:
    """The same back again."""
    field = concrete(model, column)
    if kept is None:
        return None
    if isinstance(field, GeometryField):
        return GEOSGeometry(kept)
    return field.target_field.to_python(kept) if isinstance(field, ForeignKey) else field.to_python(kept)


def concrete(model: type[Model], column: str) -> Any:
    return next(f for f in model._meta.concrete_fields if column in (f.name, f.attname))


def authoritative(enterprise: Enterprise) -> Enterprise:
    """The file that counts, at the end of the chain of merges."""
    while enterprise.merged_into is not None:  # a file that was merged is never merged into: no circles
        enterprise = enterprise.merged_into
    return enterprise


def absorbed_by(enterprise: Enterprise) -> list[Enterprise]:
    """Every file that went into this one, also by way of another: their histories are told with its own."""
    found: list[Enterprise] = []
    level = [enterprise.pk]
    while level:
        rows = list(Enterprise.objects.filter(merged_into__in=level).select_related("site").order_by("pk"))
        found += rows
        level = [row.pk for row in rows]
    return found
