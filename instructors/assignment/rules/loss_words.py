"""What a plan loses when a pair is forced or forbidden, in words that its two bounds bear out.

What is lost at least is rounded down, what is lost at most upwards, to whole 100 metres as every way is told; where both
are equal the loss is known. A bound of nothing says nothing and is not told.

Rule: S07
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from instructors.assignment.rules.site_assignment import PlanLoss

STEP_M = 100
_NOTHING = PlanLoss(0, 0)


@dataclass(frozen=True, slots=True)
class LossTold:
    """A loss in both languages, to be put behind `则` or `then`, with its facts."""

    zh: str
    en: str
    facts: dict[str, Any]


def is_no_loss(at_most: PlanLoss | None) -> bool:
    """Whether a plan as good has been found."""
    return at_most is not None and at_most.weight <= 0 and at_most.travel_m <= 0


def tell_loss(at_least: PlanLoss | None, at_most: PlanLoss | None) -> LossTold | None:
    """The loss between its bounds; None where nothing can be said or nothing is lost."""
    if is_no_loss(at_most):
        return None
    low = at_least or _NOTHING
    if at_most is None:
        return _households(low.weight, None) if low.weight else _metres(low.travel_m, None)
    if at_most.weight > 0:
        return _households(low.weight, at_most.weight)
    return _metres(low.travel_m if low.weight == 0 else 0, at_most.travel_m)


def _households(low: int, high: int | None) -> LossTold:
    facts = {"weight": low, "travel_m": 0}
    if high is None:
        return LossTold(f"至少少覆盖{low}户", f"at least {low} households fewer are served", facts)
    low = min(low, high)
    facts = {"weight": low, "travel_m": 0, "at_most_weight": high}
    if low == high:
        return LossTold(f"少覆盖{high}户", f"{high} households fewer are served", facts)
    if low:
        return LossTold(f"少覆盖{low}至{high}户", f"{low} to {high} households fewer are served", facts)
    return LossTold(f"至多少覆盖{high}户", f"at most {high} households fewer are served", facts)


def _metres(low: int, high: int | None) -> LossTold | None:
    down = low // STEP_M * STEP_M
    if high is None:
        facts = {"weight": 0, "travel_m": down}
        zh, en = f"路程与变动至少多{down}米", f"travel and changes grow by at least {down} m"
        return LossTold(zh, en, facts) if down else None
    up, low = -(-high // STEP_M) * STEP_M, min(low, high)
    facts = {"weight": 0, "travel_m": min(down, up), "at_most_travel_m": up}
    if low == high:
        return _known_metres(high, facts)
    if facts["travel_m"]:
        zh, en = f"路程与变动多{down}至{up}米", f"travel and changes grow by {down} to {up} m"
        return LossTold(zh, en, facts)
    return LossTold(f"路程与变动至多多{up}米", f"travel and changes grow by at most {up} m", facts)


def _known_metres(metres: int, facts: dict[str, Any]) -> LossTold:
    if metres < STEP_M:
        return LossTold(
            f"路程与变动多不到{STEP_M}米", f"travel and changes grow by less than {STEP_M} m", facts
        )
    about = (metres + STEP_M // 2) // STEP_M * STEP_M
    return LossTold(f"路程与变动多约{about}米", f"travel and changes grow by about {about} m", facts)
