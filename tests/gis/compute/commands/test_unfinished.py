"""A finished community is put away and comes back the very same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.commands.unfinished import WorkFolder, digest_of
from gis.compute.outcome import CommunityPartition
from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused


def a_partition() -> CommunityPartition:
    grids = gpd.GeoDataFrame(
        {
            "households": np.array([400, 0], dtype=np.int64),
            "deviation": [0.1 + 0.2, float("nan")],
            "size_class": ["band", "outside"],
            "locked": [True, False],
            "inherits": [None, "410802001001002"],
            "villager_groups": [("一组", "二组"), ()],
            "reasons": [(Reason.GROUP,), (Reason.NO_HOMES, Reason.NOT_CONTIGUOUS)],
        },
        geometry=[shapely.box(113.1234567, 35.0, 113.2, 35.1), shapely.Point(113.3, 35.2).buffer(0.01)],
        crs="EPSG:4490",
    )
    zones = pd.DataFrame(
        {"zone": [0], "attainable_deviation": [1 / 3], "reasons": [("河",)], "gap": [np.nan]}
    )
    assignment = pd.Series([1, 0, 0], index=[7, 3, 9], name="grid", dtype="int64")
    return CommunityPartition(grids, assignment, zones, {"summary": {"grids": 2}}, ["提示"])


def test_nothing_is_lost_on_the_way(tmp_path: Path) -> None:
    given = a_partition()
    work = WorkFolder(tmp_path / "grids.gpkg")
    assert work.begin("a", resume=False, fresh=False) is False
    work.keep("410802001001", given)
    assert work.begin("a", resume=True, fresh=False) is True
    back = work.kept()["410802001001"]
    assert back.grids.geometry.to_wkb().equals(given.grids.geometry.to_wkb())
    plain, same = (pd.DataFrame(each.grids.drop(columns="geometry")) for each in (given, back))
    pd.testing.assert_frame_equal(plain, same, check_names=False)
    pd.testing.assert_series_equal(back.assignment, given.assignment)
    pd.testing.assert_frame_equal(back.zones, given.zones)
    assert (back.quality, back.notes) == (given.quality, given.notes)
    assert all(isinstance(reason, Reason) for reasons in back.grids["reasons"] for reason in reasons)


def test_a_file_cut_short_counts_as_not_finished(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "grids.gpkg")
    work.begin("a", resume=False, fresh=False)
    work.keep("1", a_partition())
    work.keep("2", a_partition())
    first = sorted(work.folder.glob("community-*.json"))[0]
    first.write_text(first.read_text(encoding="utf-8")[:100], encoding="utf-8")
    assert len(work.kept()) == 1
    assert not first.exists()


@pytest.mark.parametrize(
    ("digest", "resume", "fresh", "code"),
    [
        ("a", False, False, "RUN_UNFINISHED"),
        ("b", True, False, "RESUME_DIFFERS"),
        ("a", False, True, None),
        ("b", False, False, "RUN_UNFINISHED"),
        ("b", False, True, None),
        ("a", True, False, None),
    ],
)
def test_work_of_another_run_is_never_mixed_in(
    tmp_path: Path, digest: str, resume: bool, fresh: bool, code: str | None
) -> None:
    work = WorkFolder(tmp_path / "grids.gpkg")
    work.begin("a", resume=False, fresh=False)
    work.keep("1", a_partition())
    if code is None:
        goes_on = work.begin(digest, resume=resume, fresh=fresh)
        assert (goes_on, len(work.kept())) == (resume, int(resume))
        return
    with pytest.raises(InputRefused) as refused:
        work.begin(digest, resume=resume, fresh=fresh)
    assert refused.value.code == code
    assert "--fresh" in refused.value.remedy_en
    assert len(work.kept()) == 1


def test_a_folder_without_a_finished_community_stands_in_nobodys_way(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "grids.gpkg")
    work.begin("a", resume=False, fresh=False)
    assert work.begin("b", resume=False, fresh=False) is False


def test_a_digest_depends_on_everything_asked() -> None:
    asked: dict[str, Any] = {"seed": 1, "files": ["x", "y"]}
    assert digest_of(asked) == digest_of(dict(reversed(asked.items())))
    assert digest_of(asked) != digest_of({**asked, "seed": 2})
