"""The bench's figures as tables, on the screen and in .local/bench, and what of the targets is missed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.bench.peers.environment import LOCAL

OUT_OF_BAND_AT_MOST = {"standard": 0.5, "best": 0.3}
AREA_GAP = 1e-9
ZEROS = (
    "not_contiguous", "empty", "cross_community", "cross_barrier_without_need", "buildings_lost",
    "households_lost", "footprints_cut",
)  # fmt: skip
COLUMNS = (
    ("method", "<34"), ("CPU s", ">7"), ("grids", ">5"), ("in band", ">13"), ("out att.", ">13"), ("towers", ">6"),
    ("out city", ">8"), ("worst att.", ">10"), ("PP", ">12"), ("Reock", ">12"), ("faults", ">6"), ("gap", ">7"),
)  # fmt: skip
LEGEND = (
    "in band: grids within 10 % of 400 households, and share. out att.: out-of-band grids / all grids in attainable "
    "zones, grids around a single unit above the band left out (column towers). out city: out-of-band grids of the "
    "whole city, those and unattainable zones included. worst att.: worst deviation in attainable zones. PP, Reock: "
    "means over the drawn polygons. Zones on which a peer found "
    "nothing sound are METIS', or the best of the other peers'. faults: "
    + " + ".join(ZEROS)
    + " + coverage not valid. gap: relative area gap."
)


def publish(preset: str, results: Sequence[dict[str, Any]]) -> None:
    """Print the table of every city and write grids-<preset>.json and .md (grids.json, grids.md: the latest)."""
    text = "\n\n".join(
        [f"Preset {preset}. {LEGEND}", *[_city_table(result) for result in results], _together(results)]
    )
    print(f"\n{text}")
    LOCAL.mkdir(parents=True, exist_ok=True)
    for name in (f"grids-{preset}", "grids"):
        (LOCAL / f"{name}.json").write_text(json.dumps(results, indent=1))
        (LOCAL / f"{name}.md").write_text("```\n" + text + "\n```\n")


def _own(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [figures for name, figures in result["methods"].items() if name.startswith("ours")]


def _peers(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: figures for name, figures in result["methods"].items() if not name.startswith("ours")}


def faults(figures: dict[str, Any]) -> int:
    """All that must be nought, together."""
    return sum(abs(int(figures[name])) for name in ZEROS) + (not figures["coverage_valid"])


def _city_table(result: dict[str, Any]) -> str:
    head = " ".join(f"{name:{width}}" for name, width in COLUMNS)
    least = result["least_out_attainable"]
    lines = [f"== {result['city']} (no plan has fewer than {least} out att., by the engine's bound)", head]
    own = _own(result)
    lines.append(_row(f"ours, mean of {len(own)}", own))
    lines += [_row(name, [figures]) for name, figures in result["methods"].items()]
    return "\n".join(lines)


def _row(name: str, rows: Sequence[dict[str, Any]]) -> str:
    def mean(key: str) -> float:
        return float(np.mean([row[key] for row in rows]))

    def spread(key: str, digits: int) -> str:
        values = [row[key] for row in rows]
        return f"±{np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""

    cells = (
        name + (f" (zones by others: {rows[0]['zones_by_others']})" if rows[0]["zones_by_others"] else ""),
        f"{mean('cpu_s'):.1f}",
        f"{mean('grids'):.0f}",
        f"{mean('in_band'):.0f}{spread('in_band', 1)} {mean('in_band_share'):.1%}",
        f"{mean('out_attainable'):.1f}{spread('out_attainable', 1)}/{mean('attainable_grids'):.0f}",
        f"{mean('around_large_units'):.0f}",
        f"{mean('out_whole_city'):.1f}",
        f"{mean('worst_attainable'):.1%}",
        f"{mean('polsby_popper'):.4f}{spread('polsby_popper', 4)}",
        f"{mean('reock'):.4f}{spread('reock', 4)}",
        f"{sum(faults(row) for row in rows)}",
        f"{max(row['area_gap'] for row in rows):.0e}",
    )
    return " ".join(f"{cell:{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def _together(results: Sequence[dict[str, Any]]) -> str:
    """Sums over all cities: out-of-band grids in attainable zones and in all, by method (ours: mean of the runs)."""
    lines = [
        "== all cities: out-of-band grids in attainable zones, in the whole city, PP and Reock by grid, CPU s"
    ]
    rows = {"ours": [_mean_of(_own(result)) for result in results]}
    for peer in _peers(results[0]) if results else ():
        rows[peer] = [_peers(result)[peer] for result in results]
    for name, figures in rows.items():
        grids = np.array([one["grids"] for one in figures], dtype=float)
        compact = [
            np.average([one[key] for one in figures], weights=grids) for key in ("polsby_popper", "reock")
        ]
        lines.append(
            f"{name:<12} {sum(one['out_attainable'] for one in figures):7.1f} "
            f"{sum(one['out_whole_city'] for one in figures):7.1f} of {grids.sum():.0f}   "
            f"{compact[0]:.4f} {compact[1]:.4f}   {sum(one['cpu_s'] for one in figures):.0f}"
        )
    return "\n".join(lines)


def _mean_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def verdicts(preset: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """Every target missed, city by city, in words."""
    missed = []
    for result in results:
        missed += [f"MISSED {result['city']}: {text}" for text in _missed(preset, result)]
    return missed


def _missed(preset: str, result: dict[str, Any]) -> list[str]:
    own, peers = _own(result), list(_peers(result).values())
    mean = _mean_of(own)
    texts = []
    allowed = OUT_OF_BAND_AT_MOST[preset] * min(peer["out_attainable"] for peer in peers)
    if mean["out_attainable"] > allowed:
        texts.append(
            f"out-of-band grids in attainable zones {mean['out_attainable']:.1f}, allowed {allowed:.1f}"
        )
    worst = min(peer["worst_attainable"] for peer in peers)
    if mean["worst_attainable"] > worst + 1e-9:
        texts.append(
            f"worst deviation in attainable zones {mean['worst_attainable']:.1%}, best peer {worst:.1%}"
        )
    for key, name in (("polsby_popper", "Polsby-Popper"), ("reock", "Reock")):
        spread = (
            float(np.std([row[key] for row in own], ddof=1)) if preset == "best" and len(own) > 1 else 0.0
        )
        best = max(peer[key] for peer in peers)
        if mean[key] < best or (preset == "best" and mean[key] <= best + spread):
            texts.append(f"{name} {mean[key]:.4f} (spread {spread:.4f}), best peer {best:.4f}")
    texts += [f"{key} = {sum(row[key] for row in own)}" for key in ZEROS if any(row[key] for row in own)]
    if not all(row["coverage_valid"] for row in own):
        texts.append("the coverage is not valid")
    if max(row["area_gap"] for row in own) >= AREA_GAP:
        texts.append(f"area gap {max(row['area_gap'] for row in own):.1e}")
    return texts


def publish_stability(rows: Sequence[dict[str, Any]]) -> None:
    """Print what 5 % of changed buildings do to a plan, and write stability.json."""
    lines = ["\n5 % of the buildings ±20 %: share of households that change grid; in-band share of grids"]
    for row in rows:
        missed = row["moved"] > 0.015 or row["in_band_after"] < row["in_band_before"]
        lines.append(
            f"{row['city']:<22} moved {row['moved']:.2%} (from scratch {row['moved_from_scratch']:.2%})  in band "
            f"before {row['in_band_before']:.1%}, left as it is {row['in_band_before_as_changed']:.1%}, after "
            f"{row['in_band_after']:.1%}, from scratch {row['in_band_from_scratch']:.1%}{'  MISSED' if missed else ''}"
        )
    print("\n".join(lines))
    LOCAL.mkdir(parents=True, exist_ok=True)
    (LOCAL / "stability.json").write_text(json.dumps(rows, indent=1))
