"""Cells are measured on their borders: area, perimeter, common borders, and what of these runs on lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.lattice import FloatArray, IntArray, sum_per
from gis.compute.tessellation.borders import Borders, on_lines
from gis.compute.tessellation.cells import PASSABLE_M, Adjacency
from gis.compute.tessellation.enclosures import Lines, components


@dataclass(frozen=True)
class Measures:
    """Figures per unit, see `Tessellation`."""

    area_m2: FloatArray
    perimeter_m: FloatArray
    ring_m: FloatArray
    ring_street_m: FloatArray
    adjacency: Adjacency


def measure(
    borders: Borders, unit_of_face: IntArray, enclosure_of: IntArray, bank: IntArray, lines: Lines
) -> Measures:
    """Return the figures of the units made of faces with these borders; `bank`: per unit.

    Between units of different banks all of the border is barrier: where a house stands astride one, the
    border goes round the house.
    """
    count = len(bank)
    unit = unit_of_face[borders.owner]
    one, two = borders.first, borders.second
    inner = unit[one] == unit[two]
    drawn = ~inner
    one, two = one[drawn], two[drawn]
    perimeter = sum_per(unit[borders.lone], borders.length_m[borders.lone], count)
    ring = perimeter.copy()
    for side in (one, two):
        perimeter += sum_per(unit[side], borders.length_m[side], count)
    # Only the rims of enclosures and the ring lie on lines.
    enclosure = enclosure_of[borders.owner]
    rim = enclosure[one] != enclosure[two]
    rims = np.concatenate([one[rim], borders.lone])
    middle = borders.middle(rims)
    street, barrier = np.zeros(len(unit)), np.zeros(len(unit))
    street[rims] = np.where(on_lines(middle, lines.streets), borders.length_m[rims], 0.0)
    barrier[rims] = np.where(on_lines(middle, lines.barriers), borders.length_m[rims], 0.0)
    parted = one[bank[unit[one]] != bank[unit[two]]]
    barrier[parted] = borders.length_m[parted]
    return Measures(
        area_m2=sum_per(unit, borders.signed_area_m2(), count),
        perimeter_m=perimeter,
        ring_m=ring,
        ring_street_m=sum_per(unit[borders.lone], street[borders.lone], count),
        adjacency=_adjacency(unit, one, two, (borders.length_m, barrier, street), count),
    )


def _adjacency(
    unit: IntArray,
    one: IntArray,
    two: IntArray,
    metres: tuple[FloatArray, FloatArray, FloatArray],
    count: int,
) -> Adjacency:
    low, high = np.minimum(unit[one], unit[two]), np.maximum(unit[one], unit[two])
    pairs, of = np.unique(low * count + high, return_inverse=True)
    length, barrier, street = (sum_per(of, kind[one], len(pairs)) for kind in metres)
    return Adjacency(
        left=(pairs // count).astype(np.int64),
        right=(pairs % count).astype(np.int64),
        length_m=length,
        barrier_m=barrier,
        street_m=street,
    )


def pieces(adjacency: Adjacency, water: np.ndarray) -> IntArray:
    """Return the number of the land on one side of all barriers per unit, -1 for water."""
    land = ~water
    passable = (
        (adjacency.length_m - adjacency.barrier_m >= PASSABLE_M)
        & land[adjacency.left]
        & land[adjacency.right]
    )
    piece = components(len(water), adjacency.left[passable], adjacency.right[passable])
    piece = np.where(land, piece, -1)
    piece[land] = np.unique(piece[land], return_inverse=True)[1]
    return piece.astype(np.int64)
