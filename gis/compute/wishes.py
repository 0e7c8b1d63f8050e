"""What is assigned by hand is looked at against the land: locked grids, barriers, land without homes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.refusal import InputRefused
from gis.compute.tessellation import Tessellation
from gis.compute.ties import Wishes, listed


@dataclass(frozen=True)
class Place:
    """The buildings (rows of the community's) of one land with the zone of each (-1: land without homes).

    `cores`: named grid → zone of the unit from which a grid of the plan before goes on.
    """

    rows: IntArray
    zone: IntArray
    cores: dict[int, int] = field(default_factory=dict)
    is_locked: bool = False
    label: Hashable = None


def check_wishes(wishes: Wishes, places: list[Place]) -> None:
    """Refuse wishes that no division of these lands can carry out.

    Raises InputRefused: ASSIGNMENT_LOCKED, ASSIGNMENT_ACROSS_LOCKED, ASSIGNMENT_ACROSS_BARRIER.
    """
    locked = {place.label: number for number, place in enumerate(places) if place.is_locked}
    for number in range(len(wishes.names)):
        where = {
            (at, int(zone))
            for at, place in enumerate(places)
            for zone in np.unique(place.zone[wishes.wish[place.rows] == number])
        } | {(at, place.cores[number]) for at, place in enumerate(places) if number in place.cores}
        lands = {at for at, _ in where}
        _check_locked(wishes, number, {at for at in lands if places[at].is_locked}, lands, locked, places)
        if len(lands) > 1:
            raise _refused(
                "ASSIGNMENT_ACROSS_LOCKED",
                wishes,
                number,
                zh="的建筑（或与该网格原有范围）被锁定的网格隔开，不能在同一网格",
                en="are kept apart, or away from that grid, by locked grids",
                remedy=(
                    "请解除锁定，或改指定其中一些建筑",
                    "unlock the grid between them, or assign some otherwise",
                ),
            )
        if len({zone for _, zone in where if zone >= 0}) > 1:
            raise _refused(
                "ASSIGNMENT_ACROSS_BARRIER",
                wishes,
                number,
                zh="的建筑（或与该网格原有范围）在屏障（河流、铁路等）两侧，不能在同一网格",
                en="stand on different sides of a barrier, or on another side than that grid",
                remedy=("请改指定屏障一侧的建筑", "assign those on one side otherwise"),
            )


def _check_locked(
    wishes: Wishes,
    number: int,
    in_locked: set[int],
    lands: set[int],
    locked: dict[Hashable, int],
    places: list[Place],
) -> None:
    own = locked.get(wishes.names[number])
    allowed = set() if own is None else {own}
    strange = (lands - allowed) if own is not None else in_locked
    if not strange:
        return
    rows = np.concatenate([places[at].rows for at in sorted(strange)])
    rows = rows[wishes.wish[rows] == number]
    standing = [places[at].label for at in sorted(strange) if places[at].is_locked] or [wishes.names[number]]
    raise InputRefused(
        "ASSIGNMENT_LOCKED",
        zh=f"建筑 {listed(wishes.buildings[rows])} 不能指定到网格 {wishes.names[number]}："
        f"网格 {listed(standing)} 已锁定",
        en=f"buildings {listed(wishes.buildings[rows])} cannot be assigned to grid {wishes.names[number]}: "
        f"grid {listed(standing)} is locked",
        remedy_zh="请先解除锁定，或取消该指定",
        remedy_en="unlock the grid first, or take the assignment back",
        facts={"grid": str(wishes.names[number]), "buildings": [str(b) for b in wishes.buildings[rows][:50]]},
    )


def _refused(
    code: str, wishes: Wishes, number: int, *, zh: str, en: str, remedy: tuple[str, str]
) -> InputRefused:
    buildings = wishes.of_grid(number)
    return InputRefused(
        code,
        zh=f"手工指定到网格 {wishes.names[number]} {zh}：{listed(buildings)}",
        en=f"the buildings assigned to grid {wishes.names[number]} {en}: {listed(buildings)}",
        remedy_zh=remedy[0],
        remedy_en=remedy[1],
        facts={"grid": str(wishes.names[number]), "buildings": [str(b) for b in buildings[:50]]},
    )


def pin_loose(
    tessellation: Tessellation,
    label: IntArray,
    loose: IntArray,
    wish: IntArray,
    named: dict[int, int],
    wishes: Wishes,
) -> IntArray:
    """Return the labels with every loose unit that is named joined to its grid.

    Loose land without a wish that lies between goes along. Raises InputRefused("ASSIGNMENT_ACROSS_BARRIER")
    where a named unit does not reach its grid over loose land.
    """
    waiting = [int(u) for u in loose if wish[u] >= 0]
    if not waiting:
        return label
    label = label.copy()
    links = _links(tessellation)
    for unit in waiting:
        grid = named.get(int(wish[unit]))
        path = None if grid is None else _way(links, label, wish, unit, grid)
        if grid is None or path is None:
            raise _refused(
                "ASSIGNMENT_ACROSS_BARRIER",
                wishes,
                int(wish[unit]),
                zh="的建筑有的在没有住户的地块上，与该网格不相连",
                en="stand partly on land without homes that does not touch the grid",
                remedy=("请取消这些建筑的指定", "take back the assignment of these"),
            )
        label[path] = grid
    return label


def _links(tessellation: Tessellation) -> dict[int, list[int]]:
    links: dict[int, list[int]] = {}
    pairs = tessellation.adjacency
    for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        links.setdefault(a, []).append(b)
        links.setdefault(b, []).append(a)
    return links


def _way(
    links: dict[int, list[int]], label: IntArray, wish: IntArray, unit: int, grid: int
) -> list[int] | None:
    """Return the loose units from `unit` to the grid (breadth first), or None."""
    came = {unit: -1}
    queue = [unit]
    for at in queue:
        for v in sorted(links.get(at, [])):
            if label[v] == grid:
                path = [at]
                while came[path[-1]] >= 0:
                    path.append(came[path[-1]])
                return path
            if label[v] < 0 and v not in came and wish[v] in (-1, wish[unit]):
                came[v] = at
                queue.append(v)
    return None
