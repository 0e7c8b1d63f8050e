"""Drawing the urban communities of the generated Jiefang district: presets beside each other, in one run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gis.compute.frames import build_frames
from gis.compute.generator import draw_households, generate_city, read_community_specs
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import partition_community, warm_up

CODES = Path(__file__).resolve().parents[2] / "data" / "codes"
TOTAL = 115_780

pytestmark = pytest.mark.bench


def _district():
    tables = CODES / "jiaozuo_communities.csv", CODES / "jiaozuo_street_towns.csv"
    specs = draw_households(read_community_specs(*tables, "410802"), TOTAL, seed=410802)
    return generate_city(specs, seed=410802, centre_lonlat=(113.22, 35.24), with_households=True)


@pytest.fixture(scope="module")
def district():
    city = _district()
    warm_up()
    metric = city.metric_crs
    urban = city.communities[city.communities["kind"] == "urban"]
    return {
        "frames": build_frames(city.communities, metric).lonlat.loc[urban.index],
        "buildings": city.buildings.to_crs(metric),
        "streets": city.streets.geometry.to_crs(metric),
        "barriers": city.barriers.geometry.to_crs(metric),
        "metric": metric,
    }


def _drawn(district, preset: str):
    began = time.process_time()
    deviations, compactness = [], []
    for row in district["frames"].itertuples():
        homes = district["buildings"][district["buildings"]["community_code"] == row.code]
        drawn = partition_community(
            row.geometry, homes, metric_crs=district["metric"], streets=district["streets"],
            barriers=district["barriers"], key=row.code, parameters=PartitionParameters(preset=preset),
        )  # fmt: skip
        deviations += drawn.grids["deviation"].abs().tolist()
        compactness += drawn.grids["compactness"].tolist()
    return time.process_time() - began, deviations, compactness


def test_presets_beside_each_other(district):
    figures = {preset: _drawn(district, preset) for preset in ("fast", "standard")}
    for preset, (seconds, deviations, compactness) in figures.items():
        in_band = sum(deviation <= 0.10 for deviation in deviations)
        print(
            f"\n{preset}: {len(deviations)} grids, {in_band} within ±10 % ({in_band / len(deviations):.1%}), "
            f"worst {max(deviations):.0%}, mean Polsby-Popper {sum(compactness) / len(compactness):.3f}, "
            f"{seconds:.1f} CPU s",
            end="",
        )
    print()
    assert figures["standard"][0] > 0
