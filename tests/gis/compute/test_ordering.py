import numpy as np
import pandas as pd
import shapely

from gis.compute.ordering import canonical_order, west_to_east

SHAPES = np.array(
    [
        shapely.box(2, 0, 3, 1),
        shapely.Point(1, 1),
        shapely.Polygon([(2, 0), (3, 0), (3, 1), (2, 1)]),
        shapely.Point(1, 1),
        shapely.Point(),
        None,
    ],
    dtype=object,
)
NAMES = pd.Series(["a", "c", "b", "b", "d", "e"])


def test_any_order_of_the_rows_gives_the_same_sequence() -> None:
    wanted = NAMES.iloc[canonical_order(SHAPES, NAMES)].tolist()
    for seed in range(10):
        mixed = np.random.default_rng(seed).permutation(len(SHAPES))
        names = NAMES.iloc[mixed]
        assert names.iloc[canonical_order(SHAPES[mixed], names)].tolist() == wanted


def test_places_come_first_then_shapes_then_columns_and_nothing_comes_last() -> None:
    order = NAMES.iloc[canonical_order(SHAPES, NAMES)].tolist()
    assert order[:2] == ["b", "c"]
    assert set(order[2:4]) == {"a", "b"}
    assert set(order[4:]) == {"d", "e"}


def test_no_rows_have_no_order() -> None:
    assert canonical_order(np.zeros(0, dtype=object)).tolist() == []


def test_parts_are_numbered_from_west_to_east_and_from_north_where_equal() -> None:
    cells = np.array(
        [shapely.box(x, y, x + 2, y + 2) for x, y in ((8, 0), (0, 0), (0, 9), (4, 0))], dtype=object
    )
    order, rank, middles = west_to_east(cells, np.array([1.0, 1.0, 1.0, 3.0]), np.array([2, 0, 1, 2]), 3)
    assert order.tolist() == [1, 0, 2]
    assert rank.tolist() == [1, 0, 2]
    assert middles.tolist() == [[1, 10], [1, 1], [6, 1]]
