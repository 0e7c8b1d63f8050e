"""Which versions made a result."""

from __future__ import annotations

import platform
from importlib import metadata

_LIBRARIES = ("wangge", "numpy", "scipy", "shapely", "geopandas", "pyogrio", "pyproj", "numba", "pymetis")


def versions() -> dict[str, str]:
    """Version of the program, of Python and of the libraries a result depends on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
