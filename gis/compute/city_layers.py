"""The layers of a whole city are made ready for drawing: one metric system, frames, every building in its community."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.admission import MOST_HOUSEHOLDS, plane_shapes
from gis.compute.crs.systems import zone_for
from gis.compute.frames import Frames, assign_communities, build_frames, first_containing
from gis.compute.lattice import STORED_CRS, GeometryArray, IntArray
from gis.compute.refusal import InputRefused
from gis.compute.workers import URBAN, VILLAGE, CommunityInput

# Lines this far outside a community's box still are handed to it; `tessellate` itself looks 20 m around.
_AROUND_M = 50.0
_VILLAGE_WORDS = frozenset({VILLAGE, "rural", "村", "村委会", "行政村"})
# Columns of the buildings that the drawing reads, and what else they may be called.
_COLUMNS = {"compound": ("compound", "compound_id"), "villager_group": ("villager_group",)}
_LISTED = 20


@dataclass(frozen=True)
class CityLayers:
    """The layers of a city, each in any coordinate system.

    `communities`: polygons with `code` (unique), and where wanted `name` and `kind` (urban or village; urban
    where missing). `buildings`: footprints or points with `households` (whole numbers, none missing), and
    where wanted `building_id`, `compound` or `compound_id`, `villager_group`. `streets`: lines; `barriers`:
    lines and polygons (water); `compounds`: polygons with `compound_id`, read where the buildings name none.
    `previous`: grids of the plan before, with `code` (else the index says which grid) and where wanted
    `community_code`.
    """

    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame | gpd.GeoSeries | None = None
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None
    previous: gpd.GeoDataFrame | None = None
    compounds: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class City:
    """A city ready to be drawn. Metric frames; row numbers of buildings are positions in the layer given.

    `frames` are indexed by community code in the order of the layer; `home` is the position of the community
    of each building; `straddling` the rows of buildings that reach over a community line by more than 1 m².
    """

    frames: Frames
    kind: tuple[str, ...]
    buildings: gpd.GeoDataFrame
    home: IntArray
    straddling: IntArray
    streets: GeometryArray
    barriers: GeometryArray
    previous: gpd.GeoDataFrame | None
    previous_home: IntArray | None

    @property
    def codes(self) -> list[Hashable]:
        """The codes of the communities in their order."""
        return list(self.frames.lonlat.index)

    def inputs(self, without: Collection[Hashable] = ()) -> Iterator[CommunityInput]:
        """Yield what is needed to draw each community, one by one, leaving some codes out."""
        rows_of = _rows_by(self.home, len(self.kind))
        grids_of = None if self.previous_home is None else _rows_by(self.previous_home, len(self.kind))
        rings = self.frames.metric.geometry.to_numpy()
        boxes = shapely.box(*(shapely.bounds(rings) + np.array([-1, -1, 1, 1]) * _AROUND_M).T)
        streets, barriers = _Nearby(self.streets), _Nearby(self.barriers)
        crs = self.buildings.crs
        frames = self.frames.lonlat.geometry.to_numpy()
        for at, code in enumerate(self.codes):
            if code in without:
                continue
            yield CommunityInput(
                key=code,
                frame=frames[at],
                buildings=self.buildings.iloc[rows_of[at]],
                streets=gpd.GeoSeries(streets.of(boxes[at]), crs=crs),
                barriers=gpd.GeoSeries(barriers.of(boxes[at]), crs=crs),
                previous=None if grids_of is None else _some(self.previous, grids_of[at]),
                kind=self.kind[at],
            )


class _Nearby:
    """Lines and polygons by place, cut to a box where they reach far beyond it."""

    def __init__(self, shapes: GeometryArray) -> None:
        self._shapes = shapes
        self._tree = shapely.STRtree(shapes)

    def of(self, box: shapely.Geometry) -> GeometryArray:
        found = self._shapes[np.sort(self._tree.query(box, predicate="intersects"))]
        beyond = ~shapely.covered_by(found, box)
        found[beyond] = shapely.intersection(found[beyond], box)
        return np.asarray(found[~shapely.is_empty(found)])


def _some(frame: gpd.GeoDataFrame | None, rows: IntArray) -> gpd.GeoDataFrame | None:
    return None if frame is None or len(rows) == 0 else frame.iloc[rows]


def _rows_by(key: IntArray, count: int) -> list[IntArray]:
    order = np.argsort(key, kind="stable")
    order = order[key[order] >= 0]
    return np.split(order, np.searchsorted(key[order], np.arange(1, count)))


def prepare_city(layers: CityLayers) -> City:
    """Return the city ready to be drawn, in the Gauss-Krüger zone of its middle.

    Raises InputRefused: CRS_MISSING, CODE_MISSING, CODE_TWICE, INVALID_GEOMETRY, HOUSEHOLDS_MISSING,
    HOUSEHOLDS_NOT_WHOLE, HOUSEHOLDS_NEGATIVE, HOUSEHOLDS_ABSURD, BUILDINGS_OUTSIDE (with the buildings), and
    what `build_frames` raises.
    """
    communities = _by_code(layers.communities)
    metric_crs = _metric_crs(communities)
    frames = build_frames(communities, metric_crs)
    buildings = _buildings(layers, metric_crs)
    assignment = assign_communities(buildings, frames)
    if len(assignment.outside):
        raise _outside(layers.buildings, buildings, assignment.outside.to_numpy())
    home = frames.metric.index.get_indexer(assignment.community)
    previous = _previous(layers.previous)
    return City(
        frames=frames,
        kind=_kinds(communities),
        buildings=buildings,
        home=np.asarray(home, dtype=np.int64),
        straddling=assignment.straddling.to_numpy(),
        streets=_metric(layers.streets, metric_crs, "streets"),
        barriers=_metric(layers.barriers, metric_crs, "barriers"),
        previous=previous,
        previous_home=None if previous is None else _previous_home(previous, frames),
    )


def _refused(code: str, zh: str, en: str, remedy: tuple[str, str], **more: object) -> InputRefused:
    return InputRefused(code, zh=zh, en=en, remedy_zh=remedy[0], remedy_en=remedy[1], **more)  # type: ignore[arg-type]


def _require_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries, layer: str) -> None:
    if frame.crs is None:
        raise _refused(
            "CRS_MISSING",
            f"图层 {layer} 没有坐标系",
            f"layer {layer} has no coordinate system",
            ("请声明坐标系（如 CGCS2000）", "declare the coordinate system, for example CGCS2000"),
        )


def _by_code(communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "code" not in communities.columns:
        raise _refused(
            "CODE_MISSING",
            "社区图层没有代码列 code",
            "the community layer has no column “code”",
            ("请补充 12 位社区代码", "add the communities' codes"),
            field="code",
        )
    codes = communities["code"]
    # Asked as text, which is what the codes become: 1 and "1" are the same.
    bad = codes.isna() | codes.astype(str).duplicated()
    if bad.any():
        row = int(np.argmax(bad.to_numpy())) + 1
        missing = bool(codes.isna().iloc[row - 1])
        raise _refused(
            "CODE_MISSING" if missing else "CODE_TWICE",
            f"第{row}行社区{'没有代码' if missing else f'代码 {codes.iloc[row - 1]} 重复'}",
            f"row {row}: {'no code' if missing else f'code {codes.iloc[row - 1]} is given twice'}",
            ("每个社区须有唯一代码", "every community needs a code of its own"),
            row=row,
            field="code",
        )
    return communities.assign(code=codes.astype(str)).set_index("code", drop=False)


def _kinds(communities: gpd.GeoDataFrame) -> tuple[str, ...]:
    if "kind" not in communities.columns:
        return (URBAN,) * len(communities)
    return tuple(VILLAGE if str(kind) in _VILLAGE_WORDS else URBAN for kind in communities["kind"])


def _metric_crs(communities: gpd.GeoDataFrame) -> str:
    _require_crs(communities, "communities")
    flat = communities.geometry.force_2d()
    # A ring through infinity comes back from projecting unclosed; `build_frames` refuses it by its row.
    placed = np.isfinite(flat.bounds.to_numpy()).all(axis=1)
    west, _, east, _ = flat[placed].to_crs(STORED_CRS).total_bounds
    return zone_for((west + east) / 2) if np.isfinite([west, east]).all() else STORED_CRS


def _metric(layer: gpd.GeoDataFrame | gpd.GeoSeries | None, metric_crs: str, name: str) -> GeometryArray:
    if layer is None or len(layer) == 0:
        return np.zeros(0, dtype=object)
    _require_crs(layer, name)
    shapes = plane_shapes(layer, metric_crs, name)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    solid = shapely.get_dimensions(shapes) == 2
    shapes[solid] = shapely.make_valid(shapes[solid])
    return np.asarray(shapes)


# ---- Buildings ---------------------------------------------------------------------------------------------


def _buildings(layers: CityLayers, metric_crs: str) -> gpd.GeoDataFrame:
    """Return households, compound, villager group and metric shape of every building, rows as given."""
    given = layers.buildings
    _require_crs(given, "buildings")
    _check_shapes(given)
    shapes = plane_shapes(given, metric_crs, "buildings")
    columns: dict[str, object] = {"households": _households(given)}
    for name, called in _COLUMNS.items():
        found = [given[c].to_numpy(dtype=object) for c in called if c in given.columns]
        if found:
            columns[name] = found[0]
    if "compound" not in columns and layers.compounds is not None and len(layers.compounds):
        columns["compound"] = _compound_at(shapes, layers.compounds, metric_crs)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=metric_crs, index=pd.RangeIndex(len(given)))


def _check_shapes(buildings: gpd.GeoDataFrame) -> None:
    shapes = np.asarray(buildings.geometry.to_numpy(), dtype=object)
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if not bad.any():
        return
    row = int(np.argmax(bad)) + 1
    shape = shapes[row - 1]
    reason = "empty" if shape is None or shape.is_empty else shapely.is_valid_reason(shape)
    raise _refused(
        "INVALID_GEOMETRY",
        f"第{row}行建筑的图形不可用：{reason}（共 {int(bad.sum())} 栋）",
        f"row {row}: the building's shape is not usable: {reason} ({int(bad.sum())} such buildings)",
        ("请在制图软件中修复或删除这些图形", "repair or remove these shapes"),
        row=row,
        field="geometry",
        facts={"rows": [int(r) + 1 for r in np.flatnonzero(bad)[:_LISTED]], "count": int(bad.sum())},
    )


def _households(buildings: gpd.GeoDataFrame) -> IntArray:
    if "households" not in buildings.columns:
        raise _bad_households(buildings, 0, "HOUSEHOLDS_MISSING")
    values = pd.to_numeric(buildings["households"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    for code, bad in (
        ("HOUSEHOLDS_MISSING", buildings["households"].isna().to_numpy()),
        ("HOUSEHOLDS_NOT_WHOLE", ~(np.isfinite(values) & (values == np.floor(values)))),
        ("HOUSEHOLDS_NEGATIVE", values < 0),
        ("HOUSEHOLDS_ABSURD", values > MOST_HOUSEHOLDS),
    ):
        if bad.any():
            raise _bad_households(buildings, int(np.argmax(bad)) + 1, code)
    return np.asarray(values.astype(np.int64))


def _bad_households(buildings: gpd.GeoDataFrame, row: int, code: str) -> InputRefused:
    zh, en = {
        "HOUSEHOLDS_MISSING": ("缺户数", "has no households"),
        "HOUSEHOLDS_NOT_WHOLE": ("户数不是整数", "has households that are no whole number"),
        "HOUSEHOLDS_NEGATIVE": ("户数是负数", "has negative households"),
        "HOUSEHOLDS_ABSURD": (
            f"户数大得不合常理（超过 {MOST_HOUSEHOLDS}）",
            f"has households beyond belief, more than {MOST_HOUSEHOLDS}",
        ),
    }[code]
    return _refused(
        code,
        f"第{row}行建筑{zh}" if row else f"建筑图层{zh}（没有 households 列）",
        f"row {row}: the building {en}" if row else f"the building layer {en}: no column “households”",
        ("请核对后更正", "check and correct them")
        if code == "HOUSEHOLDS_ABSURD"
        else ("请先补全或估算户数", "complete the households or estimate them first"),
        row=row or None,
        field="households",
        facts={"value": str(buildings["households"].iloc[row - 1])} if row else None,
    )


def _compound_at(shapes: GeometryArray, compounds: gpd.GeoDataFrame, metric_crs: str) -> GeometryArray:
    land = _metric_rows(compounds, metric_crs)
    names = compounds["compound_id"] if "compound_id" in compounds.columns else compounds.index
    at = first_containing(land, shapely.point_on_surface(shapes))
    labels = np.array([*names, None], dtype=object)
    return np.asarray(labels[at])


def _metric_rows(frame: gpd.GeoDataFrame, metric_crs: str) -> GeometryArray:
    _require_crs(frame, "compounds")
    return plane_shapes(frame, metric_crs, "compounds")


def _outside(given: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, rows: IntArray) -> InputRefused:
    spots = gpd.GeoSeries(buildings.geometry.iloc[rows[:_LISTED]].representative_point()).to_crs(STORED_CRS)
    names = given["building_id"] if "building_id" in given.columns else pd.Series(given.index)
    listed = [
        {"row": int(row) + 1, "building": str(names.iloc[row]), "lon": round(x, 7), "lat": round(y, 7)}
        for row, x, y in zip(rows[:_LISTED], spots.x, spots.y, strict=True)
    ]
    homes = int(buildings["households"].iloc[rows].sum())
    first = "、".join(str(one["building"]) for one in listed[:5])
    return _refused(
        "BUILDINGS_OUTSIDE",
        f"{len(rows)} 栋建筑（{homes} 户）不在任何社区内：{first}{'等' if len(rows) > 5 else ''}",
        f"{len(rows)} buildings ({homes} households) lie in no community: {first}",
        (
            "请核对位置、补充社区边界，或先去掉这些建筑",
            "check their places, add the community, or remove these buildings first",
        ),
        row=int(rows[0]) + 1,
        field="geometry",
        place=(float(spots.x.iloc[0]), float(spots.y.iloc[0])),
        facts={"count": len(rows), "households": homes, "buildings": listed},
    )


# ---- The plan before ---------------------------------------------------------------------------------------


def _previous(previous: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if previous is None or previous.empty:
        return None
    _require_crs(previous, "previous")
    shapes = plane_shapes(previous, STORED_CRS, "previous")
    stored = previous.set_geometry(gpd.GeoSeries(shapes, index=previous.index, crs=STORED_CRS))
    return stored.set_index("code", drop=False) if "code" in stored.columns else stored


def _previous_home(previous: gpd.GeoDataFrame, frames: Frames) -> IntArray:
    if "community_code" in previous.columns:
        return np.asarray(frames.lonlat.index.get_indexer(previous["community_code"].astype(str)))
    spots = previous.geometry.representative_point().to_numpy()
    return first_containing(frames.lonlat.geometry.to_numpy(), spots)
