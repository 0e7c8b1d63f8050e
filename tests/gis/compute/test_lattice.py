import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.compute.lattice import (
    Lattice,
    divide_keeping_corners,
    faces_within,
    from_lattice,
    node_and_polygonize,
    pack,
    segments_of,
    to_lattice,
)

LATTICE = Lattice("EPSG:4547")


@given(st.floats(73, 135), st.floats(18, 54))
def test_leaving_the_lattice_gives_what_rounding_to_seven_decimals_gives(lon: float, lat: float) -> None:
    point = np.array([shapely.Point(lon, lat)], dtype=object)
    xy = shapely.get_coordinates(from_lattice(to_lattice(point)))[0]
    assert xy.tolist() == np.round([lon, lat], 7).tolist()


@given(st.floats(480_000, 520_000), st.floats(3_800_000, 4_000_000))
def test_metres_come_back_within_a_centimetre(x: float, y: float) -> None:
    back = LATTICE.to_metric_xy(LATTICE.from_metric_xy(np.array([[x, y]])))[0]
    assert np.hypot(*(back - [x, y])) < 0.01


def test_pack_tells_any_two_places_on_earth_apart() -> None:
    corners = np.array([[-1.8e9, -9e8], [1.8e9, 9e8], [1.8e9, -9e8], [-1.8e9, 9e8], [0, 0], [0, 1], [1, 0]])
    assert len(set(pack(corners).tolist())) == len(corners)


def test_crossing_lines_are_noded_on_whole_numbers() -> None:
    box = shapely.box(0, 0, 1000, 1000)
    cut = shapely.LineString([(-10, 333), (1010, 670)])
    faces = node_and_polygonize(np.array([shapely.boundary(box), cut], dtype=object))
    xy = shapely.get_coordinates(faces)
    assert len(faces) == 2
    assert (xy == np.rint(xy)).all()
    assert shapely.coverage_is_valid(faces)


def test_inner_segments_run_both_ways_and_outer_ones_once() -> None:
    halves = np.array([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)], dtype=object)
    segments = segments_of(halves)
    ways = {(int(a), int(b)) for a, b in zip(segments.start, segments.end, strict=True)}
    assert sum((b, a) in ways for a, b in ways) == 2
    assert len(ways) == 8


def test_a_sharp_tip_between_two_streets_keeps_its_corner() -> None:
    """Streets along both sides of a wedge of land cross a centimetre beside its tip."""
    tip = np.array([0.0, 0.0])
    frame = shapely.Polygon([tip, (4951, 155), (9000, -9000), (-9000, -9000), (-9000, 9000), (5979, 1257)])
    cuts = np.array(
        [
            shapely.LineString([(-2173, -456), (5979, 1257)]),
            shapely.LineString([(-1029, -27), (970, 26), (2964, 88), (4951, 155)]),
            shapely.LineString([(2, -4000), (2, 4000)]),
        ],
        dtype=object,
    )
    faces = divide_keeping_corners(np.array([shapely.boundary(frame)], dtype=object), cuts, frame)
    land = shapely.union_all(faces_within(frame, faces)[0])
    corners = {tuple(xy) for xy in shapely.get_coordinates(land)}
    assert {tuple(xy) for xy in shapely.get_coordinates(frame)} <= corners
