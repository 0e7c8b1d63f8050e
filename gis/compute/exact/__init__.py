"""Small zones are divided as well as can be: by the best cover over all connected sets of a wanted size.

Point 7 of the partition specification: set partitioning, over all candidates instead of a pool. What the cover
leaves open (land without homes, the last of the shape) is for the search to polish.
"""

from gis.compute.exact.mend import mend
from gis.compute.exact.small import ExactEffort, best_small

__all__ = ["ExactEffort", "best_small", "mend"]
