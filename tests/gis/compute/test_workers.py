import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gis.compute.refusal import InputRefused
from gis.compute.workers import VILLAGE, CommunityInput, partition_communities

ROOT = Path(__file__).parents[3]
PATIENCE_S = 8.0

# Two processes search for hours without letting another thread run, and more work than a pipe holds waits for
# them. The first crew is stopped, the second is left at work.
CALLER = """
import sys
from pathlib import Path

import pandas as pd

from gis.compute.partition import Stopped
from gis.compute.workers import CommunityInput, crew

FOLDER = Path(sys.argv[1])


def search(one, should_stop=None):
    (FOLDER / one.key).touch()
    sum(range(10**12))


def at_work(name):
    return all((FOLDER / f"{name}{at}").exists() for at in range(2))


def draw(name, should_stop):
    inputs = [CommunityInput(f"{name}{at}", bytes(10**6), pd.DataFrame()) for at in range(8)]
    with crew(2) as workers:
        list(workers.draw(inputs, search, should_stop=should_stop, keep_going=False, total=8))


if __name__ == "__main__":
    try:
        draw("first", lambda: at_work("first"))
    except Stopped:
        (FOLDER / "stopped").touch()
    draw("second", lambda: (FOLDER / "never").exists())
"""


def parents() -> dict[int, int]:
    """Return the parent of every process that runs (not of the dead that nobody has asked for)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            found[int(stat.parent.name)] = int(parent)
    return found


def descendants(of: int) -> set[int]:
    parent, found = parents(), {of}
    while more := {one for one, above in parent.items() if above in found} - found:
        found |= more
    return found - {of}


def becomes_true(condition: Any, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    script = tmp_path / "caller.py"
    script.write_text(CALLER)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment)
    yield running
    for pid in (*descendants(running.pid), running.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    running.wait()


def test_workers_leave_a_long_search_when_stopped_and_when_their_caller_is_killed(
    caller: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert becomes_true(lambda: (tmp_path / "first1").exists(), 60)
    assert becomes_true((tmp_path / "stopped").exists, PATIENCE_S)
    assert becomes_true(lambda: (tmp_path / "second0").exists() and (tmp_path / "second1").exists(), 60)
    below = descendants(caller.pid)
    # The fork server, the resource tracker and two workers: none of the first crew.
    assert len(below) == 4
    caller.kill()
    caller.wait()
    left = becomes_true(lambda: not below & parents().keys(), PATIENCE_S)
    remaining = below & parents().keys()
    for pid in remaining:
        os.kill(pid, signal.SIGKILL)
    assert left, remaining


@pytest.mark.parametrize(
    ("locked", "assigned"),
    [((1,), None), ((), pd.Series({0: "甲", 1: None}))],
)
def test_a_village_takes_no_locks_and_nothing_assigned_by_hand(
    town: Any, locked: tuple[int, ...], assigned: pd.Series | None
) -> None:
    village = CommunityInput(
        "410802101201", town.frame, town.buildings, kind=VILLAGE, locked=locked, assigned=assigned
    )
    (part,) = partition_communities([village], metric_crs=town.crs, keep_going=True)
    assert isinstance(part.refused, InputRefused)
    assert part.refused.code == "RURAL_UNIT"
    assert part.refused.facts["community"] == "410802101201"
    assert (part.refused.facts["locked"], part.refused.facts["assigned"]) in (([str(1)], 0), ([], 1))


def test_a_village_with_an_empty_assignment_is_drawn(town: Any) -> None:
    village = CommunityInput(
        "410802101201", town.frame, town.buildings, kind=VILLAGE, assigned=pd.Series(dtype=object)
    )
    (part,) = partition_communities([village], metric_crs=town.crs)
    assert part.partition.grids["households"].sum() == town.buildings["households"].sum()
