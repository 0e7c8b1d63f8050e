"""What a computation is ordered with, and its figures and prices as a run keeps them. Rule: S07"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from instructors.assignment.rules.home_cells import CELL_M
from instructors.assignment.rules.site_assignment import (
    AssignmentFigures,
    AssignmentParameters,
    Prices,
)
from instructors.assignment.rules.why_words import coarse

# A reach finer than the squares homes stand in would claim more than is known.
REACH_STEP_M, LONGEST_REACH_M = CELL_M, 50_000
_METRES = ("total_travel_m", "mean_travel_m", "p95_travel_m", "travel_gap_m")
_STEPS_IN_METRES = ("guide", "travel")
_DEFAULT = AssignmentParameters()


@dataclass(frozen=True, slots=True)
class RunOrder:
    """`as_of` None: today. `reach_m`: longest way from home, in steps of 500. `stability_m`: what keeping a pair is worth.

    `assume_free`: who gave no free times is taken to be free all week; else they are left out.
    """

    as_of: date | None = None
    reach_m: int = _DEFAULT.reach_m
    stability_m: int = _DEFAULT.stability_m
    assume_free: bool = False

    def parameters(self, buffer_min: int) -> dict[str, Any]:
        """As the run keeps them, with the travel buffer of policy."""
        return {
            "reach_m": self.reach_m,
            "stability_m": self.stability_m,
            "travel_buffer_min": buffer_min,
            "assume_free": self.assume_free,
        }


def parameters_of(kept: Mapping[str, Any]) -> AssignmentParameters:
    """The parameters of the computation, from what the run keeps."""
    names = ("reach_m", "stability_m", "travel_buffer_min")
    return replace(_DEFAULT, **{name: kept[name] for name in names if name in kept})


def figures_json(figures: AssignmentFigures) -> dict[str, Any]:
    """The figures as JSON: sessions by their number as text, steps as a list, metres to whole 100 upwards."""
    told = asdict(figures)
    told |= {name: None if told[name] is None else coarse(told[name]) for name in _METRES}
    told["steps"] = [
        step | {"value": coarse(step["value"])} if step["name"] in _STEPS_IN_METRES else step
        for step in told["steps"]
    ]
    told["sessions"] = {str(count): people for count, people in figures.sessions.items()}
    return told


def prices_json(prices: Prices) -> dict[str, Any]:
    """The prices as JSON."""
    return {
        "needs": {str(key): list(price) for key, price in prices.needs.items()},
        "instructors": {str(key): list(price) for key, price in prices.instructors.items()},
        "sets": [[key, sorted(needs), list(price)] for key, needs, price in prices.sets],
        "gap": list(prices.gap),
    }


def prices_of(kept: Mapping[str, Any]) -> Prices:
    """The prices, from what the run keeps."""
    return Prices(
        {int(key): _pair(price) for key, price in kept["needs"].items()},
        {int(key): _pair(price) for key, price in kept["instructors"].items()},
        tuple((int(key), frozenset(needs), _pair(price)) for key, needs, price in kept["sets"]),
        (kept["gap"][0], kept["gap"][1]),
    )


def _pair(price: list[float]) -> tuple[float, float]:
    return price[0], price[1]
