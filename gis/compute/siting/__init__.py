"""Where new sites should stand so that the most households have one within reach, and how much better any plan could be.

The maximal covering location problem (Church and ReVelle 1974), in three steps:

1. *Problem* (`problem`): what is served already, pinned places and places that add nothing are taken out; demand that
   the same candidates cover is one; everything is put in an order that the rows of the input do not decide.
2. *Bound* (`bound`): Lagrangian relaxation. No choice of p places covers more; places that cannot be part of a better
   plan than the best known one are struck out.
3. *Search* (`search`): greedy, then the best swap that is not forbidden for a while (tabu), kicked when it stalls, from
   several starts, until the bound is met or nothing has been won for as long as the gap makes worth while. Where few
   candidates are still open, all their combinations are gone through with the bound (`proof`).

`site` answers for arrays, `site_places` for layers of buildings, candidates and streets.
"""

from gis.compute.siting.answer import Siting, SitingStep, siting_table
from gis.compute.siting.places import site_places
from gis.compute.siting.solve import SitingWish, site

__all__ = ["Siting", "SitingStep", "SitingWish", "site", "site_places", "siting_table"]
