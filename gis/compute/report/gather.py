"""A plan's frames become the values of its report."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.city import City, CityPlan
from gis.compute.parameters import PartitionParameters
from gis.compute.plan_quality import summary
from gis.compute.quality import REASON_TEXTS, Reason
from gis.compute.report.drawing import (
    Shapes,
    Sheet,
    borders_between,
    joined_path,
    lines_per_area,
    sheet_for,
    simplified_lines,
    simplified_tiling,
)
from gis.compute.report.values import (
    VERDICTS,
    About,
    Community,
    Figures,
    Grid,
    Histogram,
    Line,
    PartitionReport,
    Words,
    Zone,
)
from gis.compute.workers import VILLAGE

# With more houses than this the page would be slow; grids and streets are enough then.
_MOST_HOUSES = 120_000
_LINE_KINDS = ("water", "rail", "main_road")


def gather_partition(
    city: City,
    plan: CityPlan,
    *,
    parameters: PartitionParameters,
    about: About,
    barriers: gpd.GeoDataFrame | None = None,
) -> PartitionReport:
    """The report of a plan; `barriers`: any CRS, with `barrier_kind` where it is known."""
    metric = city.frames.metric_crs
    rings = np.asarray(city.frames.metric.geometry.to_numpy(), dtype=object)
    sheet = sheet_for(rings)
    drawn = _Drawn(
        sheet=sheet,
        grids=plan.grids,
        shapes=simplified_tiling(np.asarray(plan.grids.geometry.to_crs(metric).to_numpy(), dtype=object)),
        outlines=simplified_tiling(rings),
        streets=lines_per_area(simplified_lines(city.streets), rings),
        houses=_houses(city),
        barriers=_barriers(barriers, rings, metric),
        zones=_zones_by_community(plan.zones),
        parameters=parameters,
    )
    communities = tuple(drawn.community(at, city) for at in range(len(rings)))
    return PartitionReport(
        about=about,
        figures=figures_of(city, plan, parameters.band),
        communities=communities,
        box=sheet.box,
        lines=tuple(_lines(sheet, drawn.barriers, None)),
        histograms=_histograms(plan.grids, _sized(city, plan), parameters),
        band=parameters.band,
        target=parameters.target,
    )


@dataclass(frozen=True)
class _Drawn:
    """Everything of the picture, ready to be taken community by community."""

    sheet: Sheet
    grids: gpd.GeoDataFrame
    shapes: Shapes
    outlines: Shapes
    streets: list[Shapes]
    houses: list[Shapes]
    barriers: pd.DataFrame
    zones: dict[str, tuple[Zone, ...]]
    parameters: PartitionParameters

    def community(self, at: int, city: City) -> Community:
        code = str(city.codes[at])
        row = city.frames.metric.iloc[at]
        own = np.flatnonzero((self.grids["community_code"] == code).to_numpy())
        own = own[np.argsort(self.grids["code"].to_numpy()[own].astype(str), kind="stable")]
        ring = row.geometry
        return Community(
            code=code,
            name=str(row["name"]) if "name" in city.frames.metric.columns else code,
            is_village=city.kind[at] == VILLAGE,
            box=self.sheet.box_of(ring),
            outline=self.sheet.path(self.outlines[at]),
            borders=joined_path(self.sheet, borders_between(self.shapes[own])),
            grids=tuple(self._grid(int(i), is_village=city.kind[at] == VILLAGE) for i in own),
            zones=self.zones.get(code, ()),
            streets=joined_path(self.sheet, self.streets[at]),
            houses=joined_path(self.sheet, self.houses[at]),
            lines=tuple(_lines(self.sheet, self.barriers, ring)),
        )

    def _grid(self, at: int, *, is_village: bool) -> Grid:
        row = self.grids.iloc[at]
        return Grid(
            code=str(row["code"]),
            households=int(row["households"]),
            buildings=int(row["buildings"]),
            deviation=round(float(row["deviation"]), 6),
            mood="village"
            if is_village
            else mood(int(row["households"]), str(row["size_class"]), self.parameters.target),
            compactness=round(float(row["compactness"]), 4),
            reock=round(float(row["reock"]), 4),
            street_share=round(float(row["street_share"]), 4),
            barrier_m=round(float(row["barrier_m"]), 1),
            compounds_split=int(row["compounds_split"]),
            moved=int(row["moved_households"]),
            reasons=tuple(reason_words(reason) for reason in row["reasons"]),
            path=self.sheet.path(self.shapes[at]),
            at=self.sheet.spot(shapely.point_on_surface(self.shapes[at])),
        )


def mood(households: int, size_class: str, target: int) -> str:
    """How a grid misses the target, a key of `values.MOODS`."""
    if households == 0:
        return "no_homes"
    if size_class == "band":
        return "band"
    side = "below" if households < target else "above"
    return {"soft": f"bit_{side}", "hard": side}.get(size_class, f"far_{side}")


def reason_words(reason: object) -> Words:
    """A reason in Chinese and English."""
    return REASON_TEXTS.get(Reason(str(reason)), (str(reason), ""))


# ---- Figures ----------------------------------------------------------------------------------------------


def figures_of(city: City, plan: CityPlan, band: float) -> Figures:
    """The figures of a whole plan."""
    grids, zones = _numbered_zones(plan, band)
    sized = _sized(city, plan)
    balance = summary(grids[sized], zones[zones["zone"].isin(set(grids["zone"][sized]))])
    every = summary(grids, zones)
    check = plan.check
    at_most = balance.get("in_band_at_most")
    return Figures(
        communities=len(city.kind),
        grids=len(grids),
        village_grids=int((grids["households"] > 0).sum() - sized.sum()),
        households=check.households,
        buildings=check.buildings,
        in_band=balance["in_band"],
        in_band_share=balance["in_band_share"],
        attainable=balance["attainable_grids"],
        attainable_in_band=balance["attainable_in_band"],
        in_band_at_most=None if at_most is None else int(at_most),
        worst_deviation=balance["worst_deviation"],
        worst_attainable=balance["attainable_worst_deviation"],
        worst_attainable_without_towers=balance["attainable_worst_deviation_without_towers"],
        outside_hard_limits=balance["outside_hard_limits"],
        mean_compactness=every["mean_compactness"],
        mean_reock=every["mean_reock"],
        barrier_m=every["barrier_m"],
        compounds_split=every["compounds_split"],
        moved_households=int(grids["moved_households"].sum()),
        empty=every["empty"],
        not_contiguous=every["not_contiguous"],
        crossing_barriers=every["crossing_barriers"],
        crossing_without_need=every["crossing_without_need"],
        households_lost=check.households - check.households_in_grids,
        buildings_lost=check.buildings - check.buildings_in_grids,
        coverage_valid=check.coverage_valid,
        area_gap=float(check.area_gap),
        sound=check.holds,
    )


def completed_zones(zones: pd.DataFrame, band: float) -> pd.DataFrame:
    """The zones of a whole plan with every figure for each.

    Zones of villages and of communities that are one grid have no verdict: they are one piece and reach what they have.
    """
    plain = zones.copy()
    if plain.empty:
        return plain
    stand_ins: dict[str, tuple[Any, type]] = {
        "is_attainable": (plain["attainable_deviation"].astype(float) <= band + 1e-9, bool),
        "in_band_at_most": (plain["grids_in_band"], int),
        "pieces": (1, int),
        "verdict": ("unproven", str),
    }
    for name, (value, kind) in stand_ins.items():
        known = plain[name] if name in plain.columns else pd.Series(None, index=plain.index, dtype=object)
        plain[name] = known.astype(object).where(known.notna(), value).astype(kind)
    return plain


def _numbered_zones(plan: CityPlan, band: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grids and zones with zone numbers that are unique over the whole city."""
    grids, zones = pd.DataFrame(plan.grids.drop(columns="geometry")), completed_zones(plan.zones, band)
    if zones.empty:
        return grids, pd.DataFrame({"zone": [], "attainable_deviation": []})
    own = [*zip(zones["community_code"].astype(str), zones["zone"].astype(int), strict=True)]
    number = {key: at for at, key in enumerate(own)}
    of_grids = zip(grids["community_code"].astype(str), grids["zone"].astype(int), strict=True)
    return (
        grids.assign(zone=[number.get(key, -1) for key in of_grids]),
        zones.assign(zone=[number[key] for key in own]),
    )


def _sized(city: City, plan: CityPlan) -> np.ndarray:
    """Which grids have a size to keep: those with homes, outside villages."""
    villages = {str(code) for code, kind in zip(city.codes, city.kind, strict=True) if kind == VILLAGE}
    in_village = plan.grids["community_code"].isin(villages).to_numpy()
    return np.asarray(~in_village & (plan.grids["households"] > 0).to_numpy())


def _zones_by_community(zones: pd.DataFrame) -> dict[str, tuple[Zone, ...]]:
    found: dict[str, list[Zone]] = {}
    for row in zones.to_dict("records"):
        found.setdefault(str(row["community_code"]), []).append(_zone(row))
    return {code: tuple(rows) for code, rows in found.items()}


def _zone(row: Mapping[Hashable, Any]) -> Zone:
    verdict, gap, at_most = str(row.get("verdict", "")), row.get("gap"), row.get("in_band_at_most")
    return Zone(
        number=int(row["zone"]),
        grids=int(row["k"]),
        households=int(row["households"]),
        attainable=round(float(row["attainable_deviation"]), 4),
        in_band=int(row["grids_in_band"]),
        verdict=verdict if verdict in VERDICTS else "unproven",
        gap=None if gap is None or pd.isna(gap) else round(float(gap), 4),
        at_most=None if at_most is None or pd.isna(at_most) else int(at_most),
        told=(str(row.get("told_zh") or ""), str(row.get("told_en") or "")),
    )


def _histograms(
    grids: gpd.GeoDataFrame, sized: np.ndarray, parameters: PartitionParameters
) -> tuple[Histogram, ...]:
    deviation = np.clip(grids["deviation"][sized].to_numpy(dtype=float), -0.5, 0.5)
    band = parameters.band
    return (
        histogram_of(
            deviation,
            np.linspace(-0.5, 0.5, 41),
            ("户数偏差", "deviation from the target"),
            shaded=(-band, band),
        ),
        histogram_of(
            grids["compactness"].to_numpy(dtype=float), np.linspace(0, 1, 26), ("紧凑度 PP", "Polsby-Popper")
        ),
        histogram_of(grids["reock"].to_numpy(dtype=float), np.linspace(0, 1, 26), ("紧凑度 Reock", "Reock")),
    )


def histogram_of(
    values: Sequence[float] | np.ndarray,
    edges: np.ndarray,
    title: Words,
    shaded: tuple[float, float] | None = None,
) -> Histogram:
    """Counts of the values between edges; with a shaded range the values are shares."""
    # A hair inwards, so that the wanted limits themselves fall on the wanted side.
    inside = np.asarray(values) * (1 - 1e-9)
    counts = np.histogram(np.clip(inside, edges[0], edges[-1]), edges)[0]
    return Histogram(
        title=title,
        edges=tuple(round(float(edge), 6) for edge in edges),
        counts=tuple(int(count) for count in counts),
        is_share=shaded is not None,
        shaded=shaded,
        mean=None if shaded is not None or len(inside) == 0 else round(float(np.mean(inside)), 4),
    )


# ---- Streets, houses, barriers ----------------------------------------------------------------------------


def _houses(city: City) -> list[Shapes]:
    """The footprints of each community, plain enough for a picture."""
    count = len(city.kind)
    if len(city.buildings) > _MOST_HOUSES:
        return [np.zeros(0, dtype=object)] * count
    shapes = np.asarray(city.buildings.geometry.to_numpy(), dtype=object)
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    plain = shapely.simplify(shapes[areas], 1.5)
    home = city.home[areas]
    return [plain[home == at] for at in range(count)]


def _barriers(barriers: gpd.GeoDataFrame | None, rings: Shapes, metric: str) -> pd.DataFrame:
    """Barriers in and around the city: kind and metric shape, cut to the city's surroundings."""
    if barriers is None or len(barriers) == 0:
        return pd.DataFrame({"kind": [], "shape": []})
    west, south, east, north = shapely.total_bounds(rings)
    around = shapely.box(west, south, east, north).buffer(
        0.02 * max(east - west, north - south), join_style="mitre"
    )
    metric_frame = barriers.to_crs(metric)
    shapes = shapely.make_valid(shapely.force_2d(np.asarray(metric_frame.geometry.to_numpy(), dtype=object)))
    shapes = shapely.simplify(shapely.intersection(shapes, around), 2.0)
    kinds = (
        barriers["barrier_kind"].fillna("other")
        if "barrier_kind" in barriers.columns
        else ["other"] * len(barriers)
    )
    frame = pd.DataFrame({"kind": [str(kind) for kind in kinds], "shape": shapes})
    return frame[~shapely.is_empty(shapes)]


def _lines(sheet: Sheet, barriers: pd.DataFrame, within: shapely.Geometry | None) -> list[Line]:
    """Barriers as path data, one for each kind; areas of water apart from lines of water."""
    found: dict[str, list[str]] = {}
    for kind, shape in zip(barriers["kind"], barriers["shape"], strict=True):
        part = shape if within is None else shapely.intersection(shape, within)
        if part.is_empty:
            continue
        for piece in shapely.get_parts(part):
            name = kind if kind in _LINE_KINDS else "other"
            if shapely.get_dimensions(piece) == 1 and name == "water":
                name = "water_line"
            elif shapely.get_dimensions(piece) == 2:
                name = "water"
            found.setdefault(name, []).append(sheet.path(piece))
    return [Line("".join(found[name]), name) for name in sorted(found)]
