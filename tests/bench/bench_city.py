"""A whole city from footprints to valid polygons: wall time, CPU of each step, and the memory of all processes.

`./dev bench city`. Environment: WANGGE_BENCH_HOUSEHOLDS (default 1,100,000; 10,000,000 for the large run),
WANGGE_BENCH_PRESET (standard), WANGGE_BENCH_PROCESSES (all cores; and one process beside it with
WANGGE_BENCH_ALONE=1). Memory is the sum of the proportional set sizes of the run and all its descendants,
sampled five times a second. The machine's other load falls on the wall time: it is printed beside it.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gis.compute.city import CityLayers
from gis.compute.generator.profiles import profile_city
from gis.compute.partition import warm_up

pytestmark = pytest.mark.bench

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".local" / "bench" / "city"
RUN = Path(__file__).with_name("city_run.py")
SEED = 9050
HOUSEHOLDS = int(os.environ.get("WANGGE_BENCH_HOUSEHOLDS", "1100000"))
PRESET = os.environ.get("WANGGE_BENCH_PRESET", "standard")
PROCESSES = int(os.environ.get("WANGGE_BENCH_PROCESSES", str(len(os.sched_getaffinity(0)))))


def _city_file() -> Path:
    path = KEPT / f"mixed_{SEED}_{HOUSEHOLDS}.pickle"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        city = profile_city("mixed", SEED, HOUSEHOLDS)
        layers = CityLayers(
            city.communities[["code", "name", "kind", "geometry"]],
            city.buildings[["building_id", "households", "compound_id", "villager_group", "geometry"]],
            city.streets[["geometry"]],
            city.barriers[["geometry"]],
        )
        path.write_bytes(pickle.dumps(layers))
    return path


class Watch(threading.Thread):
    """Samples the memory and the CPU of a process and its descendants until they are gone."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak_mb = 0.0
        self.peaks: dict[int, float] = {}
        self.cpu_s: dict[int, float] = {}
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.2):
            total = 0.0
            for pid in self._family():
                size = _pss_mb(pid)
                total += size
                self.peaks[pid] = max(self.peaks.get(pid, 0.0), size)
                self.cpu_s[pid] = max(self.cpu_s.get(pid, 0.0), _cpu_s(pid))
            self.peak_mb = max(self.peak_mb, total)

    def _family(self) -> set[int]:
        parent: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                fields = _stat(int(entry.name))
                if fields:
                    parent[int(entry.name)] = int(fields[1])
        family = {self._pid}
        grown = True
        while grown:
            more = {pid for pid, of in parent.items() if of in family} - family
            grown = bool(more)
            family |= more
        return family


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _pss_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def _run(path: Path, processes: int, stride: int = 0) -> tuple[dict[str, object], Watch]:
    command = [sys.executable, str(RUN), str(path), PRESET, str(processes), str(stride)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment, text=True) as process:
        watch = Watch(process.pid)
        watch.start()
        out = process.communicate()[0]
        watch.over.set()
        watch.join()
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1]), watch


def _report(name: str, found: dict[str, object], watch: Watch) -> None:
    cpu = sum(watch.cpu_s.values())
    print(f"\n{name}: {json.dumps(found, ensure_ascii=False)}")
    print(
        f"  CPU of all processes {cpu:.1f} s; peak memory of all {watch.peak_mb:.0f} MB "
        f"(each: {sorted((round(m) for m in watch.peaks.values()), reverse=True)}); load average "
        f"{os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"
    )


def test_city() -> None:
    """The whole run, and the CPU of each step over a sample of its communities."""
    began = time.perf_counter()
    path = _city_file()
    warm_up()
    print(
        f"\n{HOUSEHOLDS} households, preset {PRESET}; generated or read in {time.perf_counter() - began:.0f} s"
    )
    found, watch = _run(path, PROCESSES)
    _report(f"{PROCESSES} processes", found, watch)
    assert found["holds"]
    if os.environ.get("WANGGE_BENCH_ALONE") == "1":
        alone, alone_watch = _run(path, 1)
        _report("1 process", alone, alone_watch)
        assert alone["grids"] == found["grids"]
    stride = max(1, int(str(found["communities"])) // 60)
    steps, _ = _run(path, 1, stride)
    print(f"  CPU s per step, each {stride}th community: {json.dumps(steps['steps'])}")
