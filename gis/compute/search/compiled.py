"""Compiling the kernels: cached on disk, and compiled anew when any file of this package changes.

numba looks only at the file of the function itself; a kernel whose callee in another file has changed would
go on running the old text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit


def _sources() -> str:
    """Return a digest of the package's sources, the same wherever they lie and whenever they were copied."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


SOURCES = _sources()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile the function on its first call; its plain text stays at hand as `.py_func`."""
    return _bound_to_sources(njit(cache=True)(function))


def inlined(function: Callable[..., Any]) -> Any:
    """Compile the function into each of its callers; arrays in its arguments cost nothing there."""
    return _bound_to_sources(njit(cache=True, forceinline=True)(function))


def _bound_to_sources(dispatcher: Any) -> Any:
    cache = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache is not None:  # none where numba is switched off
        cache._source_stamp = SOURCES
    return dispatcher
