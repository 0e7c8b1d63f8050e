"""How hard a zone is searched under each preset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Re-split steps per grid of the first run, further and harder runs for a zone not yet in band.

    `metis`: how many METIS divisions are tried beside growth. `alpha`: what a grid in band is worth.
    """

    steps_per_grid: int
    harder: int
    metis: int = 0
    alpha: float = 0.4


PRESETS: dict[str, Effort] = {
    "fast": Effort(steps_per_grid=200, harder=1),
    "standard": Effort(steps_per_grid=800, harder=2),
    "best": Effort(steps_per_grid=5_000, harder=4, metis=4),
}
