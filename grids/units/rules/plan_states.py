"""A grid plan moves only along the listed ways, and nobody reviews, approves or publishes own work.

Rule: J03
Rule: S36
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from wangge.errors import RuleBroken


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"  # 编制中: being drawn; anything may change
    VALIDATED = (
        "validated"  # 已校验: topology, size, codes and leaders hold; the next edit takes it back to draft
    )
    SUBMITTED = "submitted"  # 已提交: with the county, no longer edited
    COUNTY_REVIEWED = "county_reviewed"  # 区县已审: read and found complete by the county
    APPROVED = "approved"  # 已批准: may be published
    PUBLISHED = "published"  # 已发布: in force from its effective date; never edited
    SUPERSEDED = "superseded"  # 已被替代: a later plan took its place; kept for reports as of a date
    RETURNED = "returned"  # 已退回: sent back with a reason; the next edit takes it back to draft


class PlanAction(StrEnum):
    """What somebody does to a plan."""

    EDIT = "edit"
    REOPEN = "reopen"  # back to draft without an edit yet
    VALIDATE = "validate"
    SUBMIT = "submit"
    REVIEW = "review"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    SUPERSEDE = "supersede"  # done by publishing the next plan, never by hand


STATE_NAMES_ZH: Mapping[PlanState, str] = {
    PlanState.DRAFT: "编制中",
    PlanState.VALIDATED: "已校验",
    PlanState.SUBMITTED: "已提交",
    PlanState.COUNTY_REVIEWED: "区县已审",
    PlanState.APPROVED: "已批准",
    PlanState.PUBLISHED: "已发布",
    PlanState.SUPERSEDED: "已被替代",
    PlanState.RETURNED: "已退回",
}

ACTION_NAMES_ZH: Mapping[PlanAction, str] = {
    PlanAction.EDIT: "编辑",
    PlanAction.REOPEN: "重新编制",
    PlanAction.VALIDATE: "校验",
    PlanAction.SUBMIT: "提交",
    PlanAction.REVIEW: "审核",
    PlanAction.APPROVE: "批准",
    PlanAction.RETURN: "退回",
    PlanAction.PUBLISH: "发布",
    PlanAction.SUPERSEDE: "替代",
}

NEXT_STATE: Mapping[tuple[PlanState, PlanAction], PlanState] = {
    (PlanState.DRAFT, PlanAction.EDIT): PlanState.DRAFT,
    (PlanState.DRAFT, PlanAction.VALIDATE): PlanState.VALIDATED,
    (PlanState.VALIDATED, PlanAction.EDIT): PlanState.DRAFT,
    (PlanState.VALIDATED, PlanAction.REOPEN): PlanState.DRAFT,
    (PlanState.VALIDATED, PlanAction.SUBMIT): PlanState.SUBMITTED,
    (PlanState.SUBMITTED, PlanAction.REVIEW): PlanState.COUNTY_REVIEWED,
    (PlanState.SUBMITTED, PlanAction.RETURN): PlanState.RETURNED,
    (PlanState.COUNTY_REVIEWED, PlanAction.APPROVE): PlanState.APPROVED,
    (PlanState.COUNTY_REVIEWED, PlanAction.RETURN): PlanState.RETURNED,
    (PlanState.APPROVED, PlanAction.PUBLISH): PlanState.PUBLISHED,
    (PlanState.APPROVED, PlanAction.RETURN): PlanState.RETURNED,
    (PlanState.PUBLISHED, PlanAction.SUPERSEDE): PlanState.SUPERSEDED,
    (PlanState.RETURNED, PlanAction.EDIT): PlanState.DRAFT,
    (PlanState.RETURNED, PlanAction.REOPEN): PlanState.DRAFT,
}

# The right each action asks for; see tenants.bureau.rules.rights.
PERMISSION_FOR: Mapping[PlanAction, str] = {
    PlanAction.EDIT: "grid_plan.draft",
    PlanAction.REOPEN: "grid_plan.draft",
    PlanAction.VALIDATE: "grid_plan.draft",
    PlanAction.SUBMIT: "grid_plan.submit",
    PlanAction.REVIEW: "grid_plan.review",
    PlanAction.APPROVE: "grid_plan.approve",
    PlanAction.RETURN: "grid_plan.review",
    PlanAction.PUBLISH: "grid_plan.publish",
    PlanAction.SUPERSEDE: "grid_plan.publish",
}

NEEDS_OTHER_EYES = frozenset({PlanAction.REVIEW, PlanAction.APPROVE, PlanAction.PUBLISH})
NEEDS_REASON = frozenset({PlanAction.RETURN})


def allowed_actions(state: PlanState) -> list[PlanAction]:
    """What may be done to a plan in that state, in the order of the table."""
    return [action for start, action in NEXT_STATE if start is state]


def next_state(state: PlanState, action: PlanAction) -> PlanState:
    """The state after the action; 409 INVALID_TRANSITION with the allowed actions when there is none."""
    after = NEXT_STATE.get((state, action))
    if after is not None:
        return after
    allowed = allowed_actions(state)
    allowed_zh = "、".join(ACTION_NAMES_ZH[other] for other in allowed) or "无"
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"当前状态“{STATE_NAMES_ZH[state]}”不能执行“{ACTION_NAMES_ZH[action]}”",
        en=f"a plan that is {state} cannot be given “{action}”",
        status=409,
        facts={"from": state.value, "action": action.value, "allowed": [other.value for other in allowed]},
        how_to_fix_zh=f"当前可执行：{allowed_zh}",
        how_to_fix_en=f"possible now: {', '.join(allowed) or 'nothing'}",
        field="action",
    )


def check_other_eyes(action: PlanAction, actor: int, worked_on_by: Collection[int]) -> None:
    """Refuse who drew or submitted the plan to review, approve or publish it with 403 SELF_APPROVAL.

    The officer who reviewed it may also approve it: both are the county's own work on somebody else's plan.

    Rule: S36
    """
    if action not in NEEDS_OTHER_EYES or actor not in worked_on_by:
        return
    raise RuleBroken(
        "SELF_APPROVAL",
        zh="不得审批本人编制或提交的网格方案",
        en="nobody reviews, approves or publishes a plan of the own making",
        status=403,
        rule="S36",
        clause="上海市社区体育协会核对并批准街镇需求",
        facts={"action": action.value},
        how_to_fix_zh="请由另一位有权限的人员办理",
        how_to_fix_en="ask another person with this right to do it",
    )


def check_reason_given(action: PlanAction, reason: str) -> None:
    """Refuse to return a plan without saying why with 422 REASON_REQUIRED."""
    if action not in NEEDS_REASON or reason.strip():
        return
    raise RuleBroken(
        "REASON_REQUIRED",
        zh=f"{ACTION_NAMES_ZH[action]}网格方案须说明理由",
        en=f"say why you {action} the plan",
        facts={"action": action.value},
        how_to_fix_zh="请填写理由，编制人员会看到",
        how_to_fix_en="write a reason; the drafter will see it",
        field="reason",
    )
