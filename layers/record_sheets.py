"""A sheet for every list of records that says by what its records are known: the form's fields are the columns.

The form checks and the list's own services write, so an imported row obeys the same rules as one typed in. What a
service would object to is found out by letting it write inside a savepoint that is then rolled back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Model

from core import events
from core.imports import sheet
from core.imports.columns import Column, same, shown
from core.imports.sheet import Doing, Recorder, Row, Sheet
from core.imports.titles import tidy
from core.imports.writes import pointing_at
from core.models import User
from core.workflow import Incomplete, NotAllowed
from geo.parsing import BadGeometry
from layers import record_list
from layers.record_api import as_form, current
from layers.record_forms import form_of
from layers.registry import Records, registry
from layers.sheet_columns import column_of, is_column, is_reference, known_by

TOLD_ONE_BY_ONE = 50
own: dict[str, Sheet] = {}


def give(key: str, written: Sheet) -> None:
    """A module's own sheet takes the place of the derived one."""
    own[key] = written


def of(module: str, records: Records) -> Sheet | None:
    key = f"{module}/{records.key}"
    if key in own:
        return own[key]
    if not (records.identity and records.form and records.create and records.update):
        return None
    return DerivedSheet(key, records)


def find(key: str) -> Sheet | None:
    module, _, name = key.partition("/")
    records = registry.records(module, name)
    return of(module, records) if records else None


sheet.finders.append(find)


class DerivedSheet(Sheet):
    """The sheet of a Records declaration."""

    def __init__(self, key: str, records: Records) -> None:
        self.key, self.records = key, records
        self.title, self.model, self.identity = records.title, records.model, records.identity
        base = records.form.base_fields if records.form else {}
        self.has_geometry = {"lon", "lat"} <= set(base) or "geom" in base

    def columns(self, user: User) -> tuple[Column, ...]:
        personal = {c.path for c in (*self.records.columns, *self.records.detail) if c.is_personal}
        form = form_of(self.records, user)
        return tuple(
            column_of(key, field, identity=self.identity, is_personal=key in personal)
            for key, field in form.fields.items()
            if is_column(field)
        )

    def check(self, rows: Sequence[Row], doing: Doing) -> None:
        work = _Work(self, rows, doing)
        with transaction.atomic():
            for row in rows:
                if row.is_good:
                    work.check(row)
            transaction.set_rollback(True)

    def apply(self, rows: Sequence[Row], doing: Doing, recorder: Recorder) -> None:
        work = _Work(self, rows, doing)
        with events.gathered() if len(rows) > TOLD_ONE_BY_ONE else nullcontext():
            for row in rows:
                work.write(row, recorder)

    def current(self, user: User, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        rows = record_list.ordered(self.records, record_list.chosen(self.records, user, chosen), chosen.get("sort", ""))
        for instance in rows.iterator(chunk_size=500):
            form = form_of(self.records, user, instance=instance)
            yield _values(form, instance)

    def tell(self, keys: Iterable[str], doing: Doing, *, verb: str) -> None:
        chosen = list(keys)
        if verb == "import" and len(chosen) <= TOLD_ONE_BY_ONE:
            return  # the services have told of each
        tell_by_region(self.model, chosen, f"{self.key.partition('/')[0]}.{verb}", doing.actor)


def tell_by_region(model: type[Model], keys: Sequence[str], kind: str, actor: User) -> None:
    path = getattr(model, "REGION_PATH", "")
    if not path:
        return
    rows: Any = model._base_manager.filter(pk__in=keys)
    regions = dict(rows.order_by().values_list(path).annotate(n=Count("pk")))
    events.append_many(kind, model=model, regions=regions, actor=actor)


class _Work:
    """Some rows of a derived sheet being checked or written, with what they refer to found beforehand."""

    def __init__(self, sheet: DerivedSheet, rows: Sequence[Row], doing: Doing) -> None:
        self.sheet, self.doing = sheet, doing
        self.records = sheet.records
        self.by_key = {c.key: c for c in sheet.columns(doing.actor)}
        self.form = form_of(self.records, doing.actor)
        self.references = {
            key: _resolved(field, {str(r.values[key]) for r in rows if r.values.get(key)})
            for key, field in self.form.fields.items()
            if is_column(field) and is_reference(field)
        }
        self.known = self._existing(rows)

    def _existing(self, rows: Sequence[Row]) -> dict[tuple[str, ...], list[Any]]:
        """The records that the rows may be about, among those the actor sees."""
        first = self.sheet.identity[0]
        wanted = {self._data(row).get(first) for row in rows} - {None, ""}
        found: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        # What a record is known by may stand on its site.
        path = getattr(self.records.model, "IDENTITY_PATHS", {}).get(first, first)
        for instance in self.records.rows(self.doing.actor).filter(**{f"{path}__in": wanted}):
            found[self._identity_of(lambda key, row=instance: _stored(row, key))].append(instance)
        return found

    def _identity_of(self, value: Any) -> tuple[str, ...]:
        return tuple(tidy(value(key)) for key in self.sheet.identity)

    def _data(self, row: Row) -> dict[str, Any]:
        """The row's values as the form takes them: what is referred to by its key."""
        data = dict(row.values)
        for key, known in self.references.items():
            if data.get(key):
                data[key] = known.get(tidy(data[key]), [None])[0]
        return data

    def check(self, row: Row) -> None:
        for key, known in self.references.items():
            if text := row.values.get(key):
                matches = known.get(tidy(text), [])
                if len(matches) != 1:
                    row.refuse(_not_one(str(text), len(matches)), key)
        if not row.is_good:
            return
        matches = self.known.get(self._identity_of(self._data(row).get), [])
        if len(matches) > 1:
            titles = "、".join(self.by_key[k].title for k in self.sheet.identity)
            row.refuse(
                f"平台中有 {len(matches)} 条{titles}相同的{self.sheet.title}，无法判断更新哪一条，请在页面上修改。"
            )
            return
        instance = matches[0] if matches else None
        data, before = self._merged(row, instance)
        changes = self._changes(row, before, instance)
        row.target = str(instance.pk) if instance is not None else ""
        self.sheet.settle(row, self.doing.actor, before=before if instance is not None else None, changes=changes)
        if row.is_good and row.state != "unchanged":
            self._attempt(row, instance, data)

    def _merged(self, row: Row, instance: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the form is given, and what the record has now, by field."""
        form = form_of(self.records, self.doing.actor, instance=instance)
        before = current(form, instance) if instance is not None else {}
        start = before or {
            key: field.prepare_value(form.get_initial_for_field(field, key)) for key, field in form.fields.items()
        }
        given = self._data(row)
        for key, column in self.by_key.items():
            if instance is not None and key in given and same(column, _plain(before.get(key)), given[key]):
                given[key] = before.get(key)
        return start | {k: v for k, v in given.items() if instance is not None or v is not None}, before

    def _changes(self, row: Row, before: dict[str, Any], instance: Any) -> dict[str, list[Any]]:
        given = self._data(row)
        changes: dict[str, list[Any]] = {}
        for key, column in self.by_key.items():
            if key not in row.values:
                continue
            was, becomes = _plain(before.get(key)), given[key]
            if not same(column, was, becomes):
                named = _name_of(instance, key) if key in self.references and instance is not None else None
                after = row.values[key] if key in self.references else becomes
                changes[key] = [shown(column, was) if named is None else named, shown(column, after)]
        return changes

    def _attempt(self, row: Row, instance: Any, data: dict[str, Any]) -> Any:
        """Do it in a savepoint. What the form or the service objects to is the row's; the answer is what was made."""
        form = form_of(self.records, self.doing.actor, data=as_form(data), instance=instance)
        if not form.is_valid():
            for key, said in form.errors.items():
                self._refuse(row, key, "；".join(map(str, said)))
            return None
        create, update, actor = self.records.create, self.records.update, self.doing.actor
        assert create is not None and update is not None
        try:
            with transaction.atomic():
                if instance is None:
                    return create(actor=actor, **form.cleaned_data)
                update(instance, actor=actor, **form.cleaned_data)
                return instance
        except Incomplete as error:
            for key, text in error.fields.items():
                self._refuse(row, key, text)
        except ValidationError as error:
            for key, texts in error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]:
                self._refuse(row, key, "；".join(texts))
        except (NotAllowed, BadGeometry, PermissionDenied) as error:
            row.refuse(str(error) or "您没有权限写入这一行。")
        except ObjectDoesNotExist:
            row.refuse("这一行指的记录已不存在，或不在您的管辖范围内。")
        return None

    def _refuse(self, row: Row, key: str, text: str) -> None:
        if key in self.by_key:
            row.refuse(text, key)
        elif key == "geom" and "lon" in self.by_key:
            row.refuse(text, "lon")
        else:
            label = self.form.fields[key].label if key in self.form.fields else ""
            row.refuse(f"{label}：{text}" if label else text)

    def write(self, row: Row, recorder: Recorder) -> None:
        instance = None
        if row.state == "changed":
            instance = self.records.rows(self.doing.actor).filter(pk=row.target).first()
            if instance is None:
                row.refuse("这条记录已被删除，或已不在您的管辖范围内。")
                return
            recorder.changing(row.number, *standing_on(instance), instance)
            attached = {(type(m), m.pk) for m in pointing_at(instance)}
        data, _before = self._merged(row, instance)
        made = self._attempt(row, instance, data)
        if made is None:
            return
        if instance is None:
            recorder.made(row.number, *standing_on(made), made, *pointing_at(made))
            row.target = str(made.pk)
        else:
            recorder.made(row.number, *(m for m in pointing_at(instance) if (type(m), m.pk) not in attached))


def standing_on(instance: Model) -> list[Model]:
    """The row whose key a record has, such as its site: written with it, and taken back after it."""
    key = instance._meta.pk
    return [getattr(instance, key.name)] if key is not None and key.is_relation else []


def _resolved(field: Any, texts: set[str]) -> dict[str, list[Any]]:
    """Text -> keys of the records it may name, by the first lookup that knows it."""
    found: dict[str, list[Any]] = {}
    for lookup in known_by(field):
        left = [t for t in texts if tidy(t) not in found]
        pairs: Any = field.queryset.filter(**{f"{lookup}__in": left}).values_list(lookup, "pk")
        seen: dict[str, list[Any]] = defaultdict(list)
        for text, pk in pairs:
            seen[tidy(text)].append(pk)
        found |= seen
    return found


def _not_one(text: str, count: int) -> str:
    if not count:
        return f"没有找到“{text[:40]}”：可能写法不同，或不在您的管辖范围内。"
    return f"有 {count} 个“{text[:40]}”，无法判断是哪一个，请改填代码。"


def _stored(instance: Any, key: str) -> Any:
    try:
        return getattr(instance, instance._meta.get_field(key).attname)
    except FieldDoesNotExist:  # the identity names a field of the form only
        return getattr(instance, key, None)


def _plain(value: Any) -> Any:
    """A form's value as a sheet's: keys as text, dates in ISO."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, (list, tuple)):
        return [str(_plain(v)) for v in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def _values(form: forms.ModelForm[Any], instance: Any) -> dict[str, Any]:
    """A record as a row of the sheet: what it refers to by name."""
    found = {}
    for key, value in current(form, instance).items():
        field = form.fields[key]
        if is_column(field):
            found[key] = _name_of(instance, key) if is_reference(field) else _plain(value)
    return found


def _name_of(instance: Any, key: str) -> str:
    """How the sheet names what a record refers to: by the first thing it is known by."""
    other = getattr(instance, key, None)
    if other is None:
        return ""
    found = other
    for part in next(iter(getattr(type(other), "KNOWN_BY", ("name",)))).split("__"):
        found = getattr(found, part, "")
    return str(found)
