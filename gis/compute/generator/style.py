"""How a profile city differs from the plain generated one: what stands where, how crooked, how dirty its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Style:
    """A kind of city.

    `inner`, `rim`: shares of the dwelling forms in the middle of town and at its edge (they need not sum to 1);
    `character` is how far one community's shares stray from them. `filler`: the form that is built where homes
    are still short. `block_m2`: least and most land of a block; `land_m2`: least and most land a household is
    given. `crookedness` multiplies the turn of every cut, `least_share` is the smaller side of a cut block.
    `reserved`: share of plots without homes, `vacant`: share of those that stay empty. `occupancy`: least and
    most share of homes lived in, by plot. `barrier_every_m`: a city this wide has one river, railway and main
    road, a wider one as many more. `exchanged`: share of border blocks that go to the neighbouring community.
    """

    inner: Mapping[str, float]
    rim: Mapping[str, float]
    filler: str = "tower"
    block_m2: tuple[float, float] = (12_000.0, 45_000.0)
    land_m2: tuple[float, float] = (95.0, 150.0)
    character: float = 0.8
    crookedness: float = 2.2
    least_share: float = 0.28
    reserved: float = 0.14
    vacant: float = 0.25
    occupancy: tuple[float, float] = (0.55, 1.05)
    barrier_every_m: float = 7000.0
    exchanged: float = 0.25
    hamlets: int = 3

    def shares_at(self, centrality: float, rng: np.random.Generator) -> dict[str, float]:
        """Draw one community's shares of the dwelling forms; `centrality` is 0 in the middle and 1 at the rim."""
        names = sorted({*self.inner, *self.rim})
        mixed = np.array(
            [
                (1 - centrality) * self.inner.get(name, 0.0) + centrality * self.rim.get(name, 0.0)
                for name in names
            ]
        )
        mixed *= np.exp(rng.normal(0.0, self.character, len(names)))
        return dict(zip(names, (mixed / mixed.sum()).tolist(), strict=True))


def draw_form(shares: Mapping[str, float], rng: np.random.Generator) -> str:
    """Draw a dwelling form."""
    return str(rng.choice(list(shares), p=list(shares.values())))
