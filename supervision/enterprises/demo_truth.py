"""The demo's share of truth: origins of facts, two years of confirmations, hand-overs, requests, and files that lie.

Everything here is fictional, the contradictions deliberately so. Draws from a stream of its own and comes after the
hazard sources, so that who the enterprises are and what they store stays what it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import F, QuerySet

from core import audit, freshness
from core.models import Step, User
from fixtures.demo.city import City, Progress
from geo.models import Site
from supervision.enterprises import contradictions, facts, provenance, score
from supervision.enterprises.handover import ITEMS
from supervision.enterprises.models import (
    Boundary,
    ChangeRequest,
    Confirmation,
    Contact,
    Contradiction,
    Drill,
    Enterprise,
    HandOver,
    LedgerEntry,
    Licence,
)
from supervision.enterprises.workflow import CHANGE_REQUEST

ORDER = 25
CHUNK = 5_000
HISTORY_DAYS = 730
SOURCES = ("企业自报", "现场检查", "许可档案", "网格巡查", "电话核实", "市场监管共享")
CHANNELS = (("phone", "inspector"), ("inspection", "inspector"), ("office", "approver"), ("permit", "approver"))
DOUBTS = (
    ("contact_safety", "电话打不通，疑似已离职"),
    ("contact_emergency", "夜间无人接听"),
    ("status", "厂门关闭，疑似停产"),
    ("status", "现场有生产迹象，与“停产停业”不符"),
)
ACCEPTED = "已核对证照原件，情况属实"
DUE_IN_DAYS = 5


def load(city: City, rng: Random, scale: int, progress: Progress) -> None:
    total = Enterprise.objects.count()
    lapsed(city)
    for done in origins(city, rng):
        progress("各项来源", done, total)
    for done in city.write(confirmations(city, rng)):
        progress("确认记录", done, done)
    city.write_all(hand_overs(rng, city, 30 * scale))
    lies = contradictory(city, rng, scale)
    doubts(city, rng, 24 * scale)
    requests(city, rng)
    demo_account(city)
    with connection.cursor() as cursor:  # rules that join what was just copied would go by loops
        for model in (Site, Enterprise, Contact, Licence, Drill, LedgerEntry, Boundary):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    contradictions.check()
    date_contradictions(city, rng, scale)
    score.renew()
    progress("数据矛盾", lies, lies)


def lapsed(city: City) -> None:
    """What the worker would do with the first run: files that nobody confirmed in time, files of the closed."""
    table = Enterprise._meta.db_table
    with audit.bulk(table, source="load_demo"):
        closed = Enterprise.objects.filter(status="closed", state="valid")
        closed.update(state="closed", state_since=city.now)
        due = Enterprise.objects.filter(freshness.stale_before(), state="valid")
        due.update(state="due", state_since=city.now - dt.timedelta(days=1))


def origins(city: City, rng: Random) -> Iterator[int]:
    """A third of the files have facts that come from elsewhere than the rest, some of them long ago."""
    people = [city.users[name].pk for name in ("inspector", "approver") if name in city.users]
    own = [f.key for f in facts.FACTS if f.kept_by != facts.ROWS]
    done = 0
    for chunk in chunks(Enterprise.objects.filter(merged_into=None).order_by("pk")):
        changed = []
        for enterprise in chunk:
            if rng.random() > 0.35:
                continue
            for key in sorted(rng.sample(own, rng.randint(1, 4))):
                at = city.moment_ago(rng, 3, 500)
                enterprise.provenance[key] = {
                    "source": rng.choice(SOURCES), "by": rng.choice(people), "at": at.isoformat(),
                }  # fmt: skip
            changed.append(enterprise)
        with score.quietly():
            Enterprise.objects.bulk_update(changed, ["provenance"], batch_size=1000)
        done += len(chunk)
        yield done


def confirmations(city: City, rng: Random) -> Iterator[Confirmation]:
    """Backwards from the last verification, about every quarter, for two years; now and then a partial look."""
    first = city.now - dt.timedelta(days=HISTORY_DAYS)
    rows = Enterprise.objects.filter(verified_at__gte=first).order_by("pk").values_list("pk", "verified_at")
    for pk, at in rows.iterator(chunk_size=CHUNK):
        for number in range(rng.randint(1, 6)):
            joined = number and rng.random() < 0.25
            channel, name = rng.choice(CHANNELS)
            yield Confirmation(
                enterprise_id=pk, at=at, actor=city.users[name], channel=channel, outcome="confirmed",
                facts=list(facts.VISITED) if joined else ["*"],
            )  # fmt: skip
            at -= dt.timedelta(days=rng.randint(55, 130))
            if at < first:
                break


def hand_overs(rng: Random, city: City, wanted: int) -> list[HandOver]:
    """Of those who left, some handed over in writing."""
    left = Contact.objects.filter(left_on__isnull=False, role="safety").select_related("enterprise")
    found = []
    for leaving in left.order_by("-left_on", "pk")[:wanted]:
        successor = Contact.objects.filter(
            enterprise=leaving.enterprise_id, role="safety", since=leaving.left_on, left_on=None
        ).first()
        if successor is None:
            continue
        found.append(
            HandOver(
                enterprise_id=leaving.enterprise_id,
                leaving=leaving,
                successor=successor,
                on=leaving.left_on,
                items=sorted(rng.sample(list(ITEMS), rng.randint(3, len(ITEMS)))),
                actor=city.users["inspector"],
                note=rng.choice(("", "", "交接清单双方签字存档", "平台密码已修改")),
            )
        )
    return found


def contradictory(city: City, rng: Random, scale: int) -> int:
    """About forty files that cannot be true, a few of each kind; never the demo account's."""
    account = city.users["enterprise"].site_id
    operating = Enterprise.objects.filter(status="operating", merged_into=None).exclude(pk=account)
    free = operating.filter(state="valid").exclude(tags__contains=["major_hazard"]).order_by("pk")
    pks = list(free.values_list("pk", flat=True))
    rng.shuffle(pks)
    closed = list(Enterprise.objects.filter(status="closed").order_by("pk").values_list("pk", flat=True))
    rng.shuffle(closed)
    done = 0
    with audit.bulk(Enterprise._meta.db_table, source="load_demo"):
        for lie, several in LIES:
            source = closed if lie in OF_CLOSED else pks
            taken = [source.pop() for _ in range(min(several * scale, len(source)))]
            lie(city, rng, Enterprise.objects.filter(pk__in=taken))
            done += len(taken)
    return done


def certificates_only(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    rows.update(employees=0, certified_staff=6)


def too_many_certified(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    rows.update(certified_staff=F("employees") + 7)


def founded_later(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    rows.update(founded_on=F("platform_joined_on") + dt.timedelta(days=400))


def other_region(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    for enterprise in rows.select_related("site__region").order_by("pk"):
        wrong = [code for code in ("370522", "370503", "370505") if f"/{code}/" not in enterprise.region.path]
        Enterprise.objects.filter(pk=enterprise.pk).update(registered_region=city.region(rng.choice(wrong)))


def business_expired(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    for enterprise in rows.order_by("pk"):
        business = enterprise.licences.filter(kind="business", withdrawn_at=None, revoked_on=None)
        end = city.days_ago(rng, 40, 400)
        if not business.update(expires_on=end, issued_on=end - dt.timedelta(days=3650)):
            Licence.objects.create(
                enterprise=enterprise, kind="business", number=enterprise.credit_code, issuer="市场监督管理局",
                issued_on=end - dt.timedelta(days=3650), expires_on=end,
            )  # fmt: skip


def permit_alive(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    for number, enterprise in enumerate(rows.order_by("pk")):
        Licence.objects.create(
            enterprise=enterprise, kind="chemical_trade", number=f"鲁东危化经〔2025〕9{enterprise.pk % 100_000:05d}号",
            issuer="东营市应急管理局", issued_on=city.today - dt.timedelta(days=300 + number),
            expires_on=city.today + dt.timedelta(days=700 - number), verified_at=None,
        )  # fmt: skip


def later_drill(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    for enterprise in rows.order_by("pk"):
        Drill.objects.create(
            enterprise=enterprise, kind="on_site", form="field", plan_name="现场处置方案", subject="初期火灾处置",
            held_on=city.today - dt.timedelta(days=2), participants=rng.randint(6, 30), result="good",
        )  # fmt: skip
        last = enterprise.status_changes.filter(status="closed").first()
        if last and last.since >= city.today - dt.timedelta(days=2):
            enterprise.drills.update(held_on=city.today)


def unreachable(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    Contact.objects.filter(enterprise__in=rows, role="emergency", left_on=None).update(phone="")


def shared_phone(city: City, rng: Random, rows: QuerySet[Enterprise]) -> None:
    """One agency has put its own number into all the files it fills in."""
    Contact.objects.filter(enterprise__in=rows, role="safety", left_on=None).update(phone=city.names.landline())


Lie = Callable[[City, Random, QuerySet[Enterprise]], None]
LIES: tuple[tuple[Lie, int], ...] = (
    (permit_alive, 4), (later_drill, 3), (certificates_only, 3), (too_many_certified, 4), (other_region, 5),
    (business_expired, 4), (unreachable, 4), (shared_phone, 8), (founded_later, 5),
)  # fmt: skip
OF_CLOSED: tuple[Lie, ...] = (permit_alive, later_drill)


def doubts(city: City, rng: Random, wanted: int) -> None:
    """Somebody was there and did not believe it."""
    open_files = Enterprise.objects.filter(state__in=("valid", "due"), verified_at__isnull=False).order_by("pk")
    pks = rng.sample(list(open_files.values_list("pk", flat=True)), wanted)
    changed, rows = [], []
    for enterprise in Enterprise.objects.filter(pk__in=pks).order_by("pk"):
        key, why = rng.choice(DOUBTS[:3] if enterprise.status == "operating" else DOUBTS[:2] + DOUBTS[3:])
        actor, at = city.users["inspector"], city.moment_ago(rng, 0, 25)
        was = enterprise.provenance.get(key) or provenance.file_entry(enterprise)
        enterprise.provenance[key] = {**was, "doubt": why, "doubt_by": actor.pk}
        changed.append(enterprise)
        rows.append(Confirmation(
            enterprise=enterprise, at=at, actor=actor, channel="inspection", outcome="doubted", facts=[key], note=why,
        ))  # fmt: skip
    with score.quietly():
        Enterprise.objects.bulk_update(changed, ["provenance"], batch_size=1000)
    city.write_all(rows)


def requests(city: City, rng: Random) -> None:
    """In every state; in 大王镇 some wait, one of them of the demo account's enterprise."""
    account, grid = city.users["enterprise"], city.users["dawang_grid"]
    own = Enterprise.objects.select_related("site").get(pk=account.site_id)
    town = Enterprise.objects.filter(site__region__code="370523101", status="operating", state__in=("valid", "due"))
    others = list(town.exclude(pk=own.pk).select_related("site").order_by("pk")[:40])
    others = rng.sample(others, min(9, len(others)))
    file_request(
        city, own, account, "name", own.name.replace("有限公司", "科技有限公司"), "公司更名，已换发营业执照", 2
    )
    file_request(city, own, account, "industry_code", "2662", "主营产品调整", 190, "approve", "已核对营业执照")
    file_request(
        city, own, account, "status", "suspended", "拟停车检修", 95, "reject", "停车检修不超过 15 天，不用变更经营状态"
    )
    plans: tuple[tuple[str, Any, str, int, str, str], ...] = (
        ("place", (0.0042, -0.0021), "大门迁至新厂区，坐标应随之更正", 1, "", ""),
        ("status", "suspended", "上门发现已停产一个月", 4, "", ""),
        ("categories", ["trade", "chemical"], "新增危险化学品使用", 6, "", ""),
        ("place", (0.0011, 0.0009), "原坐标在马路对面", 60, "approve", "现场核对无误"),
        ("employees", 36, "用工减少", 75, "approve", "与社保人数一致"),
        ("name", "", "更名", 120, "reject", "请先到市场监管部门办理变更登记"),
        ("status", "suspended", "订单不足停产", 30, "withdraw", ""),
        ("industry_code", "2929", "行业代码登记有误", 210, "approve", "同意"),
    )
    for enterprise, (key, after, reason, days, step, note) in zip(others, plans, strict=False):
        file_request(city, enterprise, grid, key, after, reason, days, step, note)


def file_request(
    city: City,
    enterprise: Enterprise,
    actor: User,
    key: str,
    after: Any,
    reason: str,
    days: int,
    step: str = "",
    note: str = "",
) -> None:
    """Past requests leave the file as it is now: what was approved is what it says today."""
    now = facts.value_of(enterprise, key)
    if key == "place":
        after = {"lon": round(now["lon"] + after[0], 6), "lat": round(now["lat"] + after[1], 6)}
    elif key == "name":
        after = after or enterprise.name.replace("有限公司", "（集团）有限公司")
    before = now
    if step == "approve":
        before, after = after, now
    at = city.now - dt.timedelta(days=days, hours=1)
    request = ChangeRequest.objects.create(
        enterprise=enterprise, state="submitted", changes={key: {"before": before, "after": after}}, reason=reason,
        submitted_by=actor,
    )  # fmt: skip
    ChangeRequest.objects.filter(pk=request.pk).update(created_at=at, state_since=at)
    if step:
        decide(city, request, step, note, actor)


def decide(city: City, request: ChangeRequest, step: str, note: str, actor: User) -> None:
    t = CHANGE_REQUEST.by_name[step]
    who = actor if step == "withdraw" else city.users["guangrao_inspector"]
    request.refresh_from_db()
    at = request.created_at + dt.timedelta(days=1, hours=3)
    Step.objects.create(
        case_type=ContentType.objects.get_for_model(ChangeRequest), case_id=request.pk, name=step, label=t.label,
        source="submitted", target=t.target, actor=who, note=note, version=2, at=at,
    )  # fmt: skip
    decided = {} if step == "withdraw" else {"decided_by": who, "decision_note": note}
    ChangeRequest.objects.filter(pk=request.pk).update(state=t.target, version=2, state_since=at, **decided)


def demo_account(city: City) -> None:
    """The demo's 企业安全员 is asked in a few days: the first thing to do after logging in."""
    pk = city.users["enterprise"].site_id
    own = Enterprise.objects.get(pk=pk)
    at = city.now - dt.timedelta(days=own.interval_days - DUE_IN_DAYS)
    kept = {key: was for key, was in own.provenance.items() if "doubt" not in was}
    Enterprise.objects.filter(pk=pk).update(verified_at=at, state="valid", provenance=kept)
    inspector = city.users["inspector"]
    for rows in (own.contacts.filter(left_on=None), own.licences.filter(is_current=True)):
        rows.update(verified_at=at, verified_by=inspector, verified_note="企业确认")
    Confirmation.objects.create(
        enterprise_id=pk, at=at, actor=city.users["enterprise"], channel="enterprise", outcome="confirmed", facts=["*"]
    )


def date_contradictions(city: City, rng: Random, scale: int) -> None:
    """They were not all found this morning; an officer has looked at a few."""
    rows = list(Contradiction.objects.order_by("enterprise_id", "rule"))
    for row in rows:
        row.found_at = city.moment_ago(rng, 0, 60)
    for row in rng.sample(rows, min(3 * scale, len(rows))):
        row.accepted_by, row.accepted_at, row.accepted_reason = city.users["approver"], city.now, ACCEPTED
    Contradiction.objects.bulk_update(
        rows, ["found_at", "accepted_by", "accepted_at", "accepted_reason"], batch_size=2000
    )


def chunks(rows: QuerySet[Enterprise]) -> Iterator[list[Enterprise]]:
    last = 0
    while part := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield part
        last = part[-1].pk
