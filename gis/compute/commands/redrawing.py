"""What of the plan before is to stay: locked grids, buildings put into grids by hand, whole communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.city import City
from gis.compute.commands.plans import Plan
from gis.compute.crs import STORAGE_EPSG
from gis.compute.lattice import to_lattice
from gis.compute.outcome import GRID_COLUMNS, CommunityPartition, position_in
from gis.compute.parameters import PartitionParameters
from gis.compute.plan_quality import quality_report
from gis.compute.quality import Reason, size_class
from gis.compute.refusal import InputRefused
from gis.compute.workers import CommunityInput


@dataclass(frozen=True)
class Redrawing:
    """`locked`: codes of grids; `only`: codes of communities (none: all); `assigned`: grid code by building id."""

    locked: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    assigned: pd.Series | None = None

    def keeps(self, community: str) -> bool:
        """True for a community that is taken over from the plan before as it stands."""
        return bool(self.only) and community not in self.only

    def applied(self, one: CommunityInput, homes: pd.DataFrame, before: Plan | None) -> CommunityInput:
        """The input of a community with what is to stay in it."""
        if before is not None:
            own = before.grids[_community_of(before.grids, str(one.key))]
            locked = tuple(code for code in self.locked if code in own.index)
            one = replace(one, previous=own if len(own) else None, locked=locked)
        if self.assigned is not None:
            ids = homes["building_id"].iloc[one.buildings.index.to_numpy()].astype(str)
            codes = pd.Series(self.assigned.reindex(ids).to_numpy(), index=one.buildings.index, dtype=object)
            one = replace(one, assigned=codes if codes.notna().any() else None)
        return one


def _community_of(grids: gpd.GeoDataFrame, community: str) -> pd.Series:
    """Which grids of a plan before are a community's: by its column, else by the code's beginning."""
    if "community_code" in grids.columns:
        return grids["community_code"].astype(str) == community
    return pd.Series([str(code).startswith(community) for code in grids.index], index=grids.index)


def check_codes(redrawing: Redrawing, city: City, homes: pd.DataFrame, before: Plan | None) -> None:
    """Raise InputRefused for codes that the plan before or the city does not have.

    LOCKED_UNKNOWN, COMMUNITY_UNKNOWN, ASSIGNMENT_UNKNOWN_BUILDING, PLAN_LACKS_COMMUNITY.
    """
    grids = [] if before is None else list(before.grids.index)
    communities = [str(code) for code in city.codes]
    _known("LOCKED_UNKNOWN", "锁定的网格", "locked grids", redrawing.locked, grids)
    _known("COMMUNITY_UNKNOWN", "社区", "communities", redrawing.only, communities)
    if redrawing.assigned is not None:
        ids = set(homes["building_id"].astype(str))
        named = [str(each) for each in redrawing.assigned.index]
        _known("ASSIGNMENT_UNKNOWN_BUILDING", "楼栋", "buildings", named, ids)
    if before is not None and redrawing.only:
        kept = [code for code in communities if redrawing.keeps(code)]
        having = [code for code in kept if _community_of(before.grids, code).any()]
        _known(
            "PLAN_LACKS_COMMUNITY", "旧方案缺少的社区", "communities that the plan before lacks", kept, having
        )


def _known(code: str, zh: str, en: str, given: Sequence[str], known: Sequence[str] | set[str]) -> None:
    strange = [each for each in given if each not in known]
    if not strange:
        return
    shown = "、".join(strange[:5])
    raise InputRefused(
        code,
        zh=f"没有这些{zh}：{shown}" if "缺少" not in zh else f"{zh}：{shown}（共{len(strange)}个）",
        en=f"no such {en}: {', '.join(strange[:5])} ({len(strange)} in all)",
        remedy_zh="请核对代码",
        remedy_en="check the codes",
        facts={"unknown": strange[:200], "count": len(strange)},
    )


def kept_partition(
    community: str, city: City, homes: gpd.GeoDataFrame, before: Plan, parameters: PartitionParameters
) -> CommunityPartition:
    """A community as the plan before has it: the same shapes and figures, today's buildings in them.

    A building the plan before knows stays in its grid; a new one goes to the grid it stands in. Households are
    those of today. Raises InputRefused("KEPT_LEAVES_FRAME") where the community's land has changed since.
    """
    own = before.grids[_community_of(before.grids, community)]
    at = [str(code) for code in city.codes].index(community)
    rows = np.flatnonzero(city.home == at)
    mine = homes.iloc[rows]
    position = _grid_of_buildings(mine, own, before.grid_of_building)
    frame = city.frames.lonlat.geometry.iloc[at]
    stray = own.geometry.union_all().symmetric_difference(frame).area
    if stray > 0 or (position < 0).any():
        raise InputRefused(
            "KEPT_LEAVES_FRAME",
            zh=f"社区 {community} 的边界或楼栋已变，旧网格不再铺满它",
            en=f"community {community} has changed: its old grids do not tile it any more",
            remedy_zh=f"请把 {community} 也列入 --only 重划",
            remedy_en=f"redraw it too: add {community} to --only",
            facts={"community": community},
        )
    grids = _grids(own, mine, position, parameters)
    assignment = pd.Series(position, index=rows, name="grid", dtype="int64")
    zones = _zones(before.zones, community)
    return CommunityPartition(grids, assignment, zones, quality_report(grids, zones, []), [])


def _grid_of_buildings(mine: gpd.GeoDataFrame, own: gpd.GeoDataFrame, known: Mapping[str, str]) -> np.ndarray:
    place_of = {str(code): at for at, code in enumerate(own.index)}
    position = np.array(
        [place_of.get(known.get(str(each), ""), -1) for each in mine["building_id"]], dtype=np.int64
    )
    new = np.flatnonzero(position < 0)
    if len(new):
        spots = to_lattice(mine.geometry.iloc[new].representative_point().to_numpy())
        position[new] = position_in(own, spots)
    return position


def _grids(
    own: gpd.GeoDataFrame, mine: gpd.GeoDataFrame, position: np.ndarray, parameters: PartitionParameters
) -> gpd.GeoDataFrame:
    rows = pd.DataFrame(own.drop(columns=own.geometry.name)).reset_index(drop=True)
    rows["households"] = np.bincount(position, weights=mine["households"], minlength=len(own)).astype(
        np.int64
    )
    rows["buildings"] = np.bincount(position, minlength=len(own)).astype(np.int64)
    rows["deviation"] = rows["households"] / parameters.target - 1
    rows["size_class"] = [size_class(int(count), parameters.limits) for count in rows["households"]]
    rows["moved_households"] = 0
    rows["inherits"] = own.index.to_numpy(dtype=object)
    rows["reasons"] = [_reasons(text) for text in rows.get("reasons", pd.Series([""] * len(own)))]
    for column in GRID_COLUMNS:
        if column not in rows.columns:
            rows[column] = 0
    return gpd.GeoDataFrame(rows[list(GRID_COLUMNS)], geometry=own.geometry.to_numpy(), crs=STORAGE_EPSG)


def _reasons(text: object) -> tuple[Reason, ...]:
    known = {reason.value for reason in Reason}
    words = [word.strip() for word in str(text or "").split(",")]
    return tuple(Reason(word) for word in words if word in known)


def _zones(zones: pd.DataFrame, community: str) -> pd.DataFrame:
    if "community_code" not in zones.columns:
        return pd.DataFrame(
            columns=["zone", "k", "towers", "households", "attainable_deviation", "grids_in_band"]
        )
    own = zones[zones["community_code"].astype(str) == community]
    return own.drop(columns="community_code").reset_index(drop=True)
