"""Draws one pickled city from beginning to end and prints what each step took; run by bench_city in a process of its own.

Arguments: the pickled `CityLayers`, the preset, the number of processes, and in how many communities' strides the
steps are timed (0: not at all).
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _timed(record: dict[str, float], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return function(*given, **named)
        finally:
            record[name] += time.process_time() - began

    return run


STEPS = {
    "gis.compute.partition.community": ("admitted", "joined_figures", "finished"),
    "gis.compute.partition.plots": ("tessellate", "zones_of"),
    "gis.compute.partition.division": ("tie", "divide"),
    "gis.compute.partition.drawn": ("draw_grids", "land_figures"),
    "gis.compute.rural": ("admitted", "tessellate", "draw_grids", "measure_grids", "finished"),
}  # fmt: skip


def steps_of_a_sample(city: Any, parameters: Any, stride: int) -> dict[str, float]:
    """CPU seconds of every step over each `stride`-th community, in this process."""
    import importlib

    from gis.compute.city import partition_city

    record: dict[str, float] = defaultdict(float)
    for module_name, names in STEPS.items():
        module = importlib.import_module(module_name)
        for name in names:
            if hasattr(module, name):
                setattr(module, name, _timed(record, name, getattr(module, name)))
    left_out = [code for at, code in enumerate(city.codes) if at % stride]
    began = time.process_time()
    for _ in partition_city(city, parameters, processes=1, done=left_out):
        pass
    record["all"] = time.process_time() - began
    return {name: seconds for name, seconds in record.items() if seconds >= 0.005}


def main(path: Path, preset: str, processes: int, stride: int) -> None:
    """Draw the city and print a JSON object."""
    began = time.perf_counter()
    from gis.compute.city import finish_city, partition_city, prepare_city
    from gis.compute.parameters import PartitionParameters

    layers = pickle.loads(path.read_bytes())
    parameters = PartitionParameters(preset=preset)
    wall = {"start": time.perf_counter() - began}
    if stride:
        city = prepare_city(layers)
        list(partition_city(city, parameters, processes=1, done=city.codes[2:]))
        print(json.dumps({"steps": steps_of_a_sample(city, parameters, stride)}))
        return
    began = time.perf_counter()
    cpu = time.process_time()
    parts: list[Any] = []
    first = 0.0
    from gis.compute.workers import Task, crew

    with crew(processes) as workers:
        city = prepare_city(layers)
        wall["prepare"] = time.perf_counter() - began
        for part in workers.draw(
            city.inputs(), Task(city.frames.metric_crs, parameters), should_stop=None, keep_going=False,
            total=len(city.codes),
        ):  # fmt: skip
            first = first or time.perf_counter() - began
            parts.append(part)
        wall["draw"] = time.perf_counter() - began - wall["prepare"]
    plan = finish_city(city, parts)
    wall["all"] = time.perf_counter() - began
    print(
        json.dumps(
            {
                "wall": {name: round(seconds, 2) for name, seconds in wall.items()},
                "first_community_s": round(first, 2),
                "parent_cpu_s": round(time.process_time() - cpu, 2),
                "communities": len(city.codes),
                "buildings": len(city.buildings),
                "households": plan.check.households,
                "grids": len(plan.grids),
                "in_band": int((plan.grids["size_class"] == "band").sum()),
                "worst": round(float(plan.grids["deviation"].abs().max()), 3),
                "compactness": round(float(plan.grids["compactness"].mean()), 4),
                "holds": plan.check.holds,
                "coverage_valid": plan.check.coverage_valid,
                "area_gap": plan.check.area_gap,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
