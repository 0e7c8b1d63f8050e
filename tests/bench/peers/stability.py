"""How steady a plan is: 5 % of the buildings' households change by up to 20 %, and the plan is drawn again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from gis.compute.city import CityLayers, CityPlan, finish_city, partition_city, prepare_city
from gis.compute.parameters import PartitionParameters
from tests.bench.peers.cities import BenchCity
from tests.bench.peers.score import BAND, TARGET

CHANGED, BY = 0.05, 0.2


def steadiness(city: BenchCity) -> dict[str, Any]:
    """Share of households that change grid with the plan before at hand and without, in-band shares of all three."""
    before_layers = city.layers()
    before = _plan(before_layers, 0)
    now = replace(before_layers, buildings=_changed(before_layers.buildings))
    after = _plan(replace(now, previous=before.grids), 0)
    scratch = _plan(now, 1)
    homes = now.buildings["households"].to_numpy().astype(np.int64)
    return {
        "city": city.name,
        "changed_buildings": int((homes != before_layers.buildings["households"].to_numpy()).sum()),
        "moved": _moved(before.assignment, after.assignment, homes),
        "moved_from_scratch": _moved_at_best(before.assignment, scratch.assignment, homes),
        "in_band_before": _in_band(before),
        "in_band_before_as_changed": _in_band_of(before.assignment, homes),
        "in_band_after": _in_band(after),
        "in_band_from_scratch": _in_band(scratch),
    }


def _plan(layers: CityLayers, run: int) -> CityPlan:
    city = prepare_city(layers)
    parameters = PartitionParameters(seed=PartitionParameters().seed + run)
    return finish_city(city, partition_city(city, parameters))


def _changed(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    homes = buildings["households"].to_numpy().astype(np.int64)
    lived_in = np.flatnonzero(homes > 0)
    rows = rng.choice(lived_in, max(1, round(CHANGED * len(lived_in))), replace=False)
    changed = homes.copy()
    changed[rows] = np.maximum(0, np.rint(homes[rows] * (1 + rng.choice([-BY, BY], len(rows)))))
    return buildings.assign(households=changed)


def _moved(before: pd.Series, after: pd.Series, homes: np.ndarray) -> float:
    return float(homes[(before != after).to_numpy()].sum() / homes.sum())


def _moved_at_best(before: pd.Series, after: pd.Series, homes: np.ndarray) -> float:
    """The same with the new grids named so that as few households as possible change."""
    old, new = pd.factorize(before)[0], pd.factorize(after)[0]
    shared = np.zeros((old.max() + 1, new.max() + 1))
    np.add.at(shared, (old, new), homes)
    return float(1 - shared[linear_sum_assignment(-shared)].sum() / homes.sum())


def _in_band(plan: CityPlan) -> float:
    return float((np.abs(plan.grids["households"].to_numpy() / TARGET - 1) <= BAND + 1e-9).mean())


def _in_band_of(assignment: pd.Series, homes: np.ndarray) -> float:
    sizes = pd.Series(homes).groupby(assignment.to_numpy()).sum().to_numpy()
    return float((np.abs(sizes / TARGET - 1) <= BAND + 1e-9).mean())
