"""Frames of a generated city, from metres around its middle to stored degrees."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from gis.compute.crs.systems import STORAGE_DECIMALS, STORAGE_EPSG, zone_for
from gis.compute.generator.fill import DWELLING_FORMS, Settled, villager_groups
from gis.compute.generator.layout import Layout
from gis.compute.generator.plan import Floats, Geometries
from gis.compute.generator.sites import PROVISION, draw_sites
from gis.compute.generator.specs import CommunitySpec
from gis.compute.households import spread_by_largest_remainder

LABEL = "generated"
FLOOR_HEIGHT_M = 3.0
COMPOUND_FORMS = ("slab", "tower", "great_tower", "giant", "podium")


class Placing:
    """Moves plan metres to a place on earth, by its Gauss-Krüger zone, to lon-lat at 7 decimals."""

    def __init__(self, centre_lonlat: tuple[float, float]) -> None:
        self.metric_crs = zone_for(centre_lonlat[0])
        to_metric = pyproj.Transformer.from_crs(STORAGE_EPSG, self.metric_crs, always_xy=True)
        east, north = to_metric.transform(*centre_lonlat)
        self._origin = (round(east), round(north))
        self._to_stored = pyproj.Transformer.from_crs(self.metric_crs, STORAGE_EPSG, always_xy=True)

    def _move(self, xy: Floats) -> Floats:
        lon, lat = self._to_stored.transform(xy[:, 0] + self._origin[0], xy[:, 1] + self._origin[1])
        return np.asarray(np.round(np.column_stack([lon, lat]), STORAGE_DECIMALS))

    def frame(self, columns: dict[str, object], geometries: Geometries) -> gpd.GeoDataFrame:
        """A frame in EPSG:4490 with the columns, the label and the moved geometries."""
        moved = shapely.transform(np.asarray(geometries, dtype=object), self._move)
        return gpd.GeoDataFrame({**columns, "label": LABEL}, geometry=list(moved), crs=STORAGE_EPSG)


def communities_frame(specs: Sequence[CommunitySpec], layout: Layout, placing: Placing) -> gpd.GeoDataFrame:
    """One polygon per community, the union of its blocks; they share every vertex with their neighbours."""
    owner = layout.plan.face_community
    polygons = [shapely.coverage_union_all(layout.plan.faces[owner == i]) for i in range(len(specs))]
    columns: dict[str, object] = {
        "code": [spec.code for spec in specs],
        "name": [spec.name for spec in specs],
        "kind": [spec.kind for spec in specs],
        "street_town_code": [spec.street_town_code for spec in specs],
        "street_town_name": [spec.street_town_name for spec in specs],
        "county_code": [spec.county_code for spec in specs],
        "households": np.array([spec.households for spec in specs], dtype=np.int64),
    }
    return placing.frame(columns, np.array(polygons, dtype=object))


def _compound_id(spec: CommunitySpec, number: int) -> str:
    return f"{spec.code}-C{number:03d}"


def _community_rows(spec: CommunitySpec, items: Sequence[Settled], with_households: bool) -> pd.DataFrame:
    """Building rows of one community, geometries in metres."""
    count = [len(item.houses) for item in items]
    if sum(count) == 0:
        return pd.DataFrame()
    compounds = [
        _compound_id(spec, number) if item.use in COMPOUND_FORMS else None
        for number, item in enumerate(items, start=1)
    ]
    homes = np.concatenate([item.houses.homes for item in items])
    floors = np.concatenate([item.houses.floors for item in items])
    polygons = np.concatenate([item.houses.polygons for item in items])
    form = np.repeat([item.use for item in items], count)
    lived_in = np.isin(form, DWELLING_FORMS) & (homes > 0)
    weights = np.concatenate([item.weights for item in items])
    households = spread_by_largest_remainder(spec.households or 0, weights) if with_households else None
    rows = pd.DataFrame(
        {
            "building_id": [f"{spec.code}-{number:05d}" for number in range(1, len(homes) + 1)],
            "community_code": spec.code,
            "use": np.where(lived_in, "residential", "other"),
            "form": form,
            "floors": floors,
            "height_m": floors * FLOOR_HEIGHT_M,
            "compound_id": np.repeat(np.array(compounds, dtype=object), count),
            "villager_group": _group_names(spec, polygons, lived_in, homes),
            "households": pd.array(households if with_households else [pd.NA] * len(homes), dtype="Int64"),
        }
    )
    rows["polygon"] = polygons
    return rows


def _group_names(
    spec: CommunitySpec, polygons: Geometries, lived_in: npt.NDArray[np.bool_], homes: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    names = np.full(len(polygons), None, dtype=object)
    if spec.kind == "village" and lived_in.any():
        centres = shapely.get_coordinates(shapely.centroid(polygons[lived_in]))
        names[lived_in] = [f"第{number}村民小组" for number in villager_groups(centres, homes[lived_in])]
    return names


def buildings_frame(
    specs: Sequence[CommunitySpec],
    settled: Sequence[Sequence[Settled]],
    with_households: bool,
    placing: Placing,
) -> gpd.GeoDataFrame:
    """All buildings, community by community."""
    rows = [_community_rows(spec, items, with_households) for spec, items in zip(specs, settled, strict=True)]
    table = pd.concat([part for part in rows if len(part)], ignore_index=True)
    polygons = table.pop("polygon").to_numpy()
    return placing.frame({name: table[name] for name in table.columns}, polygons)


def compounds_frame(
    specs: Sequence[CommunitySpec], settled: Sequence[Sequence[Settled]], placing: Placing
) -> gpd.GeoDataFrame:
    """Walled housing estates: one per plot of slabs or towers."""
    rows = []
    for spec, items in zip(specs, settled, strict=True):
        place = spec.short_name.removesuffix("社区")
        serial = 0
        for number, item in enumerate(items, start=1):
            if item.use in COMPOUND_FORMS:
                serial += 1
                rows.append((_compound_id(spec, number), f"{place}{serial}号院", spec.code, item.plot))
    ids, names, codes, plots = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns: dict[str, object] = {
        "compound_id": list(ids),
        "name": list(names),
        "community_code": list(codes),
    }
    return placing.frame(columns, np.array(plots, dtype=object))


def streets_frame(lines: Geometries, classes: npt.NDArray[np.str_], placing: Placing) -> gpd.GeoDataFrame:
    """Street centrelines from crossing to crossing."""
    ids = [f"S{number:06d}" for number in range(1, len(lines) + 1)]
    return placing.frame({"street_id": ids, "street_class": classes.astype(object)}, lines)


def barriers_frame(layout: Layout, placing: Placing) -> gpd.GeoDataFrame:
    """River, railway and main road, one part a row."""
    rows = []
    for kind, name, geometry in (
        ("water", "生成河", layout.river),
        ("rail", "生成铁路", layout.rail),
        ("main_road", "生成快速路", layout.main_road),
    ):
        rows += [(kind, name, part) for part in shapely.get_parts(geometry) if not part.is_empty]
    columns: dict[str, object] = {
        "barrier_id": [f"B{number:03d}" for number in range(1, len(rows) + 1)],
        "kind": [row[0] for row in rows],
        "name": [row[1] for row in rows],
    }
    return placing.frame(columns, np.array([row[2] for row in rows], dtype=object))


def sites_frame(
    specs: Sequence[CommunitySpec], settled: Sequence[Sequence[Settled]], seed: int, placing: Placing
) -> gpd.GeoDataFrame:
    """Fitness sites of all communities."""
    rows = []
    towns = sorted({spec.street_town_code for spec in specs})
    shares = np.random.default_rng([seed, 5]).permutation(np.resize(PROVISION, len(towns)))
    provision = {town: float(share) for town, share in zip(towns, shares, strict=True)}
    for spec, items in zip(specs, settled, strict=True):
        rng = np.random.default_rng([seed, 4, int(spec.code)])
        for site in draw_sites(
            spec.short_name, items, spec.households or 0, provision[spec.street_town_code], rng
        ):
            rows.append((site.name, site.kind, site.capacity, spec.code, site.point))
    columns: dict[str, object] = {
        "site_id": [f"F{number:05d}" for number in range(1, len(rows) + 1)],
        "name": [row[0] for row in rows],
        "kind": [row[1] for row in rows],
        "capacity": np.array([row[2] for row in rows], dtype=np.int64),
        "community_code": [row[3] for row in rows],
    }
    return placing.frame(columns, np.array([row[4] for row in rows], dtype=object))
