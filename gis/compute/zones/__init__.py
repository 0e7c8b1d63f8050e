"""A zone is the land of one community on one side of its barriers, with the number of grids it is to hold.

Point 3 of the partition specification. Land without homes and water are `loose`: they hold no grid of their
own and are attached to a neighbour's grid after the search. Two sides of a barrier form one zone only where a
side could not stand alone (below the hard minimum), or, if asked for, where that lowers the unattainable
deviation.
"""

from gis.compute.zones.count import GridCount, grid_count, grid_count_of, steady_count
from gis.compute.zones.graph import ZoneGraph, induced, parts_of
from gis.compute.zones.loose import attach_loose, loose_stretches
from gis.compute.zones.zone import Zone, zones_of

__all__ = [
    "GridCount",
    "Zone",
    "ZoneGraph",
    "attach_loose",
    "grid_count",
    "grid_count_of",
    "induced",
    "loose_stretches",
    "parts_of",
    "steady_count",
    "zones_of",
]
