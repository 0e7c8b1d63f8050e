"""`generate`: a made-up city as files, for whoever wants to try the other commands."""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.commands.speaking import Speaker
from gis.compute.commands.writing import check_writable, write_layers
from gis.compute.generator.profiles import profile_city
from gis.compute.refusal import InputRefused

# A place for a new site about every so many metres.
_CANDIDATE_STEP_M = 250.0


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Write a generated city's layers, one GeoPackage each; returns the summary."""
    folder = _folder(options.out)
    with speaker.progress("生成城市", "making the city"):
        city = profile_city(options.profile, options.seed, options.households)
    layers = city.layers()
    if options.without_households:
        layers["buildings"] = layers["buildings"].drop(columns="households")
    layers["candidates"] = candidate_places(city.communities, city.metric_crs)
    written = []
    # A layer without rows is no file: none could read it.
    for name, frame in ((name, frame) for name, frame in layers.items() if len(frame)):
        path = folder / f"{name}.gpkg"
        write_layers(path, {name: frame})
        written.append(path)
    total = int(city.communities["households"].sum())
    return {
        "command": "generate",
        "files": [str(path) for path in written],
        "communities": len(city.communities),
        "buildings": len(city.buildings),
        "households": total,
        "lines": [
            (
                f"生成 {len(city.communities)} 个社区、{len(city.buildings)} 栋楼、{total} 户，图形均为虚构",
                f"made {len(city.communities)} communities, {len(city.buildings)} buildings, {total} households; "
                "every shape is invented",
            ),
            *[(f"已写出 {path}", f"written: {path}") for path in written],
            (f"下一步：{_next(folder)}", f"next: {_next(folder)}"),
        ],
    }


def _next(folder: Path) -> str:
    return (
        f"python -m gis.compute partition {folder}/buildings.gpkg {folder}/communities.gpkg --streets "
        f"{folder}/streets.gpkg --barriers {folder}/barriers.gpkg --out grids.gpkg --report report.html"
    )


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise InputRefused(
            "OUT_UNWRITABLE",
            zh=f"无法建立文件夹 {folder}（{failure.strerror}）",
            en=f"the folder {folder} cannot be made ({failure.strerror})",
            remedy_zh="请换一个位置",
            remedy_en="choose another place",
            facts={"file": str(folder)},
        ) from failure
    check_writable(folder / "buildings.gpkg", (".gpkg",))
    return folder


def candidate_places(communities: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoDataFrame:
    """Points about every 250 m inside the communities: `name`, `community_code`, EPSG:4490."""
    metric = communities.geometry.to_crs(metric_crs)
    west, south, east, north = metric.total_bounds
    step = _CANDIDATE_STEP_M
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    spots = shapely.points(x.ravel(), y.ravel())
    found, area = shapely.STRtree(metric.to_numpy()).query(spots, predicate="within")
    first = np.unique(found, return_index=True)[1]
    chosen, area = spots[found[first]], area[first]
    frame = gpd.GeoDataFrame(
        {
            "name": [f"备选{number:04d}" for number in range(1, len(chosen) + 1)],
            "community_code": communities["code"].to_numpy()[area],
        },
        geometry=chosen,
        crs=metric_crs,
    )
    return frame.to_crs(communities.crs)
