"""What any contiguous division of a zone into its grids could reach at best: proven, never a guess.

Every bound here is that of a relaxation (point 7 of the partition specification): a division that is
contiguous, has k grids with homes and no two units above the band in one grid, fulfils all that is asked, so
none can have more grids in band. Cheap bounds first: sums of households, units above the band, pockets between
those. Then, where that leaves a question and the sets are few, all connected sets in band are listed and the
largest number of disjoint ones is found by a whole-number programme (HiGHS).
"""

from gis.compute.bound.cheap import out_of_reach
from gis.compute.bound.columns import sets_in_band
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, homes_graph
from gis.compute.bound.of_zone import CHEAP, EXACT, Bound, BoundEffort, Proof, bound_of
from gis.compute.zones import ZoneGraph

__all__ = ["CHEAP", "EXACT", "Bound", "BoundEffort", "Proof", "bound_of", "warm_up"]


def warm_up(graph: ZoneGraph) -> None:
    """Compile the kernels on this small graph of a household per unit."""
    homes, band = homes_graph(graph), Band(2, 2)
    assert homes is not None
    closed = out_of_reach(homes, band)
    columns = sets_in_band(homes, band, 10, closed)
    assert columns is not None
    gates_of(graph, homes, columns)
