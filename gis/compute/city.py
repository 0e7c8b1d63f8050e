"""A whole city is drawn from its layers, community by community over all cores, and checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.city_layers import City, CityLayers, prepare_city
from gis.compute.identity import grid_code, sequence_numbers
from gis.compute.lattice import STORED_CRS, Lattice, to_lattice
from gis.compute.outcome import CommunityPartition
from gis.compute.parameters import PartitionParameters
from gis.compute.workers import Progress, Task, cores, crew

__all__ = [
    "City",
    "CityCheck",
    "CityLayers",
    "CityPlan",
    "Progress",
    "city_grids",
    "finish_city",
    "number_in_community",
    "partition_city",
    "prepare_city",
]

# The areas of the grids may miss that of the frames by the rounding of sums, no more.
AREA_GAP = 1e-9


def partition_city(
    layers: CityLayers | City,
    parameters: PartitionParameters | None = None,
    *,
    processes: int | None = None,
    should_stop: Callable[[], bool] | None = None,
    done: Collection[Hashable] = (),
    keep_going: bool = False,
) -> Iterator[Progress]:
    """Yield the partition of each community of a city, in the order of the community layer.

    `processes`: as many as there are cores where None; the answer is the same for any number. `done`: codes of
    communities already drawn elsewhere, which are passed over and counted as done. Villages are divided by
    their villager groups. `Progress.key` is the community's code; `partition.assignment` is indexed by the
    row of the building in the layer, from 0. With `keep_going` a community that cannot be drawn is handed out
    with its refusal and the others go on. Raises what `prepare_city` and `partition_communities` raise.
    """
    with crew(cores() if processes is None else processes) as workers:
        city = layers if isinstance(layers, City) else prepare_city(layers)
        passed = {str(code) for code in done}
        left = sum(code not in passed for code in city.codes)
        yield from workers.draw(
            city.inputs(without=passed),
            Task(city.frames.metric_crs, parameters),
            should_stop=should_stop,
            keep_going=keep_going,
            total=left,
            already=len(city.codes) - left,
        )


@dataclass(frozen=True)
class CityCheck:
    """What holds over a whole city: its grids tile it, and no building and no household is lost.

    `area_gap`: largest relative difference between the grids' area and the frame's, of any community and of
    the whole.
    """

    coverage_valid: bool
    area_gap: float
    buildings: int
    buildings_in_grids: int
    households: int
    households_in_grids: int

    @property
    def holds(self) -> bool:
        """True when nothing is lost, nothing overlaps and no gap is left."""
        return (
            self.coverage_valid
            and self.area_gap < AREA_GAP
            and self.buildings == self.buildings_in_grids
            and self.households == self.households_in_grids
        )


@dataclass(frozen=True)
class CityPlan:
    """All grids of a city (see `city_grids`), the grid of each building, the zones, the notes, the check.

    `assignment`: code of the grid, by position of the building in the layer. `zones`: the zones of all communities with
    `community_code`. `notes`: community code and text.
    """

    grids: gpd.GeoDataFrame
    assignment: pd.Series
    zones: pd.DataFrame
    notes: tuple[tuple[str, str], ...]
    check: CityCheck


def finish_city(city: City, parts: Iterable[Progress]) -> CityPlan:
    """Return the plan of a whole city from the partitions of all its communities, and check it as a whole.

    Communities that could not be drawn are left out; the check says that their land and homes are missing.
    """
    parts = [part for part in parts if part.refused is None]
    grids = city_grids(parts)
    grid_of = np.full(len(city.buildings), None, dtype=object)
    codes = grids.groupby("community_code", sort=False)["code"]
    zones, notes = [], [("", text) for text in city.frames.notes]
    for part in parts:
        own = codes.get_group(str(part.key)).to_numpy()
        assigned = part.partition.assignment
        grid_of[assigned.index.to_numpy()] = own[assigned.to_numpy()]
        zones.append(part.partition.zones.assign(community_code=str(part.key)))
        notes.extend((str(part.key), text) for text in part.partition.notes)
    assignment = pd.Series(grid_of, index=city.buildings.index, name="grid", dtype=object)
    return CityPlan(
        grids=grids,
        assignment=assignment,
        zones=pd.concat(zones, ignore_index=True) if zones else pd.DataFrame(),
        notes=tuple(notes),
        check=check_city(city, grids, assignment),
    )


def city_grids(parts: Iterable[Progress]) -> gpd.GeoDataFrame:
    """Return the grids of all communities in one frame (EPSG:4490), with `code`, `community_code`, `sequence`.

    The other columns are `outcome.GRID_COLUMNS`. A grid that takes over one of the plan before keeps its
    number. Codes have 15 digits where the community's has 12, and are “code-number” elsewhere. Raises
    InputRefused("GRID_NUMBERS_EXHAUSTED").
    """
    frames = [_numbered(str(part.key), part.partition) for part in parts]
    if not frames:
        return gpd.GeoDataFrame({"code": []}, geometry=[], crs=STORED_CRS)
    joined = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=STORED_CRS)


def _numbered(community: str, partition: CommunityPartition) -> gpd.GeoDataFrame:
    kept = {
        position: number
        for position, old in enumerate(partition.grids["inherits"])
        if (number := number_in_community(community, old)) is not None
    }
    sequence = sequence_numbers(partition.grids.geometry, kept)
    grids = partition.grids.copy()
    grids.insert(0, "code", [_code(community, int(number)) for number in sequence])
    grids.insert(1, "community_code", community)
    grids.insert(2, "sequence", sequence)
    return grids


def _code(community: str, number: int) -> str:
    if len(community) == 12 and community.isascii() and community.isdigit():
        return grid_code(community, number)
    return f"{community}-{number:03d}"


def number_in_community(community: str, old: object) -> int | None:
    """Return the number of a grid of the plan before, where its code is one of this community."""
    if not isinstance(old, str) or not old.startswith(community):
        return None
    rest = old.removeprefix(community).removeprefix("-")
    return int(rest) if rest.isascii() and rest.isdigit() and int(rest) > 0 else None


def check_city(city: City, grids: gpd.GeoDataFrame, assignment: pd.Series) -> CityCheck:
    """Return what holds over the whole city; `assignment` is the grid code of each building or None."""
    lattice = Lattice(city.frames.metric_crs)
    shapes = to_lattice(grids.geometry.to_numpy())
    area = pd.Series(shapely.area(lattice.to_metric(shapes))).groupby(grids["community_code"]).sum()
    wanted = pd.Series(shapely.area(city.frames.metric.geometry.to_numpy()), index=city.codes)
    missing = (area.reindex(wanted.index).fillna(0.0) - wanted).abs() / wanted
    whole = abs(float(area.sum()) - float(wanted.sum())) / float(wanted.sum())
    return CityCheck(
        coverage_valid=bool(shapely.coverage_is_valid(shapes)),
        area_gap=max(whole, float(np.max(missing.to_numpy()))),
        buildings=len(city.buildings),
        buildings_in_grids=int(assignment.isin(grids["code"]).sum()),
        households=int(city.buildings["households"].sum()),
        households_in_grids=int(grids["households"].sum()),
    )
