"""A plan's quality report: as values, and as one page that stands by itself."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.city import CityPlan, check_city
from gis.compute.city_layers import City
from gis.compute.frames import Frames
from gis.compute.lattice import GeometryArray
from gis.compute.report.gather import gather_partition
from gis.compute.report.partition_page import partition_page
from gis.compute.report.values import About
from gis.compute.workers import URBAN, VILLAGE
from gis.layers.queries.frames import barriers_near, buildings_of, community_frame, streets_near
from grids.units.models import BuildingAssignment, GridPlan
from grids.units.queries.cards import data_label
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import plan_grids
from grids.units.queries.policy import engine_parameters_of
from tenants.bureau.queries.city import city_profile

_FIGURES = {
    "deviation": 0.0, "size_class": "outside", "compactness": 0.0, "reock": 0.0, "street_share": 0.0,
    "barrier_m": 0.0, "compounds_split": 0, "moved_households": 0, "zone": 0, "reasons": (),
}  # fmt: skip


def plan_report(plan: GridPlan) -> dict[str, Any]:
    """The plan's quality as JSON-ready values: what it is, its limits, the engine's report, a row per grid."""
    rows = plan_grids(plan)
    return {
        "community": {"name": plan.community.name, "code": plan.community.code},
        "plan": {"id": plan.pk, "number": plan.number, "state": plan.state, "version": plan.version},
        "preset": plan.preset,
        "seed": plan.seed,
        "parameters": plan.parameters,
        "engine_version": plan.engine_version,
        "policy": plan.policy,
        "policy_version": plan.policy_version,
        "data": data_label(),
        "quality": plan.quality,
        "grids": [
            {
                "grid": row.label,
                "households": row.households,
                "buildings": row.buildings,
                "area_m2": round(row.area_m2, 2),
                "is_locked": row.is_locked,
                **row.quality,
            }
            for row in rows
        ],
    }


def plan_report_page(plan: GridPlan) -> str:
    """The plan's quality as a page with map and histograms, which asks no host for anything."""
    crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    city = _as_city(plan, crs)
    about = About(
        title=f"{plan.community.name} 网格方案 #{plan.number}",
        parameters=(
            (("精细程度", "preset"), plan.preset),
            (("随机种子", "seed"), str(plan.seed)),
            (("政策参数版本", "policy"), plan.policy_version),
            (("数据说明", "data"), data_label()),
        ),
        versions={"wangge": plan.engine_version},
        notes=tuple((str(note), "") for note in plan.quality.get("notes", [])),
    )
    barriers = barriers_near(plan.community).rename(columns={"kind": "barrier_kind"})
    report = gather_partition(
        city,
        _as_city_plan(plan, city),
        parameters=engine_parameters_of(plan),
        about=about,
        barriers=barriers,
    )
    return partition_page(report)


def _as_city(plan: GridPlan, crs: str) -> City:
    """The plan's community as a city of one."""
    frame = community_frame(plan.community)
    frame.index = pd.Index([plan.community.code])
    buildings = buildings_of(plan.community)[["households", "ref", "geometry"]].to_crs(crs)
    return City(
        frames=Frames(frame, frame.to_crs(crs), crs, ()),
        kind=(VILLAGE if plan.community.settlement == "rural" else URBAN,),
        buildings=buildings,
        home=np.zeros(len(buildings), dtype=np.int64),
        straddling=np.zeros(0, dtype=np.int64),
        streets=_shapes(streets_near(plan.community), crs),
        barriers=np.zeros(0, dtype=object),
        previous=None,
        previous_home=None,
    )


def _shapes(layer: gpd.GeoDataFrame, crs: str) -> GeometryArray:
    return np.zeros(0, dtype=object) if layer.empty else np.asarray(layer.geometry.to_crs(crs).to_numpy())


def _as_city_plan(plan: GridPlan, city: City) -> CityPlan:
    rows = plan_grids(plan)
    shapes = drawn_grids(plan).geometry
    figures = [
        {name: _known(row.quality.get(name), usual) for name, usual in _FIGURES.items()} for row in rows
    ]
    facts = [
        {
            "code": row.label,
            "community_code": plan.community.code,
            "sequence": row.sequence,
            "households": row.households,
            "buildings": row.buildings,
            "area_m2": row.area_m2,
            "locked": row.is_locked,
        }
        for row in rows
    ]
    grids = gpd.GeoDataFrame(
        pd.DataFrame(facts).join(pd.DataFrame(figures)),
        geometry=[shapes.at[row.pk] for row in rows],
        crs=shapes.crs,
    )
    zones = pd.DataFrame(plan.quality.get("zones", []))
    assignment = _labels_of_buildings(plan, city, {row.pk: row.label for row in rows})
    return CityPlan(
        grids=grids,
        assignment=assignment,
        zones=zones.assign(community_code=plan.community.code) if len(zones) else zones,
        notes=tuple((plan.community.code, str(note)) for note in plan.quality.get("notes", [])),
        check=check_city(city, grids, assignment),
    )


def _known(value: Any, usual: Any) -> Any:
    return usual if value is None else value


def _labels_of_buildings(plan: GridPlan, city: City, labels: dict[int, str]) -> pd.Series:
    rows = BuildingAssignment.objects.filter(plan=plan).values_list("building_id", "plan_grid_id")
    grid_of = {building: labels[grid] for building, grid in rows}
    return pd.Series(
        [grid_of.get(pk) for pk in city.buildings.index], index=city.buildings.index, dtype=object
    )
