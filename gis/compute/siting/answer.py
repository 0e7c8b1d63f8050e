"""The answer to a siting question: places in the order in which to open them, and how good any plan could be."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass

import pandas as pd

OPTIMAL = "optimal"
BOUND = "bound"


@dataclass(frozen=True)
class SitingStep:
    """A place, the households that it adds to those covered before, all covered then, and their share."""

    place_id: Hashable
    gained: float
    covered: float
    share: float
    pinned: bool = False


@dataclass(frozen=True)
class Siting:
    """Where new sites should stand.

    `steps`: pinned places first, then by what they add; the first k of them are a good plan for k, not always the best.
    There are fewer than asked for where more would add nobody. `total` households, `covered_before` by existing sites,
    `covered` in the end, `bound`: no plan of as many places covers more. `proof` is "optimal" where the plan meets the
    bound, else "bound". `stopped`: the search was asked to stop before its end.
    """

    steps: tuple[SitingStep, ...]
    total: float
    covered_before: float
    covered: float
    bound: float
    proof: str
    asked: int
    stopped: bool = False

    @property
    def share(self) -> float:
        """Share of all households covered in the end; 0 without households."""
        return self.covered / self.total if self.total else 0.0

    @property
    def gap(self) -> float:
        """Share of all households that a better plan could cover at most, beyond this one."""
        return (self.bound - self.covered) / self.total if self.total else 0.0

    def as_dict(self) -> dict[str, object]:
        """Everything as plain values, for JSON."""
        return {
            **asdict(self),
            "steps": [asdict(step) for step in self.steps],
            "share": self.share,
            "gap": self.gap,
        }


def siting_table(siting: Siting) -> pd.DataFrame:
    """The steps as a table: index step from 1; place_id, gained, covered, share, pinned."""
    columns = ["place_id", "gained", "covered", "share", "pinned"]
    table = pd.DataFrame([asdict(step) for step in siting.steps], columns=columns)
    table.index = pd.RangeIndex(1, len(table) + 1, name="step")
    return table
