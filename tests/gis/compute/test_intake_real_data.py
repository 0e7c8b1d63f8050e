"""The shipped Lujiazui set, as it came: its real faults are named, and a displaced copy of it is caught.

Data: © OpenStreetMap contributors, ODbL, through Tilezen.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from gis.compute import crs
from gis.compute.intake import IntakeOptions, read_layer

LUJIAZUI = Path(__file__).resolve().parents[3] / "data" / "shanghai_lujiazui_tilezen.gpkg"
MOVES = {"is_gcj02": crs.to_gcj02, "is_bd09": crs.to_bd09, "was_unshifted_gcj02": crs.from_gcj02}


@pytest.fixture(scope="module")
def layers() -> dict[str, gpd.GeoDataFrame]:
    names = {"buildings": "buildings", "streets": "roads", "fitness_sites": "pois"}
    return {kind: pyogrio.read_dataframe(LUJIAZUI, layer=name).to_crs(4490) for kind, name in names.items()}


def test_repeated_ids_and_impossible_heights_of_the_buildings_are_named() -> None:
    intake = read_layer(LUJIAZUI, "buildings")
    assert Counter(finding.code for finding in intake.errors) == {"KEY_REPEATED": 23}
    assert Counter(finding.code for finding in intake.warnings)["HEIGHT_M_TOO_SMALL"] == 4
    assert intake.provenance.source_rows == 1462


def test_a_street_without_length_and_a_swimming_pool_are_named() -> None:
    streets = read_layer(LUJIAZUI, "streets", IntakeOptions(layer="roads"))
    assert [(finding.row, finding.code) for finding in streets.errors] == [(29, "GEOMETRY_INVALID")]
    assert streets.errors[0].place == (121.4933354, 31.2409854)
    barriers = read_layer(LUJIAZUI, "barriers", IntakeOptions(layer="water"))
    assert "swimming_pool" in {str(finding.facts.get("value")) for finding in barriers.errors}


def test_with_repair_a_street_without_length_is_left_out_and_said_to_be() -> None:
    refused, mended = (
        read_layer(LUJIAZUI, "streets", IntakeOptions(layer="roads", repair=repair))
        for repair in (False, True)
    )
    assert mended.errors == ()
    assert [
        finding.facts["rows"] for finding in mended.warnings if finding.code == "LENGTHLESS_LEFT_OUT"
    ] == [[29]]
    assert mended.frame.equals(refused.frame)
    assert 29 not in set(mended.frame["row"])


def test_with_repair_points_among_the_water_are_left_out_and_said_to_be() -> None:
    refused, mended = (
        read_layer(LUJIAZUI, "barriers", IntakeOptions(layer="water", repair=repair))
        for repair in (False, True)
    )
    points = [finding.row for finding in refused.errors if finding.code == "GEOMETRY_TYPE"]
    assert len(points) == 3
    assert [
        finding.facts["rows"] for finding in mended.warnings if finding.code == "LENGTHLESS_LEFT_OUT"
    ] == [points]
    assert not [finding for finding in mended.errors if finding.code == "GEOMETRY_TYPE"]


@pytest.mark.parametrize("cause", list(MOVES))
@pytest.mark.parametrize("kind", ["buildings", "streets", "fitness_sites"])
def test_every_second_feature_betrays_the_displacement_of_the_others(
    layers: dict[str, gpd.GeoDataFrame], kind: str, cause: str
) -> None:
    """The file and the city's layers share no feature, only the place."""
    references = {name: frame.iloc[::2] for name, frame in layers.items()}
    given = layers[kind].iloc[1::2] if kind != "fitness_sites" else layers[kind].iloc[100:]
    assert not crs.offset_against(references, given, kind).is_displaced
    moved = shapely.transform(
        given.geometry.values, lambda xy: np.column_stack(MOVES[cause](xy[:, 0], xy[:, 1]))
    )
    shifted = given.set_geometry(gpd.GeoSeries(moved, index=given.index, crs=4490))
    verdict = crs.offset_against(references, shifted, kind)
    assert (verdict.is_displaced, verdict.cause) == (True, cause)
