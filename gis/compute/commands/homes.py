"""Buildings as files give them become buildings with whole households, by count, by total, or by estimate."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gis.compute.households import HouseholdParameters, HouseholdSource, households_of_buildings
from gis.compute.refusal import InputRefused
from gis.compute.stand_ins import compounds_standing_in

# Where nothing is said of a building's use it counts as a dwelling, as everywhere in the product.
DWELLING_USES = ("residential", "mixed", "")
STAND_IN = "compound:"


@dataclass(frozen=True)
class Counted:
    """`frame`: households, source, floors_assumed per building; `notes`: pairs of Chinese and English."""

    frame: pd.DataFrame
    notes: tuple[tuple[str, str], ...]


def household_parameters(options: argparse.Namespace) -> HouseholdParameters:
    """The assumptions the options state."""
    return HouseholdParameters(
        residential_share=options.residential_share,
        m2_per_home=options.m2_per_home,
        storey_m=options.storey_m,
        assumed_floors=options.assumed_floors,
    )


def with_ids(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The buildings of an intake with `building_id` (their ref, else `row-n`), `compound`, `residential`.

    Empty texts become None.
    """
    refs = buildings["ref"].fillna("").astype(str)
    rows = buildings["row"] if "row" in buildings.columns else pd.Series(range(1, len(buildings) + 1))
    ids = refs.where(refs != "", "row-" + rows.astype("int64").astype(str))
    if not ids.is_unique:  # the same numbers in several files, or a ref that looks like a row
        ids = pd.Series([f"row-{at}" for at in range(1, len(buildings) + 1)], index=buildings.index)
    return buildings.assign(
        building_id=ids,
        compound=_text_or_none(buildings["compound_name"]),
        villager_group=_text_or_none(buildings["villager_group"]),
        residential=buildings["use"].fillna("").isin(DWELLING_USES),
        stands_in=False,
    )


def _text_or_none(texts: pd.Series) -> pd.Series:
    plain = texts.fillna("").astype(str)
    return plain.where(plain != "", None).astype(object)


def with_stand_ins(
    buildings: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame, metric_crs: str
) -> tuple[gpd.GeoDataFrame, list[tuple[str, str]]]:
    """The buildings and, for each compound without a mapped dwelling, its ground as one more."""
    homes = buildings[buildings["residential"]]
    standing = compounds_standing_in(
        compounds.geometry.to_crs(metric_crs), homes.geometry.to_crs(metric_crs)
    ).standing
    if len(standing) == 0:
        return buildings, []
    chosen = compounds.loc[standing]
    rows = gpd.GeoDataFrame(
        {
            "building_id": STAND_IN + chosen["compound_id"].astype(str),
            "compound": chosen["compound_id"].astype(str),
            "households": chosen["households"],
            "use": "residential",
            "residential": True,
            "stands_in": True,
        },
        geometry=chosen.geometry,
        crs=buildings.crs,
    )
    joined = gpd.GeoDataFrame(
        pd.concat([buildings, rows.astype({"households": "Int64"})], ignore_index=True),
        geometry="geometry", crs=buildings.crs,
    )  # fmt: skip
    count = len(standing)
    note = (
        f"{count}个小区没有画出住宅楼，以小区范围代替",
        f"{count} compounds have no dwelling drawn; their ground stands in for it",
    )
    return joined, [note]


def count_households(
    buildings: gpd.GeoDataFrame,
    community: pd.Series,
    totals: pd.Series,
    settings: HouseholdParameters,
) -> Counted:
    """Households of every building, exact to the communities' totals where those can be spread.

    `buildings`: metric, columns of `with_ids`; `community`: label per building; `totals`: households per
    community label, empty where unknown. A community all of whose dwellings are counted keeps its counts.
    Raises InputRefused: HOUSEHOLDS_EXCEED_TOTAL, NO_HOUSEHOLDS and what `households_of_buildings` raises.
    """
    asked = buildings.assign(community=community.to_numpy(dtype=object))
    spread, notes = _totals_to_spread(asked, totals.dropna())
    counted = households_of_buildings(asked, totals=spread if len(spread) else None, parameters=settings)
    _require_homes(asked, counted)
    by_source = counted.groupby("source")["households"].agg(["size", "sum"])
    said = [
        (
            f"{_SOURCE_ZH[str(source)]} {row['size']} 栋 {row['sum']} 户",
            f"{source}: {row['size']} buildings, {row['sum']}",
        )
        for source, row in by_source.iterrows()
    ]
    notes.append(
        (
            "户数来源：" + "；".join(zh for zh, _ in said),
            "households by source: " + "; ".join(en for _, en in said),
        )
    )
    return Counted(counted, tuple(notes))


_SOURCE_ZH = {"given": "已填", "estimated": "估算", "spread": "按总数分摊", "none": "非住宅"}


def _require_homes(buildings: gpd.GeoDataFrame, counted: pd.DataFrame) -> None:
    """Points without floors and without counts would each pass for a home of no size."""
    if int(counted["households"].sum()) > 0:
        return
    given = buildings["households"].notna().any()
    raise InputRefused(
        "NO_HOUSEHOLDS",
        zh="所有楼栋的户数都是0" if given else "楼栋没有户数，也没有可估算的轮廓、层数或社区总户数",
        en="all buildings have 0 households"
        if given
        else "the buildings have neither households nor outlines, floors or community totals to work them out from",
        remedy_zh="请用 --households-column 指明户数列，或提供带总户数的社区",
        remedy_en="name the column with --households-column, or give communities with totals",
        field="households",
    )


def _totals_to_spread(
    buildings: gpd.GeoDataFrame, totals: pd.Series
) -> tuple[pd.Series, list[tuple[str, str]]]:
    """The totals that have uncounted dwellings to go to, and what is worth knowing of the others."""
    given = buildings["households"].notna()
    open_homes = buildings["residential"] & ~given
    waiting = open_homes.groupby(buildings["community"]).sum()
    counted = pd.to_numeric(buildings["households"]).where(given, 0).groupby(buildings["community"]).sum()
    waits = waiting.reindex(totals.index).fillna(0) > 0
    known = counted.reindex(totals.index).fillna(0)
    exceeded = waits & (known > totals)
    if exceeded.any():
        raise _exceeded(totals[exceeded], known[exceeded])
    homeless = int((~waits & (known == 0) & (totals > 0)).sum())
    differing = ~waits & (known > 0) & (known != totals)
    notes = []
    if homeless:
        notes.append(
            (
                f"{homeless}个社区有总户数但没有住宅楼，其户数未计入",
                f"{homeless} communities have a total but no dwelling; their households are left out",
            )
        )
    if differing.any():
        notes.append(
            (
                f"{int(differing.sum())}个社区逐栋户数之和与总户数不同，以逐栋为准",
                f"in {int(differing.sum())} communities the buildings' counts differ from the total; the counts stand",
            )
        )
    return totals[waits].astype("int64"), notes


def _exceeded(totals: pd.Series, known: pd.Series) -> InputRefused:
    label = totals.index[0]
    return InputRefused(
        "HOUSEHOLDS_EXCEED_TOTAL",
        zh=f"社区“{label}”总户数{int(totals.iloc[0])}，但已填楼栋之和为{int(known.iloc[0])}（共{len(totals)}个社区如此）",
        en=f"community “{label}” has a total of {int(totals.iloc[0])} but its buildings already count "
        f"{int(known.iloc[0])} ({len(totals)} such communities)",
        remedy_zh="请更正总户数或楼栋户数，或加 --no-totals",
        remedy_en="correct the total or the buildings, or use --no-totals",
        field="households",
        facts={"communities": [str(each) for each in totals.index[:200]]},
    )


def is_guess(source: pd.Series) -> pd.Series:
    """True where a household count was estimated or spread."""
    return source.isin([HouseholdSource.ESTIMATED.value, HouseholdSource.SPREAD.value])
