"""Which files may be of one enterprise: pairs found by the database, scored here, with the reasons in words.

Weights (the sum, at most 1; pairs of 0.5 and more are listed):
  credit code   positions 9–17 (the organisation code) equal 0.60; one character differs 0.50, two 0.40
  name          equal once district, form of company and brackets are left out 0.45; similar 0.40 × likeness (from 0.3);
                other characters with the same sounds, by their initials, +0.25
  distance      within 50 m 0.20, 300 m 0.15, 1 km 0.08
  contacts      a telephone in common 0.15, the same legal representative 0.10
A name alone is not enough: 昱川化工 of two counties are two enterprises.

Nothing compares every file with every other: each block below joins on something equal, or on the spatial index.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.jobs import enqueue, job
from core.models import User
from core.workflow import NotAllowed
from geo.models import Region
from supervision.enterprises import services
from supervision.enterprises.lifecycle import APPLYING
from supervision.enterprises.models import Duplicate, Enterprise
from supervision.enterprises.models.enterprise import IN_REGISTER

LISTED_FROM = 0.5
COUNTED = (*IN_REGISTER, *APPLYING)
# Metres on the Mercator ground of the tiles are about 1.26 times too long at this latitude; a little more is no harm.
STRETCH = 1.3
LARGE = 20_000
LOCK = 0x616E7475  # one search at a time

# Names without what says nothing: width, brackets, blanks, districts, form of company.
PLAIN = r"""regexp_replace(regexp_replace(regexp_replace(upper(normalize(s.name, NFKC)),
  '[[:space:]()（）【】\[\]〔〕《》·・,，.。、—-]', '', 'g'), %(places)s, '', 'g'),
  '(集团)?(股份)?(有限)?(责任)?公司(分公司)?$', '')"""
SHAPE = f"""
SELECT e.site_id AS id, CASE WHEN length({PLAIN}) >= 2 THEN {PLAIN} ELSE s.name END AS name, s.pinyin AS sounds,
       e.credit_code AS code, s.geom AS geom, s.geom_3857 AS ground, split_part(r.path, '/', 3) AS county,
       array(SELECT phone FROM enterprises_contact c WHERE c.enterprise_id = e.site_id AND c.left_on IS NULL
             AND c.phone <> '') AS phones,
       (SELECT c.name FROM enterprises_contact c WHERE c.enterprise_id = e.site_id AND c.left_on IS NULL
        AND c.role = 'legal' LIMIT 1) AS legal
FROM enterprises_enterprise e JOIN geo_site s ON s.id = e.site_id JOIN geo_region r ON r.id = s.region_id
WHERE e.state = ANY(%(states)s)"""
DIFFERING = (
    "(SELECT count(*) FROM generate_series(1, 18) i WHERE substr(a.code, i::int, 1) <> substr(b.code, i::int, 1))"
)
MEASURES = f"""similarity(a.name, b.name), a.name = b.name, a.sounds = b.sounds,
  ST_Distance(a.geom::geography, b.geom::geography), {DIFFERING}, substr(a.code, 9, 9) = substr(b.code, 9, 9),
  a.phones && b.phones, a.legal <> '' AND a.legal = b.legal"""
# Two characters of 12–18 are masked in turn: two codes that differ nowhere else have one of these keys in common.
MASKS = ",".join(f"({i},{j})" for i, j in combinations(range(12, 19), 2))
BLOCKS = {
    "组织机构代码相同": "a.body = b.body",
    "代码尾部相同": f"a.tail = b.tail AND {DIFFERING} <= 2",
    "名称相同": "a.name = b.name",
    # A geohash of six letters is about 1.1 by 0.6 km here; what lies astride two is near enough for the next block or
    # has more in common than part of a name.
    "字号相同": "a.head = b.head AND a.cell = b.cell AND similarity(a.name, b.name) >= 0.6",
    "相距很近": f"ST_DWithin(a.ground, b.ground, {100 * STRETCH}) AND (a.sounds = b.sounds OR "
    "similarity(a.name, b.name) >= 0.4)",
    "读音相同": f"a.sounds = b.sounds AND ST_DWithin(a.ground, b.ground, {1000 * STRETCH})",
    "法定代表人相同": f"a.legal = b.legal AND a.legal <> '' AND a.county = b.county AND "
    f"(ST_DWithin(a.ground, b.ground, {300 * STRETCH}) OR similarity(a.name, b.name) >= 0.5)",
}


@dataclass(frozen=True)
class Measures:
    """What the database says of two files."""

    likeness: float
    same_name: bool
    same_sounds: bool
    metres: float
    differing: int
    same_body: bool
    same_phone: bool
    same_legal: bool


def score(m: Measures) -> tuple[float, list[str]]:
    """How likely they are one enterprise, and why."""
    found: list[tuple[float, str]] = []
    if m.differing == 0:
        found.append((0.6, "信用代码相同"))
    elif m.same_body:
        found.append((0.6, "信用代码第 9–17 位（主体标识码）相同"))
    elif m.differing <= 2:
        found.append((0.5 if m.differing == 1 else 0.4, f"信用代码只差 {m.differing} 位"))
    if m.same_name:
        found.append((0.45, "名称去掉区划和公司形式后相同"))
    elif m.likeness >= 0.3:
        found.append((0.4 * m.likeness, f"名称相似 {m.likeness:.0%}"))
    if m.same_sounds and not m.same_name:
        found.append((0.25, "名称拼音首字母相同"))
    for metres, points in ((50, 0.2), (300, 0.15), (1000, 0.08)):
        if m.metres <= metres:
            found.append((points, f"相距 {m.metres:.0f} 米"))
            break
    if m.same_phone:
        found.append((0.15, "联系电话相同"))
    if m.same_legal:
        found.append((0.1, "法定代表人同名"))
    found.sort(key=lambda pair: -pair[0])
    return min(1.0, round(sum(points for points, _ in found), 3)), [why for _, why in found]


def parameters() -> dict[str, Any]:
    names = Region.objects.values_list("name", "short_name")
    places = {"山东省", "山东", *(word for pair in names for word in pair if len(word) > 1)}
    # The longest first: 东营港 before 东营.
    pattern = "|".join(sorted(places, key=lambda word: (-len(word), word)))
    return {"places": f"({pattern})", "states": list(COUNTED)}


def pairs() -> Iterator[tuple[int, int, Measures]]:
    """Every pair worth scoring. Inside a transaction: it works on a copy that is gone with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # a worker's time: a large register takes a minute
        cursor.execute("DROP TABLE IF EXISTS pg_temp.likely, pg_temp.pair")  # of an earlier search in this transaction
        cursor.execute(
            f"CREATE TEMP TABLE likely ON COMMIT DROP AS SELECT *, substr(code, 9, 9) AS body, right(code, 6) AS tail, "
            f"left(name, 2) AS head, ST_GeoHash(ST_SetSRID(geom, 4326), 6) AS cell FROM ({SHAPE}) x", parameters(),
        )  # fmt: skip
        cursor.execute("CREATE INDEX ON likely USING gist (ground); CREATE INDEX ON likely (id); ANALYZE likely")
        cursor.execute("CREATE TEMP TABLE pair (one bigint, two bigint) ON COMMIT DROP")
        for condition in BLOCKS.values():
            cursor.execute(
                f"INSERT INTO pair SELECT a.id, b.id FROM likely a JOIN likely b ON {condition} AND a.id < b.id"
            )
        cursor.execute(
            f"""WITH masked AS (SELECT id, overlay(overlay(code PLACING '_' FROM i) PLACING '_' FROM j) AS key
                    FROM likely, (VALUES {MASKS}) AS mask(i, j)),
                 shared AS (SELECT array_agg(DISTINCT id) AS ids FROM masked GROUP BY key HAVING count(*) > 1)
            INSERT INTO pair SELECT x, y FROM shared, unnest(ids) x, unnest(ids) y WHERE x < y"""
        )
        cursor.execute(
            """INSERT INTO pair SELECT x, y FROM (SELECT array_agg(DISTINCT id) AS ids FROM likely, unnest(phones) phone
               GROUP BY phone HAVING count(DISTINCT id) BETWEEN 2 AND 5) shared, unnest(ids) x, unnest(ids) y
               WHERE x < y"""
        )
        cursor.execute(
            f"SELECT a.id, b.id, {MEASURES} FROM (SELECT DISTINCT one, two FROM pair) p "
            "JOIN likely a ON a.id = p.one JOIN likely b ON b.id = p.two"
        )
        while rows := cursor.fetchmany(2000):
            for one, two, *measured in rows:
                yield one, two, Measures(*measured)


@transaction.atomic
def find_duplicates() -> int:
    """Look through the whole register; how many pairs wait for a verdict. Verdicts once given are remembered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN).count()
    found = {}
    for one, two, measured in pairs():
        points, reasons = score(measured)
        if points >= LISTED_FROM:
            found[one, two] = (points, reasons)
    _keep(found)
    return Duplicate.objects.filter(verdict=Duplicate.Verdict.OPEN).count()


@job
def look_again() -> None:
    """A large register is only looked through at night: it takes minutes, and what is typed is looked up anyway."""
    if Enterprise.objects.filter(state__in=COUNTED).count() <= LARGE:
        find_duplicates()


def look_soon() -> None:
    """After a file was opened: one search for however many were opened meanwhile."""
    enqueue(look_again, key="register", run_at=timezone.now() + dt.timedelta(minutes=1))


def _keep(found: dict[tuple[int, int], tuple[float, list[str]]]) -> None:
    """New pairs are added, open ones renewed or dropped; what somebody decided is left alone."""
    known = {(d.first_id, d.second_id): d for d in Duplicate.objects.all()}
    gone, changed = [], []
    for pair, row in known.items():
        if row.verdict != Duplicate.Verdict.OPEN:
            continue
        if pair not in found:
            gone.append(row.pk)
        elif (row.score, row.reasons) != found[pair]:
            row.score, row.reasons = found[pair]
            changed.append(row)
    Duplicate.objects.filter(pk__in=gone).delete()
    Duplicate.objects.bulk_update(changed, ["score", "reasons"], batch_size=1000)
    new = [
        Duplicate(first_id=one, second_id=two, score=points, reasons=reasons)
        for (one, two), (points, reasons) in sorted(found.items())
        if (one, two) not in known
    ]
    Duplicate.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)


@dataclass(frozen=True)
class Likely:
    """A file that may be the one somebody is about to open."""

    enterprise: Enterprise
    score: float
    reasons: list[str]


def likely(
    user: User, *, name: str = "", code: str = "", point: Point | None = None, besides: int | None = None,
    limit: int = 5,
) -> list[Likely]:  # fmt: skip
    """Before anything is saved: files this user may see that resemble what is being typed."""
    given = parameters()
    code = code.strip().upper()
    asked = {"name": name.strip(), "code": code, "point": point.hexewkb.decode() if point else None}
    shape = f"WITH given AS (SELECT {PLAIN.replace('s.name', '%(name)s')} AS name)"
    with connection.cursor() as cursor:
        cursor.execute(f"{shape} SELECT name FROM given", given | asked)
        (plain,) = cursor.fetchone()
    near = Q()
    if len(plain) >= 2:
        near |= Q(site__name__icontains=plain[:2])
    if len(code) >= 9:
        near |= Q(credit_code__icontains=code[8:17] or code) | Q(credit_code=code)
    if point is not None:
        near |= Q(site__geom_3857__dwithin=(point.transform(3857, clone=True), 500 * STRETCH))
    if not near:
        return []
    visible = Enterprise.objects.visible_to(user).filter(near, state__in=COUNTED).exclude(pk=besides)
    pks = list(visible.order_by().values_list("pk", flat=True)[:500])
    return _ranked(user, pks, plain, asked, given)[:limit]


def _ranked(user: User, pks: list[int], plain: str, asked: dict[str, Any], given: dict[str, Any]) -> list[Likely]:
    from core.pinyin import initials

    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH b AS ({SHAPE} AND e.site_id = ANY(%(pks)s)),
                a AS (SELECT %(plain)s::text AS name, %(sounds)s::text AS sounds, rpad(%(code)s::text, 18, '-') AS code,
                      %(point)s::geometry AS geom, array[]::varchar[] AS phones, ''::text AS legal)
            SELECT b.id, {MEASURES} FROM a, b""",
            given | asked | {"pks": pks, "plain": plain, "sounds": initials(asked["name"])},
        )
        measured = {pk: score(_whole(rest)) for pk, *rest in cursor.fetchall()}
    best = sorted((pair for pair in measured.items() if pair[1][0] >= 0.3), key=lambda pair: -pair[1][0])[:20]
    rows = Enterprise.objects.visible_to(user).select_related("site__region").in_bulk([pk for pk, _ in best])
    return [Likely(rows[pk], points, reasons) for pk, (points, reasons) in best if pk in rows]


def _whole(values: Iterable[Any]) -> Measures:
    """Without a place given there is no distance."""
    likeness, same_name, same_sounds, metres, *rest = values
    return Measures(likeness, bool(same_name), bool(same_sounds), float("inf") if metres is None else metres, *rest)


def visible(user: User) -> QuerySet[Duplicate]:
    """Pairs of which this user may see both files."""
    rows: QuerySet[Duplicate] = Duplicate.objects.visible_to(user).select_related("first__site__region",
                                                                                  "second__site__region")  # fmt: skip
    scope = user.scope
    if scope.region_ids is not None:
        rows = rows.filter(second__site__region__in=scope.region_ids)
    return rows


def of(enterprise: Enterprise, user: User) -> QuerySet[Duplicate]:
    """The pairs of one file that wait for a verdict."""
    mine = Q(first=enterprise.pk) | Q(second=enterprise.pk)
    return visible(user).filter(mine, verdict=Duplicate.Verdict.OPEN)


@transaction.atomic
def judge_distinct(pair: Duplicate, *, actor: User) -> Duplicate:
    """They are two enterprises: remembered, and not proposed again."""
    return _judge(pair, actor, Duplicate.Verdict.OPEN, Duplicate.Verdict.DISTINCT)


@transaction.atomic
def judge_again(pair: Duplicate, *, actor: User) -> Duplicate:
    """Take back "not the same"."""
    return _judge(pair, actor, Duplicate.Verdict.DISTINCT, Duplicate.Verdict.OPEN)


def _judge(pair: Duplicate, actor: User, before: str, after: str) -> Duplicate:
    services.demand(actor, "enterprises.merge_enterprise", "判定疑似重复")
    row: Duplicate = Duplicate.objects.select_for_update().get(pk=visible(actor).values("pk").get(pk=pair.pk)["pk"])
    if row.verdict != before:
        raise NotAllowed(f"这一对已判定为“{row.get_verdict_display()}”，请刷新后再看。")
    is_open = after == Duplicate.Verdict.OPEN
    row.verdict = after
    row.decided_by, row.decided_at = (None, None) if is_open else (actor, timezone.now())
    row.save(update_fields=["verdict", "decided_by", "decided_at"])
    return row
