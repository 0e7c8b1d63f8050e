"""A displaced file is caught against the city's own layers; a true one never is."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute import crs

WEST, SOUTH = 113.20, 35.20
MOVES = {"is_gcj02": crs.to_gcj02, "is_bd09": crs.to_bd09, "was_unshifted_gcj02": crs.from_gcj02}


def _town(seed: int = 4) -> dict[str, gpd.GeoDataFrame]:
    """Irregular blocks of 150–350 m with streets between, communities of whole blocks, houses inside
    (metres).
    """
    rng = np.random.default_rng(seed)
    xs, ys = (np.cumsum(rng.uniform(150, 350, 12)) + 400_000 for _ in range(2))
    ys = ys - 400_000 + 3_897_000
    blocks = [shapely.box(a, c, b, d) for a, b in pairwise(xs) for c, d in pairwise(ys)]
    streets = [shapely.LineString([(x, ys[0]), (x, ys[-1])]) for x in xs]
    streets += [shapely.LineString([(xs[0], y), (xs[-1], y)]) for y in ys]
    houses = []
    for block in blocks:
        left, low, right, high = block.buffer(-12).bounds
        for _ in range(6):
            x, y = rng.uniform(left, right - 30), rng.uniform(low, high - 12)
            houses.append(shapely.box(x, y, x + rng.uniform(12, 30), y + 12))
    communities = [shapely.union_all(blocks[i : i + 3]) for i in range(0, len(blocks), 3)]

    def frame(shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4547").to_crs(crs.STORAGE_EPSG)

    sites = [house.centroid for house in houses[::4]]
    return {
        "communities": frame(communities),
        "streets": frame(streets),
        "buildings": frame(houses),
        "fitness_sites": frame(sites),
    }


TOWN = _town()


def _shifted(frame: gpd.GeoDataFrame, cause: str) -> gpd.GeoDataFrame:
    moved = shapely.transform(
        frame.geometry.values, lambda xy: np.column_stack(MOVES[cause](xy[:, 0], xy[:, 1]))
    )
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=crs.STORAGE_EPSG))


@pytest.mark.parametrize("cause", list(MOVES))
@pytest.mark.parametrize(
    ("kind", "references"),
    [
        ("communities", ["communities"]),
        ("streets", ["streets"]),
        ("streets", ["communities"]),
        ("communities", ["streets"]),
        ("buildings", ["buildings"]),
        ("buildings", ["communities"]),
        ("buildings", ["communities", "streets"]),
        ("fitness_sites", ["fitness_sites"]),
    ],
)
def test_a_displaced_file_is_named_with_its_cause(cause: str, kind: str, references: list[str]) -> None:
    verdict = crs.offset_against({name: TOWN[name] for name in references}, _shifted(TOWN[kind], cause), kind)
    assert (verdict.is_displaced, verdict.cause) == (True, cause)
    assert 300 < np.hypot(verdict.dx_m, verdict.dy_m) < 1300
    assert verdict.share_after > verdict.share_before


@pytest.mark.parametrize("kind", ["communities", "streets", "buildings", "fitness_sites"])
@pytest.mark.parametrize("noise_m", [0, 3, 6])
def test_a_true_file_passes_though_surveys_differ_by_metres(kind: str, noise_m: int) -> None:
    rng = np.random.default_rng(noise_m)
    given = TOWN[kind].to_crs("EPSG:4547")
    moved = [shapely.transform(shape, lambda xy: xy + rng.normal(0, noise_m, 2)) for shape in given.geometry]
    candidate = given.set_geometry(gpd.GeoSeries(moved, index=given.index, crs="EPSG:4547")).to_crs(
        crs.STORAGE_EPSG
    )
    verdict = crs.offset_against(TOWN, candidate, kind)
    assert not verdict.is_displaced, verdict.zh


def test_new_houses_among_the_old_ones_pass() -> None:
    houses = TOWN["buildings"]
    references = {**TOWN, "buildings": houses.iloc[::2]}
    assert not crs.offset_against(references, houses.iloc[1::2], "buildings").is_displaced


@pytest.mark.parametrize("seed", range(26, 32))
@pytest.mark.parametrize("kind", ["buildings", "streets", "communities"])
def test_another_town_drawn_at_random_is_not_called_displaced(kind: str, seed: int) -> None:
    """Chance must not explain it by a datum: a stranger fits no better after any of the moves."""
    verdict = crs.offset_against(TOWN, _town(seed)[kind], kind)
    assert verdict.cause in ("none", "unexplained"), verdict.en


def test_a_shift_no_datum_explains_is_still_caught() -> None:
    moved = TOWN["buildings"].to_crs("EPSG:4547")
    moved = moved.set_geometry(moved.translate(180, -120)).to_crs(crs.STORAGE_EPSG)
    verdict = crs.offset_against(TOWN, moved, "buildings")
    assert (verdict.is_displaced, verdict.cause) == (True, "unexplained")
    assert (verdict.dx_m, verdict.dy_m) == pytest.approx((180, -120), abs=3)


def test_a_first_import_and_a_far_district_prove_nothing() -> None:
    far = TOWN["buildings"].copy()
    far = far.set_geometry(far.translate(0.4, 0.1))
    for references in ({}, TOWN):
        verdict = crs.offset_against(references, far, "buildings")
        assert (verdict.is_displaced, verdict.compared) == (False, 0)


@pytest.mark.parametrize("cause", ["", *MOVES])
@pytest.mark.parametrize("points_are", ["held", "given", "half"])
def test_points_and_footprints_of_one_kind_can_be_compared(cause: str, points_are: str) -> None:
    """A table of buildings with one coordinate each is held against footprints, and the other way round."""
    drawn = TOWN["buildings"]
    as_points = drawn.set_geometry(gpd.GeoSeries(drawn.representative_point(), crs=crs.STORAGE_EPSG))
    held = as_points if points_are == "held" else drawn
    given = {"held": drawn, "given": as_points, "half": pd.concat([drawn.iloc[::2], as_points.iloc[1::2]])}[
        points_are
    ]
    verdict = crs.offset_against({"buildings": held}, _shifted(given, cause) if cause else given, "buildings")
    assert (verdict.is_displaced, verdict.cause) == (bool(cause), cause or "none")


def test_nothing_that_is_drawn_brings_the_comparison_down() -> None:
    """Collections, lines without length, missing and empty geometry say nothing, quietly."""
    place = shapely.Point(WEST, SOUTH)
    odd = [
        place,
        None,
        shapely.Polygon(),
        shapely.MultiPoint([place]),
        shapely.LineString([place, place]),
        shapely.GeometryCollection([place, place.buffer(0.001)]),
        place.buffer(0.001),
        shapely.MultiLineString(
            [[(WEST, SOUTH), (WEST + 0.01, SOUTH)], [(WEST, SOUTH + 0.01), (WEST, SOUTH + 0.02)]]
        ),
    ]
    frame = gpd.GeoDataFrame(geometry=odd * 3, crs=crs.STORAGE_EPSG)
    nothing = gpd.GeoDataFrame(geometry=[None, shapely.Polygon()], crs=crs.STORAGE_EPSG)
    for held, given in ((frame, frame), (nothing, frame), (frame, nothing)):
        assert not crs.offset_against({"streets": held, "buildings": held}, given, "buildings").is_displaced
