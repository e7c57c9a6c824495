"""What a batch wrote, row by row of the database, kept so that it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, ForeignObjectRel, Model

from core.imports.sheet import Recorder
from core.models import ImportBatch, ImportWrite
from geo import bulk


def computed(model: type[Model]) -> set[str]:
    """Kept by the system itself: that they move on is no work of anybody that an undo would lose."""
    return {"pinyin", "version", *getattr(model, "COMPUTED", ())}


class Writes(Recorder):
    """Collects, then keeps all at once. The first sight of a row is what it was before the batch."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.rows: list[ImportWrite] = []
        self.seen: set[tuple[str, str]] = set()

    def made(self, number: int, *instances: Model) -> None:
        for instance in instances:
            self._add(number, instance, None)

    def changing(self, number: int, *instances: Model) -> None:
        for instance in instances:
            self._add(number, instance, snapshot(instance))

    def _add(self, number: int, instance: Model, before: dict[str, Any] | None) -> None:
        key = (instance._meta.label_lower, str(instance.pk))
        if key not in self.seen:
            self.seen.add(key)
            self.rows.append(ImportWrite(batch=self.batch, number=number, model=key[0], key=key[1], before=before))

    def forget(self, number: int) -> None:
        """The row's writes were rolled back."""
        gone = [w for w in self.rows if w.number == number]
        self.seen -= {(w.model, w.key) for w in gone}
        self.rows = [w for w in self.rows if w.number != number]

    def keep(self) -> None:
        bulk.copy(self.rows)


def fields_of(model: type[Model]) -> list[Field[Any, Any]]:
    return [f for f in model._meta.concrete_fields if not f.generated]


def snapshot(instance: Model) -> dict[str, Any]:
    """Every stored value of a row as JSON can carry it."""
    found: dict[str, Any] = {}
    for f in fields_of(type(instance)):
        value = getattr(instance, f.attname)
        found[f.attname] = value.hexewkb.decode() if isinstance(value, GEOSGeometry) else value
    whole: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return whole


def restored(model: type[Model], before: dict[str, Any]) -> dict[str, Any]:
    """The values of a snapshot as the fields take them."""
    found: dict[str, Any] = {}
    for f in fields_of(model):
        if f.attname not in before or f.primary_key:
            continue
        value = before[f.attname]
        if value is not None and isinstance(f, GeometryField):
            found[f.attname] = GEOSGeometry(value)
        elif value is None or f.is_relation:
            found[f.attname] = value
        else:
            found[f.attname] = f.to_python(value)
    return found


def relations(model: type[Model]) -> Iterable[ForeignObjectRel]:
    """Every foreign key that points at this table, the nameless ones too."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or not (relation.one_to_many or relation.one_to_one):
            continue
        if relation.related_model._meta.managed and not relation.related_model._meta.proxy:
            yield relation


def pointing_at(instance: Model) -> list[Model]:
    """What refers to a row now: recorded right after the row was made, this is what was made with it."""
    found: list[Model] = []
    for relation in relations(type(instance)):
        other: Any = relation.related_model
        found.extend(other._base_manager.filter(**{relation.field.name: instance.pk}))
    return found


def generic_keys() -> Iterable[tuple[type[Model], str, str]]:
    """(model, field of the type, field of the number) of every row that can be about anything."""
    from django.apps import apps

    for model in apps.get_models():
        for private in model._meta.private_fields:
            if isinstance(private, GenericForeignKey):
                yield model, private.ct_field, private.fk_field
