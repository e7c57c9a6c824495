"""What lists and the map ask of a source, kept beside it: overdue, people missing, boundary missing, count outdated."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.utils import timezone

from supervision.enterprises.models import Boundary
from supervision.hazard_sources.models import HazardSource, PersonsCount, ResponsiblePerson
from supervision.hazard_sources.statutory import DUTIES

# The present values beside the stored ones, written only where they differ. A count made on the map is outdated when
# its boundary was replaced since; whether the population moved is found by persons.moved().
SQL = f"""
UPDATE {HazardSource._meta.db_table} AS s
SET is_overdue = f.is_overdue, lacks_people = f.lacks_people, lacks_boundary = f.lacks_boundary,
    persons_outdated = f.persons_outdated
FROM (
    SELECT h.id, live AND h.review_due_on IS NOT NULL AND h.review_due_on < %(today)s AS is_overdue,
           live AND (SELECT count(*) FROM {ResponsiblePerson._meta.db_table} p
                     WHERE p.source_id = h.id AND p.left_on IS NULL) < {len(DUTIES)} AS lacks_people,
           live AND b.id IS NULL AS lacks_boundary,
           live AND c.boundary_id IS NOT NULL
                AND (c.boundary_id IS DISTINCT FROM b.id OR CASE WHEN %(moved)s::bigint[] IS NULL
                     THEN h.persons_outdated ELSE h.id = ANY(%(moved)s) END) AS persons_outdated
    FROM (SELECT *, state <> 'cancelled' AS live FROM {HazardSource._meta.db_table}) h
    LEFT JOIN {Boundary._meta.db_table} b ON b.enterprise_id = h.site_id AND b.replaced_at IS NULL
    LEFT JOIN LATERAL (SELECT boundary_id FROM {PersonsCount._meta.db_table} c
                       WHERE c.source_id = h.id ORDER BY at DESC, id DESC LIMIT 1) c ON true
    WHERE %(only)s::bigint[] IS NULL OR h.id = ANY(%(only)s)) f
WHERE f.id = s.id AND (s.is_overdue, s.lacks_people, s.lacks_boundary, s.persons_outdated)
    IS DISTINCT FROM (f.is_overdue, f.lacks_people, f.lacks_boundary, f.persons_outdated)
"""


def refresh(only: Iterable[int] | None = None, moved: Iterable[int] | None = None) -> int:
    """Bring the flags of these sources (None: of all) up to date; how many changed.

    `moved` names those whose population is another now; None leaves that as it was found before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            SQL,
            {"today": timezone.localdate(), "only": _list(only), "moved": _list(moved)},
        )
        return cursor.rowcount


def _list(keys: Iterable[int] | None) -> list[int] | None:
    return None if keys is None else list(keys)
