"""How hard a zone is searched under each preset."""

from __future__ import annotations

from dataclasses import dataclass

# A harder run costs as much as there are grids: smaller zones, where luck counts for more, get as many as cost what
# those of a zone of ten grids do.
AT_FULL_COST = 10


@dataclass(frozen=True)
class Effort:
    """Re-split steps per grid of the first run, and how many harder runs a zone not yet in band gets.

    `harder`: of ten grids and more; see `harder_runs`. `exact`: connected sets listed at most when a small zone, or a
    few grids of a larger one, are covered exactly (0: never). `smoothing_per_grid`: steps per grid of the last
    annealing, by single units. `mending_per_grid`: the same of each run by which a plan before is mended. `margin`:
    households a zone divided anew and in band keeps between its worst grid and the end of the band, where it can: it
    costs shape. `alpha`: what a grid in band is worth, in grids of perfect shape.
    """

    steps_per_grid: int
    harder: int
    exact: int
    smoothing_per_grid: int
    mending_per_grid: int
    margin: int = 0
    alpha: float = 1.0

    def harder_runs(self, k: int) -> int:
        """Return the number of harder runs of a zone of k grids."""
        return self.harder * max(AT_FULL_COST, k) // k


PRESETS: dict[str, Effort] = {
    # Few re-split steps leave borders ragged, and single moves are cheap: `fast` smooths the most for its time.
    "fast": Effort(steps_per_grid=600, harder=1, exact=0, smoothing_per_grid=10_000, mending_per_grid=10_000),
    "standard": Effort(
        steps_per_grid=2_500, harder=6, exact=3_000, smoothing_per_grid=3_000, mending_per_grid=10_000
    ),
    "best": Effort(
        steps_per_grid=20_000,
        harder=3,
        exact=30_000,
        smoothing_per_grid=60_000,
        mending_per_grid=60_000,
        margin=1,
    ),
}
