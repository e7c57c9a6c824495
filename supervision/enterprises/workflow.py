"""The procedures of an enterprise file and of a request to change it."""

from __future__ import annotations

from typing import Any

from core.models import User
from core.workflow import Transition, Workflow

APP = "enterprises."


def not_merged(enterprise: Any, actor: User) -> str:
    if enterprise.merged_into_id is None:
        return ""
    return f"此档案已并入“{enterprise.merged_into.name}”，不能直接恢复；若合并有误，请在那份档案上“拆分”。"


def was_merged(enterprise: Any, actor: User) -> str:
    return "" if enterprise.merged_into_id is not None else "此档案没有并入别的档案，不用拆分。"


ENTERPRISE = Workflow(
    key="enterprises",
    states={
        "draft": "草稿",
        "pending": "待审",
        "valid": "有效",
        "due": "待更新",
        "closed": "已关闭",
        "cancelled": "已注销",
    },
    start="draft",
    transitions=(
        Transition(
            name="submit", label="提交审核", source=("draft",), target="pending",
            permission=f"{APP}apply_enterprise",
        ),
        Transition(
            name="return", label="退回补正", source=("pending",), target="draft",
            permission=f"{APP}approve_enterprise", needs_note=True,
        ),
        Transition(
            name="approve", label="审核入库", source=("pending",), target="valid",
            permission=f"{APP}approve_enterprise",
        ),
        Transition(
            name="lapse", label="逾期未确认", source=("valid",), target="due",
            permission=f"{APP}lapse_enterprise", is_automatic=True,
        ),
        Transition(
            name="renew", label="信息已更新", source=("due",), target="valid",
            permission=f"{APP}verify_enterprise",
        ),
        Transition(
            name="close", label="关闭", source=("valid", "due"), target="closed",
            permission=f"{APP}set_status_enterprise", needs_note=True, optional=("status",),
        ),
        Transition(
            name="reopen", label="恢复", source=("closed", "cancelled"), target="valid",
            permission=f"{APP}set_status_enterprise", needs_note=True, optional=("status",), guard=not_merged,
        ),
        Transition(
            name="cancel", label="注销档案", source=("draft", "pending", "valid", "due", "closed"), target="cancelled",
            permission=f"{APP}approve_enterprise", needs_note=True, is_grave=True, optional=("merged_into",),
        ),
        # Taking a merge apart: the absorbed file is again in the state it was in.
        *(
            Transition(
                name=f"split_to_{state}", label="拆分恢复", source=("cancelled",), target=state,
                permission=f"{APP}merge_enterprise", needs_note=True, optional=("merged_into",), guard=was_merged,
            )
            for state in ("draft", "pending", "valid", "due", "closed")
        ),
    ),
)  # fmt: skip

CHANGE_REQUEST = Workflow(
    key="enterprises.change_request",
    states={"submitted": "待审核", "approved": "已批准", "rejected": "已退回", "withdrawn": "已撤回"},
    start="submitted",
    final=("approved", "rejected", "withdrawn"),
    transitions=(
        Transition(
            name="approve", label="批准变更", source=("submitted",), target="approved",
            permission=f"{APP}decide_changerequest", optional=("decided_by", "decision_note"),
        ),
        Transition(
            name="reject", label="退回", source=("submitted",), target="rejected",
            permission=f"{APP}decide_changerequest", needs_note=True, optional=("decided_by", "decision_note"),
        ),
        Transition(
            name="withdraw", label="撤回", source=("submitted",), target="withdrawn",
            permission=f"{APP}add_changerequest",
        ),
    ),
)  # fmt: skip
