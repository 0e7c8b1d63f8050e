"""An exercise case moves only along the listed ways, and its person may withdraw at any time.

Rule: J18
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from wangge.errors import RuleBroken


class CaseState(StrEnum):
    """Where an exercise case stands."""

    INVITED = "invited"  # 已邀请
    CONSENTED = "consented"  # 已同意: the person agreed to an exercise case
    SCREENED = "screened"  # 已筛查: the questionnaire is answered
    REFERRED = "referred"  # 待医生评估: sent to a doctor, whose word clears
    CLEARED = "cleared"  # 可运动: may be prescribed for
    PRESCRIBED = "prescribed"  # 已开处方
    IN_PROGRAMME = "in_programme"  # 干预中: a first session was held
    RE_TESTED = "re_tested"  # 已复测
    CLOSED = "closed"  # 已结案
    WITHDRAWN = "withdrawn"  # 已退出: by the person; nothing of it is shown any more


class CaseAction(StrEnum):
    """What is done to an exercise case."""

    CONSENT = "consent"
    SCREEN = "screen"
    REFER = "refer"
    CLEAR = "clear"
    PRESCRIBE = "prescribe"
    TRAIN = "train"  # a session is recorded
    RE_TEST = "re_test"
    CLOSE = "close"
    WITHDRAW = "withdraw"


STATE_NAMES_ZH: Mapping[CaseState, str] = {
    CaseState.INVITED: "已邀请",
    CaseState.CONSENTED: "已同意",
    CaseState.SCREENED: "已筛查",
    CaseState.REFERRED: "待医生评估",
    CaseState.CLEARED: "可运动",
    CaseState.PRESCRIBED: "已开处方",
    CaseState.IN_PROGRAMME: "干预中",
    CaseState.RE_TESTED: "已复测",
    CaseState.CLOSED: "已结案",
    CaseState.WITHDRAWN: "已退出",
}

ACTION_NAMES_ZH: Mapping[CaseAction, str] = {
    CaseAction.CONSENT: "同意",
    CaseAction.SCREEN: "风险筛查",
    CaseAction.REFER: "转医生评估",
    CaseAction.CLEAR: "确认可运动",
    CaseAction.PRESCRIBE: "开具运动处方",
    CaseAction.TRAIN: "记录运动",
    CaseAction.RE_TEST: "复测",
    CaseAction.CLOSE: "结案",
    CaseAction.WITHDRAW: "退出",
}

_ENDED = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN})
OPEN_STATES = tuple(state for state in CaseState if state not in _ENDED)

NEXT_STATE: Mapping[tuple[CaseState, CaseAction], CaseState] = {
    (CaseState.INVITED, CaseAction.CONSENT): CaseState.CONSENTED,
    (CaseState.CONSENTED, CaseAction.SCREEN): CaseState.SCREENED,
    (CaseState.SCREENED, CaseAction.REFER): CaseState.REFERRED,
    (CaseState.SCREENED, CaseAction.CLEAR): CaseState.CLEARED,
    (CaseState.REFERRED, CaseAction.CLEAR): CaseState.CLEARED,
    (CaseState.CLEARED, CaseAction.PRESCRIBE): CaseState.PRESCRIBED,
    (CaseState.PRESCRIBED, CaseAction.PRESCRIBE): CaseState.PRESCRIBED,
    (CaseState.PRESCRIBED, CaseAction.TRAIN): CaseState.IN_PROGRAMME,
    (CaseState.IN_PROGRAMME, CaseAction.PRESCRIBE): CaseState.IN_PROGRAMME,
    (CaseState.IN_PROGRAMME, CaseAction.TRAIN): CaseState.IN_PROGRAMME,
    (CaseState.IN_PROGRAMME, CaseAction.RE_TEST): CaseState.RE_TESTED,
    (CaseState.RE_TESTED, CaseAction.CLOSE): CaseState.CLOSED,
    **{(state, CaseAction.WITHDRAW): CaseState.WITHDRAWN for state in OPEN_STATES},
}

BEFORE_CLEARANCE = frozenset({CaseState.INVITED, CaseState.CONSENTED, CaseState.SCREENED, CaseState.REFERRED})


def allowed_actions(state: CaseState) -> list[CaseAction]:
    """What may be done to a case in that state, in the order of the table."""
    return [action for start, action in NEXT_STATE if start is state]


def next_state(state: CaseState, action: CaseAction) -> CaseState:
    """The state after the action; 409 INVALID_TRANSITION with the allowed actions when there is none.

    Prescribing before clearance is 422 CLEARANCE_REQUIRED instead: what is missing is told, not the state.

    Rule: J18
    """
    after = NEXT_STATE.get((state, action))
    if after is not None:
        return after
    if action is CaseAction.PRESCRIBE and state in BEFORE_CLEARANCE:
        raise clearance_required(state)
    allowed = allowed_actions(state)
    allowed_zh = "、".join(ACTION_NAMES_ZH[other] for other in allowed) or "无"
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"当前状态“{STATE_NAMES_ZH[state]}”不能执行“{ACTION_NAMES_ZH[action]}”",
        en=f"a case that is {state} cannot be given “{action}”",
        status=409,
        rule="J18",
        facts={"from": state.value, "action": action.value, "allowed": [other.value for other in allowed]},
        how_to_fix_zh=f"当前可执行：{allowed_zh}",
        how_to_fix_en=f"possible now: {', '.join(allowed) or 'nothing'}",
    )


def clearance_required(state: CaseState) -> RuleBroken:
    """The refusal of exercise that nobody cleared, with the step that comes next. Rule: J18"""
    steps = {
        CaseState.INVITED: ("请本人先同意", "the person consents first"),
        CaseState.CONSENTED: ("请先完成风险筛查问卷", "answer the screening questionnaire first"),
        CaseState.SCREENED: ("请确认可运动，或转医生评估", "clear the person or refer to a doctor"),
        CaseState.REFERRED: ("请登记医生评估意见的文书编号", "enter the reference of the doctor's note"),
    }
    zh, en = steps[state]
    return RuleBroken(
        "CLEARANCE_REQUIRED",
        zh="请先完成风险筛查/医生评估",
        en="risk screening or a doctor's clearance comes first",
        rule="J18",
        clause="将运动干预运用于居民慢性病管理",
        facts={"state": state.value},
        how_to_fix_zh=zh,
        how_to_fix_en=en,
    )
