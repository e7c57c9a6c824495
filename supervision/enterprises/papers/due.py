"""What follows from the rows of a file and is asked of all files at once: which licences are current, when the next
one expires, when the next drill is due. Every verb that writes such rows calls `refresh`; a nightly job goes over all.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from supervision.enterprises.models import Drill, Enterprise, Licence
from supervision.enterprises.papers.rules import (
    HAZARD_CATEGORIES,
    HAZARD_DIVISIONS,
    HAZARD_TAGS,
    HIGH_HAZARD,
    ORDINARY,
    SEVERAL,
)
from supervision.enterprises.score import quietly

LICENCES = f"""
WITH found AS (
    SELECT id, revoked_on IS NULL AND withdrawn_at IS NULL AND row_number() OVER (
        PARTITION BY enterprise_id, kind, CASE WHEN kind = ANY(%(several)s) THEN number ELSE '' END,
                     withdrawn_at IS NULL
        ORDER BY expires_on DESC NULLS FIRST, issued_on DESC NULLS LAST, id DESC
    ) = 1 AS is_current
    FROM {Licence._meta.db_table} WHERE %(all)s OR enterprise_id = ANY(%(pks)s)
)
UPDATE {Licence._meta.db_table} licence SET is_current = found.is_current
FROM found WHERE found.id = licence.id AND found.is_current IS DISTINCT FROM licence.is_current
"""

FILES = f"""
WITH expiry AS (
    SELECT enterprise_id, min(expires_on) AS on_day FROM {Licence._meta.db_table}
    WHERE is_current AND (%(all)s OR enterprise_id = ANY(%(pks)s)) GROUP BY 1
), drill AS (
    SELECT enterprise_id, max(held_on) AS on_day FROM {Drill._meta.db_table}
    WHERE withdrawn_at IS NULL AND kind IN ('comprehensive', 'special')
      AND (%(all)s OR enterprise_id = ANY(%(pks)s)) GROUP BY 1
), found AS (
    SELECT site_id, expiry.on_day AS expires_on,
           (coalesce(drill.on_day, platform_joined_on) + make_interval(months => CASE
               WHEN categories && %(categories)s::varchar[] OR tags && %(tags)s::varchar[]
                    OR left(industry_code, 2) = ANY(%(divisions)s)
               THEN %(often)s ELSE %(seldom)s END))::date AS due_on
    FROM {Enterprise._meta.db_table}
    LEFT JOIN expiry ON expiry.enterprise_id = site_id LEFT JOIN drill ON drill.enterprise_id = site_id
    WHERE %(all)s OR site_id = ANY(%(pks)s)
)
UPDATE {Enterprise._meta.db_table} file SET licence_expires_on = found.expires_on, drill_due_on = found.due_on
FROM found WHERE found.site_id = file.site_id
  AND (file.licence_expires_on, file.drill_due_on) IS DISTINCT FROM (found.expires_on, found.due_on)
"""


def refresh(*pks: int) -> None:
    """Of these enterprises."""
    if pks:
        _run(list(pks), every=False)


def refresh_all() -> None:
    _run([], every=True)


def _run(pks: list[int], *, every: bool) -> None:
    given: dict[str, Any] = {
        "all": every, "pks": pks, "several": list(SEVERAL), "categories": list(HAZARD_CATEGORIES),
        "tags": list(HAZARD_TAGS), "divisions": list(HAZARD_DIVISIONS),
        "often": HIGH_HAZARD.plan_months, "seldom": ORDINARY.plan_months,
    }  # fmt: skip
    # Worked out of audited rows: no lines of their own in the audit trail.
    with quietly(), connection.cursor() as cursor:
        cursor.execute(LICENCES, given)
        cursor.execute(FILES, given)
