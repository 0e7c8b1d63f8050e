"""The generated layers of a city made for measuring, kept as files so that a second making is quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.generator import draw_households, generate_city, read_community_specs
from wangge.shell.demo.cities import CODES, LAYER_KINDS, write_files

SEED = 4108
CENTRE = (113.24, 35.22)
NODE_HOURS = "06:00-08:00，18:30-21:00"
FACILITY_HOURS = "06:00-22:00"
STEP_FREE_SHARE = 0.6


@dataclass(frozen=True)
class ScaleGround:
    """What of Jiaozuo's real code table is generated: every community whose code begins so.

    `households`: their total; `sites`: fitness sites in all, exercise nodes at homes added to the generated ones.
    """

    code_prefix: str
    households: int
    sites: int


def layer_files(ground: ScaleGround, folder: Path) -> list[tuple[str, Path]]:
    """(layer kind, GeoPackage in CGCS2000) in import order, generated unless the folder holds them all."""
    kept = [(kind, folder / f"{kind}.gpkg") for kind in LAYER_KINDS.values()]
    whole = folder / "whole"  # laid last, so that a run that was broken off is not taken for a city
    if whole.exists() and all(path.exists() for _, path in kept):
        return kept
    whole.unlink(missing_ok=True)
    written = write_files(generated_frames(ground), folder)
    whole.touch()
    return written


def generated_frames(ground: ScaleGround) -> Mapping[str, gpd.GeoDataFrame]:
    """Real codes and names with generated households, shapes and sites, seed 4108; EPSG:4490."""
    tables = CODES / "jiaozuo_communities.csv", CODES / "jiaozuo_street_towns.csv"
    specs = draw_households(read_community_specs(*tables, ground.code_prefix), ground.households, seed=SEED)
    frames = generate_city(specs, seed=SEED, centre_lonlat=CENTRE).layers()
    return frames | {"sites": with_nodes(frames["sites"], frames["buildings"], ground.sites)}


def with_nodes(sites: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, wanted: int) -> gpd.GeoDataFrame:
    """The sites with hours and step-free entrances, and exercise nodes beside homes up to the wanted number."""
    rng = np.random.default_rng(SEED)
    homes = buildings[buildings["use"] == "residential"]
    storeys = pd.to_numeric(homes["floors"], errors="coerce").fillna(1).to_numpy(dtype=float)
    at = rng.choice(len(homes), max(0, wanted - len(sites)), replace=False, p=storeys / storeys.sum())
    chosen = homes.iloc[np.sort(at)]
    nodes = gpd.GeoDataFrame(
        {
            "site_id": [f"N{number:05d}" for number in range(1, len(chosen) + 1)],
            "name": [f"晨晚练点{number:04d}" for number in range(1, len(chosen) + 1)],
            "kind": "exercise_node",
            "capacity": rng.integers(20, 120, len(chosen)),
            "community_code": chosen["community_code"].to_numpy(),
            "label": "generated",
        },
        geometry=chosen.representative_point().to_numpy(),
        crs=buildings.crs,
    )
    together = gpd.GeoDataFrame(pd.concat([sites, nodes], ignore_index=True), crs=sites.crs)
    is_node = together["kind"] == "exercise_node"
    return together.assign(
        opening_hours=np.where(is_node, NODE_HOURS, FACILITY_HOURS),
        accessible=np.where(rng.random(len(together)) < STEP_FREE_SHARE, "是", "否"),
    )
