"""What of the plan before is to stay: locked grids, buildings put into grids by hand, whole communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.city import City, number_in_community
from gis.compute.commands.plans import Plan
from gis.compute.crs import STORAGE_EPSG
from gis.compute.lattice import to_lattice
from gis.compute.outcome import GRID_COLUMNS, CommunityPartition, position_in
from gis.compute.parameters import PartitionParameters
from gis.compute.plan_quality import quality_report
from gis.compute.quality import Reason, size_class
from gis.compute.refusal import InputRefused
from gis.compute.workers import VILLAGE, CommunityInput


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


def with_communities(before: Plan, city: City) -> Plan:
    """A plan before whose grids name their community: where the file does not, the codes of the grids tell it.

    A grid's code is its community's followed by its number; where several communities fit, the longest code counts.
    Grids of none of the city's communities have "".
    """
    if "community_code" in before.grids.columns:
        return before
    longest_first = sorted((str(code) for code in city.codes), key=lambda code: (-len(code), code))
    found = [
        next((each for each in longest_first if number_in_community(each, code) is not None), "")
        for code in before.grids.index
    ]
    return replace(before, grids=before.grids.assign(community_code=found))


def _community_of(grids: gpd.GeoDataFrame, community: str) -> pd.Series:
    """Which grids of a plan before are a community's."""
    return grids["community_code"].astype(str) == community


def check_codes(redrawing: Redrawing, city: City, homes: pd.DataFrame, before: Plan | None) -> None:
    """Raise InputRefused for codes that the plan before or the city does not have, and for wishes nobody would fulfil.

    `before` as of `with_communities`. LOCKED_UNKNOWN (also for a grid whose community is no longer in the city),
    COMMUNITY_UNKNOWN, PLAN_LACKS_COMMUNITY, ASSIGNMENT_UNKNOWN_BUILDING, ASSIGNMENT_COMMUNITY_KEPT, RURAL_UNIT.
    """
    communities = [str(code) for code in city.codes]
    villages = {code for code, kind in zip(communities, city.kind, strict=True) if kind == VILLAGE}
    _known("COMMUNITY_UNKNOWN", "社区", "communities", redrawing.only, communities)
    home_of_grid = {} if before is None else before.grids["community_code"].astype(str).to_dict()
    standing = {code for code, home in home_of_grid.items() if home in set(communities)}
    _known("LOCKED_UNKNOWN", "锁定的网格", "locked grids", redrawing.locked, standing)
    _not_rural("--lock", [(code, home_of_grid[code]) for code in redrawing.locked], villages, redrawing)
    if before is not None and redrawing.only:
        kept = [code for code in communities if redrawing.keeps(code)]
        lacking = [code for code in kept if not _community_of(before.grids, code).any()]
        _none_lacking(lacking)
    if redrawing.assigned is not None:
        _check_assigned(redrawing, redrawing.assigned, homes, before, villages)


def _check_assigned(
    redrawing: Redrawing, assigned: pd.Series, homes: pd.DataFrame, before: Plan | None, villages: set[str]
) -> None:
    home_of = dict(zip(homes["building_id"].astype(str), homes["community_code"].astype(str), strict=True))
    named = [str(each) for each in assigned.index]
    _known("ASSIGNMENT_UNKNOWN_BUILDING", "楼栋", "buildings", named, set(home_of))
    standing = {} if before is None else before.grid_of_building
    # A wish that the plan before fulfils already is kept with its community.
    wishes = [each for each, code in zip(named, assigned, strict=True) if standing.get(each) != str(code)]
    dropped = [each for each in wishes if redrawing.keeps(home_of[each])]
    if dropped:
        building, community = dropped[0], home_of[dropped[0]]
        raise InputRefused(
            "ASSIGNMENT_COMMUNITY_KEPT",
            zh=f"楼栋 {building} 所在社区 {community} 保持旧方案不变，--assign 对它不起作用（共{len(dropped)}栋）",
            en=f"building {building} is in community {community}, which is kept as it is: --assign would not "
            f"move it ({len(dropped)} such buildings)",
            remedy_zh=f"请把 {community} 也列入 --only，或去掉这些楼栋",
            remedy_en=f"add {community} to --only, or leave these buildings out",
            field="--assign",
            facts={
                "building": building,
                "community": community,
                "buildings": dropped[:200],
                "communities": sorted({home_of[each] for each in dropped})[:200],
                "count": len(dropped),
            },
        )
    _not_rural("--assign", [(each, home_of[each]) for each in wishes], villages, redrawing)


def _not_rural(
    option: str, wishes: Sequence[tuple[str, str]], villages: set[str], redrawing: Redrawing
) -> None:
    """Refuse wishes (what, community) in villages that are drawn anew; what is kept stays as it is anyhow."""
    rural = [(what, home) for what, home in wishes if home in villages and not redrawing.keeps(home)]
    if not rural:
        return
    what, community = rural[0]
    kind = "grid" if option == "--lock" else "building"
    raise InputRefused(
        "RURAL_UNIT",
        zh=f"{community} 是村，按村民小组划分，{option} 对{'网格' if kind == 'grid' else '楼栋'} {what} "
        f"不起作用（共{len(rural)}个）",
        en=f"{community} is a village, divided by its villager groups: {option} has no effect on {kind} {what} "
        f"({len(rural)} such)",
        remedy_zh=f"请从 {option} 中去掉；要改村的网格，请改村民小组的归属",
        remedy_en=f"leave it out of {option}; a village's grids change with its villager groups",
        field=option,
        facts={
            kind: what, "community": community, f"{kind}s": [each for each, _ in rural[:200]], "count": len(rural),
        },
    )  # fmt: skip


def _none_lacking(lacking: Sequence[str]) -> None:
    if not lacking:
        return
    raise InputRefused(
        "PLAN_LACKS_COMMUNITY",
        zh=f"旧方案缺少这些社区：{'、'.join(lacking[:5])}（共{len(lacking)}个）",
        en=f"the plan before lacks communities: {', '.join(lacking[:5])} ({len(lacking)} in all)",
        remedy_zh="请把它们也列入 --only，或核对旧方案",
        remedy_en="add them to --only, or check the plan before",
        facts={"unknown": list(lacking[:200]), "count": len(lacking)},
    )


def _known(code: str, zh: str, en: str, given: Sequence[str], known: Sequence[str] | set[str]) -> None:
    strange = [each for each in given if each not in known]
    if not strange:
        return
    shown = "、".join(strange[:5])
    raise InputRefused(
        code,
        zh=f"没有这些{zh}：{shown}（共{len(strange)}个）",
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
