"""`site`: where new sites should stand so that the most households have one within reach."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.commands.city_files import Counted, counted_buildings, read_layers, sources_of
from gis.compute.commands.reporting import about_run, check_report_files, write_report
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.stopping import Interrupted, stop_on_signal
from gis.compute.commands.versions import versions
from gis.compute.commands.walking import ground_of, places, reach_words, street_network, walk_rules
from gis.compute.commands.writing import check_writable, write_layers
from gis.compute.coverage import WalkRules, walks_to_sites
from gis.compute.crs import STORAGE_EPSG
from gis.compute.report.drawing import Sheet
from gis.compute.report.siting_page import siting_page
from gis.compute.report.values import Site, SitingReport
from gis.compute.siting import Siting, SitingWish, site_places


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Choose places and write them; returns the summary."""
    check_writable(options.out, (".gpkg", ".geojson", ".fgb", ".csv"))
    check_report_files(options)
    rules = walk_rules(options)
    paths = {
        "communities": [options.communities] if options.communities else [],
        "buildings": [options.buildings],
        "streets": options.streets,
        "fitness_sites": [options.candidates],
    }
    layers = read_layers(paths, options, speaker)
    compared = {kind: layer for kind, layer in layers.items() if kind != "fitness_sites"}
    wanted = {"fitness_sites": [options.sites]} if options.sites else {}
    standing = read_layers(wanted, options, speaker, compared)
    counted = counted_buildings(layers, options)
    crs = str(counted.metric.crs)
    candidates = places(layers["fitness_sites"], "place_id", crs)
    existing = places(standing["fitness_sites"], "site_id", crs) if standing else None
    graph = street_network(layers.get("streets"), crs, rules)
    with stop_on_signal() as should_stop, speaker.progress("选址", "choosing places"):
        wish = SitingWish(
            pinned=tuple(options.pin), forbidden=tuple(options.forbid), effort=options.effort,
            seed=options.seed, should_stop=should_stop,
        )  # fmt: skip
        siting = site_places(
            counted.metric, candidates, graph, existing, options.count, rules=rules, wish=wish
        )
    if siting.stopped:
        raise Interrupted("已中断，没有写出任何文件", "stopped; nothing was written")
    chosen = _chosen(siting, candidates)
    reached = walks_to_sites(counted.metric, _all_sites(existing, chosen), graph, rules)
    write_layers(
        options.out, {"chosen": chosen.to_crs(STORAGE_EPSG), "buildings": _buildings(counted, reached)}
    )
    run_values = {"sources": [*sources_of(layers), *sources_of(standing)], "versions": versions()}
    parameters = {**asdict(rules), "count": options.count, "effort": options.effort, "seed": options.seed}
    notes = [note for layer in layers.values() for note in layer.notes] + list(counted.homes.notes)
    outlines = layers["communities"].frame.geometry if "communities" in layers else None
    within = reached["covered"].to_numpy(dtype=bool)
    sheet, ground = ground_of(counted.metric, within, layers.get("streets"), outlines)
    report = SitingReport(
        about=about_run(options.title, parameters, run_values, notes),
        reach=reach_words(rules),
        households=round(siting.total),
        before=round(siting.covered_before),
        covered=round(siting.covered),
        bound=int(np.floor(siting.bound + 1e-6)),
        proof=siting.proof,
        candidates=len(candidates),
        steps=_steps(siting, candidates),
        sites=_sites(siting, candidates, existing, sheet),
        ground=ground,
    )
    written = [options.out, *write_report(report, siting_page, options)]
    return _summary(report, rules, written, options.count)


def _names(candidates: gpd.GeoDataFrame) -> dict[object, str]:
    return dict(zip(candidates["place_id"], candidates["name"].astype(str), strict=True))


def _steps(siting: Siting, candidates: gpd.GeoDataFrame) -> tuple[tuple[str, int, int, float], ...]:
    names = _names(candidates)
    return tuple(
        (names[step.place_id], round(step.gained), round(step.covered), round(float(step.share), 4))
        for step in siting.steps
    )


def _chosen(siting: Siting, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The chosen places in the order in which to open them: place_id, name, number, gained, covered, share."""
    by_id = candidates.set_index("place_id")
    ids = [step.place_id for step in siting.steps]
    return gpd.GeoDataFrame(
        {
            "number": range(1, len(ids) + 1),
            "place_id": [str(each) for each in ids],
            "name": [str(by_id["name"][each]) for each in ids],
            "gained": [round(step.gained) for step in siting.steps],
            "covered": [round(step.covered) for step in siting.steps],
            "share": [round(float(step.share), 6) for step in siting.steps],
        },
        geometry=[by_id.geometry[each] for each in ids],
        crs=candidates.crs,
    )


def _all_sites(existing: gpd.GeoDataFrame | None, chosen: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    new = gpd.GeoDataFrame({"site_id": "new:" + chosen["place_id"]}, geometry=chosen.geometry, crs=chosen.crs)
    if existing is None:
        return new
    return gpd.GeoDataFrame(
        pd.concat([existing[["site_id", "geometry"]], new], ignore_index=True), crs=chosen.crs
    )


def _buildings(counted: Counted, reached: pd.DataFrame) -> gpd.GeoDataFrame:
    return counted.homes.frame[["building_id", "households", "geometry"]].assign(
        site_id=reached["site_id"].to_numpy(),
        distance_m=np.round(reached["distance_m"].to_numpy(dtype=float), 1),
        covered=reached["covered"].to_numpy(),
    )


def _sites(
    siting: Siting, candidates: gpd.GeoDataFrame, existing: gpd.GeoDataFrame | None, sheet: Sheet
) -> tuple[Site, ...]:
    number = {step.place_id: (at, round(step.gained)) for at, step in enumerate(siting.steps, 1)}
    rows = []
    for place, name, spot in zip(
        candidates["place_id"], candidates["name"], candidates.geometry, strict=True
    ):
        order, gained = number.get(place, (0, 0))
        state = "chosen" if order else "candidate"
        rows.append(Site(str(name), state, gained, sheet.spot(shapely.centroid(spot)), order))
    if existing is not None:
        rows += [
            Site(str(name), "standing", 0, sheet.spot(shapely.centroid(spot)))
            for name, spot in zip(existing["name"], existing.geometry, strict=True)
        ]
    return tuple(rows)


def _fewer(report: SitingReport, wanted: int) -> tuple[str, str]:
    """That fewer places were chosen than asked for: of the candidates allowed no further one adds a household."""
    if len(report.steps) >= wanted:
        return "", ""
    return (
        f"；要求 {wanted} 处，可选的候选中再多选也不增加覆盖",
        f"; {wanted} were asked for: of the candidates allowed no further one adds a household",
    )


def _summary(report: SitingReport, rules: WalkRules, written: list[Path], wanted: int) -> dict[str, object]:
    total = max(report.households, 1)
    gap = (report.bound - report.covered) / total
    proven = report.proof == "optimal"
    fewer = _fewer(report, wanted)
    return {
        "command": "site",
        "households": report.households,
        "covered_before": report.before,
        "covered": report.covered,
        "share": round(report.covered / total, 6),
        "bound": report.bound,
        "gap": round(gap, 6),
        "proof": report.proof,
        "reach_m": rules.reach_m,
        "chosen": [step[0] for step in report.steps],
        "files": [str(path) for path in written],
        "lines": [
            (
                f"选出 {len(report.steps)} 处：覆盖 {report.before} → {report.covered} 户（{report.covered / total:.1%}）；"
                + ("已证明最优" if proven else f"任何选法不超过 {report.bound} 户（差距 {gap:.2%}）")
                + fewer[0],
                f"{len(report.steps)} places: {report.before} -> {report.covered} households covered "
                f"({report.covered / total:.1%}); "
                + (
                    "proven optimal"
                    if proven
                    else f"no choice covers more than {report.bound} (gap {gap:.2%})"
                )
                + fewer[1],
            ),
            *[(f"已写出 {path}", f"written: {path}") for path in written],
        ],
    }
