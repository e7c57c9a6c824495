"""The procedure of a major hazard source (安监总局令第 40 号).

草稿 → 已辨识 → 已评估 → 备案待审 → 已备案 → 待复评 (→ 已评估 …) → 核销申请 → 已核销; refusals lead back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.models import User
from core.workflow import Transition, Workflow

COMPUTED = ("s", "r", "alpha", "grade", "derivation", "assessed_on", "review_due_on")
APP = "hazard_sources."
CANCELLABLE = ("identified", "assessed", "filed", "due")
REVIEW_CLOCKS = (
    "hazard_source.review",
    "hazard_source.review_notice_90",
    "hazard_source.review_notice_30",
    "hazard_source.again",
)


def _is_major(source: Any, actor: User) -> str:
    return "" if source.grade else "S < 1，不构成重大危险源，不用备案。"


def _has_papers(source: Any, actor: User) -> str:
    if reason := _is_major(source, actor):
        return reason
    filing = source.filings.filter(accepted_at=None).first()
    if filing is None:
        return "这次评估的备案材料还没有建立，请先评估分级。"
    missing = [paper.label for paper in filing.papers.order_by("pk") if not paper.is_settled]
    return f"备案材料还缺 {len(missing)} 项：{'；'.join(missing)}。" if missing else ""


def _was(state: str) -> Callable[[Any, User], str]:
    def guard(source: Any, actor: User) -> str:
        application = source.cancellations.filter(outcome="").first()
        return "" if application and application.from_state == state else "申请核销之前不是这个状态。"

    return guard


HAZARD_SOURCE = Workflow(
    key="hazard_sources",
    states={
        "draft": "草稿",
        "identified": "已辨识",
        "assessed": "已评估",
        "submitted": "备案待审",
        "filed": "已备案",
        "due": "待复评",
        "cancelling": "核销申请",
        "cancelled": "已核销",
    },
    start="draft",
    final=("cancelled",),
    transitions=(
        Transition(
            name="identify", label="辨识", source=("draft", "identified"), target="identified",
            permission=f"{APP}identify_hazardsource", optional=COMPUTED,
        ),
        Transition(
            name="assess", label="评估分级", source=("identified", "assessed", "filed", "due"), target="assessed",
            permission=f"{APP}assess_hazardsource", optional=(*COMPUTED, "review_reason"), meets=REVIEW_CLOCKS,
        ),
        Transition(
            name="submit", label="提交备案", source=("assessed",), target="submitted",
            permission=f"{APP}submit_hazardsource", guard=_has_papers, meets=("hazard_source.filing",),
        ),
        Transition(
            name="return", label="退回补正", source=("submitted",), target="assessed",
            permission=f"{APP}file_hazardsource", needs_note=True, meets=("hazard_source.filing_check",),
        ),
        Transition(
            name="file", label="备案", source=("assessed", "submitted"), target="filed",
            permission=f"{APP}file_hazardsource", required=("filing_number",), optional=("filed_on",),
            guard=_has_papers, meets=("hazard_source.filing", "hazard_source.filing_check"),
        ),
        Transition(
            name="change", label="存量变更", source=("assessed", "submitted", "filed"), target="due",
            permission=f"{APP}change_hazardsource", optional=("review_reason",),
        ),
        Transition(
            name="recall", label="责令复评", source=("assessed", "submitted", "filed"), target="due",
            permission=f"{APP}recall_hazardsource", needs_note=True, optional=("review_reason",),
        ),
        Transition(
            name="lapse", label="到期转入待复评", source=("assessed", "filed"), target="due",
            permission=f"{APP}lapse_hazardsource", optional=("review_reason",), is_automatic=True,
        ),
        Transition(
            name="apply_cancel", label="申请核销", source=CANCELLABLE, target="cancelling",
            permission=f"{APP}apply_cancel_hazardsource", needs_note=True,
        ),
        *(
            Transition(
                name=f"refuse_cancel_{state}", label="不予核销", source=("cancelling",), target=state,
                permission=f"{APP}cancel_hazardsource", needs_note=True, guard=_was(state),
                meets=("hazard_source.cancel_check",),
            )
            for state in CANCELLABLE
        ),
        Transition(
            name="cancel", label="核销", source=(*CANCELLABLE, "cancelling"), target="cancelled",
            permission=f"{APP}cancel_hazardsource", needs_note=True, is_grave=True,
            meets=("hazard_source.cancel_check",),
        ),
    ),
)  # fmt: skip

# Follow from something else; nobody takes them by a button of their name.
NO_BUTTON = ("change", "lapse")
