"""Enterprises from a sheet, ten thousand at a time: checked by the services' own code, written by COPY.

What a service does a row at a time is done here once for all rows: regions of all points, taken credit codes, origins,
contradictions and scores, the audit entry of the new rows, and an event a region.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.utils import timezone

from core import audit
from core.imports.columns import Column, same, shown
from core.imports.sheet import Doing, Recorder, Row, Sheet
from core.models import User
from core.pinyin import initials
from core.workflow import NotAllowed
from geo import bulk
from geo.coordinates import Datum
from geo.models import Region, Site
from geo.regions import regions_of
from layers import record_list
from layers.record_sheets import tell_by_region
from layers.registry import Records
from supervision.enterprises import contacts, provenance, services
from supervision.enterprises.industries import code_for
from supervision.enterprises.models import Contact, Contradiction, Duplicate, Enterprise, StatusChange
from supervision.enterprises.sheet_columns import ROLES, columns, values_of

SOURCE = "批量导入"
PLACE = ("lon", "lat", "datum")
BLANK: dict[str, Any] = {
    "employees": 0, "safety_officers": 0, "certified_staff": 0, "scale": "", "legal_form": "", "business": "",
    "address": "", "tags": [], "also": [],
}  # fmt: skip
SITE_COLUMNS = ("name", "address", "pinyin", "region", "geom", "datum")
FILE_COLUMNS = (
    "categories", "industry_code", "scale", "legal_form", "capital_wan", "founded_on", "employees", "safety_officers",
    "certified_staff", "business", "tags", "registered_region", "platform_joined_on", "provenance", "version",
)  # fmt: skip


class EnterpriseSheet(Sheet):
    """企业: one row a file, with its place and the people who answer for it."""

    key = "enterprises/enterprises"
    title = "企业"
    model = Enterprise
    identity = ("credit_code",)
    has_geometry = True
    # Found by the system itself from the facts of the files: they go with a file that is taken back.
    derived = (Contradiction, Duplicate)

    def __init__(self, records: Records) -> None:
        self.records = records

    def may(self, user: User) -> bool:
        return user.site_id is None and super().may(user)

    def columns(self, user: User) -> tuple[Column, ...]:
        return columns(with_contacts=user.has_perm("enterprises.change_contact"))

    def check(self, rows: Sequence[Row], doing: Doing) -> None:
        checking = doing.kept["checking"] = Checking(self, rows, doing)
        checking.run()

    def apply(self, rows: Sequence[Row], doing: Doing, recorder: Recorder) -> None:
        checking: Checking = doing.kept["checking"]
        new = [row for row in rows if row.state == "new"]
        with audit.bulk("enterprises_enterprise", actor=doing.actor, rows=len(new), note=SOURCE):
            register(checking, new, recorder)
        update(checking, [row for row in rows if row.state == "changed"], recorder)

    def current(self, user: User, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        rows = record_list.ordered(self.records, record_list.chosen(self.records, user, chosen), chosen.get("sort", ""))
        people = standing(rows.order_by().values("pk"))
        for row in rows.select_related("site", "registered_region").iterator(chunk_size=2000):
            yield values_of(row, people.get(row.pk, {}))

    def tell(self, keys: Iterable[str], doing: Doing, *, verb: str) -> None:
        tell_by_region(Enterprise, list(keys), f"enterprises.{verb}", doing.actor)

    def settle_after(self, keys: Iterable[str]) -> None:
        provenance.settle(*(int(key) for key in keys))


def standing(files: Any) -> dict[int, dict[str, Contact]]:
    """Who answers for each file now, by capacity."""
    found: dict[int, dict[str, Contact]] = defaultdict(dict)
    for person in Contact.objects.filter(enterprise__in=files, left_on__isnull=True):
        found[person.enterprise_id][person.role] = person
    return found


class Checking:
    """Some rows, and what was asked of the database for all of them at once."""

    def __init__(self, sheet: EnterpriseSheet, rows: Sequence[Row], doing: Doing) -> None:
        self.sheet, self.rows, self.doing = sheet, rows, doing
        self.columns = {c.key: c for c in sheet.columns(doing.actor)}
        self.files: dict[str, Enterprise] = {}
        self.taken: set[str] = set()
        self.people: dict[int, dict[str, Contact]] = {}
        self.regions: dict[str, Region] = {}
        self.places: dict[int, tuple[Any, Region | None]] = {}
        self.facts: dict[int, dict[str, Any]] = {}

    def prepare(self) -> None:
        actor = self.doing.actor
        codes = [row.values["credit_code"] for row in self.rows]
        visible = Enterprise.objects.visible_to(actor).filter(credit_code__in=codes)
        visible = visible.select_related("site__region", "registered_region", "merged_into__site")
        self.files = {row.credit_code: row for row in visible}
        everywhere = Enterprise.objects.filter(credit_code__in=codes).values_list("credit_code", flat=True)
        self.taken = set(everywhere) - set(self.files)
        self.people = standing([row.pk for row in self.files.values()])
        self.regions = {r.code: r for r in Region.objects.defer("geom")}
        self._find_places()

    def _find_places(self) -> None:
        points: dict[int, Any] = {}
        for row in self.rows:
            row.values.setdefault("datum", None)
            datum = row.values["datum"] or self.doing.options.get("datum") or Datum.CGCS2000
            try:
                points[row.number] = services.point_of(row.values["lon"], row.values["lat"], datum)
            except ValidationError as error:
                for key, texts in error.message_dict.items():
                    row.refuse("；".join(texts), key)
        found = regions_of(list(points.values()))
        self.places = dict(zip(points, zip(points.values(), found, strict=True), strict=True))

    def run(self) -> None:
        self.prepare()
        for row in self.rows:
            if row.is_good:
                self._check(row)

    def _check(self, row: Row) -> None:
        file = self.files.get(row.values["credit_code"])
        self._reach(row, file)
        self._facts(row)
        self._contacts(row, file)
        if file is not None:
            self._standing(row, file)
        if not row.is_good:
            return
        before = values_of(file, self.people.get(file.pk, {})) if file is not None else None
        changes = self._changes(row, before) if before is not None else {}
        row.target = str(file.pk) if file is not None else ""
        self.sheet.settle(row, self.doing.actor, before=before, changes=changes)

    def _reach(self, row: Row, file: Enterprise | None) -> None:
        if row.number in self.places:
            try:
                services.reached(self.doing.actor, self.places[row.number][1])
            except PermissionDenied as error:
                row.refuse(str(error), "lon")
            except ValidationError as error:
                row.refuse("；".join(error.messages), "lon")

    def _facts(self, row: Row) -> None:
        code, problem = code_for(str(row.values.get("industry_code") or ""))
        if problem:
            row.refuse(problem, "industry_code")
            return
        row.values["industry_code"] = code
        try:
            self.facts[row.number] = services.check_facts(facts_of(row, self.regions), taken=self._taken)
        except ValidationError as error:
            for key, texts in error.message_dict.items():
                row.refuse("；".join(texts), "category" if key == "categories" else key)

    def _taken(self, credit_code: str) -> str:
        return services.TAKEN if credit_code in self.taken else ""

    def _contacts(self, row: Row, file: Enterprise | None) -> None:
        for role in ROLES:
            name, phone = row.values.get(f"{role}_name"), row.values.get(f"{role}_phone")
            if not name:
                if phone and (file is None or role not in self.people.get(file.pk, {})):
                    row.refuse("填了电话，还缺姓名。", f"{role}_name")
                continue
            try:
                contacts.checked(role, name, phone or "")
            except ValidationError as error:
                for key, texts in error.message_dict.items():
                    row.refuse("；".join(texts), f"{role}_{key}")
            current = self.people.get(file.pk, {}).get(role) if file is not None else None
            if current and current.name != name and role in contacts.HANDED_OVER:
                label = current.get_role_display()
                row.refuse(f"{label}现为{current.name}，换人须在企业页面办理“离任交接”。", f"{role}_name")

    def _standing(self, row: Row, file: Enterprise) -> None:
        try:
            services.demand_kept(file)
        except NotAllowed as error:
            row.refuse(str(error), "credit_code")
        status = row.values.get("status")
        if status and status != file.status:
            row.refuse(f"企业现为“{file.get_status_display()}”，变更经营状态要写明原因，请在企业页面办理。", "status")

    def _changes(self, row: Row, before: dict[str, Any]) -> dict[str, list[Any]]:
        point = self.places[row.number][0]
        after = {**row.values, "lon": point.x, "lat": point.y, "datum": Datum.CGCS2000.value}
        changes: dict[str, list[Any]] = {}
        for key, column in self.columns.items():
            if key not in row.values or key == "datum":
                continue
            if after[key] in (None, "", []) and column.keeps_when_empty:
                continue
            if not same(column, before[key], after[key]):
                changes[key] = [shown(column, before[key]), shown(column, after[key])]
        return changes


def facts_of(row: Row, regions: dict[str, Region]) -> dict[str, Any]:
    """The row's values as the services take them, without place and people. A column that is not there is left out."""
    given = {k: v for k, v in row.values.items() if k not in PLACE and k != "status" and not k.endswith(PEOPLE)}
    for key, empty in BLANK.items():
        if key in given and given[key] is None:
            given[key] = empty
    main, also = given.pop("category"), given.pop("also", None) or []
    given["categories"] = [main, *(key for key in also if key != main)]
    for key in ("founded_on", "platform_joined_on"):
        if given.get(key):
            given[key] = dt.date.fromisoformat(given[key])
    if given.get("platform_joined_on") is None:
        given["platform_joined_on"] = timezone.localdate()
    if given.get("capital_wan") is not None:
        given["capital_wan"] = Decimal(given["capital_wan"])
    if given.get("registered_region"):
        given["registered_region"] = regions.get(given["registered_region"])
    return given


PEOPLE = ("_name", "_phone")


def register(checking: Checking, rows: Sequence[Row], recorder: Recorder) -> None:
    """`services.open_file` for many."""
    actor, now = checking.doing.actor, timezone.now()
    kept = {"source": SOURCE, "verified_at": now, "verified_by": actor, "verified_note": "登记"}
    sites: list[Site] = []
    checked: list[dict[str, Any]] = []
    for row in rows:
        point, region = checking.places[row.number]
        assert region is not None
        facts = checking.facts[row.number]
        datum = row.values["datum"] or checking.doing.options.get("datum") or Datum.CGCS2000
        sites.append(Site(
            kind=Site.Kind.ENTERPRISE, region=region, geom=point, datum=datum, name=facts.pop("name"),
            address=facts.pop("address", ""), pinyin=initials(row.values["name"]),
        ))  # fmt: skip
        checked.append(facts)
    bulk.copy(sites)
    files: list[Enterprise] = []
    for row, site, facts in zip(rows, sites, checked, strict=True):
        status = row.values.get("status") or Enterprise.Status.OPERATING
        file = Enterprise(site=site, status=status, state=services.file_state(status), **kept, **facts)
        files.append(file)
        row.target = str(site.pk)
    bulk.copy(files)
    lines = [
        StatusChange(enterprise=f, status=f.status, since=f.platform_joined_on, reason="登记", actor=actor)
        for f in files
    ]
    bulk.copy(lines)
    people = [person for row, file in zip(rows, files, strict=True) for person in new_people(row, file, actor)]
    bulk.copy(people)
    numbers = {file.pk: row.number for row, file in zip(rows, files, strict=True)}
    made: list[Model] = [*sites, *files]
    for instance in made:
        recorder.made(numbers[instance.pk], instance)
    history: list[StatusChange | Contact] = [*lines, *people]
    for line in history:
        recorder.made(numbers[line.enterprise_id], line)


def new_people(row: Row, file: Enterprise, actor: User) -> list[Contact]:
    since = timezone.localdate()
    return [
        Contact(
            enterprise=file, role=role, name=name, phone=phone, since=since, source=SOURCE, verified_at=timezone.now(),
            verified_by=actor, verified_note="登记",
        )
        for role in ROLES
        if row.values.get(f"{role}_name")
        for name, phone in [contacts.checked(role, row.values[f"{role}_name"], row.values.get(f"{role}_phone") or "")]
    ]  # fmt: skip


def update(checking: Checking, rows: Sequence[Row], recorder: Recorder) -> None:
    """`services.write_facts` for many: what the preview showed as changed, and nothing else."""
    files = [checking.files[row.values["credit_code"]] for row in rows]
    # In the order of their keys, so that two who write the same files wait for each other.
    list(Enterprise.objects.filter(pk__in=[f.pk for f in files]).order_by("pk").select_for_update().values("pk"))
    for row, file in zip(rows, files, strict=True):
        recorder.changing(row.number, file.site, file)
        facts = checking.facts[row.number]
        fields = {"categories" if key in ("category", "also") else key for key in row.changes}
        if fields & {"lon", "lat"}:
            point, region = checking.places[row.number]
            assert region is not None
            file.site.geom, file.site.region = point, region
            file.site.datum = row.values["datum"] or checking.doing.options.get("datum") or Datum.CGCS2000
        for key in fields & set(facts):
            setattr(file.site if key in services.SITE_FIELDS else file, key, facts[key])
        file.site.pinyin = initials(file.site.name)
        file.version += 1
        changed = ["place" if key in ("lon", "lat") else key for key in fields]
        provenance.noted(file, changed, source=SOURCE, actor=checking.doing.actor, save=False)
        replace_people(row, file, checking, recorder)
        row.target = str(file.pk)
    bulk.update([f.site for f in files], SITE_COLUMNS)
    bulk.update(files, FILE_COLUMNS)


def replace_people(row: Row, file: Enterprise, checking: Checking, recorder: Recorder) -> None:
    """A telephone that changed, or a person where nobody was named: few, so by the services' own way."""
    actor, today = checking.doing.actor, timezone.localdate()
    for role in ROLES:
        if not {f"{role}_name", f"{role}_phone"} & set(row.changes):
            continue
        current = checking.people.get(file.pk, {}).get(role)
        name = row.values.get(f"{role}_name") or (current.name if current else "")
        phone = row.values.get(f"{role}_phone") or (current.phone if current else "")
        name, phone = contacts.checked(role, name, phone)
        if current:
            recorder.changing(row.number, current)
            current.left_on = max(today, current.since)
            current.save(update_fields=["left_on"])
        person = Contact.objects.create(
            enterprise=file, role=role, name=name, phone=phone, since=today, source=SOURCE,
            verified_at=timezone.now(), verified_by=actor, verified_note="登记",
        )  # fmt: skip
        recorder.made(row.number, person)
