"""Golden figures of small generated cities: a ratchet that may only improve.

`golden.json` holds what the engine reached last. The test fails when any figure is worse by more than nothing.
When figures got better, raise the ratchet and commit the file:

    python -m tests.gis.compute.golden

When the priorities of the specification ask for giving one figure up for another, or the generator draws other cities
(the file knows their digest), say why; the reason stays in the file:

    python -m tests.gis.compute.golden --although "worst deviation before grids in band"
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd

from gis.compute.city import CityLayers, finish_city, partition_city, prepare_city
from gis.compute.generator.profiles import profile_city
from gis.compute.parameters import PartitionParameters

FILE = Path(__file__).with_name("golden.json")
# Name of the figures: profile, seed, households, preset.
CITIES: dict[str, tuple[str, int, int, str]] = {
    "slab_town fast": ("slab_town", 5, 12_000, "fast"),
    "tower_city fast": ("tower_city", 5, 12_000, "fast"),
    "old_town fast": ("old_town", 6, 6_000, "fast"),
    "slab_town standard": ("slab_town", 6, 6_000, "standard"),
    "old_town standard": ("old_town", 5, 5_000, "standard"),
}
# +1: more is better, -1: less is better, 0: must stay.
BETTER = {
    "households": 0,
    "grids": 0,
    "in_band": 1,
    "outside_hard_limits": -1,
    "worst_deviation": -1,
    "worst_excess": -1,
    "mean_compactness": 1,
    "mean_reock": 1,
    "barrier_m": -1,
    "scattered": -1,
}


def figures_of(profile: str, seed: int, households: int, preset: str) -> dict[str, Any]:
    """Return the figures of one city, and the digest of what it was drawn from.

    `worst_excess`: by how much (share of the target) a grid misses more than its zone had to.
    """
    made = profile_city(profile, seed, households)
    layers = CityLayers(made.communities, made.buildings, made.streets, made.barriers)
    city = prepare_city(layers)
    plan = finish_city(city, partition_city(city, PartitionParameters(preset=preset), processes=1))
    assert plan.check.holds, plan.check
    grids = plan.grids
    zones = plan.zones.set_index(["community_code", "zone"])["attainable_deviation"]
    ideal = zones.reindex(list(zip(grids["community_code"], grids["zone"], strict=True))).to_numpy()
    plain = ~grids["reasons"].map(lambda reasons: "tower" in reasons).to_numpy()
    excess = (grids["deviation"].abs().to_numpy() - ideal)[plain]
    return {
        "city": _digest(layers),
        "households": int(grids["households"].sum()),
        "grids": len(grids),
        "in_band": int((grids["size_class"] == "band").sum()),
        "outside_hard_limits": int((grids["size_class"] == "outside").sum()),
        "worst_deviation": round(float(grids["deviation"].abs()[plain].max()), 4),
        "worst_excess": round(float(excess.max()), 4),
        "mean_compactness": round(float(grids["compactness"].mean()), 4),
        "mean_reock": round(float(grids["reock"].mean()), 4),
        "barrier_m": round(float(grids["barrier_m"].sum()), 1),
        "scattered": int((grids.geometry.geom_type != "Polygon").sum()),
    }


def _digest(layers: CityLayers) -> str:
    digest = hashlib.sha256()
    for layer in (layers.communities, layers.buildings, layers.streets, layers.barriers):
        assert isinstance(layer, gpd.GeoDataFrame)
        digest.update(b"".join(layer.geometry.to_wkb()))
    digest.update(layers.buildings["households"].to_numpy().tobytes())
    return digest.hexdigest()[:16]


def worse(now: dict[str, Any], golden: dict[str, Any]) -> list[str]:
    """Return a sentence for each figure that is worse than the golden one."""
    told = []
    for name, sign in BETTER.items():
        change = now[name] - golden[name]
        if change != 0 if sign == 0 else sign * change < 0:
            told.append(f"{name} was {golden[name]} and is {now[name]}")
    return told


def read() -> dict[str, Any]:
    """Return the golden file."""
    return dict(json.loads(FILE.read_text()))


def main() -> int:
    """Raise the ratchet, or say what is worse and leave it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--although", metavar="REASON", help="write worse figures too, for this reason")
    reason = parser.parse_args().although
    held = read() if FILE.exists() else {"figures": {}, "reasons": []}
    figures = {name: figures_of(*city) for name, city in CITIES.items()}
    told = []
    for name, now in figures.items():
        golden = held["figures"].get(name)
        if golden is None or golden == now:
            continue
        sys.stdout.write(f"{name}: {golden}\n{' ' * len(name)}→ {now}\n")
        told += [f"{name}: the generated city is another one"] if golden["city"] != now["city"] else []
        told += [f"{name}: {text}" for text in worse(now, golden)]
    if told and not reason:
        sys.stdout.write("\n".join(["not written, because", *told]) + "\n")
        return 1
    if told:
        held["reasons"].append(reason)
    FILE.write_text(
        json.dumps({"figures": figures, "reasons": held["reasons"]}, indent=1, ensure_ascii=False) + "\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
