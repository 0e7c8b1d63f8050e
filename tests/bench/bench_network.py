"""Leaders, members, indicators and an import of 5,000 members asked in the city of `./dev load --scale jiaozuo`.

Skipped, with the command to make it, where that city does not stand. Run with `./dev bench network`; nothing is changed.
Environment: WANGGE_BENCH_CITY (default jiaozuoscale; tinyscale for a quick look).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

ROOT = Path(__file__).resolve().parents[2]
RUN = Path(__file__).with_name("network_run.py")
SLUG = os.environ.get("WANGGE_BENCH_CITY", "jiaozuoscale")
NO_CITY = 3


def test_what_the_network_takes_in_a_whole_city() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "wangge.shell.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}{os.pathsep}{RUN.parent}",
    }
    print(f"\nload average {os.getloadavg()[0]:.1f}", flush=True)
    run = subprocess.run([sys.executable, str(RUN), SLUG], env=environment, check=False)
    if run.returncode == NO_CITY:
        pytest.skip("the city does not stand: ./dev load --scale jiaozuo")
    assert run.returncode == 0
