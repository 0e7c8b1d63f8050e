import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.partition import partition_community
from gis.compute.plan_quality import grid_rows, histograms
from gis.compute.plan_quality import summary as plan_summary
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
    summary = report["summary"]
    assert summary["households"] == town.buildings["households"].sum()
    assert sum(row["households"] for row in grid_rows(result.grids)) == summary["households"]
    for histogram in report["histograms"].values():
        assert sum(histogram["counts"]) == summary["grids"] == len(result.grids)
    assert summary["in_band"] <= summary["in_band_at_most"] <= summary["grids"]
    assert sum(summary["zones_by_verdict"].values()) == summary["zones"] == len(report["zones"])
    assert (summary["empty"], summary["not_contiguous"], summary["crossing_barriers"]) == (0, 0, 0)
    assert result.grids["compactness"].between(0.1, 1).all()
    assert result.grids["street_share"].between(0, 1).all()
    # Only a house that itself stands across the bank brings some of the bank into its grid.
    banks = shapely.union_all(shapely.boundary(town.river.to_numpy()))
    astride = town.buildings.geometry.intersects(banks)
    owners = set(result.assignment[astride])
    assert set(result.grids.index[result.grids["barrier_m"] > 0]) <= owners < set(result.grids.index)


def some_grids() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "households": [400, 350, 800, 0], "deviation": [0.0, -0.125, 1.0, -1.0],
            "size_class": ["band", "soft", "hard", "outside"], "zone": [0, 0, 1, 2],
            "compactness": [0.5, 0.7, 0.6, 0.8], "reock": [0.4, 0.4, 0.5, 0.5], "street_share": [0.5] * 4,
            "barrier_m": [0.0, 10.0, 0.0, 0.0], "compounds_split": [0, 1, 1, 0],
            "reasons": [
                (Reason.CROSSES_BARRIER,), (Reason.NOT_POSSIBLE, Reason.CROSSES_BARRIER), (Reason.TOWER,), (),
            ],
        }
    )  # fmt: skip


def some_zones() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "zone": [0, 1, 2], "attainable_deviation": [0.06, 0.0, 1.0], "is_attainable": [True, True, False],
            "pieces": [2, 1, 1], "verdict": ["optimal", "optimal", "unproven"], "in_band_at_most": [1, 0, 1],
        }
    )  # fmt: skip


def test_locked_grids_in_band_count_among_those_that_can_be() -> None:
    grids = pd.concat([some_grids(), some_grids().iloc[:2].assign(zone=-1)], ignore_index=True)
    told = plan_summary(grids, some_zones())
    assert (told["in_band"], told["in_band_at_most"]) == (2, 3)


def test_a_plan_is_summed_up_over_attainable_zones_and_the_hard_zeros() -> None:
    told = plan_summary(some_grids(), some_zones())
    assert (told["attainable_grids"], told["attainable_in_band"], told["attainable_out_of_band"]) == (3, 1, 2)
    assert told["attainable_worst_deviation"] == 1.0
    assert told["attainable_worst_deviation_without_towers"] == 0.125
    assert told["zones_by_verdict"] == {"optimal": 2, "unproven": 1}
    assert told["in_band_at_most"] == 2
    assert told["empty"] == 1
    # Joining two sides takes one grid across the barrier: the second one was not needed.
    assert (told["crossing_barriers"], told["crossing_without_need"]) == (2, 1)


def test_an_empty_plan_and_zones_without_proofs_are_summed_up_too() -> None:
    bare = some_zones().loc[:, ["zone", "attainable_deviation"]]
    assert plan_summary(some_grids().iloc[:0], bare.iloc[:0])["grids"] == 0
    assert plan_summary(some_grids(), bare)["attainable_grids"] == 0


def test_histograms_keep_what_lies_beyond_at_their_ends() -> None:
    counts = histograms(some_grids().assign(deviation=[0.0, -3.0, 4.0, 0.01]))["deviation"]["counts"]
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 4)
