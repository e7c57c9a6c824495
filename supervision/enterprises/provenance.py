"""Where each fact of an enterprise file comes from: source, who verified it, when.

A fact without an entry of its own comes from where the file as a whole does (`source`, `verified_by`, `verified_at` of
the enterprise); contacts, licences and the boundary carry theirs in their own rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core import freshness as freshness_of
from core.freshness import Freshness, freshness
from core.models import User
from supervision.enterprises import score
from supervision.enterprises.facts import BY_KEY, CONTACTS, FACTS, ROWS, Fact, shown, value_of
from supervision.enterprises.models import Enterprise


@dataclass(frozen=True, kw_only=True)
class Origin:
    """One fact as it stands: its value in words, where it comes from, how old it is, what is wrong with it."""

    fact: Fact
    text: str
    source: str
    by: str
    at: datetime | None
    doubt: str = ""
    is_there: bool = True
    is_own: bool = False  # it has an entry or row of its own

    @property
    def key(self) -> str:
        return self.fact.key

    @property
    def fresh(self) -> Freshness:
        return freshness(self.at, self.fact.days)

    @property
    def age(self) -> str:
        """Short enough to stand beside the value: 今天, 12 天前, 从未."""
        days = self.fresh["days"]
        return "从未" if days is None else "今天" if days < 1 else f"{days} 天前"

    def share(self, now: datetime) -> int:
        return score.share(self.fact.days, self.at, now, is_doubted=bool(self.doubt))


def entry(*, source: str, actor: User | None, at: datetime | None = None) -> dict[str, Any]:
    """What `Enterprise.provenance` holds of one fact."""
    return {"source": source[:60], "by": actor.pk if actor else None, "at": (at or timezone.now()).isoformat()}


def noted(
    enterprise: Enterprise,
    facts: Iterable[str],
    *,
    source: str,
    actor: User | None,
    at: datetime | None = None,
    save: bool = True,
) -> None:
    """These facts were just written or verified: their origin is kept, a doubt about them ends.

    For every service that changes a fact, as its last act. `facts` are keys of FACTS (names of fields will do);
    contacts, licences and the boundary keep their origin in their rows, and only a doubt about them ends here.
    With `save` the score and the contradictions of the file are renewed as well; a bulk writer says save=False, saves
    `provenance` with its rows, and calls `settle()` for all of them once.
    """
    for key in facts:
        if key not in BY_KEY:
            continue
        if BY_KEY[key].kept_by == ROWS:
            enterprise.provenance.pop(key, None)
        else:
            enterprise.provenance[key] = entry(source=source, actor=actor, at=at)
    if save:
        keep(enterprise)
        settle(enterprise.pk)
        enterprise.refresh_from_db(fields=["freshness_score"])


def doubt(enterprise: Enterprise, facts: Iterable[str], *, actor: User, why: str) -> None:
    """Somebody says that these are not so; they count nothing until they are confirmed or corrected."""
    for key in facts:
        was = enterprise.provenance.get(key) or file_entry(enterprise)
        enterprise.provenance[key] = {**was, "doubt": why[:200], "doubt_by": actor.pk}
    keep(enterprise)
    settle(enterprise.pk)
    enterprise.refresh_from_db(fields=["freshness_score"])


def confirm_all(enterprise: Enterprise, *, actor: User, how: str) -> None:
    """The file as a whole was looked at and holds: every fact of it, its doubts and its rows with it.

    What somebody asks to have changed is not among them: it stays as old as it was.
    A doubt of the office's is not ended by the enterprise saying again what was doubted.
    """
    asked = {key for row in enterprise.change_requests.filter(state="submitted") for key in row.changes}
    own = enterprise.provenance
    kept = {key: own.get(key) or file_entry(enterprise) for key in asked if BY_KEY[key].kept_by != ROWS}
    kept |= {key: was for key, was in own.items() if _still_doubted(was, actor)}
    freshness_of.verify(enterprise, actor=actor, how=how)
    at = enterprise.verified_at or timezone.now()
    enterprise.provenance = {
        key: entry(source=was.get("source", ""), actor=actor, at=at)
        for key, was in own.items()
        if key in BY_KEY and BY_KEY[key].kept_by != ROWS
    } | kept
    for rows in (
        enterprise.contacts.filter(left_on__isnull=True),
        enterprise.licences.filter(is_current=True),
        enterprise.boundaries.filter(replaced_at__isnull=True),
    ):
        rows.update(verified_at=at, verified_by=actor, verified_note=how)
    keep(enterprise)
    settle(enterprise.pk)
    enterprise.refresh_from_db(fields=["freshness_score"])


def _still_doubted(was: dict[str, Any], actor: User) -> bool:
    return bool(was.get("doubt")) and actor.site_id is not None


def confirm_some(enterprise: Enterprise, facts: Iterable[str], *, actor: User, how: str) -> None:
    """These facts were looked at and hold; the others are as old as they were."""
    at = timezone.now()
    for key in facts:
        was = enterprise.provenance.pop(key, None)
        if was and _still_doubted(was, actor):
            enterprise.provenance[key] = was
            continue
        if BY_KEY[key].kept_by != ROWS:
            source = was.get("source", "") if was else enterprise.source
            enterprise.provenance[key] = entry(source=source, actor=actor, at=at)
        elif key in CONTACTS:
            current = enterprise.contacts.filter(left_on__isnull=True, role=key.removeprefix("contact_"))
            current.update(verified_at=at, verified_by=actor, verified_note=how)
    keep(enterprise)
    settle(enterprise.pk)
    enterprise.refresh_from_db(fields=["freshness_score"])


def file_entry(enterprise: Enterprise) -> dict[str, Any]:
    """The origin of the file as a whole, as an entry of one fact."""
    at = enterprise.verified_at.isoformat() if enterprise.verified_at else None
    return {"source": enterprise.source, "by": enterprise.verified_by_id, "at": at}


def settle(*pks: int) -> None:
    """After writes: scores and contradictions of these files as they are now."""
    from supervision.enterprises import contradictions

    if pks:
        contradictions.check(*pks)
        score.renew(*pks)


def keep(enterprise: Enterprise) -> None:
    """Only the origin is written, and not to the audit trail: what was verified stands in the confirmations."""
    with score.quietly():
        Enterprise.objects.filter(pk=enterprise.pk).update(provenance=enterprise.provenance)


NEVER = datetime(1900, 1, 1, tzinfo=timezone.get_current_timezone())


def provenance_of(enterprise: Enterprise) -> list[Origin]:
    """Every fact that the file holds or should hold, with its origin."""
    people = _people(enterprise)
    rows = {**_contacts(enterprise), **_papers(enterprise)}
    found = []
    for f in FACTS:
        own = enterprise.provenance.get(f.key)
        if f.kept_by == ROWS:
            origin = rows.get(f.key) or Origin(fact=f, text="尚未登记", source="", by="", at=None, is_there=False)
        elif own:
            text = shown(f.key, value_of(enterprise, f.key))
            at = parse_datetime(own["at"]) if own.get("at") else None
            origin = Origin(
                fact=f, text=text, source=own.get("source", ""), by=people.get(own.get("by"), ""), at=at,
                is_there=_is_there(enterprise, f), is_own=True,
            )  # fmt: skip
        else:
            origin = Origin(
                fact=f, text=shown(f.key, value_of(enterprise, f.key)), source=enterprise.source,
                by=str(enterprise.verified_by or ""), at=enterprise.verified_at, is_there=_is_there(enterprise, f),
            )  # fmt: skip
        said = (own or {}).get("doubt", "")
        found.append(replace(origin, doubt=said))
    return found


def score_of(enterprise: Enterprise, now: datetime | None = None) -> int:
    """The score as `score.renew` computes it, from the facts in hand."""
    return score.total(_parts(provenance_of(enterprise), now or timezone.now()))


def reasons(enterprise: Enterprise, now: datetime | None = None) -> list[tuple[Origin, int]]:
    """The facts that pull the score down, worst first, each with the points it costs."""
    now = now or timezone.now()
    origins = provenance_of(enterprise)
    weight = sum(w for w, _ in _parts(origins, now)) or 1
    costs = [
        (origin, round(origin.fact.weight * (1000 - origin.share(now)) / (10 * weight)))
        for origin in origins
        if origin.is_there or not origin.fact.is_optional
    ]
    return sorted(((o, cost) for o, cost in costs if cost), key=lambda pair: -pair[1])


def _parts(origins: list[Origin], now: datetime) -> list[tuple[int, int]]:
    return [(o.fact.weight, o.share(now)) for o in origins if o.is_there or not o.fact.is_optional]


def _is_there(enterprise: Enterprise, f: Fact) -> bool:
    return value_of(enterprise, f.key) not in (None, "", [])


def _people(enterprise: Enterprise) -> dict[Any, str]:
    pks = {own.get("by") for own in enterprise.provenance.values()} - {None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=pks)} if pks else {}


def _contacts(enterprise: Enterprise) -> dict[str, Origin]:
    rows = enterprise.contacts.filter(left_on__isnull=True).select_related("verified_by")
    return {
        f"contact_{row.role}": _of_row(
            BY_KEY[f"contact_{row.role}"], row, f"{row.name} {row.phone}".strip(), enterprise
        )
        for row in rows
        if f"contact_{row.role}" in CONTACTS
    }


def _papers(enterprise: Enterprise) -> dict[str, Origin]:
    """Of several licences the one verified longest ago speaks for all."""
    found = {}
    licences = list(enterprise.licences.filter(is_current=True).select_related("verified_by"))
    if licences:
        oldest = min(licences, key=lambda row: row.verified_at or enterprise.verified_at or NEVER)
        found["licences"] = _of_row(BY_KEY["licences"], oldest, f"{len(licences)} 件", enterprise)
    boundary = enterprise.boundaries.filter(replaced_at__isnull=True).select_related("verified_by").first()
    if boundary:
        found["boundary"] = _of_row(BY_KEY["boundary"], boundary, f"{boundary.area_m2:,.0f} 平方米", enterprise)
    return found


def _of_row(f: Fact, row: Any, text: str, enterprise: Enterprise) -> Origin:
    own = row.verified_at is not None
    who = row.verified_by if own else enterprise.verified_by
    return Origin(
        fact=f, text=text, source=row.source or enterprise.source, by=str(who or ""),
        at=row.verified_at or enterprise.verified_at, is_own=own,
    )  # fmt: skip
