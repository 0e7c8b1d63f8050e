"""The land of a plan as people work on it by hand: its grids, its buildings, and which homes touch which."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from django.contrib.gis.db.models.functions import AsGeoJSON

from gis.compute.admission import Admitted, admitted
from gis.compute.refusal import InputRefused
from gis.compute.tessellation import PASSABLE_M, Tessellation, tessellate
from gis.layers.queries.frames import barriers_near, buildings_of, community_frame, streets_near
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.policy import engine_parameters_of
from grids.units.queries.standing import last_assignment
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken

# Seven digits are a centimetre: what is shown is where it is stored.
DIGITS = 7


def plan_land(plan: GridPlan) -> dict[str, Any]:
    """The plan's grids and buildings as GeoJSON in CRS84, with the limits they are held against.

    A building that the layer no longer has bears no geometry. Two statements, whatever the plan's size.
    """
    limits = engine_parameters_of(plan).limits
    grids = PlanGrid.objects.filter(plan=plan).defer("geometry", "geometry_3857").order_by("sequence")
    return {
        "plan": plan.pk,
        "version": plan.version,
        "state": plan.state,
        "settlement": plan.community.settlement,
        "community_id": plan.community_id,
        "limits": {
            "target": limits.target,
            "band": limits.band,
            "soft_minimum": limits.soft_min,
            "soft_maximum": limits.soft_max,
            "hard_minimum": limits.hard_min,
            "hard_maximum": limits.hard_max,
        },
        "may_undo": last_assignment(plan) is not None,
        "grids": _collection(
            _feature(row.sequence, row.outline, _grid_facts(row))
            for row in grids.annotate(outline=AsGeoJSON("geometry", precision=DIGITS))
        ),
        "buildings": _collection(_buildings(plan)),
    }


def _buildings(plan: GridPlan) -> Iterator[dict[str, Any]]:
    rows = BuildingAssignment.objects.filter(plan=plan).order_by("id")
    rows = rows.annotate(outline=AsGeoJSON("building__geometry", precision=DIGITS))
    columns = {
        "building": "building_ref", "name": "building__name", "compound": "building__compound_name",
        "sequence": "plan_grid__sequence", "households": "households", "by_hand": "is_manual",
    }  # fmt: skip
    for key, outline, *values in rows.values_list("id", "outline", *columns.values()):
        facts = dict(zip(columns, values, strict=True))
        yield _feature(key, outline, {name: "" if value is None else value for name, value in facts.items()})


def _grid_facts(row: PlanGrid) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "label": row.label,
        "households": row.households,
        "buildings": row.buildings,
        "is_locked": row.is_locked,
        "size_class": row.quality.get("size_class", ""),
    }


def _collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def _feature(key: int, outline: str | None, facts: dict[str, Any]) -> dict[str, Any]:
    geometry = None if outline is None else json.loads(outline)
    return {"type": "Feature", "id": key, "geometry": geometry, "properties": facts}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Which pieces of a community's land touch, as drawing sees them.

    `units`: how many pieces; `unit_of`: building's name → its piece; `pairs`: pieces with a passable border in common,
    each pair once; water is no way from one to another.
    """

    units: int
    unit_of: dict[str, int]
    pairs: list[tuple[int, int]]


def neighbours_of(plan: GridPlan) -> Neighbours:
    """The pieces of the plan's community, cut as for a drawing from the layers of today.

    422 with the engine's own sentence for layers that cannot be cut.
    """
    crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    buildings = buildings_of(plan.community).to_crs(crs)
    try:
        given = _admitted(plan, buildings, crs)
    except InputRefused as refused:
        raise RuleBroken(
            refused.code,
            zh=refused.zh,
            en=refused.en,
            how_to_fix_zh="请先更正图层，再重新划分",
            how_to_fix_en="correct the layer first, then draw again",
        ) from refused
    if given.buildings.empty:
        return Neighbours(0, {}, [])
    soft_max = engine_parameters_of(plan).soft_max
    cells = tessellate(given.ring, given.buildings, given.lattice, given.streets, given.barriers, soft_max)
    names = given.buildings["ref"].tolist()
    unit_of = dict(zip(names, cells.unit_of_building.tolist(), strict=True))
    return Neighbours(len(cells.cells), unit_of, _passable(cells))


def _admitted(plan: GridPlan, buildings: gpd.GeoDataFrame, crs: str) -> Admitted:
    return admitted(
        community_frame(plan.community).geometry.iloc[0],
        buildings,
        metric_crs=crs,
        streets=_metric(streets_near(plan.community), crs),
        barriers=_metric(barriers_near(plan.community), crs),
    )


def _metric(layer: gpd.GeoDataFrame, crs: str) -> gpd.GeoSeries | None:
    return None if layer.empty else layer.geometry.to_crs(crs)


def _passable(cells: Tessellation) -> list[tuple[int, int]]:
    beside = cells.adjacency
    water = np.asarray(cells.is_water, dtype=bool)
    wide = (beside.length_m >= PASSABLE_M) & ~water[beside.left] & ~water[beside.right]
    return list(zip(beside.left[wide].tolist(), beside.right[wide].tolist(), strict=True))
