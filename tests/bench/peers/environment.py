"""The peers' own environment: made once by uv from pinned versions, remade when `requirements.txt` changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LOCAL = ROOT / ".local" / "bench"


def peers_python(name: str = "peers") -> Path:
    """The Python of a peers' environment (tests/bench/<name>); WANGGE_PEERS_PYTHON names one that is there already."""
    given = os.environ.get("WANGGE_PEERS_PYTHON")
    if given:
        return Path(given)
    requirements = HERE.parent / name / "requirements.txt"
    folder = LOCAL / name
    wanted, stamp = requirements.read_text(), folder / "requirements.txt"
    python = folder / "bin" / "python"
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        uv = _uv()
        subprocess.run(
            [uv, "venv", "--clear", "--quiet", "--python", sys.executable, str(folder)], check=True
        )
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(requirements)],
            check=True,
        )
        stamp.write_text(wanted)
    return python


def _uv() -> str:
    found = shutil.which("uv") or str(ROOT / ".local" / "tools" / "bin" / "uv")
    if not Path(found).exists():
        raise RuntimeError("uv is not there: run ./dev test once, it installs uv into .local/tools")
    return found
