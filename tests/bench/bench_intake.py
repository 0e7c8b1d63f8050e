"""Reading a layer with every check against merely reading it; the exact inverse of GCJ-02 against the usual
one.

Prints seconds of CPU and ratios; run with `./dev bench`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from gis.compute.crs import from_gcj02, to_gcj02
from gis.compute.intake import IntakeOptions, read_layer

ROWS = 50_000


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _houses() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    x, y = 113.0 + rng.random(ROWS) * 0.5, 35.0 + rng.random(ROWS) * 0.3
    columns = {
        "ref": [str(number) for number in range(ROWS)],
        "households": rng.integers(0, 200, ROWS),
        "floors": rng.integers(1, 30, ROWS),
        "use": ["住宅"] * ROWS,
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + 2e-4, y + 1e-4), crs=4490)


@pytest.mark.bench
def test_checked_reading_against_plain_reading(tmp_path: Path) -> None:
    path = tmp_path / "houses.gpkg"
    pyogrio.write_dataframe(_houses(), path)
    checked_s, intake = _cpu(
        lambda: read_layer(path, "buildings", IntakeOptions(extent=(112.9, 34.9, 113.6, 35.4)))
    )
    plain_s, frame = _cpu(lambda: gpd.read_file(path).to_crs(4490))
    assert intake.is_accepted and len(intake.frame) == len(frame) == ROWS
    print(
        f"\n{ROWS} buildings: checked {checked_s:.2f} s CPU, geopandas.read_file {plain_s:.2f} s, "
        f"{checked_s / plain_s:.1f} times as long"
    )


@pytest.mark.bench
def test_exact_inverse_of_gcj02() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(74, 134, 200_000), rng.uniform(18, 53, 200_000)
    shifted = to_gcj02(lon, lat)
    exact_s, back = _cpu(lambda: from_gcj02(*shifted))
    one_step = tuple(2 * given - seen for given, seen in zip(shifted, to_gcj02(*shifted), strict=True))
    worst_m = float(np.abs(back[1] - lat).max() * 111_000)
    one_step_m = float(np.abs(one_step[1] - lat).max() * 111_000)
    assert worst_m < 1e-6
    print(
        f"\n200,000 points in {exact_s:.2f} s CPU, worst {worst_m:.0e} m; "
        f"the usual one-step inverse errs by up to {one_step_m:.1f} m"
    )
