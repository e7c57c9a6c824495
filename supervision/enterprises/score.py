"""The freshness score 鲜活度 of an enterprise file, 0 to 100, in SQL for all files at once and in Python for one.

    score = ⌊ Σ weight × share ÷ Σ weight ⌋ over the facts of `facts.FACTS`, in per cent

`share` of a fact is 1 while its verification is within its interval of n days, falls evenly from there to 0 at three
times the interval, and is 0 when it was never verified, is doubted, or is missing. An optional fact that is empty is
left out of both sums. A fact is verified when its own entry in `provenance` or its own row says so, else when the file
as a whole was. Both computations are in whole days and integers, so they agree to the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from supervision.enterprises.facts import CONTACTS, FACTS, Fact

DAY = 86_400


def share(days: int, verified_at: datetime | None, now: datetime, *, is_doubted: bool = False) -> int:
    """Thousandths of a fact's weight that still count."""
    if verified_at is None or is_doubted:
        return 0
    age = int((now - verified_at).total_seconds() // DAY)
    return min(1000, max(0, (3 * days - age) * 1000) // (2 * days))


def total(parts: Iterable[tuple[int, int]]) -> int:
    """The score of (weight, share) pairs."""
    pairs = list(parts)
    weight = sum(w for w, _ in pairs)
    return sum(w * s for w, s in pairs) // (10 * weight) if weight else 0


def renew(*pks: int, now: datetime | None = None) -> int:
    """Compute the scores of these files, or of all, in one statement; how many changed."""
    one = "AND e.site_id = ANY(%(pks)s)" if pks else ""
    with quietly(), connection.cursor() as cursor:
        cursor.execute(SQL.format(one=one), {"now": now or timezone.now(), "pks": list(pks)})
        return int(cursor.rowcount)


@contextmanager
def quietly() -> Iterator[None]:
    """Writes inside leave no lines in the audit trail: they are worked out of audited facts, or have rows of their own.

    For the score and the origins of facts only.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('antu.audit', true), '')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('antu.audit', 'bulk', true)")
        yield
        cursor.execute("SELECT set_config('antu.audit', %s, true)", [before])


def _line(f: Fact) -> str:
    """One fact as a row of VALUES: key, weight, days, is it there, when verified."""
    if f.key in CONTACTS:
        role = f.key.removeprefix("contact_")
        at = f"(CASE WHEN c.{role} THEN coalesce(c.{role}_at, e.verified_at) END)"
        return f"('{f.key}', {f.weight}, {f.days}, {f'coalesce(c.{role}, false)' if f.is_optional else 'true'}, {at})"
    if f.key == "licences":
        rest = "CASE WHEN e.verified_at IS NOT NULL THEN least(l.at, e.verified_at) END"
        at = f"(CASE WHEN l.own < l.n THEN {rest} ELSE l.at END)"
        return f"('{f.key}', {f.weight}, {f.days}, l.n IS NOT NULL, {at})"
    if f.key == "boundary":
        return f"('{f.key}', {f.weight}, {f.days}, b.id IS NOT NULL, coalesce(b.verified_at, e.verified_at))"
    return f"('{f.key}', {f.weight}, {f.days}, {PRESENT.get(f.key, 'true')}, {VERIFIED.format(f.key)})"


PRESENT = {
    "registered_region": "e.registered_region_id IS NOT NULL",
    "business": "e.business <> ''",
    "tags": "e.tags <> '{{}}'",
    "founded_on": "e.founded_on IS NOT NULL",
    "scale": "e.scale <> ''",
    "legal_form": "e.legal_form <> ''",
    "capital_wan": "e.capital_wan IS NOT NULL",
}
VERIFIED = "(CASE WHEN e.provenance ? '{0}' THEN (e.provenance->'{0}'->>'at')::timestamptz ELSE e.verified_at END)"
_ROLES = ", ".join(
    f"bool_or(role = '{role}') AS {role}, min(verified_at) FILTER (WHERE role = '{role}') AS {role}_at"
    for role in (key.removeprefix("contact_") for key in CONTACTS)
)
_AGE = "floor(extract(epoch FROM %(now)s - f.at) / 86400)::int"
SQL = f"""
UPDATE enterprises_enterprise AS target SET freshness_score = new.score
FROM (
    SELECT e.site_id, s.score
    FROM enterprises_enterprise e
    LEFT JOIN (SELECT enterprise_id, {_ROLES} FROM enterprises_contact WHERE left_on IS NULL GROUP BY enterprise_id) c
        ON c.enterprise_id = e.site_id
    LEFT JOIN (SELECT enterprise_id, count(*) AS n, count(verified_at) AS own, min(verified_at) AS at
               FROM enterprises_licence WHERE is_current GROUP BY enterprise_id) l
        ON l.enterprise_id = e.site_id
    LEFT JOIN enterprises_boundary b ON b.enterprise_id = e.site_id AND b.replaced_at IS NULL
    CROSS JOIN LATERAL (
        SELECT (sum(f.weight * CASE WHEN f.at IS NULL OR e.provenance->f.key ? 'doubt' THEN 0
                ELSE least(1000, greatest(0, (3 * f.days - {_AGE}) * 1000) / (2 * f.days)) END)
                / (10 * sum(f.weight)))::int AS score
        FROM (VALUES {", ".join(_line(f) for f in FACTS)}) AS f(key, weight, days, is_there, at)
        WHERE f.is_there
    ) s
    WHERE true {{one}}
) new
WHERE target.site_id = new.site_id AND target.freshness_score IS DISTINCT FROM new.score
"""
