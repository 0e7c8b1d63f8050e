import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.partition import partition_community
from gis.compute.quality import (
    REASON_TEXTS,
    Reason,
    compounds_split,
    moved_households,
    polsby_popper,
    reason_texts,
    reock,
    size_class,
)


def test_a_circle_is_as_compact_as_can_be_and_a_square_is_known() -> None:
    shapes = np.array(
        [shapely.Point(0, 0).buffer(100, quad_segs=256), shapely.box(0, 0, 10, 10)], dtype=object
    )
    assert polsby_popper(shapes) == pytest.approx([1.0, np.pi / 4], abs=1e-4)
    assert reock(shapes) == pytest.approx([1.0, 2 / np.pi], abs=1e-4)


@pytest.mark.parametrize(
    ("households", "name"),
    [
        (360, "band"), (440, "band"), (359, "soft"), (441, "soft"), (300, "soft"), (500, "soft"), (299, "hard"),
        (501, "hard"), (100, "hard"), (800, "hard"), (99, "outside"), (801, "outside"), (0, "outside"),
    ],
)  # fmt: skip
def test_sizes_are_told_apart_exactly_at_the_limits(households: int, name: str) -> None:
    assert size_class(households, SizeLimits()) == name


def test_split_compounds_are_counted_at_every_grid_that_shares_one() -> None:
    buildings = pd.DataFrame({"compound": ["a", "a", "b", None, None]})
    assert compounds_split(buildings, np.array([0, 1, 1, 0, 2]), 3).tolist() == [1, 1, 0]


def test_moved_households_are_those_from_other_old_grids() -> None:
    households = pd.Series([10, 20, 30, 40])
    moved = moved_households(
        households, pd.Series([0, 0, 1, 1]), pd.Series(["x", "y", "y", None]), {0: "x", 1: "y"}
    )
    assert moved == {0: 20, 1: 0}


def test_every_reason_has_a_text_in_both_languages() -> None:
    assert set(REASON_TEXTS) == set(Reason)
    assert reason_texts([Reason.TOWER]) == ([REASON_TEXTS[Reason.TOWER][0]], [REASON_TEXTS[Reason.TOWER][1]])


def test_the_report_is_json_and_adds_up(town: Any) -> None:
    result = partition_community(
        town.frame, town.buildings, metric_crs=town.crs, streets=town.streets, barriers=town.river,
        parameters=PartitionParameters(preset="fast"),
    )  # fmt: skip
    report = json.loads(json.dumps(result.quality, ensure_ascii=False))
    assert report["summary"]["households"] == town.buildings["households"].sum()
    assert sum(row["households"] for row in report["grids"]) == report["summary"]["households"]
    assert sum(report["deviation_histogram"]["counts"]) == report["summary"]["grids"] == len(result.grids)
    assert result.grids["compactness"].between(0.1, 1).all()
    assert result.grids["street_share"].between(0, 1).all()
    assert result.grids["barrier_m"].sum() == 0
