"""A locked grid stays as it is drawn: no redrawing moves its border, nobody is assigned to it or away from it.

Rule: J03
Rule: J05
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wangge.errors import RuleBroken

CLAUSE = "人员相近、地域相邻、便于管理的原则"
# More than a community has: a request stays small, and so does its audit row.
MOST_AT_ONCE = 500


def check_urban(settlement: str) -> None:
    """422 RURAL_UNIT in a village: its grids are villager groups and are never moved by a drawing.

    Rule: J04
    """
    if settlement != "rural":
        return
    raise RuleBroken(
        "RURAL_UNIT",
        zh="农村以村民小组为单位，不需要锁定网格或手工指定建筑",
        en="in the country the villager group is the unit: grids are not locked, buildings not assigned by hand",
        rule="J04",
        clause="农村以村民小组为单位",
        how_to_fix_zh="请在建筑图层中更正村民小组，再重新划分",
        how_to_fix_en="correct the villager groups in the building layer, then draw again",
    )


def check_open(action_zh: str, action_en: str, locked: Sequence[str]) -> None:
    """409 GRID_LOCKED where a grid that is to give or take buildings is locked.

    Rule: J05
    """
    if not locked:
        return
    named = "、".join(locked[:5])
    raise RuleBroken(
        "GRID_LOCKED",
        zh=f"网格{named}已锁定，不能{action_zh}",
        en=f"grid {', '.join(locked[:5])} is locked: {action_en}",
        status=409,
        rule="J05",
        clause=CLAUSE,
        facts={"grids": list(locked)},
        how_to_fix_zh="请先解除锁定",
        how_to_fix_en="unlock it first",
        field="sequence",
    )


def check_how_many(things: Collection[object], field: str) -> None:
    """422 TOO_MANY_AT_ONCE above `MOST_AT_ONCE` in one request.

    Rule: J05
    """
    if len(things) <= MOST_AT_ONCE:
        return
    raise RuleBroken(
        "TOO_MANY_AT_ONCE",
        zh=f"一次最多处理{MOST_AT_ONCE}项，现为{len(things)}项",
        en=f"at most {MOST_AT_ONCE} at once, here are {len(things)}",
        facts={"most": MOST_AT_ONCE, "given": len(things)},
        how_to_fix_zh="请分批处理",
        how_to_fix_en="send them in several requests",
        field=field,
    )


def nothing_to_undo() -> RuleBroken:
    """409 NOTHING_TO_UNDO: no assignment by hand has been made since the plan was drawn."""
    return RuleBroken(
        "NOTHING_TO_UNDO",
        zh="没有可以撤销的手工指定",
        en="there is no assignment by hand to take back",
        status=409,
        how_to_fix_zh="划分之后的手工指定才能撤销",
        how_to_fix_en="only what was assigned since the last drawing can be taken back",
    )


def changed_meanwhile(plan: str) -> RuleBroken:
    """409 PLAN_CHANGED: locks or assignments changed while the community was being divided; nothing was kept."""
    return RuleBroken(
        "PLAN_CHANGED",
        zh=f"划分期间{plan}的锁定或手工指定有改动，本次结果未保存",
        en=f"locks or assignments of {plan} changed while it was being drawn; this drawing was not kept",
        status=409,
        rule="J05",
        facts={"plan": plan},
        how_to_fix_zh="请重新划分该社区",
        how_to_fix_en="draw the community again",
    )
