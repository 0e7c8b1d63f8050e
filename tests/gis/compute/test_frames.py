import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.frames import assign_communities, build_frames
from gis.compute.offsets import farthest_from, offsets
from gis.compute.refusal import InputRefused

CRS = "EPSG:4547"
X, Y = 428_000.0, 3_900_000.0


def communities(*polygons: shapely.Geometry) -> gpd.GeoDataFrame:
    shapes = [shapely.transform(p, lambda xy: xy + np.array([X, Y])) for p in polygons]
    return gpd.GeoDataFrame({"name": [f"社区{i}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)


def test_neighbours_share_every_vertex_even_where_only_one_of_them_had_it() -> None:
    frames = build_frames(
        communities(
            shapely.box(0, 0, 500, 400), shapely.box(500, 0, 900, 250), shapely.box(500, 250, 900, 400)
        ),
        CRS,
    )
    shapes = frames.lonlat.geometry.to_numpy()
    assert frames.lonlat.crs.to_epsg() == 4490
    assert shapely.coverage_is_valid(shapes)
    xy = shapely.get_coordinates(shapes)
    assert (np.round(xy, 7) == xy).all()
    assert frames.lonlat["frame_shift_m"].max() < 0.02


def test_no_edge_of_a_frame_is_longer_than_the_step() -> None:
    frames = build_frames(communities(shapely.box(0, 0, 300, 300)), CRS, step_m=6.0)
    xy = shapely.get_coordinates(frames.metric.geometry.iloc[0])
    assert np.hypot(*np.diff(xy, axis=0).T).max() < 6.05


def test_overlap_is_refused_with_names_place_and_area() -> None:
    with pytest.raises(InputRefused) as refused:
        build_frames(communities(shapely.box(0, 0, 500, 400), shapely.box(490, 0, 900, 400)), CRS)
    assert refused.value.code == "COMMUNITY_OVERLAP"
    assert refused.value.facts["names"] == ["社区0", "社区1"]
    assert refused.value.facts["area_m2"] == pytest.approx(4000, rel=0.01)
    lon, lat = refused.value.place or (0, 0)
    assert 113.2 < lon < 113.3 and 35.2 < lat < 35.3


@pytest.mark.parametrize("shift", [-0.3, 0.3])
def test_a_sliver_between_two_communities_is_healed_and_told(shift: float) -> None:
    frames = build_frames(
        communities(shapely.box(0, 0, 500, 400), shapely.box(500 + shift, 0, 900, 400)), CRS
    )
    shapes = frames.lonlat.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    if shift < 0:
        assert len(frames.notes) == 1
    assert frames.metric.area.sum() == pytest.approx(900 * 400, abs=130)


def test_a_gap_sliver_enclosed_by_communities_is_filled() -> None:
    ring = shapely.box(0, 0, 600, 600).difference(shapely.box(200, 200, 400, 400))
    frames = build_frames(communities(ring, shapely.box(200, 200, 399.8, 400)), CRS)
    assert frames.metric.area.sum() == pytest.approx(360_000, abs=10)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]), "INVALID_GEOMETRY"),
        (shapely.Polygon(), "INVALID_GEOMETRY"),
        (shapely.LineString([(0, 0), (5, 5)]), "INVALID_GEOMETRY"),
    ],
)
def test_unusable_polygons_are_refused_with_their_row(shape: shapely.Geometry, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        build_frames(communities(shapely.box(1000, 0, 1100, 100), shape), CRS)
    assert (refused.value.code, refused.value.row) == (code, 2)


def test_missing_crs_and_empty_layer_are_refused() -> None:
    with pytest.raises(InputRefused, match="CRS_MISSING"):
        build_frames(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]), CRS)
    with pytest.raises(InputRefused, match="EMPTY_FRAME"):
        build_frames(communities().set_crs(CRS), CRS)


def test_the_same_polygon_twice_is_refused() -> None:
    with pytest.raises(InputRefused, match="COMMUNITY_OVERLAP"):
        build_frames(communities(shapely.box(0, 0, 50, 50), shapely.box(0, 0, 50, 50)), CRS)


def test_buildings_go_where_their_middle_lies_and_strays_are_listed() -> None:
    frames = build_frames(communities(shapely.box(0, 0, 500, 400), shapely.box(500, 0, 900, 400)), CRS)
    shapes = [
        shapely.box(10, 10, 30, 30),
        shapely.box(490, 10, 530, 30),
        shapely.Point(600, 50),
        shapely.box(2000, 0, 2010, 10),
    ]
    buildings = gpd.GeoDataFrame(
        geometry=[shapely.transform(s, lambda xy: xy + np.array([X, Y])) for s in shapes], crs=CRS
    )
    found = assign_communities(buildings, frames)
    assert found.community.iloc[:3].tolist() == [0, 1, 1]
    assert found.outside.tolist() == [3]
    assert found.straddling.tolist() == [1]


def test_vertices_lie_as_far_off_another_line_as_geos_says() -> None:
    chance = np.random.default_rng(3)
    one = shapely.LineString(np.cumsum(chance.normal(0, 5, (200, 2)), axis=0))
    other = shapely.MultiLineString([one.simplify(4.0), shapely.LineString([(900, 0), (900, 50)])])
    lone = shapely.LineString([(-500, 0), (-400, 0), (-400, 0)])
    for a, b in ((one, other), (other, one), (lone, one), (one, lone)):
        expected = shapely.distance(shapely.points(shapely.get_coordinates(a)), b).max()
        assert farthest_from(a, b) == expected
    way = np.array([[0.0, 0.0, 10.0, 0.0], [3.0, 4.0, 3.0, 4.0]])
    xy = np.array([[5.0, 2.0], [-3.0, 4.0], [3.0, 5.0], [99.0, 0.0]])
    assert offsets(xy, way, 10.0, 8.0).tolist() == [2.0, 5.0, 1.0, np.inf]
    assert offsets.py_func(xy, way, 10.0, 8.0).tolist() == [2.0, 5.0, 1.0, np.inf]
