"""What any contiguous division of a zone into its grids could reach at best: proven, never a guess.

Every bound here is that of a relaxation (point 7 of the partition specification): a division that is
contiguous, has k grids with homes and no two units above the band in one grid, fulfils all that is asked, so
none can have more grids in band. Cheap bounds first: sums of households, units above the band, pockets between
those. Then, where that leaves a question and the sets are few, all connected sets in band are listed and the
largest number of disjoint ones is found by a whole-number programme (HiGHS).
"""

from gis.compute.bound.of_zone import CHEAP, EXACT, Bound, BoundEffort, Proof, bound_of

__all__ = ["CHEAP", "EXACT", "Bound", "BoundEffort", "Proof", "bound_of"]
