"""`advance`: for each step that it works, and that it is refused by role, by region, by state, and twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from core import deadlines, events
from core.models import Event, Step
from core.tests.conftest import run_together
from core.tests.papers import FLOW, Paper
from core.workflow import Incomplete, NotAllowed, Stale, Transition, Workflow, steps_of

Papers = Callable[..., Paper]


def test_a_step_moves_the_case_and_leaves_step_clock_and_event(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.district.region)
    step = FLOW.advance(paper, "file", actor=cast.district, note="材料齐全")
    assert (paper.state, paper.version) == ("filed", 2)
    assert (step.source, step.target, step.note, step.actor, step.version) == (
        "draft", "filed", "材料齐全", cast.district, 2,
    )  # fmt: skip
    assert abs((paper.state_since - timezone.now()).total_seconds()) < 60
    (clock,) = deadlines.running(paper)
    assert clock.rule.key == "papers.decide"
    (event,) = events.about(paper)
    assert event.kind == "papers.file"
    assert event.permission == "core.view_paper"
    assert event.data == {"id": paper.pk, "state": "filed", "state_label": "已立案", "version": 2}


def test_the_values_given_with_a_step_are_kept_in_case_and_step(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region, state="filed")
    step = FLOW.advance(paper, "decide", actor=cast.city, decision="罚款", amount=Decimal("20000.00"))
    paper.refresh_from_db()
    assert (paper.decision, paper.amount) == ("罚款", Decimal("20000.00"))
    assert Step.objects.get(pk=step.pk).values == {"decision": "罚款", "amount": "20000.00"}


def test_a_step_meets_one_clock_and_starts_the_next_and_the_end_stops_all(
    papers: Papers, cast: SimpleNamespace
) -> None:
    paper = papers(cast.city.region)
    FLOW.advance(paper, "file", actor=cast.city)
    FLOW.advance(paper, "decide", actor=cast.city, decision="罚款")
    assert [d.rule.key for d in deadlines.running(paper)] == ["papers.pay"]
    assert deadlines.of(paper).get(rule__key="papers.decide").met_at is not None
    FLOW.advance(paper, "close", actor=cast.city, note="已缴款")
    assert not deadlines.running(paper).exists()
    assert deadlines.of(paper).get(rule__key="papers.pay").ended_at is not None
    assert [s.name for s in steps_of(paper)] == ["file", "decide", "close"]


def test_without_the_permission_it_is_refused(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.town.region)
    with pytest.raises(PermissionDenied, match="立案"):
        FLOW.advance(paper, "file", actor=cast.town)
    assert unchanged(paper)


def test_another_county_does_not_find_the_case(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.district.region)
    with pytest.raises(Paper.DoesNotExist):
        FLOW.advance(paper, "file", actor=cast.neighbour)
    assert unchanged(paper)


def test_an_enterprise_does_not_find_a_case_that_is_not_shown_to_it(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.town.region)
    with pytest.raises(Paper.DoesNotExist):
        FLOW.advance(paper, "file", actor=cast.enterprise)


@pytest.mark.parametrize(("state", "step"), [("draft", "decide"), ("filed", "file"), ("closed", "close")])
def test_from_another_state_it_is_refused(papers: Papers, cast: SimpleNamespace, state: str, step: str) -> None:
    paper = papers(cast.city.region, state=state)
    with pytest.raises(NotAllowed, match="只能在"):
        FLOW.advance(paper, step, actor=cast.city, decision="x", note="y")
    assert paper.version == 1


def test_twice_is_refused(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region)
    FLOW.advance(paper, "file", actor=cast.city)
    with pytest.raises(NotAllowed):
        FLOW.advance(paper, "file", actor=cast.city)
    assert steps_of(paper).count() == 1


def test_a_version_that_is_no_longer_is_refused(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region)
    FLOW.advance(paper, "file", actor=cast.city, expected_version=1)
    with pytest.raises(Stale) as refused:
        FLOW.advance(paper, "decide", actor=cast.city, expected_version=1, decision="x")
    assert (refused.value.expected, refused.value.case.version) == (1, 2)


@pytest.mark.parametrize("given", [{}, {"decision": ""}, {"decision": None}])
def test_a_missing_field_is_named(papers: Papers, cast: SimpleNamespace, given: dict[str, Any]) -> None:
    paper = papers(cast.city.region, state="filed")
    with pytest.raises(Incomplete, match="决定内容") as refused:
        FLOW.advance(paper, "decide", actor=cast.city, **given)
    assert refused.value.fields == {"decision": "请填写决定内容。"}
    assert paper.version == 1


@pytest.mark.parametrize("name", ["state", "version", "region", "is_blocked", "pk", "id", "no_such_field"])
def test_a_field_the_step_does_not_take_is_refused(papers: Papers, cast: SimpleNamespace, name: str) -> None:
    paper = papers(cast.city.region, state="filed")
    with pytest.raises(Incomplete, match=name):
        FLOW.advance(paper, "decide", actor=cast.city, decision="x", **{name: 1})
    assert unchanged(paper, state="filed")


def test_a_reason_must_be_written_where_one_is_asked_for(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region, state="decided")
    with pytest.raises(Incomplete) as refused:
        FLOW.advance(paper, "close", actor=cast.city, note="  ")
    assert "note" in refused.value.fields


def test_the_guard_says_why_not(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.city.region, state="filed", is_blocked=True)
    with pytest.raises(NotAllowed, match="冻结"):
        FLOW.advance(paper, "decide", actor=cast.city, decision="x")


def test_an_unknown_step_is_a_key_error(papers: Papers, cast: SimpleNamespace) -> None:
    with pytest.raises(KeyError):
        FLOW.advance(papers(cast.city.region), "vanish", actor=cast.city)


def test_a_failing_effect_undoes_everything(papers: Papers, cast: SimpleNamespace) -> None:
    def fail(case: Any, step: Step, actor: Any) -> None:
        raise ZeroDivisionError

    flow = Workflow(
        key="papers", states={"draft": "草稿", "filed": "已立案"}, start="draft",
        transitions=(Transition(name="file", label="立案", source=("draft",), target="filed",
                                permission="core.file_paper", effect=fail),),
    )  # fmt: skip
    paper = papers(cast.city.region)
    with pytest.raises(ZeroDivisionError):
        flow.advance(paper, "file", actor=cast.city)
    assert unchanged(paper)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.district.region)

    def take(actor: Any) -> Callable[[], Step]:
        return lambda: FLOW.advance(Paper.objects.get(pk=paper.pk), "file", actor=actor, expected_version=1)

    answers = run_together(take(cast.city), take(cast.district), take(cast.city), take(cast.district))
    assert sum(isinstance(answer, Step) for answer in answers) == 1
    assert sum(isinstance(answer, Stale) for answer in answers) == 3
    paper.refresh_from_db()
    assert (paper.version, steps_of(paper).count(), Event.objects.count()) == (2, 1, 1)


def test_only_the_steps_open_to_the_person_are_offered(papers: Papers, cast: SimpleNamespace) -> None:
    paper = papers(cast.town.region)
    assert [t.name for t in FLOW.open_to(paper, cast.city)] == ["file"]
    assert FLOW.open_to(paper, cast.town) == []


def test_a_table_with_faults_says_which() -> None:
    def step(name: str, source: str, target: str) -> Transition:
        return Transition(name=name, label=name, source=(source,), target=target, permission="x.y")

    flow = Workflow(
        key="odd", states={"a": "甲", "b": "乙", "island": "岛"}, start="a",
        transitions=(step("go", "a", "b"), step("go", "b", "a"), step("fly", "a", "moon")),
    )  # fmt: skip
    text = "\n".join(flow.problems())
    assert "share a name" in text
    assert "'moon'" in text
    assert "'island'" in text
    assert FLOW.problems() == []


def unchanged(paper: Paper, state: str = "draft") -> bool:
    fresh = Paper.objects.get(pk=paper.pk)
    return (fresh.state, fresh.version) == (state, 1) and not steps_of(paper).exists() and not Event.objects.exists()


def test_the_platform_itself_takes_only_the_steps_marked_automatic_and_in_every_region(
    papers: Papers, cast: SimpleNamespace
) -> None:
    flow = Workflow(
        key="papers", states={"draft": "草稿", "filed": "已立案"}, start="draft",
        transitions=(
            Transition(name="lapse", label="逾期", source=("draft",), target="filed", permission="core.no_one",
                       is_automatic=True),
            Transition(name="file", label="立案", source=("draft",), target="filed", permission="core.file_paper"),
        ),
    )  # fmt: skip
    paper = papers(cast.neighbour.region)
    with pytest.raises(PermissionDenied, match="立案"):
        flow.advance(paper, "file", actor=None)
    with pytest.raises(PermissionDenied):
        flow.advance(paper, "lapse", actor=cast.city)
    step = flow.advance(paper, "lapse", actor=None)
    assert (paper.state, step.actor) == ("filed", None)
    assert events.about(paper).get().actor is None
    with pytest.raises(NotAllowed):
        flow.advance(paper, "lapse", actor=None)


def test_an_automatic_step_must_not_need_a_person() -> None:
    flow = Workflow(
        key="odd", states={"a": "甲", "b": "乙"}, start="a",
        transitions=(
            Transition(name="go", label="去", source=("a",), target="b", permission="x.y", is_automatic=True,
                       guard=lambda case, actor: ""),
        ),
    )  # fmt: skip
    assert "automatic" in "".join(flow.problems())
