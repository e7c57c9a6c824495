"""The procedure of a major hazard source: 草稿 → 已辨识 → 已评估 → 已备案 → 待复评 → 核销 (安监总局令第 40 号)."""

from __future__ import annotations

from typing import Any

from core.models import User
from core.workflow import Transition, Workflow

COMPUTED = ("s", "r", "alpha", "grade", "derivation", "assessed_on", "review_due_on")


def _is_major(source: Any, actor: User) -> str:
    return "" if source.grade else "S < 1，不构成重大危险源，不用备案。"


HAZARD_SOURCE = Workflow(
    key="hazard_sources",
    states={
        "draft": "草稿",
        "identified": "已辨识",
        "assessed": "已评估",
        "filed": "已备案",
        "due": "待复评",
        "cancelled": "已核销",
    },
    start="draft",
    final=("cancelled",),
    transitions=(
        Transition(
            name="identify",
            label="辨识",
            source=("draft", "identified"),
            target="identified",
            permission="hazard_sources.identify_hazardsource",
            optional=COMPUTED,
        ),
        Transition(
            name="assess",
            label="评估分级",
            source=("identified", "assessed", "filed", "due"),
            target="assessed",
            permission="hazard_sources.assess_hazardsource",
            optional=COMPUTED,
        ),
        Transition(
            name="file",
            label="备案",
            source=("assessed",),
            target="filed",
            permission="hazard_sources.file_hazardsource",
            required=("filing_number",),
            optional=("filed_on",),
            guard=_is_major,
        ),
        Transition(
            name="change",
            label="存量变更",
            source=("assessed", "filed"),
            target="due",
            permission="hazard_sources.change_hazardsource",
        ),
        Transition(
            name="recall",
            label="责令复评",
            source=("assessed", "filed"),
            target="due",
            permission="hazard_sources.recall_hazardsource",
            needs_note=True,
        ),
        Transition(
            name="cancel",
            label="核销",
            source=("identified", "assessed", "filed", "due"),
            target="cancelled",
            permission="hazard_sources.cancel_hazardsource",
            needs_note=True,
            is_grave=True,
        ),
    ),
)
