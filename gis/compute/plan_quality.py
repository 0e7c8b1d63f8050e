"""The figures of a whole plan: how many grids are in band, how far the worst is off, what must be zero and is.

Point 10 of the partition specification. All values are plain, fit for JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gis.compute.lattice import FloatArray
from gis.compute.quality import Reason

_DEVIATION_EDGES = np.linspace(-1, 1, 21)
_SHARE_EDGES = np.linspace(0, 1, 21)


def quality_report(grids: pd.DataFrame, zones: pd.DataFrame, notes: Sequence[str]) -> dict[str, Any]:
    """Return summary, zones, histograms and notes of a plan.

    `grids`: columns of `outcome.GRID_COLUMNS`; `zones`: of `explain.ZONE_COLUMNS`, of which only `zone` and
    `attainable_deviation` must be there. Rows per grid are left to `grid_rows`.
    """
    return {
        "summary": summary(grids, zones),
        "zones": _rows(zones),
        "histograms": histograms(grids),
        "notes": list(notes),
    }


def grid_rows(grids: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one row of plain values per grid, its number as `grid`, without the geometry."""
    return _rows(grids.drop(columns="geometry", errors="ignore").rename_axis("grid").reset_index())


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    columns = [[_plain(value) for value in frame[name].tolist()] for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def histograms(grids: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """Return edges and counts of deviation (beyond ±100 % at the ends), Polsby-Popper and Reock."""
    return {
        "deviation": _histogram(np.clip(_column(grids, "deviation"), -1, 1), _DEVIATION_EDGES),
        "compactness": _histogram(np.clip(_column(grids, "compactness"), 0, 1), _SHARE_EDGES),
        "reock": _histogram(np.clip(_column(grids, "reock"), 0, 1), _SHARE_EDGES),
    }


def summary(grids: pd.DataFrame, zones: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of a whole plan.

    Attainable are grids in zones whose households, split evenly, come into the band; towers are grids around a
    unit above the band. `in_band_at_most` is proven, the locked grids (zone -1) taken as they are, and
    `zones_optimal` are those that reach it. The hard zeros: empty, not_contiguous, crossing_without_need.
    """
    count = len(grids)
    size_class = np.array(grids["size_class"].tolist(), dtype=str)
    in_band = size_class == "band"
    off = np.abs(_column(grids, "deviation"))
    attainable, tower = _in_attainable_zone(grids, zones), _has(grids, Reason.TOWER)
    households = grids["households"].to_numpy(dtype=np.int64)
    return {
        "grids": count,
        "households": int(households.sum()),
        "in_band": int(in_band.sum()),
        "in_band_share": _mean(in_band),
        "worst_deviation": _largest(off),
        "attainable_grids": int(attainable.sum()),
        "attainable_in_band": int((attainable & in_band).sum()),
        "attainable_out_of_band": int((attainable & ~in_band).sum()),
        "attainable_worst_deviation": _largest(off[attainable]),
        "attainable_worst_deviation_without_towers": _largest(off[attainable & ~tower]),
        "towers": int(tower.sum()),
        "outside_soft_limits": int(((size_class == "hard") | (size_class == "outside")).sum()),
        "outside_hard_limits": int((size_class == "outside").sum()),
        "mean_compactness": _mean(_column(grids, "compactness")),
        "mean_reock": _mean(_column(grids, "reock")),
        "mean_street_share": _mean(_column(grids, "street_share")),
        "barrier_m": round(float(_column(grids, "barrier_m").sum()), 1),
        "compounds_split": int((_column(grids, "compounds_split") > 0).sum()),
        "empty": int(((households == 0) & ~_has(grids, Reason.NO_HOMES)).sum()),
        "not_contiguous": int(_has(grids, Reason.NOT_CONTIGUOUS).sum()),
        "crossing_barriers": int(_has(grids, Reason.CROSSES_BARRIER).sum()),
        "crossing_without_need": _crossing_without_need(grids, zones),
        **_of_zones(zones, int((in_band & _is_locked(grids)).sum())),
    }


def _is_locked(grids: pd.DataFrame) -> np.ndarray:
    """Say which grids belong to no zone: the locked ones, which stay what they are."""
    if "zone" not in grids.columns:
        return np.zeros(len(grids), dtype=bool)
    return np.asarray(grids["zone"].to_numpy() == -1)


def _of_zones(zones: pd.DataFrame, locked_in_band: int) -> dict[str, Any]:
    worst = _column(zones, "attainable_deviation")
    told: dict[str, Any] = {"zones": len(zones), "worst_attainable_deviation": _largest(worst)}
    if "verdict" in zones.columns:
        told["zones_by_verdict"] = dict(sorted(Counter(zones["verdict"].tolist()).items()))
        told["in_band_at_most"] = int(sum(zones["in_band_at_most"].tolist())) + locked_in_band
    return told


def _in_attainable_zone(grids: pd.DataFrame, zones: pd.DataFrame) -> np.ndarray:
    if "is_attainable" not in zones.columns or "zone" not in grids.columns:
        return np.zeros(len(grids), dtype=bool)
    told = zip(zones["zone"].tolist(), zones["is_attainable"].tolist(), strict=True)
    own = {zone for zone, attainable in told if attainable}
    return np.array([zone in own for zone in grids["zone"].tolist()], dtype=bool)


def _crossing_without_need(grids: pd.DataFrame, zones: pd.DataFrame) -> int:
    """Count grids across a barrier beyond the one that each joining of two sides of a zone takes."""
    crossing = _has(grids, Reason.CROSSES_BARRIER)
    if "pieces" not in zones.columns or not crossing.any():
        return 0
    needed = dict(zip(zones["zone"].tolist(), zones["pieces"].tolist(), strict=True))
    number = Counter(grids["zone"].to_numpy()[crossing].tolist())
    return int(sum(max(0, found + 1 - needed.get(zone, 1)) for zone, found in number.items()))


def _has(grids: pd.DataFrame, reason: Reason) -> np.ndarray:
    if "reasons" not in grids.columns:
        return np.zeros(len(grids), dtype=bool)
    return np.array([reason in reasons for reasons in grids["reasons"].tolist()], dtype=bool)


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    if name not in frame.columns:
        return np.zeros(0)
    return np.asarray(frame[name].to_numpy(dtype=np.float64))


def _mean(values: np.ndarray) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def _largest(values: FloatArray) -> float:
    return round(float(values.max(initial=0.0)), 4)


def _histogram(values: FloatArray, edges: FloatArray) -> dict[str, list[float]]:
    return {
        "edges": [round(float(edge), 2) for edge in edges],
        "counts": np.histogram(values, edges)[0].tolist(),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else value
