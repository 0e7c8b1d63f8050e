"""Solve one maximal covering problem with spopt through PuLP and HiGHS; runs in the peers' environment.

Arguments: a .npz with cost (demand × candidates, metres), weights, radius, count; seconds of CPU that HiGHS may take.
HiGHS knows only a limit of wall time: it gets as much more as building the model took more wall than CPU.
Prints one line of JSON: places chosen, seconds of CPU to build the model and in all (imports not counted), and
whether HiGHS says that its plan is the best.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pulp
from spopt.locate import MCLP


def main(path: str, seconds: float) -> None:
    given = np.load(path)
    begin, wall = time.process_time(), time.perf_counter()
    model = MCLP.from_cost_matrix(
        given["cost"], given["weights"], float(given["radius"]), p_facilities=int(given["count"])
    )
    built = time.process_time() - begin
    crowded = max(1.0, (time.perf_counter() - wall) / built)
    model = model.solve(pulp.HiGHS(msg=False, timeLimit=seconds * crowded, threads=1))
    used = time.process_time() - begin
    chosen = [j for j, place in enumerate(model.fac_vars) if place.value() > 0.5]
    proven = model.problem.sol_status == pulp.LpSolutionOptimal
    print(json.dumps({"chosen": chosen, "build_s": built, "cpu_s": used, "proven": proven}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
