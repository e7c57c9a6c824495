"""What can be imported: a sheet knows its columns, finds the records its rows are about, and writes them.

`layers.record_sheets` derives one from every list of records that has an identity; a module may give a faster one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from core.imports.columns import Column
from core.models import User

WHOLE = ""  # the key of a problem that is about the row as such


@dataclass
class Row:
    """A row of the file on its way: what it says, what it is about, what it would change, what is wrong with it."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    geometry: dict[str, Any] | None = None
    state: str = ""
    target: str = ""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)

    def refuse(self, text: str, key: str = WHOLE) -> None:
        self.problems.setdefault(key, text)

    @property
    def is_good(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Doing:
    """Who imports, how, and whom to tell how far it is."""

    actor: User
    options: Mapping[str, Any]
    kept: dict[str, Any] = field(default_factory=dict)  # what a sheet found out in `check` and wants in `apply`


class Recorder(ABC):
    """Where a sheet says what it writes, so that it can be taken back."""

    @abstractmethod
    def made(self, number: int, *instances: Model) -> None:
        """Rows that did not exist before."""

    @abstractmethod
    def changing(self, number: int, *instances: Model) -> None:
        """Rows as they are in the database now, about to be changed."""


class Sheet(ABC):
    """One thing that rows of a file can be imported into. `key` is "<module>/<records>"."""

    key: str
    title: str
    model: type[Model]
    identity: tuple[str, ...]
    has_geometry = False  # takes the geometry of a row from a geodata file
    # What the system itself keeps about the records: it goes with one that is taken back, and keeps none from going.
    derived: tuple[type[Model], ...] = ()

    @abstractmethod
    def columns(self, user: User) -> tuple[Column, ...]: ...

    @abstractmethod
    def check(self, rows: Sequence[Row], doing: Doing) -> None:
        """Give each row without problems its state, target and changes, or the problems it has."""

    @abstractmethod
    def apply(self, rows: Sequence[Row], doing: Doing, recorder: Recorder) -> None:
        """Write checked rows in the caller's transaction. A row that cannot be written after all gets a problem."""

    @abstractmethod
    def current(self, user: User, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The records this user sees, as values by column key: what the template is filled with."""

    def tell(self, keys: Iterable[str], doing: Doing, *, verb: str) -> None:
        """Tell the live screens that these records were written, or taken back, all at once."""
        return

    def settle_after(self, keys: Iterable[str]) -> None:
        """What follows from the facts of these records is worked out again, after they were written or restored."""
        return

    def permission(self, verb: str) -> str:
        return f"{self.model._meta.app_label}.{verb}_{self.model._meta.model_name}"

    def may(self, user: User) -> bool:
        return any(user.has_perm(self.permission(verb)) for verb in ("add", "change"))

    def settle(self, row: Row, user: User, *, before: Mapping[str, Any] | None, changes: dict[str, list[Any]]) -> None:
        """State of a good row, from the record it found (None: there is none) and what differs."""
        row.changes = changes
        row.state = "new" if before is None else "changed" if changes else "unchanged"
        verb = {"new": "add", "changed": "change"}.get(row.state, "")
        if verb and not user.has_perm(self.permission(verb)):
            words = "登记新的" if verb == "add" else "修改已有的"
            row.refuse(f"您没有“{words}{self.title}”的权限，这一行不能导入。")


finders: list[Callable[[str], Sheet | None]] = []


def find(key: str) -> Sheet | None:
    return next((found for finder in finders if (found := finder(key)) is not None), None)
