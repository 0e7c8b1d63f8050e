"""Communities whose outlines are not convex: blocks at a border go to the neighbouring community."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from gis.compute.generator.plan import Ints, Plan
from gis.compute.generator.specs import CommunitySpec

LEAST_BLOCKS = 4
LEAST_SIDE_M = 40.0


def faces_beside(plan: Plan) -> Ints:
    """The two blocks beside each street edge (n, 2); -1 where there is only one."""
    middle = shapely.line_interpolate_point(plan.edges, 0.5, normalized=True)
    edge, face = shapely.STRtree(plan.faces).query(middle, predicate="dwithin", distance=0.01)
    order = np.lexsort((face, edge))
    edge, face = edge[order], face[order]
    beside = np.full((len(plan.edges), 2), -1, dtype=np.int64)
    first = np.append(True, edge[1:] != edge[:-1])
    beside[edge[first], 0] = face[first]
    second = np.flatnonzero(~first & np.append(False, first[:-1]))
    beside[edge[second], 1] = face[second]
    return beside


def exchange_blocks(
    plan: Plan, specs: Sequence[CommunitySpec], share: float, rng: np.random.Generator
) -> Plan:
    """Give a share of the blocks at borders inside a street/town to the neighbour, both staying in one piece."""
    beside = faces_beside(plan)
    sides = (beside >= 0).all(axis=1)
    neighbours: list[set[int]] = [set() for _ in plan.faces]
    for a, b in beside[sides]:
        neighbours[a].add(int(b))
        neighbours[b].add(int(a))
    owner = plan.face_community.copy()
    blocks = np.bincount(owner, minlength=len(specs))
    long = sides & (shapely.length(plan.edges) > LEAST_SIDE_M)
    moved: set[int] = set()
    for edge in rng.permutation(np.flatnonzero(long)):
        giver, taker = (int(f) for f in rng.permutation(beside[edge]))
        old, new = int(owner[giver]), int(owner[taker])
        if old == new or giver in moved or rng.random() > share or not _may_pass(specs[old], specs[new]):
            continue
        if blocks[old] <= LEAST_BLOCKS or not _stays_whole(giver, owner, neighbours):
            continue
        owner[giver] = new
        blocks[old] -= 1
        blocks[new] += 1
        moved.add(giver)
    return replace(plan, face_community=owner)


def _may_pass(old: CommunitySpec, new: CommunitySpec) -> bool:
    return old.street_town_code == new.street_town_code and old.kind == new.kind


def _stays_whole(giver: int, owner: Ints, neighbours: Sequence[set[int]]) -> bool:
    """Whether the giver's community keeps hanging together without it, and takes no hole around another."""
    mine = [n for n in neighbours[giver] if owner[n] == owner[giver]]
    if not mine:
        return False
    reached, waiting = {giver, mine[0]}, [mine[0]]
    while waiting:
        for other in neighbours[waiting.pop()]:
            if other not in reached and owner[other] == owner[giver]:
                reached.add(other)
                waiting.append(other)
    return all(n in reached for n in mine)
