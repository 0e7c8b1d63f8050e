"""Snap rounding on whole numbers gives the lines of GEOS, to the last bit and in the same order."""

import importlib
from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute.noding import noded_lines

ORIGIN = np.array([1_170_000_000, 366_000_000])


def as_by_geos(lines: Any) -> Any:
    return shapely.get_parts(shapely.union_all(lines, grid_size=1.0))


def walks(seed: int, reach: int, count: int = 60) -> Any:
    """Lines over one another; in a small square they touch, run together and meet pixels in their corners."""
    chance = np.random.default_rng(seed)
    return np.array(
        [
            shapely.LineString(ORIGIN + chance.integers(0, reach, (int(chance.integers(2, 6)), 2)))
            for _ in range(count)
        ],
        dtype=object,
    )


@pytest.mark.parametrize("reach", [30, 300, 20_000])
@pytest.mark.parametrize("seed", range(6))
def test_lines_cross_as_in_geos(seed: int, reach: int) -> None:
    lines = walks(seed, reach)
    expected, found = as_by_geos(lines), noded_lines(lines)
    assert len(shapely.get_parts(shapely.union_all(found))) == len(found), "a crossing was left"
    if reach >= 20_000:
        assert shapely.equals_exact(found, expected).all()
    else:
        # Crossings closer than a pixel: a tie between two of them may be seen otherwise, once in thousands.
        assert len(as_text(found) ^ as_text(expected)) <= 0.002 * len(expected) + 3


def as_text(lines: Any) -> set[str]:
    return set(shapely.to_wkt(shapely.normalize(lines)).tolist())


def test_rings_and_collections_are_taken_in_their_order() -> None:
    ring = shapely.box(*ORIGIN, *(ORIGIN + 1000))
    hole = ring.difference(shapely.box(*(ORIGIN + 200), *(ORIGIN + 400)))
    cut = shapely.LineString(ORIGIN + np.array([(-50, 301), (1050, 333)]))
    lines = np.array([shapely.boundary(hole), cut, shapely.boundary(ring)], dtype=object)
    assert shapely.equals_exact(noded_lines(lines), as_by_geos(lines)).all()


def test_coordinates_off_the_lattice_are_left_to_geos() -> None:
    lines = np.array([shapely.LineString([(0.5, 0), (10, 10)]), shapely.LineString([(0, 10), (10, 0.25)])])
    assert shapely.equals_exact(noded_lines(lines), as_by_geos(lines)).all()


def test_nothing_is_noded_to_nothing() -> None:
    assert len(noded_lines(np.zeros(0, dtype=object))) == 0
    point = np.array([shapely.LineString([(3, 3), (3, 3)])])
    assert len(noded_lines(point)) == 0


def test_compiled_and_plain_text_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = np.concatenate([walks(3, 40, 15), walks(4, 4000, 15)])
    compiled = shapely.to_wkt(noded_lines(lines)).tolist()
    for name in ("cells", "lines", "meeting", "pixels", "splitting"):
        module = importlib.import_module(f"gis.compute.noding.{name}")
        for kernel_name, kernel in list(vars(module).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, kernel_name, kernel.py_func)
    assert shapely.to_wkt(noded_lines(lines)).tolist() == compiled
