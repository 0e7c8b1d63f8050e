"""Where a home stands for all that is computed of ways and told of them: the middle of its cell of 500 m.

Decision: the home is made coarse, not the way. Ways rounded one by one, the choice of who is nearest, and a reach that
anybody may vary are each small; from enough of them a home is found to a few metres. So everything a computed
assignment and a ranking are made of begins at the middle of the home's square of 500 m by 500 m in the city's metric
zone. Whatever is asked, and however often, the answers depend on the square alone. A home lies at most 354 m from the
middle, so a way is told, and judged against the reach, that much too short or too long at most. What a run keeps is
told to whole 100 m, and a reach comes in steps of 500 m: finer figures would claim more than is known.

The protection is that of the square: where a square holds one house only, that house is known, and so it is from a
community's name. Homes themselves are kept exact, for those who may see them in full.

Rule: S07
"""

from __future__ import annotations

import math

CELL_M = 500


def middle_of_home_cell(x_m: float, y_m: float) -> tuple[float, float]:
    """The middle of the square that holds the point, in the same metric CRS; squares are half-open to east and north."""
    return (math.floor(x_m / CELL_M) + 0.5) * CELL_M, (math.floor(y_m / CELL_M) + 0.5) * CELL_M
