"""A grid is one piece of land; islands and enclaves are allowed when somebody says why.

Rule: J05
"""

from __future__ import annotations

from grids.units.rules.plan_hint import PlanHint


def contiguity_hint(label: str, parts: int, reason: str = "") -> PlanHint | None:
    """A NOT_CONTIGUOUS hint for a grid of several pieces without a reason; it stops nothing.

    `parts` counts the pieces that share no border line; touching in one point only is not connected.

    Rule: J05
    """
    if parts <= 1 or reason.strip():
        return None
    return PlanHint(
        "NOT_CONTIGUOUS",
        zh=f"网格{label}由{parts}块互不相连的地块组成，如为岛屿或飞地请说明理由",
        en=f"grid {label} consists of {parts} pieces that do not touch; are they islands or enclaves?",
        rule="J05",
        facts={"grid": label, "parts": parts, "clause": "人员相近、地域相邻、便于管理的原则"},
    )
