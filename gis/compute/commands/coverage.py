"""`coverage`: which households live within a walk of a site, per building, grid and community."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.commands.city_files import Counted, counted_buildings, read_layers, sources_of
from gis.compute.commands.layer import Layer
from gis.compute.commands.plans import read_plan
from gis.compute.commands.reporting import about_run, check_report_files, write_report
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.versions import versions
from gis.compute.commands.walking import ground_of, places, reach_words, street_network, walk_rules
from gis.compute.commands.writing import check_writable, write_layers
from gis.compute.coverage import RADIUS, WalkRules, coverage_at, coverage_by, walks_to_sites
from gis.compute.crs import STORAGE_EPSG
from gis.compute.report.coverage_page import coverage_page
from gis.compute.report.drawing import Sheet, simplified_tiling
from gis.compute.report.values import About, Area, CoverageReport, Histogram, Site, Words


@dataclass(frozen=True)
class _Areas:
    """Grids or communities: code, name and shape in metres, and the area of each building (by code)."""

    words: Words
    frame: gpd.GeoDataFrame
    of_building: pd.Series


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Measure and write the walks; returns the summary."""
    check_writable(options.out, (".gpkg", ".geojson", ".fgb", ".csv"))
    check_report_files(options)
    rules = walk_rules(options)
    plan = None if options.grids is None else read_plan(options.grids)
    paths = {
        "communities": [options.communities] if options.communities else [],
        "buildings": [options.buildings],
        "streets": options.streets,
        "fitness_sites": [options.sites],
    }
    layers = read_layers(paths, options, speaker)
    counted = counted_buildings(layers, options)
    metric_crs = str(counted.metric.crs)
    sites = places(layers["fitness_sites"], "site_id", metric_crs)
    with speaker.progress("量算步行距离", "measuring walks"):
        graph = street_network(layers.get("streets"), metric_crs, rules)
        walks = walks_to_sites(counted.metric, sites, graph, rules)
    areas = _areas(counted, layers.get("communities"), None if plan is None else plan.grids)
    _write(options.out, counted, walks, sites, areas)
    run_values = {"sources": sources_of(layers), "versions": versions()}
    notes = [note for layer in layers.values() for note in layer.notes] + list(counted.homes.notes)
    about = about_run(options.title, asdict(rules), run_values, notes)
    report = _report(_Measured(counted, walks, sites, areas, rules), layers.get("streets"), about)
    return _summary(report, [options.out, *write_report(report, coverage_page, options)])


def _areas(counted: Counted, communities: Layer | None, grids: gpd.GeoDataFrame | None) -> _Areas | None:
    """The grids where a plan is given, else the communities, else nothing."""
    crs = counted.metric.crs
    if grids is not None:
        shapes = grids.geometry.to_crs(crs)
        frame = gpd.GeoDataFrame({"code": grids["code"], "name": grids["code"]}, geometry=shapes, crs=crs)
        spots = shapely.point_on_surface(np.asarray(counted.metric.geometry.to_numpy(), dtype=object))
        spot, area = shapely.STRtree(shapes.to_numpy()).query(spots, predicate="intersects")
        first = pd.Series(area, index=spot).groupby(level=0).min()
        of_building = pd.Series(None, index=counted.metric.index, dtype=object)
        of_building.iloc[first.index.to_numpy()] = frame["code"].to_numpy()[first.to_numpy()]
        return _Areas(("网格", "grids"), frame, of_building)
    if communities is None or counted.city is None:
        return None
    rings = counted.city.frames.metric
    frame = gpd.GeoDataFrame({"code": rings["code"], "name": rings["name"]}, geometry=rings.geometry, crs=crs)
    return _Areas(("社区", "communities"), frame, counted.metric["community_code"])


def _write(
    out: Path, counted: Counted, walks: pd.DataFrame, sites: gpd.GeoDataFrame, areas: _Areas | None
) -> None:
    buildings = counted.homes.frame.drop(columns=["floors_assumed"]).assign(
        site_id=walks["site_id"].to_numpy(),
        distance_m=np.round(walks["distance_m"].to_numpy(dtype=float), 1),
        method=walks["method"].to_numpy(),
        covered=walks["covered"].to_numpy(),
    )
    layers: dict[str, pd.DataFrame] = {"buildings": buildings}
    served = _served(counted, walks)
    stored = sites.to_crs(STORAGE_EPSG)
    layers["sites"] = stored.assign(households=[int(served.get(each, 0)) for each in sites["site_id"]])
    if areas is not None:
        table = coverage_by(counted.metric.assign(area=areas.of_building), walks, "area")
        named = areas.frame.to_crs(STORAGE_EPSG).set_index("code", drop=False).rename_axis(None)
        layers["areas"] = gpd.GeoDataFrame(named.join(table), geometry="geometry", crs=STORAGE_EPSG)
    write_layers(out, layers)


def _served(counted: Counted, walks: pd.DataFrame) -> pd.Series:
    """Covered households by the site that is nearest to them."""
    households = counted.metric["households"].where(walks["covered"].to_numpy(), 0)
    return households.groupby(walks["site_id"].to_numpy()).sum()


@dataclass(frozen=True)
class _Measured:
    """What the report shows."""

    counted: Counted
    walks: pd.DataFrame
    sites: gpd.GeoDataFrame
    areas: _Areas | None
    rules: WalkRules


def _report(measured: _Measured, streets: Layer | None, about: About) -> CoverageReport:
    counted, walks, rules, areas = measured.counted, measured.walks, measured.rules, measured.areas
    homes = counted.metric
    within = walks["covered"].to_numpy(dtype=bool)
    sheet, ground = ground_of(homes, within, streets, None if areas is None else areas.frame.geometry)
    whole = coverage_by(homes, walks, None).iloc[0]
    return CoverageReport(
        about=about,
        reach=reach_words(rules),
        households=int(whole["households"]),
        covered=int(whole["covered_households"]),
        buildings=len(homes),
        by_radius=int(homes["households"][(walks["method"] == RADIUS).to_numpy()].sum()),
        mean_m=_known(whole["mean_distance_m"]),
        by_minutes=_by_minutes(measured),
        walks=_histogram(measured),
        areas_are=("区域", "areas") if areas is None else areas.words,
        areas=() if areas is None else _area_rows(measured, areas, sheet),
        sites=_site_rows(measured, sheet),
        ground=replace(ground, outlines=ground.outlines if areas is not None else ""),
    )


def _known(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 1)


def _by_minutes(measured: _Measured) -> tuple[tuple[float, float], ...]:
    """Covered share after a third, two thirds, the whole and four thirds of the walk."""
    rules = measured.rules
    minutes = [round(rules.minutes * part / 3, 2) for part in range(1, 5)]
    reachable = [each for each in minutes if each * rules.metres_per_minute <= rules.horizon_m]
    table = coverage_at(measured.counted.metric, measured.walks, None, reachable, rules)
    found = [(float(at), float(share)) for (_, at), share in table["share"].items() if np.isfinite(share)]
    return ((0.0, 0.0), *found)


def _histogram(measured: _Measured) -> Histogram:
    """Households by the length of their walk, up to twice the reach; the last bar takes in all beyond."""
    reach = measured.rules.reach_m
    distance = measured.walks["distance_m"].fillna(np.inf).to_numpy(dtype=float)
    edges = np.linspace(0.0, 2 * reach, 25)
    counts = np.histogram(
        np.clip(distance, 0, 2 * reach),
        edges,
        weights=measured.counted.metric["households"].to_numpy(dtype=float),
    )[0]
    return Histogram(
        title=("步行距离（户）", "households by walk in m, last bar: farther or none"),
        edges=tuple(round(float(edge), 3) for edge in edges),
        counts=tuple(round(float(count)) for count in counts),
        is_share=False,
        shaded=(0.0, reach),
    )


def _area_rows(measured: _Measured, areas: _Areas, sheet: Sheet) -> tuple[Area, ...]:
    table = coverage_by(measured.counted.metric.assign(area=areas.of_building), measured.walks, "area")
    shapes = simplified_tiling(np.asarray(areas.frame.geometry.to_numpy(), dtype=object))
    rows = []
    for at, (code, name) in enumerate(zip(areas.frame["code"], areas.frame["name"], strict=True)):
        row = table.loc[code] if code in table.index else None
        rows.append(
            Area(
                code=str(code),
                name=str(name),
                households=0 if row is None else int(row["households"]),
                covered=0 if row is None else int(row["covered_households"]),
                share=None if row is None or not np.isfinite(row["share"]) else round(float(row["share"]), 4),
                mean_m=None if row is None else _known(row["mean_distance_m"]),
                path=sheet.path(shapes[at]),
            )
        )
    return tuple(rows)


def _site_rows(measured: _Measured, sheet: Sheet) -> tuple[Site, ...]:
    served = _served(measured.counted, measured.walks)
    return tuple(
        Site(str(name), "standing", int(served.get(each, 0)), sheet.spot(shapely.centroid(spot)))
        for each, name, spot in zip(
            measured.sites["site_id"], measured.sites["name"], measured.sites.geometry, strict=True
        )
    )


def _summary(report: CoverageReport, written: list[Path]) -> dict[str, object]:
    share = report.covered / max(report.households, 1)
    return {
        "command": "coverage",
        "households": report.households,
        "covered": report.covered,
        "share": round(share, 4),
        "by_minutes": {f"{minutes:g}": round(value, 4) for minutes, value in report.by_minutes},
        "sites": len(report.sites),
        "judged_by_radius": report.by_radius,
        "files": [str(path) for path in written],
        "lines": [
            (
                f"{report.reach[0]}内：{report.covered} / {report.households} 户（{share:.1%}），{len(report.sites)} 个站点",
                f"within {report.reach[1]}: {report.covered} of {report.households} households ({share:.1%}), "
                f"{len(report.sites)} sites",
            ),
            *[(f"已写出 {path}", f"written: {path}") for path in written],
        ],
    }
