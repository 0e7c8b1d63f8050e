"""One city measured: our runs, the peers with as much CPU, all drawn and scored; kept on disk, resumed city by city."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis.compute.city import CityPlan, prepare_city
from gis.compute.lattice import Lattice, to_lattice
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import warm_up
from tests.bench.peers.cities import BenchCity
from tests.bench.peers.environment import HERE, LOCAL, ROOT, peers_python
from tests.bench.peers.least import least_out_of_band
from tests.bench.peers.plans import Divided, PreparedCity, draw, filled_up, ours, picked, prepare, zone_arrays
from tests.bench.peers.score import Plan, Score, Town, score

PEERS = ("metis", "kahip", "mtkahypar", "gerrychain")
# Two peers at a time: their CPU is measured, not their time.
SIDE_BY_SIDE = 2
# A peer gets this much more CPU than the dearest of our runs, so that noise never leaves it with less, not even when
# our run is repeated and the peer's draws are kept.
PEER_CPU = 1.25

Result = dict[str, Any]


def measured(city: BenchCity, preset: str, runs: int) -> Result:
    """All figures of one city: {"city", "key", "methods": {name: {…}}}; those kept on disk where nothing changed."""
    kept = LOCAL / "grids" / f"{preset}-{city.name}.json"
    code = _code_key(runs)
    if kept.exists() and os.environ.get("WANGGE_BENCH_FRESH") != "1":
        result: Result = json.loads(kept.read_text())
        if result["code"] == code:
            print(f"{city.name}: kept from an earlier run", flush=True)
            return result
    warm_up()
    parameters = PartitionParameters(preset=preset)
    prepared = prepare(prepare_city(city.layers()), parameters)
    print(
        f"{city.name}: {len(prepared.zones)} zones, units cut in {prepared.cut_cpu_s:.0f} CPU s", flush=True
    )
    own = [ours(prepared, parameters, run) for run in range(runs)]
    print(f"{city.name}: ours {', '.join(f'{one.total_cpu_s:.1f}' for one in own)} CPU s", flush=True)
    divided = _peers(prepared, parameters, own)
    methods = {f"ours {run + 1}": one for run, one in enumerate(own)} | divided
    result = {"city": city.name, "code": code, "preset": preset, "graphs": prepared.key}
    result["methods"] = _scored(prepared, methods, parameters)
    result["least_out_attainable"], spent = least_out_of_band(prepared, own, parameters.limits)
    print(f"  bound: {spent:.1f} CPU s", flush=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result, indent=1))
    return result


def _code_key(runs: int) -> str:
    """Names everything a result depends on: engine, peers and bench."""
    digest = hashlib.sha256(str(runs).encode())
    for folder in (ROOT / "gis" / "compute", HERE):
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.txt")]):
            if path.name != "table.py":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# ---- Peers -------------------------------------------------------------------------------------------------


def _peers(prepared: PreparedCity, parameters: PartitionParameters, own: list[Divided]) -> dict[str, Divided]:
    budget = {zone.key: max(one.cpu_s[zone.key] for one in own) for zone in prepared.zones}
    arrays = zone_arrays(prepared, budget, parameters.target)
    python = peers_python()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        drawn = dict(
            zip(PEERS, pool.map(lambda peer: _drawn(peer, python, prepared.key, arrays), PEERS), strict=True)
        )
    found = filled_up(
        prepared, {peer: picked(prepared, drawn[peer], parameters) for peer in PEERS}, parameters
    )
    for peer, one in found.items():
        print(
            f"  {peer}: {one.draws} draws, {one.total_cpu_s:.1f} CPU s, {one.fell_back} zones by others",
            flush=True,
        )
    return found


def _drawn(peer: str, python: Path, graphs: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A peer's divisions, from disk where it has had as much CPU on the same zones before as our dearest run."""
    version = hashlib.sha256(
        (HERE / "run.py").read_bytes() + (HERE / "requirements.txt").read_bytes()
    ).hexdigest()
    kept = LOCAL / "draws" / f"{graphs}-{peer}-{version[:12]}.npz"
    if kept.exists():
        answer = dict(np.load(kept))
        if (answer["k"] == arrays["k"]).all() and (answer["budget_s"] >= arrays["budget_s"]).all():
            return answer
    arrays = arrays | {"budget_s": PEER_CPU * arrays["budget_s"]}
    with tempfile.TemporaryDirectory() as folder:
        zones, out = Path(folder) / "zones.npz", Path(folder) / "answer.npz"
        np.savez(zones, **arrays)
        done = subprocess.run(
            [str(python), str(HERE / "run.py"), peer, str(zones), str(out)],
            check=False, capture_output=True, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{peer} failed: {done.stderr[-2000:]}")
        answer = dict(np.load(out))
    answer |= {"budget_s": arrays["budget_s"], "k": arrays["k"]}
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(kept, **answer)
    return answer


# ---- Drawing and scoring -----------------------------------------------------------------------------------


def _scored(
    prepared: PreparedCity, methods: dict[str, Divided], parameters: PartitionParameters
) -> dict[str, Any]:
    """Every method's figures; plans are drawn in processes forked off here, which have the units already."""
    global _job

    def figures_of(name: str) -> dict[str, Any]:
        return asdict(scored_plan(prepared, draw(prepared, methods[name].labels, parameters)))

    _job = figures_of
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(SIDE_BY_SIDE, mp_context=context) as pool:
        figures = dict(zip(methods, pool.map(_call, methods), strict=True))
    for name, one in methods.items():
        figures[name] |= {"cpu_s": one.total_cpu_s, "draws": one.draws, "zones_by_others": one.fell_back}
    return figures


_job: Callable[[str], dict[str, Any]]


def _call(name: str) -> dict[str, Any]:
    return _job(name)


def scored_plan(prepared: PreparedCity, plan: CityPlan) -> Score:
    """Hand a drawn plan to the scorer as plain shapes and numbers."""
    city = prepared.city
    lattice = Lattice(city.frames.metric_crs)
    codes = {str(code): number for number, code in enumerate(city.codes)}
    community = plan.grids["community_code"].map(codes).to_numpy()
    zones = np.column_stack([community, plan.grids["zone"].to_numpy()])
    number_of = {code: number for number, code in enumerate(plan.grids["code"])}
    town = Town(
        communities=city.frames.metric.geometry.to_numpy(),
        footprints=shapely.make_valid(city.buildings.geometry.to_numpy()),
        households=city.buildings["households"].to_numpy().astype(np.int64),
        community=city.home,
        barriers=city.barriers,
    )
    lonlat = to_lattice(plan.grids.geometry.to_numpy())
    return score(
        town,
        Plan(
            lonlat=lonlat,
            metric=lattice.to_metric(lonlat),
            community=community,
            zone=np.unique(zones, axis=0, return_inverse=True)[1].reshape(-1),
            grid=plan.assignment.map(number_of).fillna(-1).to_numpy().astype(np.int64),
        ),
    )
