"""`estimate-households`: every building's households, given, estimated or spread from totals, with their source."""

from __future__ import annotations

import argparse

import pandas as pd

from gis.compute.commands.city_files import counted_buildings, read_layers, sources_of
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.writing import check_writable, write_layers


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Write the buildings with `households`, `household_source`, `floors_assumed`; returns the summary."""
    check_writable(options.out, (".gpkg", ".geojson", ".fgb", ".csv"))
    paths = {
        "communities": [options.communities] if options.communities else [],
        "buildings": [options.buildings],
    }
    layers = read_layers(paths, options, speaker)
    homes = counted_buildings(layers, options).homes
    write_layers(options.out, {"buildings": homes.frame})
    return _summary(homes.frame, homes.notes, options, sources_of(layers))


def _summary(
    frame: pd.DataFrame,
    notes: tuple[tuple[str, str], ...],
    options: argparse.Namespace,
    sources: list[dict[str, object]],
) -> dict[str, object]:
    by_source = frame.groupby("household_source")["households"].agg(["size", "sum"])
    total = int(frame["households"].sum())
    assumed = int(frame["floors_assumed"].sum())
    return {
        "command": "estimate-households",
        "buildings": len(frame),
        "households": total,
        "by_source": {
            str(name): {"buildings": int(row["size"]), "households": int(row["sum"])}
            for name, row in by_source.iterrows()
        },
        "floors_assumed": assumed,
        "sources": sources,
        "files": [str(options.out)],
        "lines": [
            (f"{len(frame)} 栋楼，共 {total} 户", f"{len(frame)} buildings, {total} households"),
            *notes,
            (
                f"{assumed} 栋没有层数，按假定层数计",
                f"{assumed} buildings have no floors; a number was assumed",
            ),
            (f"已写出 {options.out}", f"written: {options.out}"),
        ],
    }
