"""How hard a zone is searched under each preset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Re-split steps per grid of the first run, and how many harder runs a zone not yet in band gets.

    `harder` is for ten grids and more; a run costs as much as there are grids, and a smaller zone, where luck counts
    for more, gets as many as cost the same. `exact`: connected sets listed at most when a small zone, or a few grids
    of a larger one, are covered exactly (0: never). `smoothing_per_grid`: steps per grid of the last annealing, by
    single units. `margin`: households a zone in band keeps between its worst grid and the end of the band, where
    that can be: it costs shape. `alpha`: what a grid in band is worth, in grids of perfect shape.
    """

    steps_per_grid: int
    harder: int
    exact: int
    smoothing_per_grid: int
    margin: int = 0
    alpha: float = 1.0

    def harder_runs(self, k: int) -> int:
        """The number of harder runs of a zone of k grids."""
        return self.harder * max(10, k) // k


PRESETS: dict[str, Effort] = {
    "fast": Effort(steps_per_grid=600, harder=1, exact=0, smoothing_per_grid=10_000),
    "standard": Effort(steps_per_grid=2_500, harder=6, exact=3_000, smoothing_per_grid=3_000),
    "best": Effort(steps_per_grid=20_000, harder=3, exact=30_000, smoothing_per_grid=60_000, margin=1),
}
