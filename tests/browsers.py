"""The Chromium that tests look at pages with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# In the order in which `find_chromium` of ops/machine.sh looks for them.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """The one named by WANGGE_CHROMIUM, else the first on the path; None where there is none."""
    named = os.environ.get("WANGGE_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)
