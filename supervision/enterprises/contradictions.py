"""Facts of one enterprise that cannot all be true: rules as declared queries, found for all files at once.

Another module adds its own with `rule()`, from its `apps.ready` or manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import events
from core.models import User
from core.workflow import NotAllowed
from supervision.enterprises.models import Contradiction, Enterprise

Query = Callable[[QuerySet[Enterprise]], QuerySet[Enterprise]]
GROUPS = {
    "status": "经营状态",
    "people": "人员数量",
    "papers": "资质证照",
    "place": "位置区划",
    "contact": "联系方式",
    "dates": "日期先后",
    "hazard": "重大危险源",
}
MOST_TOLD = 50


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One contradiction: which files have it, and how to mend them.

    `query` narrows the files it is given; an annotation `said` of it is the sentence told, else the title.
    """

    key: str  # "<group>.<name>", the group one of GROUPS
    title: str
    query: Query
    cure: str = ""
    fact: str = ""  # the fact whose correction form mends it

    @property
    def group(self) -> str:
        return self.key.split(".")[0]

    @property
    def group_title(self) -> str:
        return GROUPS[self.group]


RULES: dict[str, Rule] = {}


def rule(key: str, title: str, query: Query, cure: str = "", fact: str = "") -> Rule:
    """Declare a contradiction: `rule("hazard.none_registered", "…", lambda files: files.filter(…), cure="…")`."""
    if key in RULES:
        raise ValueError(f"Two contradictions call themselves {key!r}.")
    if key.split(".")[0] not in GROUPS or "." not in key or len(key) > 40:
        raise ValueError(f"Contradiction {key!r}: expected <group>.<name> with a group of {', '.join(GROUPS)}.")
    RULES[key] = Rule(key=key, title=title, query=query, cure=cure, fact=fact)
    return RULES[key]


def title_of(key: str) -> str:
    return RULES[key].title if key in RULES else key


def watched() -> QuerySet[Enterprise]:
    """Files that should be true: drafts are not yet, merged ones are no more."""
    rows: QuerySet[Enterprise] = Enterprise.objects.exclude(state__in=("draft", "pending"))
    return rows.filter(merged_into__isnull=True)


@transaction.atomic
def check(*pks: int) -> int:
    """Open what contradicts, close what agrees again, for these files or for all; how many lines changed."""
    files = watched().filter(pk__in=pks) if pks else watched()
    standing = Contradiction.objects.filter(resolved_at__isnull=True)
    standing = standing.filter(enterprise__in=pks) if pks else standing
    known = {(row.enterprise_id, row.rule): row for row in standing}
    found = {
        (pk, each.key): str(said)[:200]
        for each in RULES.values()
        for pk, said in _found(each, files)
    }  # fmt: skip
    fresh = [
        Contradiction(enterprise_id=pk, rule=key, detail=said)
        for (pk, key), said in found.items()
        if (pk, key) not in known
    ]
    # Two writers may find the same: the constraint keeps one.
    Contradiction.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=2000)
    gone = [row.pk for place, row in known.items() if place not in found]
    Contradiction.objects.filter(pk__in=gone).update(resolved_at=timezone.now())
    changed = [row for place, row in known.items() if place in found and row.detail != found[place]]
    for row in changed:
        row.detail = found[row.enterprise_id, row.rule]
    Contradiction.objects.bulk_update(changed, ["detail"], batch_size=2000)
    if not pks:
        _tell({row.enterprise_id for row in fresh} | {known[p].enterprise_id for p in known if p not in found})
    return len(fresh) + len(gone) + len(changed)


def _found(each: Rule, files: QuerySet[Enterprise]) -> Iterable[tuple[int, str]]:
    rows: Any = each.query(files)  # with the annotation of the rule
    if "said" in rows.query.annotations:
        yield from rows.values_list("pk", "said").distinct()
    else:
        yield from ((pk, each.title) for pk in rows.values_list("pk", flat=True).distinct())


def _tell(pks: set[int]) -> None:
    """Open maps ask their tiles again; of very many changes the first say it for all."""
    rows = Enterprise.objects.filter(pk__in=sorted(pks)[:MOST_TOLD]).select_related("site__region")
    for enterprise in rows:
        events.append(
            "enterprises.contradictions", subject=enterprise, region=enterprise.site.region, actor=None,
            site_id=enterprise.pk, **enterprise.event_facts(),
        )  # fmt: skip


@transaction.atomic
def accept(contradiction: Contradiction, *, actor: User, reason: str) -> Contradiction:
    """An officer looked: however it reads, it is so. It stays on the file with the reason, out of the lists."""
    if not actor.has_perm("enterprises.accept_contradiction"):
        raise PermissionDenied("您没有“认定数据矛盾属实”的权限。")
    row: Contradiction = Contradiction.objects.select_for_update(of=("self",)).get(
        pk=Contradiction.objects.visible_to(actor).values("pk").get(pk=contradiction.pk)["pk"]
    )
    if row.resolved_at:
        raise NotAllowed("这处矛盾已经消除，不需要认定。")
    if row.accepted_at:
        raise NotAllowed(f"这处矛盾已由{row.accepted_by}认定属实：{row.accepted_reason}")
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么属实，例如“已核对证照原件”。"})
    row.accepted_by, row.accepted_at, row.accepted_reason = actor, timezone.now(), reason.strip()[:200]
    row.save(update_fields=["accepted_by", "accepted_at", "accepted_reason"])
    enterprise = row.enterprise
    events.append(
        "enterprises.accept_contradiction", subject=enterprise, region=enterprise.site.region, actor=actor,
        site_id=enterprise.pk, **enterprise.event_facts(),
    )  # fmt: skip
    return row


def open_of(enterprise: Enterprise) -> list[dict[str, Any]]:
    """What contradicts on a file now, with its cure."""
    rows = Contradiction.objects.filter(enterprise=enterprise, resolved_at__isnull=True).select_related("accepted_by")
    return [{"row": row, "rule": RULES.get(row.rule), "title": title_of(row.rule)} for row in rows]
