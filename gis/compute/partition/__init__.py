"""One community's land is divided into grids of about 400 households that tile its frame.

The steps bear the names of the partition specification: tessellate, zones and k (`plots`), starts, polish, pick,
re-split (`division`), polygons and explain (`drawn`). Locked grids are taken out of the frame first, and what is left
is divided land by land (`community`).
"""

from __future__ import annotations

from gis.compute.outcome import CommunityPartition
from gis.compute.partition.community import partition_community, warm_up
from gis.compute.partition.work import Stopped, go_on

__all__ = [
    "CommunityPartition",
    "Stopped",
    "go_on",
    "partition_community",
    "warm_up",
]
