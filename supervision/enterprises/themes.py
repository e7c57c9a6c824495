"""By what besides their category the enterprises are coloured on the map. No level colours: this is no level."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, CharField, DateField, ExpressionWrapper, Q, Value, When
from django.db.models.functions import Now, TruncDate

from layers.registry import State, Theme
from supervision.enterprises.workflow import ENTERPRISE

SOON, LATER = 30, 90  # days before a licence expires

FRESHNESS = Theme(
    key="freshness",
    title="信息鲜活度",
    state=Case(
        When(verified_at__isnull=True, then=Value("never")),
        When(freshness_score__gte=80, then=Value("fresh")),
        When(freshness_score__gte=50, then=Value("ageing")),
        default=Value("old"),
        output_field=CharField(),
    ),
    states=(
        State(key="fresh", label="鲜活（80 分以上）", color="green", shape="circle", rank=0),
        State(key="ageing", label="一般（50–79 分）", color="cyan", shape="square", rank=1),
        State(key="old", label="陈旧（50 分以下）", color="violet", shape="diamond", rank=2),
        State(key="never", label="从未核实", color="pink", shape="triangle", rank=3),
    ),
    order=30,
)


def today_plus(days: int) -> ExpressionWrapper:
    """By the database's clock, in local days: what is kept of the answer is then renewed as days pass."""
    return ExpressionWrapper(TruncDate(Now()) + Value(timedelta(days=days)), output_field=DateField())


LICENCE = Theme(
    key="licence",
    title="证照到期",
    state=Case(
        When(licence_expires_on__isnull=True, then=Value("none")),
        When(Q(licence_expires_on__lt=TruncDate(Now())), then=Value("expired")),
        When(Q(licence_expires_on__lte=today_plus(SOON)), then=Value("soon")),
        When(Q(licence_expires_on__lte=today_plus(LATER)), then=Value("later")),
        default=Value("valid"),
        output_field=CharField(),
    ),
    states=(
        State(key="none", label="没有到期日", color="slate", shape="ring", rank=0),
        State(key="valid", label=f"{LATER} 天后到期", color="green", shape="circle", rank=1),
        State(key="later", label=f"{SOON}–{LATER} 天内到期", color="cyan", shape="square", rank=2),
        State(key="soon", label=f"{SOON} 天内到期", color="violet", shape="diamond", rank=3),
        State(key="expired", label="已过期", color="pink", shape="triangle", rank=4),
    ),
    order=40,
)

FILE = Theme(
    key="state",
    title="档案状态",
    state="state",
    states=(
        State(key="valid", label=ENTERPRISE.states["valid"], color="green", shape="circle", rank=1),
        State(key="closed", label=ENTERPRISE.states["closed"], color="slate", shape="ring", rank=0),
        State(key="due", label=ENTERPRISE.states["due"], color="pink", shape="diamond", rank=2),
    ),
    order=50,
)

THEMES = (FRESHNESS, LICENCE, FILE)
